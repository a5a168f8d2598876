//go:build linux && (amd64 || arm64)

package udp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fakeKernel takes messages as sendmmsg does and remembers the datagrams. verdict says what becomes of each message:
// 0, or an errno. most limits the messages per call: the short count that a signal or a full queue leaves.
type fakeKernel struct {
	got      []sent
	calls    int
	messages int
	segments []int // UDP_SEGMENT of each message taken, 0 without
	most     int
	verdict  func(to Addr, packets int) unix.Errno
}

type sent struct {
	to Addr
	b  string
}

func (k *fakeKernel) send(_ int, msgs []message) (int, unix.Errno) {
	k.calls++
	for i := range msgs {
		if k.most > 0 && i == k.most {
			return i, 0
		}
		m := &msgs[i].hdr
		var a Addr
		copy(a.raw[:], unsafe.Slice(m.Name, m.Namelen))
		b := unsafe.Slice(m.Iov.Base, m.Iov.Len)
		segment, packets := 0, 1
		if m.Controllen > 0 {
			c := (*control)(unsafe.Pointer(m.Control))
			if c.hdr.Level != unix.SOL_UDP || c.hdr.Type != unix.UDP_SEGMENT || c.hdr.Len != unix.SizeofCmsghdr+2 {
				return i, unix.EINVAL
			}
			segment = int(binary.NativeEndian.Uint16(c.data[:]))
			packets = (len(b) + segment - 1) / segment
		}
		if k.verdict != nil {
			if errno := k.verdict(a, packets); errno != 0 {
				if i > 0 {
					return i, 0
				}
				return 0, errno
			}
		}
		k.messages++
		k.segments = append(k.segments, segment)
		for range packets {
			n := len(b)
			if segment > 0 {
				n = min(segment, n)
			}
			k.got = append(k.got, sent{a, string(b[:n])})
			b = b[n:]
		}
	}
	return len(msgs), 0
}

// commit queues n bytes that tell which packet it is.
func commit(w *Writer, a Addr, n, number int) sent {
	room := w.Reserve(n + 10) // the caller need not know the size beforehand
	for i := range room[:n] {
		room[i] = byte(number >> (i % 3 * 8))
	}
	w.Commit(&a, n)
	return sent{a, string(room[:n])}
}

func TestEveryErrnoIsCountedByItsCause(t *testing.T) {
	for _, c := range []struct {
		errno unix.Errno
		want  Dropped
	}{
		{unix.EAGAIN, Dropped{WouldBlock: 4}},
		{unix.ENOBUFS, Dropped{NoBuffer: 4}},
		{unix.ENOMEM, Dropped{NoBuffer: 4}},
		{unix.EPERM, Dropped{Refused: 4}},
		{unix.ECONNREFUSED, Dropped{Refused: 4}},
		{unix.ENETUNREACH, Dropped{Refused: 4}},
		{unix.EHOSTUNREACH, Dropped{Refused: 4}},
		{unix.EMSGSIZE, Dropped{TooBig: 4}},
		{unix.EINVAL, Dropped{Other: 4}},
		{unix.EIO, Dropped{Other: 4}},
		{unix.EINTR, Dropped{Other: 4}},
		{0, Dropped{}},
	} {
		t.Run(c.errno.Error(), func(t *testing.T) {
			k := &fakeKernel{verdict: func(to_ Addr, _ int) unix.Errno {
				if to_ == to(2) {
					return c.errno
				}
				return 0
			}}
			w := newWriter(-1, true, k.send)
			var want []sent
			for i, a := range []int{1, 1, 2, 2, 2, 2, 3} {
				if s := commit(w, to(a), 100, i); a != 2 || c.errno == 0 {
					want = append(want, s)
				}
			}
			w.Flush()
			if !slices.Equal(k.got, want) {
				t.Errorf("%d datagrams left, want %d", len(k.got), len(want))
			}
			if w.Counters.Dropped != c.want {
				t.Errorf("dropped %+v, want %+v", w.Counters.Dropped, c.want)
			}
			if w.Counters.Datagrams != uint64(len(want)) || w.Counters.Bytes != uint64(100*len(want)) {
				t.Errorf("counted %+v", w.Counters)
			}
		})
	}
}

func TestARefusedRunLeavesPacketByPacket(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EIO, unix.EINVAL, unix.EMSGSIZE, unix.EOPNOTSUPP} {
		k := &fakeKernel{verdict: func(a Addr, packets int) unix.Errno {
			if a == to(2) && packets > 1 {
				return errno
			}
			return 0
		}}
		w := newWriter(-1, true, k.send)
		var want []sent
		for turn := range 3 {
			for i := range 12 {
				want = append(want, commit(w, to(1+i/4), 100, 100*turn+i))
			}
			w.Flush()
		}
		if !slices.Equal(k.got, want) {
			t.Errorf("%v: other datagrams, or in another order, than committed", errno)
		}
		c := w.Counters
		if c.Dropped.Total() != 0 || c.GSORefused != 1 || c.Datagrams != 36 || c.Segmented != 6 || c.Messages != 18 {
			t.Errorf("%v: %+v", errno, c)
		}
		// Turn one: the batch, the refusal, the four packets, the rest. Then one call a turn.
		if k.calls != 4+2 {
			t.Errorf("%v: %d calls", errno, k.calls)
		}
	}
}

func TestPacketsOfARefusedRunFailOneByOne(t *testing.T) {
	seen := 0
	k := &fakeKernel{verdict: func(_ Addr, packets int) unix.Errno {
		if packets > 1 {
			return unix.EIO
		}
		if seen++; seen == 3 || seen == 4 { // the third packet ends one call, and is the first of the next
			return unix.ENOBUFS
		}
		return 0
	}}
	w := newWriter(-1, true, k.send)
	for i := range 5 {
		commit(w, to(1), 100, i)
	}
	w.Flush()
	if len(k.got) != 4 || w.Counters.Datagrams != 4 || w.Counters.Dropped != (Dropped{NoBuffer: 1}) {
		t.Fatalf("%d left, %+v", len(k.got), w.Counters)
	}
}

func TestSinglePacketsCarryNoSegmentSize(t *testing.T) {
	k := &fakeKernel{}
	w := newWriter(-1, true, k.send)
	for i, a := range []int{1, 2, 2, 3} {
		commit(w, to(a), 100, i)
	}
	w.Flush()
	if !slices.Equal(k.segments, []int{0, 100, 0}) || w.Counters.Segmented != 1 || w.Counters.Messages != 3 {
		t.Fatalf("segments %v, %+v", k.segments, w.Counters)
	}
}

func TestPartialSendsContinueWhereTheyStopped(t *testing.T) {
	for most := 1; most < 5; most++ {
		k := &fakeKernel{most: most}
		w := newWriter(-1, true, k.send)
		var want []sent
		for i := range 50 {
			want = append(want, commit(w, to(i/2), 60, i))
		}
		w.Flush()
		if !slices.Equal(k.got, want) || w.Counters.Datagrams != 50 || k.calls != (25+most-1)/most {
			t.Fatalf("%d a call: %d calls, %+v", most, k.calls, w.Counters)
		}
	}
}

func TestAFullBatchOrRingIsSentByItself(t *testing.T) {
	k := &fakeKernel{}
	w := newWriter(-1, true, k.send)
	var want []sent
	for i := range maxMessages {
		want = append(want, commit(w, to(i), 60, i))
	}
	if k.calls != 0 {
		t.Fatal("sent before the batch was full")
	}
	want = append(want, commit(w, to(1000), 60, 1000))
	if k.calls != 1 || len(k.got) != maxMessages {
		t.Fatalf("%d calls, %d datagrams", k.calls, len(k.got))
	}
	for i := range 3 { // the packet that was in the way still begins a run
		want = append(want, commit(w, to(1000), 60, 1001+i))
	}
	w.Flush()
	if k.calls != 2 || k.messages != maxMessages+1 || !slices.Equal(k.got, want) {
		t.Fatalf("%d calls, %d messages", k.calls, k.messages)
	}

	k.got, want = nil, nil
	for i := range 2*ringSize/1140 + 1 {
		want = append(want, commit(w, to(i/8), 1140, i))
	}
	if k.calls != 4 {
		t.Fatalf("%d calls", k.calls)
	}
	w.Flush()
	w.Flush() // nothing left
	if !slices.Equal(k.got, want) || k.calls != 5 {
		t.Fatalf("%d calls", k.calls)
	}
}

func TestRoomNotCommittedIsNotSent(t *testing.T) {
	k := &fakeKernel{}
	w := newWriter(-1, true, k.send)
	copy(w.Reserve(2000), bytes.Repeat([]byte("canary"), 300))
	want := commit(w, to(1), 100, 7)
	w.Reserve(50)
	w.Flush()
	if !slices.Equal(k.got, []sent{want}) {
		t.Fatalf("%v", k.got)
	}
}

func TestADisplacedRefusalIsLearntAgain(t *testing.T) {
	var r refusals
	a := to(1)
	r.add(&a)
	for i := 2; r.has(&a); i++ {
		b := to(i)
		r.add(&b)
		if !r.has(&b) {
			t.Fatal("the latest is known")
		}
	}
}

// FuzzEveryDatagramLeavesOnceOrIsCounted commits packets as the bytes say, against a kernel that fails as they say.
func FuzzEveryDatagramLeavesOnceOrIsCounted(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 250, 9, 9, 9, 9, 9, 9, 17, 17, 17, 200, 201}, []byte{0, 0, 3, 0, 5, 1}, uint8(3))
	f.Add(bytes.Repeat([]byte{40}, 400), []byte{0, 9, 0, 0, 0, 8}, uint8(0))
	errnos := []unix.Errno{0, 0, unix.EAGAIN, unix.ENOBUFS, unix.EMSGSIZE, unix.EPERM, unix.EIO, unix.EINVAL, unix.EINTR}
	f.Fuzz(func(t *testing.T, packets, verdicts []byte, most uint8) {
		turn := 0
		k := &fakeKernel{most: int(most % 9)}
		k.verdict = func(Addr, int) unix.Errno {
			if len(verdicts) == 0 {
				return 0
			}
			turn++
			return errnos[int(verdicts[turn%len(verdicts)])%len(errnos)]
		}
		w := newWriter(-1, most&16 == 0, k.send)
		w.ring = w.ring[:8*1024] // a few packets, so that it fills often
		var want []sent
		for i, p := range packets {
			if p == 255 {
				w.Flush()
				continue
			}
			want = append(want, commit(w, to(int(p)%7), int(p)/7*40, i))
		}
		w.Flush()
		if err := exactlyOnce(want, k.got, w.Counters); err != nil {
			t.Fatal(err)
		}
	})
}

// exactlyOnce checks that got is want, in order per destination, less as many as were counted as dropped.
func exactlyOnce(want, got []sent, c Counters) error {
	if c.Datagrams != uint64(len(got)) || c.Datagrams+c.Dropped.Total() != uint64(len(want)) {
		return fmt.Errorf("%d committed, %d left, counted %+v", len(want), len(got), c)
	}
	i := 0
	for _, s := range got {
		for i < len(want) && want[i] != s {
			i++
		}
		if i == len(want) {
			return fmt.Errorf("a datagram left twice, changed or out of order")
		}
		i++
	}
	return nil
}
