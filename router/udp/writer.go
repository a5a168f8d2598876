//go:build linux && (amd64 || arm64)

package udp

import (
	"golang.org/x/sys/unix"
)

// Counters say what became of the packets committed to a Writer: each is in Datagrams or in one Dropped field. Plain
// fields: only the Writer's owner may read them while it works.
type Counters struct {
	Datagrams uint64 // packets the kernel took
	Bytes     uint64 // their payload
	Messages  uint64 // messages they travelled in
	Segmented uint64 // messages among those that carried UDP_SEGMENT
	Batches   uint64 // system calls

	Dropped Dropped

	GSORefused uint64 // times a destination turned out to take no runs
}

// Dropped counts packets that the kernel did not take, by cause.
type Dropped struct {
	WouldBlock uint64 // the socket's send buffer is full (EAGAIN): SendBuffer, net.core.wmem_max, a slow device
	NoBuffer   uint64 // the device's queue or memory is full (ENOBUFS, ENOMEM)
	TooBig     uint64 // larger than the path or a datagram may be (EMSGSIZE)
	Refused    uint64 // a firewall or the routing table says no (EPERM, EACCES, ECONNREFUSED, ENETUNREACH, EHOSTUNREACH …)
	Other      uint64
}

// Total is the number of packets dropped.
func (d *Dropped) Total() uint64 { return d.WouldBlock + d.NoBuffer + d.TooBig + d.Refused + d.Other }

// count files n packets under the errno's cause.
func (d *Dropped) count(errno unix.Errno, n int) {
	field := &d.Other
	switch errno {
	case unix.EAGAIN:
		field = &d.WouldBlock
	case unix.ENOBUFS, unix.ENOMEM:
		field = &d.NoBuffer
	case unix.EMSGSIZE:
		field = &d.TooBig
	case unix.EPERM, unix.EACCES, unix.ECONNREFUSED, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EHOSTDOWN, unix.ENETDOWN:
		field = &d.Refused
	}
	*field += uint64(n)
}

// A Writer is one shard's way out of a Socket: a ring of packets, the plan of the batch that they make, and the headers
// to send it with. It allocates when made and never again. One owner.
type Writer struct {
	Counters Counters

	fd      int
	gso     bool
	send    func(fd int, m []message) (int, unix.Errno) // sendmmsg; a test's script
	ring    []byte
	tail    int // where the next packet begins
	plan    plan
	batch   headers
	refused refusals

	// A refused run, packet by packet.
	single        [maxSegments]run
	singleHeaders headers
}

// NewWriter makes a Writer of a socket. Several Writers may share a socket, each with its own owner.
func NewWriter(s *Socket) *Writer { return newWriter(s.fd, s.gso, sendmmsg) }

func newWriter(fd int, gso bool, send func(int, []message) (int, unix.Errno)) *Writer {
	w := &Writer{fd: fd, gso: gso, send: send, ring: make([]byte, ringSize)}
	w.batch.init()
	w.singleHeaders.init()
	return w
}

// Reserve returns room for the next packet: size bytes, at most 65,507, to write it to. It is the caller's until Commit
// or the next Reserve. If the ring has no room, what was committed so far is sent first.
func (w *Writer) Reserve(size int) []byte {
	if w.tail+size > len(w.ring) {
		w.Flush()
	}
	return w.ring[w.tail : w.tail+size : w.tail+size]
}

// Commit queues the first n bytes of the room last reserved as one datagram to an address, of which it keeps a copy. It
// joins the run before it if it goes to the same address and is no longer than that run's first packet. Packets leave
// in the order of their commits. If the batch has no room for another message, the batch is sent first.
func (w *Writer) Commit(to *Addr, n int) {
	if !w.plan.add(to, w.tail, n, w.alone(to)) {
		from := w.tail
		w.Flush()
		copy(w.ring, w.ring[from:from+n]) // to the warm end, where its run can grow
		w.plan.add(to, 0, n, w.alone(to))
	}
	w.tail += n
}

// Flush sends what was committed. Afterwards every such packet is with the kernel or counted as dropped.
func (w *Writer) Flush() {
	if w.plan.n > 0 {
		w.transmit(&w.batch, w.plan.runs[:w.plan.n])
		w.plan.n = 0
	}
	w.tail = 0
}

func (w *Writer) alone(to *Addr) bool { return !w.gso || w.refused.has(to) }

// transmit sends runs as one batch. sendmmsg stops at the first message that fails and says why only if that is the
// first of the call, so the call after a short one begins with the culprit. The culprit alone is dropped, whatever the
// cause: the send buffer may have room again for the next.
func (w *Writer) transmit(h *headers, runs []run) {
	h.fill(w.ring, runs)
	for at := 0; at < len(runs); {
		n, errno := w.send(w.fd, h.msg[at:len(runs)])
		w.Counters.Batches++
		for i := range runs[at : at+n] {
			w.count(&runs[at+i])
		}
		at += n
		if n > 0 {
			continue
		}
		if r := &runs[at]; r.count > 1 && refusesRuns(errno) {
			w.fallBack(r)
		} else {
			w.Counters.Dropped.count(errno, r.count)
		}
		at++
	}
}

func (w *Writer) count(r *run) {
	w.Counters.Datagrams += uint64(r.count)
	w.Counters.Bytes += uint64(r.size)
	w.Counters.Messages++
	if r.count > 1 {
		w.Counters.Segmented++
	}
}

// refusesRuns reports whether the kernel may have meant the run and not its packets: EIO is a route without checksum
// offload or with IPsec, EINVAL a device or kernel without segmentation, EMSGSIZE (EINVAL before Linux 6.14) a packet
// larger than the path MTU, which alone may leave in fragments.
func refusesRuns(errno unix.Errno) bool {
	return errno == unix.EIO || errno == unix.EINVAL || errno == unix.EMSGSIZE || errno == unix.EOPNOTSUPP
}

// fallBack sends a refused run packet by packet and remembers its destination.
func (w *Writer) fallBack(r *run) {
	if !w.refused.has(&r.to) {
		w.refused.add(&r.to)
		w.Counters.GSORefused++
	}
	w.transmit(&w.singleHeaders, r.split(&w.single))
}

// headers are the kernel's view of a batch. What never changes is set once.
type headers struct {
	msg     [maxMessages]message
	iov     [maxMessages]unix.Iovec
	control [maxMessages]control
}

func (h *headers) init() {
	for i := range h.msg {
		h.control[i] = segmentControl()
		h.msg[i].hdr.Iov, h.msg[i].hdr.Iovlen = &h.iov[i], 1
	}
}

// fill describes runs. A message of one packet carries no UDP_SEGMENT: it would cost, and some devices refuse.
func (h *headers) fill(ring []byte, runs []run) {
	for i := range runs {
		r, m := &runs[i], &h.msg[i].hdr
		m.Name, m.Namelen = &r.to.raw[0], r.to.size()
		h.iov[i].Base, h.iov[i].Len = &ring[r.off], uint64(r.size)
		m.Control, m.Controllen = nil, 0
		if r.count > 1 {
			h.control[i].setSegment(uint16(r.segment))
			m.Control, m.Controllen = h.control[i].bytes(), controlSize
		}
	}
}

// refusals remembers destinations that take no runs: a table with one place per hash, where a later destination
// displaces an earlier one, which costs the earlier one another refusal.
type refusals struct {
	any  bool
	addr [512]Addr
}

func (r *refusals) has(a *Addr) bool { return r.any && r.addr[a.Hash()%uint64(len(r.addr))] == *a }

func (r *refusals) add(a *Addr) {
	r.any = true
	r.addr[a.Hash()%uint64(len(r.addr))] = *a
}
