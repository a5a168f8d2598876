package aesgcm

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkRatio takes turns, the standard library's cipher and ours on the same messages within one run, so that a
// slow hour of a shared machine slows both, and gives medians. Cold rows write each message to another place and have
// 350 keys, as many receivers as a forwarder may have.
func BenchmarkRatio(b *testing.B) {
	for _, size := range []int{64, 120, 300, 1124} {
		for _, cold := range []bool{false, true} {
			b.Run(fmt.Sprintf("seal/%d/%s", size, temperature(cold)), func(b *testing.B) {
				std, ours := newLoad(size, cold, Portable), newLoad(size, cold, New)
				compare(b, std.seal, ours.seal)
			})
			b.Run(fmt.Sprintf("open/%d/%s", size, temperature(cold)), func(b *testing.B) {
				std, ours := newLoad(size, cold, Portable), newLoad(size, cold, New)
				for range std.slots { // the same bytes every time round, so that they open again and again
					std.seal()
					ours.seal()
				}
				compare(b, std.open, ours.open)
			})
		}
	}
}

func temperature(cold bool) string {
	if cold {
		return "cold"
	}
	return "warm"
}

// load is messages of one size: 12 bytes of header, payload, tag.
type load struct {
	keys  []Key
	src   []byte
	slots [][]byte

	key, slot int
}

func newLoad(size int, cold bool, newKey func(*[KeySize]byte) Key) *load {
	l := &load{src: make([]byte, 12+size)}
	keys, slots := 1, 1
	if cold {
		keys, slots = 350, 4<<20/(12+size+TagSize)
	}
	for i := range keys {
		l.keys = append(l.keys, newKey(&[KeySize]byte{byte(i), byte(i >> 8)}))
	}
	ring := make([]byte, slots*(12+size+TagSize))
	for i := range slots {
		l.slots = append(l.slots, ring[i*len(ring)/slots:(i+1)*len(ring)/slots])
	}
	return l
}

// run is how many messages in a row a receiver gets.
const run = 4

// next goes on to another slot and after some to another key, the same key for the same slot each time round.
func (l *load) next() (Key, []byte, Nonce) {
	if l.slot++; l.slot == len(l.slots) {
		l.slot, l.key = 0, 0
	} else if l.slot%run == 0 {
		if l.key++; l.key == len(l.keys) {
			l.key = 0
		}
	}
	return l.keys[l.key], l.slots[l.slot], Nonce{Tail: uint32(l.slot)}
}

func (l *load) seal() {
	k, dst, n := l.next()
	k.Seal(dst[12:], l.src[12:], l.src[:12], n)
}

func (l *load) open() {
	k, sealed, n := l.next()
	if !k.Open(l.src[12:], sealed[12:], l.src[:12], n) {
		panic("not opened")
	}
}

func compare(b *testing.B, std, ours func()) {
	var ratios, before, after []float64
	for b.Loop() {
		t0 := time.Now()
		for range 400 {
			std()
		}
		t1 := time.Now()
		for range 400 {
			ours()
		}
		a, o := float64(t1.Sub(t0)), float64(time.Since(t1))
		ratios, before, after = append(ratios, a/o), append(before, a/400), append(after, o/400)
	}
	b.ReportMetric(median(before), "std-ns")
	b.ReportMetric(median(after), "ours-ns")
	b.ReportMetric(median(ratios), "times-faster")
	b.ReportMetric(0, "ns/op")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
