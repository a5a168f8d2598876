package stun

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/netip"
)

const (
	// HeaderSize is the length of the fixed header in bytes (RFC 8489 §5).
	HeaderSize = 20

	magicCookie    = 0x2112A442
	fingerprintXOR = 0x5354554E
)

// Class is the two class bits of a message type (RFC 8489 §5).
type Class uint8

// The four classes.
const (
	Request Class = iota
	Indication
	Success
	Error
)

// Method is the twelve method bits of a message type (RFC 8489 §5).
type Method uint16

// Binding is the only method that ICE uses (RFC 8489 §18.2).
const Binding Method = 1

// What Parse refuses. The values are static, so that a refusal costs nothing.
var (
	// ErrNotSTUN means that the bytes are no STUN message of RFC 8489 at all.
	ErrNotSTUN = errors.New("stun: no message")
	// ErrAttribute means that an attribute runs past the message, has a length
	// that its type does not allow, or stands behind FINGERPRINT.
	ErrAttribute = errors.New("stun: malformed attribute")
	// ErrFingerprint means that FINGERPRINT does not match the message.
	ErrFingerprint = errors.New("stun: fingerprint mismatch")
)

// Message is one parsed message. Where an attribute occurs twice, the first
// one counts and the rest is ignored (RFC 8489 §14).
type Message struct {
	Class         Class
	Method        Method
	TransactionID [12]byte

	// Username is the USERNAME attribute, borrowed from the datagram; nil if
	// absent. Split it with SplitUsername.
	Username []byte
	// Priority is the PRIORITY attribute (RFC 8445 §16.1), 0 if absent.
	Priority uint32
	// UseCandidate is true if USE-CANDIDATE is there.
	UseCandidate bool
	// Controlling and Controlled tell which role attribute is there.
	Controlling, Controlled bool
	// TieBreaker is the value of the role attribute.
	TieBreaker uint64
	// XORMapped is the decoded XOR-MAPPED-ADDRESS; the zero value if absent.
	XORMapped netip.AddrPort
	// ErrorCode is 300 to 699, or 0 without ERROR-CODE.
	ErrorCode int
	// Unknown is the first attribute type below 0x8000 that this package does
	// not understand, or 0. A request that carries one is answered with
	// AppendUnknownAttribute (RFC 8489 §6.3.1).
	Unknown uint16
	// HasIntegrity is true if MESSAGE-INTEGRITY is there; Verify checks it.
	HasIntegrity bool
	// HasFingerprint is true if FINGERPRINT is there, and then it matched.
	HasFingerprint bool

	integrity int // offset of MESSAGE-INTEGRITY
}

// Is tells whether a datagram is a STUN message: the first byte is in the STUN
// range of RFC 7983 §7, the magic cookie stands in its place, and the length
// field covers exactly the rest (RFC 8489 §5).
func Is(b []byte) bool {
	return len(b) >= HeaderSize && b[0] <= 3 &&
		binary.BigEndian.Uint32(b[4:]) == magicCookie &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-HeaderSize &&
		len(b)&3 == 0
}

// Parse decodes the datagram b into m, whatever m held before. FINGERPRINT is
// verified where present; MESSAGE-INTEGRITY is only located, because its key
// depends on the username: see Verify. Slices in m are borrowed from b. After
// an error m is meaningless. Errors: ErrNotSTUN, ErrAttribute, ErrFingerprint.
func Parse(b []byte, m *Message) error {
	*m = Message{}
	if !Is(b) {
		return ErrNotSTUN
	}
	// RFC 8489 §5: the class bits C1 and C0 lie between the method bits.
	t := binary.BigEndian.Uint16(b)
	m.Class = Class(t>>7&2 | t>>4&1)
	m.Method = Method(t>>2&0xF80 | t>>1&0x70 | t&0xF)
	copy(m.TransactionID[:], b[8:HeaderSize])

	for off := HeaderSize; off < len(b); {
		// The message is a multiple of four bytes and so is every step, so
		// four bytes of attribute header are always there.
		if m.HasFingerprint {
			// RFC 8489 §14.7: FINGERPRINT MUST be the last attribute.
			return ErrAttribute
		}
		kind := binary.BigEndian.Uint16(b[off:])
		size := int(binary.BigEndian.Uint16(b[off+2:]))
		if size > len(b)-off-4 {
			return ErrAttribute
		}
		value := b[off+4 : off+4+size : off+4+size]
		if err := m.attribute(b, off, kind, value); err != nil {
			return err
		}
		// RFC 8489 §14: values are padded to four bytes with bytes of any value.
		off += 4 + (size+3)&^3
	}
	return nil
}

// fingerprint is the value of FINGERPRINT when the bytes before it are head,
// whose length field already covers it (RFC 8489 §14.7).
func fingerprint(head []byte) uint32 {
	return crc32.ChecksumIEEE(head) ^ fingerprintXOR
}
