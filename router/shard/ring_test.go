package shard

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"
)

func TestRingKeepsOrderAndBytesAcrossTheEnd(t *testing.T) {
	r := newRing(1 << 12)
	rnd := rand.New(rand.NewPCG(1, 2))
	var wrote, read uint32
	for range 100_000 {
		if rnd.IntN(2) == 0 {
			n := 4 + rnd.IntN(900)
			b := r.reserve(n)
			if b == nil {
				continue
			}
			if len(b) != n {
				t.Fatalf("reserved %d bytes, got %d", n, len(b))
			}
			binary.LittleEndian.PutUint32(b, wrote)
			for i := 4; i < n; i++ {
				b[i] = byte(wrote)
			}
			wrote++
			r.publish()
			continue
		}
		for b := r.next(); b != nil; b = r.next() {
			if got := binary.LittleEndian.Uint32(b); got != read {
				t.Fatalf("record %d came, %d was due", got, read)
			}
			for _, c := range b[4:] {
				if c != byte(read) {
					t.Fatalf("record %d was overwritten", read)
				}
			}
			read++
		}
		r.release()
	}
	if read == 0 || wrote-read > 5 {
		t.Fatalf("%d written, %d read", wrote, read)
	}
}

func TestRingRefusesWhenFullAndLosesNothing(t *testing.T) {
	r := newRing(1 << 10)
	n := 0
	for r.reserve(100) != nil {
		n++
	}
	if n == 0 || n > 10 {
		t.Fatalf("%d records of 100 bytes in 1 KiB", n)
	}
	r.publish()
	for range n {
		if r.next() == nil {
			t.Fatal("a record is missing")
		}
	}
	if r.next() != nil {
		t.Fatal("a record too many")
	}
	if r.reserve(100) != nil {
		t.Fatal("room before release")
	}
	r.release()
	if r.reserve(100) == nil {
		t.Fatal("no room after release")
	}
}

func TestRingBetweenTwoGoroutines(t *testing.T) {
	r := newRing(1 << 12)
	const total = 200_000
	done := make(chan uint32)
	go func() {
		var read uint32
		for read < total {
			for b := r.next(); b != nil; b = r.next() {
				if binary.LittleEndian.Uint32(b) != read {
					done <- read
					return
				}
				read++
			}
			r.release()
			runtime.Gosched()
		}
		done <- read
	}()
	for i := uint32(0); i < total; {
		if b := r.reserve(4 + int(i%300)); b != nil {
			binary.LittleEndian.PutUint32(b, i)
			i++
			r.publish()
		} else {
			runtime.Gosched()
		}
	}
	if got := <-done; got != total {
		t.Fatalf("order broke at %d", got)
	}
}
