package rtp

import "encoding/binary"

// NAL unit types (RFC 6184 §5.2, H.264 table 7-1).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// H264KeyFrame tells whether an H.264 payload begins a key frame: an IDR slice
// or a sequence parameter set, alone, in a STAP-A, or as the first fragment of
// an FU-A (RFC 6184 §5.6 to §5.8). The interleaved packets (STAP-B, MTAP, FU-B)
// are not for packetization modes 0 and 1 and count as none.
func H264KeyFrame(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	switch payload[0] & 0x1F {
	case nalIDR, nalSPS:
		return true
	case nalFUA:
		// RFC 6184 §5.8: the S bit marks the first fragment of a NAL unit.
		return payload[1]&0x80 != 0 && isKeyNAL(payload[1])
	case nalSTAPA:
		// RFC 6184 §5.7.1: NAL units, each behind 16 bits of length.
		for p := payload[1:]; len(p) > 2; {
			n := int(binary.BigEndian.Uint16(p))
			if n == 0 || n > len(p)-2 {
				return false
			}
			if isKeyNAL(p[2]) {
				return true
			}
			p = p[2+n:]
		}
	}
	return false
}

func isKeyNAL(head byte) bool {
	return head&0x1F == nalIDR || head&0x1F == nalSPS
}

// VP9KeyFrame tells whether a VP9 payload begins a key frame, from the
// descriptor alone (RFC 9628 §4.2): not inter-picture predicted (P), beginning
// of a frame (B), and of spatial layer 0 where layers are told. The VP9 header
// behind it is left alone, so that it may be encrypted end to end; an
// intra-only frame, which WebRTC encoders do not send, looks the same.
func VP9KeyFrame(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	flags, at := payload[0], 1
	if flags&0x40 != 0 || flags&0x08 == 0 {
		return false
	}
	if flags&0x80 != 0 { // I: picture id, of which M tells one byte from two
		at += 1 + int(payload[at]>>7)
	}
	if flags&0x20 != 0 { // L: TID, U, SID, D
		if len(payload) <= at || payload[at]>>1&0x07 != 0 {
			return false
		}
		at++
		if flags&0x10 == 0 { // F clear: TL0PICIDX follows
			at++
		}
	}
	return len(payload) > at
}

const obuSequenceHeader = 1 // AV1 §6.2.2

// AV1KeyFrame tells whether an AV1 payload begins a coded video sequence, and
// with it a key frame: the aggregation header's N bit is set, its Z bit is not,
// and a sequence header is among the OBU elements (RTP Payload Format For AV1
// §4.4).
func AV1KeyFrame(payload []byte) bool {
	// Aggregation header: Z Y W W N - - -. With N set, Z MUST be 0.
	if len(payload) < 2 || payload[0]&0x88 != 0x08 {
		return false
	}
	// W is the number of elements, the last of which has no length; with
	// W = 0 every one has.
	w := int(payload[0] >> 4 & 0x03)
	p := payload[1:]
	for i := 1; len(p) > 0; i++ {
		size := len(p)
		if i != w {
			n, used := leb128(p)
			if used == 0 || n > len(p)-used {
				return false
			}
			p, size = p[used:], n
		}
		if size > 0 && p[0]>>3&0x0F == obuSequenceHeader {
			return true
		}
		if i == w {
			return false
		}
		p = p[size:]
	}
	return false
}

// leb128 reads the length of an OBU element (AV1 §4.10.5: at most eight bytes,
// not always as few as would do). used is 0 if it is longer or cut off.
func leb128(b []byte) (n, used int) {
	for i := 0; i < len(b) && i < 8; i++ {
		n |= int(b[i]&0x7F) << (7 * i)
		if b[i]&0x80 == 0 {
			return n, i + 1
		}
	}
	return 0, 0
}
