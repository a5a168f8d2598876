package shard

import (
	"encoding/binary"
	"sync/atomic"
)

// ring hands bytes from one shard to one other: single producer, single
// consumer, no lock. Records are contiguous; a record that does not fit before
// the end leaves a filler and starts anew at the front. When it is full the
// producer drops what it wanted to write, and counts it.
type ring struct {
	buf []byte // length: a power of two

	_    [64]byte
	head atomic.Uint64 // bytes written, ever
	_    [56]byte
	tail atomic.Uint64 // bytes released, ever
	_    [56]byte

	// The producer's own.
	write    uint64
	seenTail uint64
	_        [48]byte
	// The consumer's own.
	read uint64
}

const (
	ringBytes  = 1 << 20
	recordHead = 8
	filler     = ^uint32(0)
)

func newRing(size int) *ring { return &ring{buf: make([]byte, size)} }

// reserve returns room for one record of n bytes, or nil if the ring is full.
// The record becomes visible with publish.
func (r *ring) reserve(n int) []byte {
	size := uint64(len(r.buf))
	need := uint64(recordHead+n+7) &^ 7
	at := r.write & (size - 1)
	skip := uint64(0)
	if at+need > size {
		skip = size - at
	}
	if r.write+skip+need-r.seenTail > size {
		r.seenTail = r.tail.Load()
		if r.write+skip+need-r.seenTail > size {
			return nil
		}
	}
	if skip > 0 {
		binary.NativeEndian.PutUint32(r.buf[at:], filler)
		r.write += skip
		at = 0
	}
	binary.NativeEndian.PutUint32(r.buf[at:], uint32(n))
	r.write += need
	return r.buf[at+recordHead : at+recordHead+uint64(n)]
}

// publish shows the consumer everything reserved so far.
func (r *ring) publish() { r.head.Store(r.write) }

// next returns the oldest unread record, or nil. Its bytes stay valid until release.
func (r *ring) next() []byte {
	head := r.head.Load()
	size := uint64(len(r.buf))
	for r.read != head {
		at := r.read & (size - 1)
		n := binary.NativeEndian.Uint32(r.buf[at:])
		if n == filler {
			r.read += size - at
			continue
		}
		r.read += uint64(recordHead+n+7) &^ 7
		return r.buf[at+recordHead : at+recordHead+uint64(n)]
	}
	return nil
}

// release gives everything that next returned back to the producer.
func (r *ring) release() { r.tail.Store(r.read) }

// empty tells the consumer whether there is nothing to read.
func (r *ring) empty() bool { return r.head.Load() == r.read }
