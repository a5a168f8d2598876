// Package packet tells by its first bytes what a datagram on the media port is
// (RFC 7983, RFC 5761). It parses nothing further.
package packet

// Class is what a datagram claims to be.
type Class uint8

const (
	Unknown Class = iota
	STUN          // first byte 0..3
	DTLS          // first byte 20..63
	RTP           // first byte 128..191
	RTCP          // as RTP, with a second byte of 192..223
)

// Classify looks at the first two bytes of b. The RTCP range is that of RFC 5761
// §4: packet types 192-223, which no RTP payload type with or without marker may
// take when both share a port.
func Classify(b []byte) Class {
	if len(b) < 2 {
		return Unknown
	}
	switch c := b[0]; {
	case c <= 3:
		return STUN
	case c >= 20 && c <= 63:
		return DTLS
	case c < 128 || c > 191:
		return Unknown
	}
	if b[1] >= 192 && b[1] <= 223 {
		return RTCP
	}
	return RTP
}
