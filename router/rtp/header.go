package rtp

import (
	"encoding/binary"
	"errors"
)

// HeaderSize is the length in bytes of the fixed header (RFC 3550 §5.1).
const HeaderSize = 12

// What the parsers refuse. The values are static, so that a refusal costs
// nothing.
var (
	// ErrShort means that a length in the packet runs past its end.
	ErrShort = errors.New("rtp: packet too short")
	// ErrVersion means that the version is not 2.
	ErrVersion = errors.New("rtp: version is not 2")
	// ErrPadding means that the padding is of no length or longer than the
	// payload.
	ErrPadding = errors.New("rtp: bad padding")
)

// Header is a parsed RTP header (RFC 3550 §5.1). It holds no pointer and may
// be copied; offsets count from the beginning of the packet, in bytes.
type Header struct {
	Marker  bool
	PT      uint8 // payload type, 0 to 127
	Seq     uint16
	TS      uint32 // in units of the payload type's clock rate
	SSRC    uint32
	Padding bool  // the P bit; Payload checks and strips what it announces
	CSRCs   uint8 // how many CSRCs follow the fixed header, 0 to 15

	// ExtProfile is the 16-bit profile of the extension block: 0xBEDE for
	// the one-byte form, 0x100x for the two-byte form (RFC 8285 §4); 0 if
	// there is no block.
	ExtProfile uint16
	// ExtOff and ExtLen are where the block's elements lie, behind its four
	// bytes of head; both 0 if there is no block.
	ExtOff, ExtLen int
	// Size is the length of the whole header: fixed part, CSRCs, extensions.
	Size int
}

// Parse decodes the header of the packet b, encrypted or not, into h, whatever
// h held before. It checks every length but the padding's, which SRTP
// encrypts. Errors: ErrShort, ErrVersion; then h is meaningless.
func Parse(b []byte, h *Header) error {
	if len(b) < HeaderSize {
		return ErrShort
	}
	if b[0]>>6 != 2 {
		return ErrVersion
	}
	*h = Header{
		Marker:  b[1]&0x80 != 0,
		PT:      b[1] & 0x7F,
		Seq:     binary.BigEndian.Uint16(b[2:]),
		TS:      binary.BigEndian.Uint32(b[4:]),
		SSRC:    binary.BigEndian.Uint32(b[8:]),
		Padding: b[0]&0x20 != 0,
		CSRCs:   b[0] & 0x0F,
	}
	h.Size = HeaderSize + 4*int(h.CSRCs)
	// RFC 3550 §5.3.1: the X bit announces exactly one extension block, whose
	// length counts 32-bit words without the four bytes of its head.
	if b[0]&0x10 != 0 {
		if len(b) < h.Size+4 {
			return ErrShort
		}
		h.ExtProfile = binary.BigEndian.Uint16(b[h.Size:])
		h.ExtLen = 4 * int(binary.BigEndian.Uint16(b[h.Size+2:]))
		h.ExtOff = h.Size + 4
		h.Size = h.ExtOff + h.ExtLen
	}
	if len(b) < h.Size {
		return ErrShort
	}
	return nil
}

// Payload is the payload of the plaintext packet b without padding. It is
// empty for a packet of nothing but padding, as bandwidth probes are. Errors:
// ErrShort if b is shorter than its header, ErrPadding.
func Payload(b []byte, h *Header) ([]byte, error) {
	if h.Size > len(b) {
		return nil, ErrShort
	}
	p := b[h.Size:]
	if !h.Padding {
		return p, nil
	}
	// RFC 3550 §5.1: the last octet of the padding is a count of how many
	// padding octets should be ignored, including itself.
	if len(p) == 0 {
		return nil, ErrPadding
	}
	n := int(p[len(p)-1])
	if n == 0 || n > len(p) {
		return nil, ErrPadding
	}
	return p[:len(p)-n], nil
}

// Put writes the fixed header, without padding, extensions and CSRCs, at the
// beginning of dst and returns HeaderSize. It panics if dst is shorter.
func Put(dst []byte, marker bool, pt uint8, seq uint16, ts, ssrc uint32) int {
	_ = dst[HeaderSize-1]
	dst[0] = 2 << 6
	dst[1] = pt & 0x7F
	if marker {
		dst[1] |= 0x80
	}
	binary.BigEndian.PutUint16(dst[2:], seq)
	binary.BigEndian.PutUint32(dst[4:], ts)
	binary.BigEndian.PutUint32(dst[8:], ssrc)
	return HeaderSize
}
