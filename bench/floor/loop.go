//go:build linux && (amd64 || arm64)

package floor

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"causeway/router/srtp"
)

// Form is how a bare forwarder sends.
type Form int

const (
	// GSO sends runs with UDP_SEGMENT, up to 64 messages or 256 KiB in one
	// sendmmsg.
	GSO Form = iota
	// Plain sends up to 64 packets in one sendmmsg.
	Plain
)

// String is the form as in the names of rows.
func (f Form) String() string {
	if f == GSO {
		return "segment"
	}
	return "sendmmsg"
}

func (f Form) words() string {
	if f == GSO {
		return "in runs"
	}
	return "sendmmsg of 64"
}

// Loop measures the bare forwarder of a shape once, after a warm-up, and
// returns its CPU time in µs per packet sent. It is what a router of that shape
// cannot be cheaper than: interleave calls with samples of the router, and
// compare medians. It opens one packet, seals it for every destination and
// sends; it neither receives nor decides anything. Errors: ErrNoGSO, a shape
// that makes no sense, ctx's end, and what the kernel refuses.
func (r *Rig) Loop(ctx context.Context, s Shape, f Form) (cpuUSPerPacket float64, err error) {
	l, err := r.loop(s, f)
	if err != nil {
		return 0, err
	}
	one, err := r.sample(ctx, l.measure)
	if err != nil {
		return 0, err
	}
	return one.us(), nil
}

func (r *Rig) loop(s Shape, f Form) (*loop, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	if f == GSO && !r.gso {
		return nil, ErrNoGSO
	}
	return newLoop(s, f, r.fd, r.place.to(s.Destinations))
}

// loop is a bare forwarder.
type loop struct {
	shape   Shape
	form    Form
	out     *batch
	sources []source      // one per lane
	sinks   []destination // in the order in which they are served
	turns   int           // in one stretch of measuring
	packets []incoming    // of all those turns
	slab    []byte        // where they lie

	// The run in the making: consecutive packets of one size, from off in the
	// ring.
	off, segment, count int
	tail                int // of the ring
}

type source struct {
	ssrc   uint32
	sealer *srtp.Sealer // the publisher's
	opener *srtp.Opener
	stream srtp.Stream
	index  uint64
	plain  []byte
}

type destination struct {
	to     unix.RawSockaddrInet4
	sealer *srtp.Sealer
	slots  []slot // one per lane
}

type slot struct {
	ssrc  uint32
	index uint64
}

// incoming is a packet in the slab: sealed, and after opening, plaintext.
type incoming struct {
	lane  int
	bytes []byte
}

func newLoop(s Shape, f Form, fd int, to []unix.RawSockaddrInet4) (*loop, error) {
	const profile = srtp.AEADAES128GCM
	l := &loop{shape: s, form: f, out: newBatch(fd, maxBatch)}
	for i, lane := range s.Lanes {
		sealer, opener, err := pair(profile, uint64(i))
		if err != nil {
			return nil, fmt.Errorf("floor: %w", err)
		}
		l.sources = append(l.sources, source{ssrc: uint32(i + 1), sealer: sealer, opener: opener, plain: plaintext(lane.Bytes)})
	}
	for i := range s.Destinations {
		key, salt := keysFor(profile, sinkKeys+uint64(i))
		sealer, err := srtp.NewSealer(profile, key, salt)
		if err != nil {
			return nil, fmt.Errorf("floor: %w", err)
		}
		d := destination{to: to[i], sealer: sealer}
		for lane := range s.Lanes {
			d.slots = append(d.slots, slot{ssrc: uint32(1000 + lane)})
		}
		l.sinks = append(l.sinks, d)
	}
	// A stretch is long enough to be timed and its input short enough to stay
	// in L2.
	in := s.inputs()
	l.turns = max(1, min(1024/(in*s.Destinations), maxInputs/in))
	l.slab = make([]byte, l.turns*in*packetRoom)
	return l, nil
}

// sinkKeys begins the numbers of the destinations' keys.
const sinkKeys = 1 << 32

// measure brings in some turns' packets, and measures the forwarding of them.
func (l *loop) measure(w *watch) (int, error) {
	l.arrive()
	l.out.watch = w
	before, in, good := l.out.taken, l.shape.inputs(), true
	w.start()
	for i := range l.turns {
		good = l.turn(l.packets[i*in:(i+1)*in]) && good
	}
	l.send()
	w.stop()
	if !good {
		return 0, errCipher
	}
	return l.out.result(before)
}

// arrive fills the slab as publishers would.
func (l *loop) arrive() {
	l.packets = l.packets[:0]
	for range l.turns {
		for lane := range l.shape.Lanes {
			p := &l.sources[lane]
			for range l.shape.Lanes[lane].Packets {
				p.index++
				putHeader(p.plain, p.ssrc, p.index)
				at := l.slab[len(l.packets)*packetRoom:]
				n := p.sealer.SealRTP(at, p.plain[:headerBytes], p.plain[headerBytes:], p.index)
				l.packets = append(l.packets, incoming{lane, at[:n:n]})
			}
		}
	}
}

// turn is the bare forwarder: open each packet once, then serve destination by
// destination.
func (l *loop) turn(packets []incoming) bool {
	for i := range packets {
		p := &packets[i]
		s := &l.sources[p.lane]
		n, _, err := s.opener.OpenRTP(&s.stream, p.bytes, headerBytes)
		if err != nil {
			return false
		}
		p.bytes = p.bytes[:n]
	}
	for i := range l.sinks {
		d := &l.sinks[i]
		for k := range packets {
			l.forward(d, &packets[k])
		}
		l.close(&d.to)
	}
	return true
}

// forward seals a packet for one destination into the ring.
func (l *loop) forward(d *destination, p *incoming) {
	n := len(p.bytes) + tagBytes
	if n != l.segment || l.count == maxSegments || (l.count+1)*n > maxMessage || l.form == Plain {
		l.close(&d.to)
	}
	if l.tail+n > len(l.out.ring) {
		l.close(&d.to)
		l.send()
	}
	if l.count == 0 {
		l.off, l.segment = l.tail, n
	}
	s := &d.slots[p.lane]
	s.index++
	dst := l.out.ring[l.tail:]
	putHeader(dst, s.ssrc, s.index)
	d.sealer.SealRTP(dst, dst[:headerBytes], p.bytes[headerBytes:], s.index)
	l.count++
	l.tail += n
}

// close ends the run to a destination: it becomes a message, and the ring is
// free again if that was the last one of a batch.
func (l *loop) close(to *unix.RawSockaddrInet4) {
	if l.count > 0 {
		l.out.put(to, l.off, l.segment, l.count)
		l.count = 0
	}
	if l.out.n == 0 {
		l.tail = 0
	}
}

// send sends what lies in the ring. All runs are closed.
func (l *loop) send() {
	l.out.flush()
	l.tail = 0
}
