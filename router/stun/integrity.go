package stun

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// Key is the short-term credential of one agent (RFC 8489 §9.1): HMAC-SHA1
// keyed with its password. It is reused without allocation and belongs to one
// goroutine at a time.
type Key struct {
	mac  hash.Hash
	head [HeaderSize]byte
	sum  [macSize]byte
}

// NewKey makes the key of a password. ICE passwords are plain ASCII, so that
// SASLprep (RFC 8489 §9.1.1) changes nothing and is left out.
func NewKey(password string) *Key {
	k := &Key{mac: hmac.New(sha1.New, []byte(password))}
	// The first Reset after a Sum stores the padded key's digest; all later
	// ones restore it without allocating.
	k.mac.Sum(k.sum[:0])
	k.mac.Reset()
	return k
}

// of returns the MESSAGE-INTEGRITY of a message whose attribute would stand at
// offset off. The result is borrowed until the next call.
//
// RFC 8489 §14.5: the length field takes part as if MESSAGE-INTEGRITY were the
// last attribute, so that a FINGERPRINT behind it does not count.
func (k *Key) of(b []byte, off int) []byte {
	copy(k.head[:], b)
	binary.BigEndian.PutUint16(k.head[2:], uint16(off+4+macSize-HeaderSize))
	k.mac.Reset()
	k.mac.Write(k.head[:])
	k.mac.Write(b[HeaderSize:off])
	return k.mac.Sum(k.sum[:0])
}

// Verify tells whether the MESSAGE-INTEGRITY of m, which was parsed from b, is
// there and is that of k. It compares in constant time.
func (m *Message) Verify(b []byte, k *Key) bool {
	if !m.HasIntegrity || m.integrity+4+macSize > len(b) {
		return false
	}
	return subtle.ConstantTimeCompare(k.of(b, m.integrity), b[m.integrity+4:m.integrity+4+macSize]) == 1
}
