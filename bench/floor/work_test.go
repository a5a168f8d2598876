//go:build linux && (amd64 || arm64)

package floor

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"causeway/router/srtp"
)

// The rows measure work: these tests look at whether it is done.

// receiver is a socket on loopback, where packets end.
func receiver(t testing.TB, merged bool) (*inbox, unix.RawSockaddrInet4) {
	t.Helper()
	p := &place{sink: -1}
	fd, err := p.near()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if merged {
		if err := unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1); err != nil {
			t.Skip(err)
		}
	}
	name, err := nameOf(fd)
	if err != nil {
		t.Fatal(err)
	}
	return newInbox(fd, merged), name
}

func sender(t testing.TB) int {
	in, _ := receiver(t, false)
	return in.fd
}

// take returns n datagrams, one after the other. The inbox does not merge.
func take(t *testing.T, in *inbox, n int) (got [][]byte) {
	t.Helper()
	for len(got) < n {
		k, err := in.read()
		if err != nil {
			t.Fatal(err)
		}
		if k == 0 {
			if err := in.await(); err != nil {
				t.Fatalf("%d of %d: %v", len(got), n, err)
			}
		}
		for i := range k {
			got = append(got, bytes.Clone(in.slab[i*packetRoom:][:in.msg[i].n]))
		}
	}
	return got
}

func TestTheBareForwarderForwards(t *testing.T) {
	shape := Shape{"test", 3, []Lane{{8, 1124}, {2, 1124}, {3, 120}}}
	for _, form := range []Form{GSO, Plain} {
		in, to := receiver(t, false)
		l, err := newLoop(shape, form, sender(t), []unix.RawSockaddrInet4{to, to, to})
		if err != nil {
			t.Fatal(err)
		}
		l.turns = 2
		l.slab = make([]byte, l.turns*shape.inputs()*packetRoom)
		n, err := l.measure(newWatch())
		if err != nil || n != 2*3*13 {
			t.Fatalf("%v: %d packets, %v", form, n, err)
		}
		got := take(t, in, n)
		var openers [3]*srtp.Opener
		var streams [3][3]srtp.Stream
		for i := range openers {
			key, salt := keysFor(srtp.AEADAES128GCM, sinkKeys+uint64(i))
			if openers[i], err = srtp.NewOpener(srtp.AEADAES128GCM, key, salt); err != nil {
				t.Fatal(err)
			}
		}
		at := 0
		for range l.turns {
			for d := range openers { // destination by destination
				for lane, packets := range shape.Lanes {
					for range packets.Packets {
						b := got[at]
						at++
						size, _, err := openers[d].OpenRTP(&streams[d][lane], b, headerBytes)
						if err != nil || size != packets.Bytes || binary.BigEndian.Uint32(b[8:]) != uint32(1000+lane) {
							t.Fatalf("%v: packet %d, lane %d of destination %d: %d bytes, %v", form, at, lane, d, size, err)
						}
						if !bytes.Equal(b[headerBytes:size], plaintext(packets.Bytes)[headerBytes:]) {
							t.Fatalf("%v: packet %d has another payload", form, at)
						}
					}
				}
			}
		}
	}
}

// messages is how many messages the n packets of a loop's stretch came in.
func messages(t *testing.T, form Form) (messages, packets int) {
	in, to := receiver(t, true)
	l, err := newLoop(Shape{"test", 2, []Lane{{8, 1124}, {3, 120}}}, form, sender(t), []unix.RawSockaddrInet4{to, to})
	if err != nil {
		t.Fatal(err)
	}
	l.turns = 1
	n, err := l.measure(newWatch())
	if err != nil {
		t.Fatal(err)
	}
	for packets < n {
		k, err := in.read()
		if err != nil {
			t.Fatal(err)
		}
		if k == 0 {
			if err := in.await(); err != nil {
				t.Fatal(err)
			}
		}
		packets += k
		for i := range in.msg {
			if in.msg[i].n > 0 {
				messages++
				in.msg[i].n = 0
			}
		}
	}
	return messages, packets
}

func TestRunsLeaveAsRuns(t *testing.T) {
	if m, p := messages(t, Plain); m != 22 || p != 22 {
		t.Errorf("plain: %d messages, %d packets", m, p)
	}
	// Each destination: eight of one size, three of another.
	if m, p := messages(t, GSO); m != 4 || p != 22 {
		t.Errorf("in runs: %d messages, %d packets", m, p)
	}
}

func TestEveryDestinationGetsItsRuns(t *testing.T) {
	const run, bytes = 4, 1140
	a, toA := receiver(t, false)
	b, toB := receiver(t, false)
	out := newBatch(sender(t), maxBatch)
	p := sending(out, []unix.RawSockaddrInet4{toA, toB}, bytes, run)
	total := 0
	for range 1024 / (2 * run) {
		// A piece of what the probe does at once, lest the buffers overflow.
		for _, to := range []*unix.RawSockaddrInet4{&toA, &toB} {
			out.put(to, 0, bytes, run)
		}
		out.flush()
		for _, in := range []*inbox{a, b} {
			for _, d := range take(t, in, run) {
				if len(d) != bytes {
					t.Fatalf("%d bytes", len(d))
				}
				total++
			}
		}
	}
	if total != 1024 || out.taken != total || out.refused != 0 {
		t.Errorf("%d arrived, %d taken, %d refused", total, out.taken, out.refused)
	}
	if n, err := p(newWatch()); n != 1024 || err != nil {
		t.Errorf("the probe sent %d, %v", n, err)
	}
}

func TestWhatTheKernelRefusesIsNoCheapPacket(t *testing.T) {
	nowhere := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte{127, 0, 0, 1}} // port 0
	in, to := receiver(t, false)
	out := newBatch(sender(t), maxBatch)
	out.put(&nowhere, 0, 10, 1)
	out.put(&to, 0, 10, 1)
	out.flush()
	if take(t, in, 1); out.taken != 1 || out.refused != 1 || out.errno != unix.EINVAL {
		t.Errorf("%d taken, %d refused: %v", out.taken, out.refused, out.errno)
	}
	if _, err := sending(out, []unix.RawSockaddrInet4{nowhere}, 10, 1)(newWatch()); err == nil {
		t.Error("nothing was sent, and no error")
	}
}

// slow sends n messages to a reader that begins when its queue is full, and
// returns what became of them.
func slow(t *testing.T, n int) (out *batch, arrived int) {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(ends[0])
	done := make(chan int)
	go func() {
		for full := false; !full; {
			room, err := unix.Poll([]unix.PollFd{{Fd: int32(ends[0]), Events: unix.POLLOUT}}, 0)
			full = room == 0 && err == nil
		}
		in, got := newInbox(ends[1], false), 0
		for got < n && in.await() == nil {
			k, err := in.read()
			if err != nil {
				break
			}
			got += k
		}
		unix.Close(ends[1])
		done <- got
	}()
	out = newBatch(ends[0], maxBatch)
	out.watch = newWatch()
	out.watch.start()
	for range n {
		out.put(nil, 0, 1000, 1)
	}
	out.flush()
	out.watch.stop()
	return out, <-done
}

func TestASlowReceiverIsWaitedFor(t *testing.T) {
	const n = 500 // more than such a socket queues
	for range 1000 {
		out, arrived := slow(t, n)
		if arrived != n || out.taken != n || out.refused != 0 {
			t.Fatalf("%d arrived, %d taken, %d refused", arrived, out.taken, out.refused)
		}
		if out.waits > 0 {
			return // it was not quick enough to empty the queue between two sends
		}
	}
	t.Error("nobody ever waited")
}

func TestReceivingCountsDatagramsNotMessages(t *testing.T) {
	for _, loopback := range []bool{true, false} {
		c := tiny
		c.Loopback = loopback
		r := open(t, c)
		for _, merged := range []bool{false, true} {
			for _, run := range []int{1, 8} {
				if run > 1 && !r.gso {
					continue
				}
				p, done, err := r.receiving(videoDatagram, run, merged)
				if done != nil {
					defer done()
				}
				if err != nil {
					t.Fatal(err)
				}
				r.thread.do(func() {
					for range 3 {
						if n, err := p(r.watch); n == 0 || n > arrivals || n%run != 0 || err != nil {
							t.Errorf("merged %v, run %d: %d, %v", merged, run, n, err)
						}
					}
				})
			}
		}
	}
}

func TestTheWatchCountsOnlyWhatIsBetween(t *testing.T) {
	th, err := pinned(otherCPU(-1))
	if err != nil {
		t.Skip(err)
	}
	defer th.end()
	th.do(func() {
		w := newWatch()
		busy := func(d time.Duration) {
			for until := threadCPU() + int64(d); threadCPU() < until; {
			}
		}
		busy(5 * time.Millisecond)
		for range 3 {
			w.start()
			busy(time.Millisecond)
			w.stop()
			busy(5 * time.Millisecond)
		}
		if w.total < 2*time.Millisecond || w.total > 15*time.Millisecond {
			t.Errorf("%v of 3 ms", w.total)
		}
	})
}

func TestThreadsAreWhereTheyShouldBe(t *testing.T) {
	r := open(t, tiny)
	peer := r.config.PeerCPU
	if peer < 0 {
		peer = r.config.CPU
	}
	for _, c := range []struct {
		thread *thread
		cpu    int
	}{{r.thread, r.config.CPU}, {r.peer, peer}} {
		var set unix.CPUSet
		c.thread.do(func() { unix.SchedGetaffinity(0, &set) })
		if set.Count() != 1 || !set.IsSet(c.cpu) {
			t.Errorf("a thread may run on %d CPUs, CPU %d: %v", set.Count(), c.cpu, set.IsSet(c.cpu))
		}
	}
	if _, err := pinned(1000); err == nil {
		t.Error("bound to CPU 1000")
	}
}

func TestMeasuringAllocatesNothing(t *testing.T) {
	rig := open(t, tiny)
	rows, done, err := rig.rows()
	defer done()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range rows {
		if one.Group == "receive" {
			continue // asks another thread to send, outside what is measured
		}
		w := newWatch()
		var failed error
		if n := testing.AllocsPerRun(5, func() {
			if _, err := one.probe(w); err != nil {
				failed = err
			}
		}); n != 0 || failed != nil {
			t.Errorf("%s: %v allocations, %v", one.Name, n, failed)
		}
	}
}
