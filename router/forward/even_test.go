package forward

import (
	"math/rand/v2"
	"testing"

	"causeway/router/rtp"
)

func pendingOf(sizes ...int) *Source {
	s := NewSource(1, 1, true)
	s.Open()
	for i, n := range sizes {
		b := make([]byte, n, n+16)
		for k := range b {
			b[k] = byte(i + 1)
		}
		s.Pending = append(s.Pending, Packet{Payload: b, Index: uint64(i)})
	}
	return s
}

// runs counts the messages that a receiver's packets would leave in.
func runs(s *Source) (n int) {
	size, ended := -1, true
	for _, p := range s.Pending {
		if l := len(p.Payload); ended || l > size {
			n, size, ended = n+1, l, false
		} else if l < size {
			ended = true
		}
	}
	return n
}

func TestPacketsOfOnePictureLeaveInOneRun(t *testing.T) {
	for _, sizes := range [][]int{
		{1119, 1119, 1120, 1120}, {1120, 1119, 1120, 1119}, {1100, 1101}, {900}, {1000, 1000, 1000}, {1119, 1119, 1120, 400},
	} {
		s := pendingOf(sizes...)
		s.even()
		if n := runs(s); n != 1 {
			t.Errorf("%v: %d runs", sizes, n)
		}
	}
}

func TestPacketsOfDifferentSizesStayAsTheyAre(t *testing.T) {
	s := pendingOf(300, 1100, 500, 700)
	s.even()
	for i, n := range []int{300, 1100, 500, 700} {
		if len(s.Pending[i].Payload) != n || s.Pending[i].Padded {
			t.Fatalf("packet %d has %d bytes", i, len(s.Pending[i].Payload))
		}
	}
}

func TestPaddingIsStrippedToTheSameBytes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		var sizes []int
		for range 1 + rnd.IntN(12) {
			sizes = append(sizes, 20+rnd.IntN(40))
		}
		s := pendingOf(sizes...)
		before := runs(s)
		s.even()
		if runs(s) > before {
			t.Fatalf("%v: %d runs became %d", sizes, before, runs(s))
		}
		for i, p := range s.Pending {
			b := append(make([]byte, 12), p.Payload...)
			rtp.Put(b, false, 96, 1, 1, 1)
			if p.Padded {
				b[0] |= 0x20
			}
			var h rtp.Header
			if err := rtp.Parse(b, &h); err != nil {
				t.Fatal(err)
			}
			got, err := rtp.Payload(b, &h)
			if err != nil || len(got) != sizes[i] {
				t.Fatalf("%v, packet %d: %d bytes, %v", sizes, i, len(got), err)
			}
			for _, c := range got {
				if c != byte(i+1) {
					t.Fatal("padding overwrote the payload")
				}
			}
		}
	}
}

func TestAPacketWithoutRoomIsNotPadded(t *testing.T) {
	s := pendingOf(100, 101)
	s.Pending[0].Payload = s.Pending[0].Payload[:100:100]
	s.even()
	if s.Pending[0].Padded {
		t.Fatal("padded beyond its memory")
	}
}
