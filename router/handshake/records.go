package handshake

import "encoding/binary"

// DTLS 1.2 record and handshake headers (RFC 6347 sections 4.1 and 4.2.2).
const (
	recordHeader    = 13
	handshakeHeader = 12
	maxRecord       = 1<<14 + 2048

	typeChangeCipherSpec = 20
	typeAlert            = 21
	typeHandshake        = 22
	typeApplicationData  = 23

	// A handshake in WebRTC has some 15 messages, none longer than a
	// certificate with a large RSA key. Everything up to these bounds may be
	// kept for reassembly before the peer is known, so they are low.
	maxHandshakeSequence = 24
	maxHandshakeMessage  = 8 << 10
)

// filter copies to dst the records of datagram b that may be shown to pion,
// and returns how many bytes that is; dst holds len(b) bytes. alert is the
// last plaintext alert's level and description, 0 if there was none.
//
// What comes before the peer is authenticated can be forged by anyone who can
// forge a source address, so nothing of it may end the session (RFC 6347
// section 4.1.2.7: invalid records are silently discarded). Hence plaintext
// alerts and plaintext application data never pass; neither does anything
// malformed; and once the handshake is over nothing plaintext passes at all.
// The encrypted Finished is enough to ask for the last flight again.
func filter(dst, b []byte, established bool) (n int, alert uint16) {
	for len(b) >= recordHeader {
		length := int(binary.BigEndian.Uint16(b[11:]))
		if b[1] != 0xfe || length > maxRecord || recordHeader+length > len(b) {
			return n, alert
		}
		record := b[:recordHeader+length]
		b = b[len(record):]
		epoch := binary.BigEndian.Uint16(record[3:])
		body := record[recordHeader:]
		switch epoch {
		case 0:
			if record[0] == typeAlert && length == 2 {
				alert = binary.BigEndian.Uint16(body)
			}
			if established || !plaintextPasses(record[0], body) {
				continue
			}
		case 1:
			if record[0] < typeChangeCipherSpec || record[0] > typeApplicationData {
				continue
			}
		default: // no renegotiation: there is no third epoch
			continue
		}
		n += copy(dst[n:], record)
	}
	return n, alert
}

// plaintextPasses reports whether an epoch 0 record is one that a handshake
// needs, and well formed.
func plaintextPasses(kind byte, body []byte) bool {
	switch kind {
	case typeChangeCipherSpec:
		return len(body) == 1 && body[0] == 1
	case typeHandshake:
		return handshakePasses(body)
	}
	return false
}

// handshakePasses checks the headers of the handshake fragments in a record.
func handshakePasses(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	for len(b) > 0 {
		if len(b) < handshakeHeader {
			return false
		}
		total := uint24(b[1:])
		sequence := binary.BigEndian.Uint16(b[4:])
		offset, length := uint24(b[6:]), uint24(b[9:])
		switch {
		case sequence > maxHandshakeSequence, total > maxHandshakeMessage:
			return false
		case offset+length > total, handshakeHeader+length > len(b):
			return false
		case length == 0 && total != 0:
			return false
		}
		b = b[handshakeHeader+length:]
	}
	return true
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }
