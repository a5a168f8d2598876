//go:build linux && (amd64 || arm64)

package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var (
	loopback4 = netip.MustParseAddrPort("127.0.0.1:0")
	loopback6 = netip.MustParseAddrPort("[::1]:0")
)

func listenTest(t testing.TB, local netip.AddrPort, o Options) *Socket {
	t.Helper()
	s, err := Listen(local, o)
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// receive reads until n datagrams are there.
func receive(t testing.TB, s *Socket, b *ReadBatch, n int) (got []string, from []Addr) {
	t.Helper()
	for len(got) < n {
		p := []unix.PollFd{{Fd: int32(s.FD()), Events: unix.POLLIN}}
		if ready, err := unix.Poll(p, 5000); err == nil && ready == 0 {
			t.Fatalf("%d datagrams of %d after five seconds", len(got), n)
		}
		k, err := s.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range k {
			got, from = append(got, string(b.Datagram(i))), append(from, *b.From(i))
		}
	}
	return got, from
}

// traffic commits runs of several shapes to one address and returns what was committed.
func traffic(w *Writer, a Addr) (want []string) {
	for i, size := range slices.Concat(
		slices.Repeat([]int{1140}, 8), slices.Repeat([]int{1140}, 3), []int{700}, // runs
		[]int{120}, []int{1200, 1199, 1198}, []int{0}, []int{1}, slices.Repeat([]int{50}, 64), []int{2048},
	) {
		want = append(want, commit(w, a, size, i).b)
	}
	w.Flush()
	return want
}

func TestTheSameDatagramsArriveWithAndWithoutOffloads(t *testing.T) {
	for _, local := range []netip.AddrPort{loopback4, loopback6} {
		for _, gso := range []bool{true, false} {
			for _, gro := range []bool{true, false} {
				t.Run(fmt.Sprintf("%v gso=%v gro=%v", local.Addr(), gso, gro), func(t *testing.T) {
					out := listenTest(t, local, Options{NoGSO: !gso})
					in := listenTest(t, local, Options{NoGRO: !gro})
					w, b := NewWriter(out), NewReadBatch(in)
					want := traffic(w, AddrFrom(in.LocalAddr()))
					got, from := receive(t, in, b, len(want))
					if !slices.Equal(got, want) {
						t.Errorf("other datagrams than were sent: %d of %d", len(got), len(want))
					}
					for _, a := range from {
						if a.AddrPort() != out.LocalAddr() {
							t.Fatalf("from %v, sent by %v", a.String(), out.LocalAddr())
						}
					}
					c, r := w.Counters, b.Received
					if c.Datagrams != uint64(len(want)) || c.Dropped.Total() != 0 || c.GSORefused != 0 {
						t.Errorf("sent %+v", c)
					}
					if r.Datagrams != c.Datagrams || r.Bytes != c.Bytes || r.Truncated != 0 {
						t.Errorf("received %+v, sent %+v", r, c)
					}
					if gso != (c.Segmented > 0) || gso != (c.Messages < c.Datagrams) {
						t.Errorf("GSO is %v: %+v", gso, c)
					}
					// On loopback a run that left whole arrives whole: this shows that the kernel took the run as one.
					if merged := r.Messages < r.Datagrams; merged != (gso && gro) {
						t.Errorf("merged: %v, %+v", merged, r)
					}
				})
			}
		}
	}
}

func TestADualStackSocketKnowsIPv4PeersByTheirAddress(t *testing.T) {
	both := listenTest(t, netip.MustParseAddrPort("[::]:0"), Options{})
	peer := listenTest(t, loopback4, Options{})
	w, b := NewWriter(peer), NewReadBatch(both)
	a := AddrFrom(netip.AddrPortFrom(loopback4.Addr(), both.LocalAddr().Port()))
	traffic(w, a)
	_, from := receive(t, both, b, 1)
	if from[0] != AddrFrom(peer.LocalAddr()) {
		t.Fatalf("peer %v is %v", peer.LocalAddr(), from[0].String())
	}
	back, bp := NewWriter(both), NewReadBatch(peer)
	want := traffic(back, from[0])
	if got, _ := receive(t, peer, bp, len(want)); !slices.Equal(got, want) || back.Counters.Dropped.Total() != 0 {
		t.Fatalf("%d of %d came back, %+v", len(got), len(want), back.Counters)
	}
}

func TestReadingNothingIsNoError(t *testing.T) {
	s := listenTest(t, loopback4, Options{})
	if n, err := s.Read(NewReadBatch(s)); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	s2 := listenTest(t, loopback4, Options{NoGRO: true})
	if _, err := s2.Read(NewReadBatch(s)); err == nil {
		t.Fatal("read into a batch of another kind")
	}
}

func TestADatagramTooLongForItsRoomIsDropped(t *testing.T) {
	in := listenTest(t, loopback4, Options{NoGRO: true})
	out := listenTest(t, loopback4, Options{})
	w, b := NewWriter(out), NewReadBatch(in)
	commit(w, AddrFrom(in.LocalAddr()), datagramRoom+1, 1)
	want := commit(w, AddrFrom(in.LocalAddr()), 10, 2)
	w.Flush()
	if got, _ := receive(t, in, b, 1); got[0] != want.b || b.Received.Truncated != 1 || b.Received.Datagrams != 1 {
		t.Fatalf("%q, %+v", got, b.Received)
	}
}

func TestWhatTheKernelRefusesIsCounted(t *testing.T) {
	s := listenTest(t, loopback4, Options{})
	w := NewWriter(s)
	peer := AddrFrom(loopback4)
	for range 3 {
		commit(w, peer, 10, 1) // port 0
	}
	w.Flush()
	if w.Counters.Datagrams != 0 || w.Counters.Dropped.Total() != 3 {
		t.Fatalf("%+v", w.Counters)
	}
	commit(w, AddrFrom(s.LocalAddr()), 65_508, 1)
	w.Flush()
	if w.Counters.Dropped.TooBig != 1 {
		t.Fatalf("%+v", w.Counters)
	}
}

func TestFailuresToListenNameTheCure(t *testing.T) {
	s := listenTest(t, loopback4, Options{})
	for _, c := range []struct {
		addr string
		want string
	}{
		{s.LocalAddr().String(), "has this port"},
		{"203.0.113.7:9", "no interface of this host"},
	} {
		_, err := Listen(netip.MustParseAddrPort(c.addr), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.addr) {
			t.Errorf("%s: %v", c.addr, err)
		}
	}
	if _, err := Listen(netip.AddrPort{}, Options{}); err == nil {
		t.Error("listened on nothing")
	}
}

func TestSocketsSharingAPortShareItsPeers(t *testing.T) {
	a := listenTest(t, loopback4, Options{ReusePort: true})
	b := listenTest(t, a.LocalAddr(), Options{ReusePort: true})
	if a.LocalAddr() != b.LocalAddr() {
		t.Fatal(a.LocalAddr(), b.LocalAddr())
	}
}

func TestOverflowsAreCounted(t *testing.T) {
	in := listenTest(t, loopback4, Options{ReceiveBuffer: 4096, NoGRO: true})
	if r, _ := in.Buffers(); r < 1024 || r > 65536 {
		t.Fatalf("receive buffer of %d bytes", r)
	}
	w := NewWriter(listenTest(t, loopback4, Options{NoGSO: true}))
	for i := range 100 {
		commit(w, AddrFrom(in.LocalAddr()), 1000, i)
	}
	w.Flush()
	deadline := time.Now().Add(5 * time.Second)
	for in.Overflows() == 0 {
		if time.Now().After(deadline) {
			t.Fatal("100 kB fitted into 4 kB")
		}
	}
}

func TestThePacketPathAllocatesNothing(t *testing.T) {
	for _, o := range []Options{{}, {NoGSO: true, NoGRO: true}} {
		s := listenTest(t, loopback4, o)
		w, b := NewWriter(s), NewReadBatch(s)
		a := AddrFrom(s.LocalAddr())
		strange := AddrFrom(loopback4) // refused: the fallback and the counting are part of the path
		got := testing.AllocsPerRun(200, func() {
			for range 8 {
				copy(w.Reserve(1140), "packet")
				w.Commit(&a, 1140)
			}
			for range 2 {
				w.Reserve(100)
				w.Commit(&strange, 100)
			}
			w.Flush()
			for n := 0; n < 8; {
				k, err := s.Read(b)
				if err != nil {
					t.Fatal(err)
				}
				for i := range k {
					_ = b.Datagram(i)
					_ = b.From(i).Hash()
				}
				n += k
			}
		})
		if got != 0 {
			t.Errorf("%+v: %v allocations a turn", o, got)
		}
	}
}
