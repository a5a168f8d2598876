package rtcp

import (
	"encoding/binary"
	"errors"
)

// Packet types (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611).
const (
	TypeSR    = 200 // sender report
	TypeRR    = 201 // receiver report
	TypeSDES  = 202 // source description
	TypeBYE   = 203 // goodbye
	TypeAPP   = 204 // application-defined
	TypeRTPFB = 205 // transport-layer feedback
	TypePSFB  = 206 // payload-specific feedback
	TypeXR    = 207 // extended report
)

// Feedback message types, which stand in Packet.Count.
const (
	FormatNACK      = 1  // of RTPFB (RFC 4585 §6.2.1)
	FormatTransport = 15 // of RTPFB: transport-wide feedback
	FormatPLI       = 1  // of PSFB (RFC 4585 §6.3.1)
	FormatFIR       = 4  // of PSFB (RFC 5104 §4.3.1)
	FormatREMB      = 15 // of PSFB: application layer feedback, of which REMB is one
)

const headerSize = 4

// What Next and Validate refuse. The values are static, so that a refusal
// costs nothing.
var (
	// ErrShort means that a packet runs past the compound, or that there is none.
	ErrShort = errors.New("rtcp: packet too short")
	// ErrVersion means that the version is not 2.
	ErrVersion = errors.New("rtcp: version is not 2")
	// ErrPadding means that the padding is of no length or longer than the packet.
	ErrPadding = errors.New("rtcp: bad padding")
	// ErrBody means that a packet's counts do not fit its length.
	ErrBody = errors.New("rtcp: malformed packet")
)

// Packet is one packet of a compound.
type Packet struct {
	Type  uint8
	Count uint8  // report count, source count or feedback message type, 0 to 31
	Body  []byte // what follows the four bytes of header, without padding; borrowed
}

// Next takes the first packet off the compound b. rest is what follows it, and
// empty behind the last. Errors: ErrShort, ErrVersion, ErrPadding.
//
// RFC 3550 §6.4.1 has padding only on the last packet and in multiples of four
// bytes. Browsers pad transport-wide feedback by 1 to 3 bytes, and wherever it
// stands, so that both are taken.
func Next(b []byte) (p Packet, rest []byte, err error) {
	if len(b) < headerSize {
		return Packet{}, nil, ErrShort
	}
	if b[0]>>6 != 2 {
		return Packet{}, nil, ErrVersion
	}
	// RFC 3550 §6.4.1: the length is in 32-bit words minus one.
	size := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
	if size > len(b) {
		return Packet{}, nil, ErrShort
	}
	body := b[headerSize:size:size]
	if b[0]&0x20 != 0 {
		if len(body) == 0 {
			return Packet{}, nil, ErrPadding
		}
		n := int(body[len(body)-1])
		if n == 0 || n > len(body) {
			return Packet{}, nil, ErrPadding
		}
		body = body[:len(body)-n]
	}
	return Packet{Type: b[1], Count: b[0] & 0x1F, Body: body}, b[size:], nil
}

// Validate checks a compound as a whole, down to the counts in every packet of
// a type that this package reads. Reduced-size compounds (RFC 5506) need not
// begin with a report. Errors: those of Next, ErrBody.
func Validate(b []byte) error {
	for first := true; first || len(b) > 0; first = false {
		p, rest, err := Next(b)
		if err != nil {
			return err
		}
		if !p.wellFormed() {
			return ErrBody
		}
		b = rest
	}
	return nil
}

func (p Packet) wellFormed() (ok bool) {
	switch p.Type {
	case TypeSR:
		_, ok = ParseSR(p)
	case TypeRR:
		_, ok = ParseRR(p)
	case TypeSDES:
		ok = p.chunks()
	case TypeBYE:
		_, ok = ParseBYE(p)
	case TypeAPP:
		ok = len(p.Body) >= 8
	case TypeXR:
		ok = len(p.Body) >= 4
	case TypeRTPFB:
		ok = p.transportWellFormed()
	case TypePSFB:
		ok = p.payloadWellFormed()
	default:
		ok = true
	}
	return ok
}

func (p Packet) transportWellFormed() (ok bool) {
	switch p.Count {
	case FormatNACK:
		_, ok = ParseNACK(p)
	case FormatTransport:
		var f Feedback
		ok = ParseFeedback(p, &f)
	default:
		ok = len(p.Body) >= 8
	}
	return ok
}

func (p Packet) payloadWellFormed() (ok bool) {
	switch {
	case p.Count == FormatFIR:
		_, ok = ParseFIR(p)
	case p.isREMB():
		_, ok = ParseREMB(p)
	default:
		ok = len(p.Body) >= 8
	}
	return ok
}

// SSRCs is a borrowed list of SSRCs as it stands in a packet.
type SSRCs []byte

// Len is the number of SSRCs.
func (s SSRCs) Len() int { return len(s) / 4 }

// At is the i-th SSRC; it panics outside of 0 to Len()-1.
func (s SSRCs) At(i int) uint32 { return binary.BigEndian.Uint32(s[4*i:]) }

// begin appends a header whose length end fills in.
func begin(dst []byte, kind, count uint8) []byte {
	return append(dst, 2<<6|count&0x1F, kind, 0, 0)
}

// end pads the packet that began at start to 32 bits (RFC 3550 §6.4.1, with the
// P bit) and fills in its length.
func end(dst []byte, start int) []byte {
	if n := (start - len(dst)) & 3; n > 0 {
		dst = append(dst, "\x00\x00\x00"[:n-1]...)
		dst = append(dst, byte(n))
		dst[start] |= 0x20
	}
	binary.BigEndian.PutUint16(dst[start+2:], uint16((len(dst)-start)/4-1))
	return dst
}
