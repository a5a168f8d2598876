package srtp

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// link is a sender and a receiver of one SSRC.
type link struct {
	t      testing.TB
	s      *Sealer
	o      *Opener
	stream Stream
	plain  [64]byte
}

func newLink(t testing.TB, p Profile) *link {
	key, salt := keysOf(p, 9)
	s, o := pair(t, p, key, salt)
	return &link{t: t, s: s, o: o}
}

func (l *link) seal(dst []byte, index uint64) []byte {
	packet := put(l.plain[:], 77, uint16(index), 24)
	return dst[:l.s.SealRTP(dst[:cap(dst)], packet[:12], packet[12:], index)]
}

// open fails the test unless the packet opens as index with its bytes whole.
func (l *link) open(packet []byte, index uint64) {
	l.t.Helper()
	n, got, err := l.o.OpenRTP(&l.stream, packet, 12)
	if err != nil || got != index {
		l.t.Fatalf("index %d opened as %d: %v", index, got, err)
	}
	if !bytes.Equal(packet[:n], put(l.plain[:], 77, uint16(index), 24)) {
		l.t.Fatalf("index %d: other bytes than were sealed", index)
	}
}

// refuse fails the test unless the packet is refused for that reason and the stream stays as it was.
func (l *link) refuse(packet []byte, why error) {
	l.t.Helper()
	before := l.stream
	if _, _, err := l.o.OpenRTP(&l.stream, packet, 12); !errors.Is(err, why) {
		l.t.Fatalf("got %v, want %v", err, why)
	}
	if l.stream != before {
		l.t.Fatal("a refused packet changed the stream")
	}
}

func TestAMillionPacketsAcrossTheWrap(t *testing.T) {
	l := newLink(t, AEADAES128GCM)
	var buf [128]byte
	for index := uint64(30_000); index < 1_030_000; index++ {
		l.open(l.seal(buf[:0], index), index)
	}
	if top, ok := l.stream.Highest(); !ok || top != 1_029_999 {
		t.Fatalf("highest is %d", top)
	}
}

func TestLossAroundTheWrap(t *testing.T) {
	for _, p := range profiles {
		for _, lost := range []uint64{1, 2, 100, 5_000, 32_000, 32_767} {
			for before := range uint64(3) {
				l := newLink(t, p)
				var buf [128]byte
				from := 65_535 - before
				if from-lost < 1<<16 {
					l.open(l.seal(buf[:0], from-lost), from-lost)
				}
				l.open(l.seal(buf[:0], from), from)
				l.open(l.seal(buf[:0], from+lost), from+lost)
				l.open(l.seal(buf[:0], from+2*lost), from+2*lost)
			}
		}
	}
}

func TestReorderingAroundTheWrap(t *testing.T) {
	const first, count = 65_536*3 - 3000, 6000
	for _, p := range profiles {
		l := newLink(t, p)
		// Another participant's three rounds, so that the receiver's counter is not near its start.
		for index := uint64(0); index < first; index += 30_000 {
			l.open(l.seal(make([]byte, 0, 128), index), index)
		}
		r := rand.New(rand.NewPCG(1, uint64(p)))
		packets, order := make([][]byte, count), make([]int, count)
		for i := range packets {
			packets[i], order[i] = l.seal(make([]byte, 0, 128), first+uint64(i)), i
		}
		for i := 0; i < count; i += 500 { // any order within 500, groups swapped in pairs
			r.Shuffle(500, func(a, b int) { order[i+a], order[i+b] = order[i+b], order[i+a] })
			if i/500%2 == 1 {
				for k := range 500 {
					order[i+k], order[i-500+k] = order[i-500+k], order[i+k]
				}
			}
		}
		for _, i := range order {
			l.open(packets[i], first+uint64(i))
		}
		for i := count - 1900; i < count; i++ {
			l.refuse(l.seal(packets[i][:0], first+uint64(i)), ErrReplay)
		}
	}
}

func TestReplaysAreRefused(t *testing.T) {
	for _, p := range profiles {
		l := newLink(t, p)
		var buf [128]byte
		for index := uint64(65_000); index < 68_000; index++ {
			l.open(l.seal(buf[:0], index), index)
			for _, age := range []uint64{0, 1, 63, 64, 65, 1023, 1983, 1984, 2500} {
				if index-age >= 65_000 {
					l.refuse(l.seal(buf[:0], index-age), ErrReplay)
				}
			}
		}
	}
}

func TestALatePacketOpensOnceWithinTheWindow(t *testing.T) {
	var buf [128]byte
	for _, late := range []uint64{1, 1023, 1024, windowSize - 1} {
		l := newLink(t, AEADAES128GCM)
		l.open(l.seal(buf[:0], 70_000-32_000), 70_000-32_000)
		l.open(l.seal(buf[:0], 70_000), 70_000)
		l.open(l.seal(buf[:0], 70_000-late), 70_000-late)
		l.refuse(l.seal(buf[:0], 70_000-late), ErrReplay)
		l.refuse(l.seal(buf[:0], 70_000-windowSize), ErrReplay)
	}
}

func TestTheFirstPacketsMayBeReordered(t *testing.T) {
	l := newLink(t, AEADAES128GCM)
	var buf [128]byte
	l.open(l.seal(buf[:0], 3), 3)
	l.open(l.seal(buf[:0], 1), 1)
	l.open(l.seal(buf[:0], 0), 0)
	l.open(l.seal(buf[:0], 40_000), 40_000) // more than half a round ahead, but there is no round before the first
}

func TestAnIndexPastTheLastRoundIsRefused(t *testing.T) {
	for _, p := range profiles {
		l := newLink(t, p)
		var buf [128]byte
		if n := l.s.SealRTP(buf[:], l.plain[:12], nil, maxIndex+1); n != 0 {
			t.Fatalf("sealed %d bytes past the last index", n)
		}
		l.stream.window.next = maxIndex - 10
		l.open(l.seal(buf[:0], maxIndex), maxIndex)
		l.refuse(l.seal(buf[:0], 5), ErrReplay)
	}
}

// The window against a set that remembers everything.
func FuzzWindow(f *testing.F) {
	f.Add([]byte{0, 1, 2, 250, 3, 129, 255, 255, 4, 0, 9})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var w window
		seen, top := map[uint64]bool{}, uint64(0)
		at := uint64(5000)
		for _, step := range steps {
			if step < 128 {
				at += uint64(step) * uint64(step)
			} else {
				at -= min(at, uint64(step-128)*23)
			}
			fresh := w.fresh(at)
			old := len(seen) > 0 && at+windowSize <= top
			if want := !seen[at] && !old; fresh != want {
				t.Fatalf("index %d with top %d: fresh %v, want %v", at, top, fresh, want)
			}
			if fresh {
				w.accept(at)
				seen[at], top = true, max(top, at)
			}
		}
	})
}
