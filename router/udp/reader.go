//go:build linux && (amd64 || arm64)

package udp

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	readMessages = 64
	datagramRoom = 2048      // more than any packet of a session; a longer datagram is dropped
	mergedRoom   = 64 * 1024 // the longest datagram, merged or not
	maxMerged    = 128       // datagrams that a kernel merges into one

	// The rooms for merged datagrams do not begin 64 KiB apart, because addresses that far apart share a set of the
	// caches, and most messages are a single packet at the start of their room.
	mergedStride = mergedRoom + 21*64
)

// A ReadBatch is a slab that one Read fills, and the list of datagrams in it. It allocates when made and never again.
// One owner; any socket of the same kind may fill it.
type ReadBatch struct {
	Received Received

	slab    []byte
	stride  int
	merged  bool
	dirty   int // headers that the kernel has written to
	msg     []message
	iov     []unix.Iovec
	control []control
	from    []Addr

	datagrams []datagram
	n         int
}

// Received counts what came in. Plain fields: only the batch's owner may read them while it works.
type Received struct {
	Datagrams uint64
	Bytes     uint64
	Messages  uint64 // what the kernel handed over, merged or not
	Truncated uint64 // messages too long for their room: dropped
	Batches   uint64 // system calls
}

// datagram is a piece of the slab: size bytes at off, from the sender of message msg.
type datagram struct {
	off, size, msg uint32
}

// NewReadBatch makes a batch for a socket: 64 × 2 KiB, or, where the kernel merges, 64 × 65 KiB of address space, of
// which only the pages that merged datagrams reach become memory.
func NewReadBatch(s *Socket) *ReadBatch {
	b := &ReadBatch{merged: s.gro, stride: datagramRoom}
	const n = readMessages
	room, pieces := datagramRoom, 1
	if s.gro {
		room, pieces, b.stride = mergedRoom, maxMerged, mergedStride
	}
	b.slab = make([]byte, n*b.stride)
	b.msg, b.iov, b.control, b.from = make([]message, n), make([]unix.Iovec, n), make([]control, n), make([]Addr, n)
	b.datagrams = make([]datagram, n*pieces)
	for i := range b.msg {
		b.iov[i].Base, b.iov[i].Len = &b.slab[i*b.stride], uint64(room)
		b.msg[i].hdr.Iov, b.msg[i].hdr.Iovlen = &b.iov[i], 1
		b.msg[i].hdr.Name = &b.from[i].raw[0]
		if s.gro {
			b.msg[i].hdr.Control = b.control[i].bytes()
		}
	}
	b.dirty = n
	return b
}

var errBatchKind = errors.New("udp: this batch was made for a socket of another kind")

// Read takes what has arrived, without waiting, and returns the number of datagrams, 0 if there was none. It forgets
// what the batch held.
func (s *Socket) Read(b *ReadBatch) (n int, err error) {
	b.n = 0
	if b.merged != s.gro {
		return 0, errBatchKind
	}
	b.reset()
	got, errno := recvmmsg(s.fd, b.msg)
	b.Received.Batches++
	if errno != 0 {
		if errno == unix.EAGAIN || errno == unix.EINTR {
			return 0, nil
		}
		return 0, fmt.Errorf("udp: reading from %v: %w", s.local, errno)
	}
	b.dirty = got
	for i := range b.msg[:got] {
		b.take(i)
	}
	return b.n, nil
}

// reset restores the lengths that the kernel overwrote.
func (b *ReadBatch) reset() {
	for i := range b.msg[:b.dirty] {
		b.msg[i].hdr.Namelen = unix.SizeofSockaddrInet6
		if b.merged {
			b.msg[i].hdr.Controllen = controlSize
		}
	}
	b.dirty = 0
}

// take lists the datagrams of message i.
func (b *ReadBatch) take(i int) {
	m := &b.msg[i]
	b.Received.Messages++
	if m.hdr.Flags&unix.MSG_TRUNC != 0 {
		b.Received.Truncated++
		return
	}
	b.from[i].normalize()
	size, segment := m.n, m.n
	if b.merged {
		if s := b.control[i].mergedSegment(m.hdr.Controllen); s > 0 {
			segment = uint32(s)
		}
	}
	b.Received.Bytes += uint64(size)
	for at := uint32(0); b.n < len(b.datagrams); {
		n := min(segment, size-at)
		b.datagrams[b.n] = datagram{off: uint32(i*b.stride) + at, size: n, msg: uint32(i)}
		b.n++
		b.Received.Datagrams++
		if at += n; at >= size {
			return
		}
	}
}

// Datagram returns the i-th datagram, whole. Its bytes may be changed in place and are valid until the next Read.
func (b *ReadBatch) Datagram(i int) []byte {
	d := &b.datagrams[i]
	return b.slab[d.off : d.off+d.size : d.off+d.size]
}

// From returns the i-th datagram's sender, valid until the next Read.
func (b *ReadBatch) From(i int) *Addr { return &b.from[b.datagrams[i].msg] }

// Full reports whether the last Read filled the batch, so that more may be waiting.
func (b *ReadBatch) Full() bool { return b.dirty == len(b.msg) }
