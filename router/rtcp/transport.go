package rtcp

import "encoding/binary"

// Transport-wide feedback tells a sender which of its packets, counted over
// all its streams, arrived when. On the wire (draft §3.1): base sequence
// number, number of statuses, a reference time of 24 bits in units of 64 ms, a
// counter of feedback packets, then chunks of statuses, then one delta per
// received packet in ticks of 250 µs.
const (
	tick          = 250_000    // ns
	referenceUnit = 64_000_000 // ns: 256 ticks
	feedbackHead  = 16         // both SSRCs and the fixed part

	maxFeedbackStatuses = 8192 // a second of 8,000 packets; more is refused
)

// status of one packet, two bits.
type status uint8

const (
	lost     status = iota // not received
	small                  // received, one byte of delta, 0 to 63.75 ms
	large                  // received, two bytes of delta with sign
	reserved               // received, without delta: reserved
)

// chunk is 16 bits of statuses (draft §3.1.2 to §3.1.4): a run of one status,
// or a vector of 14 one-bit or 7 two-bit statuses.
type chunk uint16

const (
	vectorBit = 0x8000
	twoBits   = 0x4000
	maxRun    = 0x1FFF
)

// len is the number of statuses in the chunk.
func (c chunk) len() int {
	switch {
	case c&vectorBit == 0:
		return int(c & maxRun)
	case c&twoBits == 0:
		return 14
	}
	return 7
}

// at is the i-th of them.
func (c chunk) at(i int) status {
	switch {
	case c&vectorBit == 0:
		return status(c >> 13 & 3)
	case c&twoBits == 0:
		return status(c >> (13 - i) & 1)
	}
	return status(c >> (12 - 2*i) & 3)
}

// Feedback is a parsed transport-wide feedback message and the cursor over its
// statuses.
type Feedback struct {
	Sender, Media uint32
	Base          uint16 // sequence number of the first status
	Count         int    // how many statuses, at most 8192
	Reference     int64  // ns on the receiver's clock; wraps every 2^24 × 64 ms
	Number        uint8  // counts the sender's feedback messages

	chunks, deltas []byte
	done, inChunk  int
	now            int64
}

// Arrival is the fate of one packet.
type Arrival struct {
	Seq      uint16
	Received bool
	At       int64 // ns on the clock of Feedback.Reference, to 250 µs
}

// ParseFeedback reads transport-wide feedback into f, whatever f held before,
// and checks that its chunks and deltas are all there; Next goes through them.
// It is false if p is none, or is malformed, or has more than 8192 statuses.
func ParseFeedback(p Packet, f *Feedback) bool {
	*f = Feedback{}
	if !p.is(TypeRTPFB, FormatTransport, feedbackHead-8) {
		return false
	}
	b := p.Body
	f.Sender = binary.BigEndian.Uint32(b)
	f.Media = binary.BigEndian.Uint32(b[4:])
	f.Base = binary.BigEndian.Uint16(b[8:])
	f.Count = int(binary.BigEndian.Uint16(b[10:]))
	f.Reference = int64(int32(binary.BigEndian.Uint32(b[12:]))>>8) * referenceUnit
	f.Number = b[15]
	f.now = f.Reference
	f.chunks = b[feedbackHead:]
	if f.Count > maxFeedbackStatuses {
		return false
	}

	at, need := feedbackHead, 0
	for seen := 0; seen < f.Count; at += 2 {
		if at+2 > len(b) {
			return false
		}
		c := chunk(binary.BigEndian.Uint16(b[at:]))
		n := min(c.len(), f.Count-seen)
		size, ok := c.deltas(n)
		if n == 0 || !ok {
			return false
		}
		need += size
		seen += n
	}
	// What lies behind the deltas is padding of senders that leave out the P bit.
	f.deltas = b[at:]
	return need <= len(f.deltas)
}

// deltas is how many bytes of delta the first n statuses take; ok is false if
// one of them is the reserved one.
func (c chunk) deltas(n int) (size int, ok bool) {
	if c&vectorBit == 0 {
		return n * int(c.at(0)), c.at(0) != reserved
	}
	for i := range n {
		s := c.at(i)
		if s == reserved {
			return 0, false
		}
		size += int(s)
	}
	return size, true
}

// Next is the next status, in the order of sequence numbers; ok is false behind
// the last.
func (f *Feedback) Next() (a Arrival, ok bool) {
	if f.done == f.Count {
		return Arrival{}, false
	}
	c := chunk(binary.BigEndian.Uint16(f.chunks))
	s := c.at(f.inChunk)
	if f.inChunk++; f.inChunk == c.len() {
		f.chunks, f.inChunk = f.chunks[2:], 0
	}
	a.Seq = f.Base + uint16(f.done)
	f.done++
	switch s {
	case small:
		f.now += int64(f.deltas[0]) * tick
		f.deltas = f.deltas[1:]
	case large:
		f.now += int64(int16(binary.BigEndian.Uint16(f.deltas))) * tick
		f.deltas = f.deltas[2:]
	default:
		return a, true
	}
	a.Received, a.At = true, f.now
	return a, true
}
