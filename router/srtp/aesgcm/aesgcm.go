// Package aesgcm is AES-128-GCM (NIST SP 800-38D) for packets: 12-byte nonces, 16-byte tags, no allocation, and as
// little beside the cipher as can be, because a forwarder seals each packet once for every receiver.
//
// Where the processor has VAES and VPCLMULQDQ on 512-bit registers, assembly encrypts sixteen blocks at a time while it
// hashes the sixteen before; elsewhere, and under the build tag purego, crypto/cipher does the work. Which one is
// settled when the program starts. Neither branches on secrets nor looks anything up by them.
//
// It counts no nonces: two messages under one nonce give both and the hash key away, and the caller sees to it that
// this does not happen. It is no cipher.AEAD, as it appends nothing and wants no slices of nonces.
package aesgcm

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

const (
	// KeySize is the length of a key in bytes.
	KeySize = 16
	// TagSize is how much longer a sealed message is than its plaintext.
	TagSize = 16

	// maxVector bounds what the assembly takes: its counters change in their last byte only, and the blocks 0 and 1 are
	// no message blocks. No datagram of ours comes near.
	maxVector = 254 * aes.BlockSize
)

// Nonce is a 12-byte nonce in two big-endian numbers.
type Nonce struct {
	Head uint64 // bytes 0 to 7
	Tail uint32 // bytes 8 to 11
}

// A Key seals and opens messages under one AES-128 key. It is two words, so keep it by value; copies are the same key. It
// has one owner and is used by one goroutine at a time. The zero Key is none.
type Key struct {
	vector *tables // nil where the standard library does the work
	std    *standard
}

// standard is the fallback with the nonce's room: a local array would escape through the interface.
type standard struct {
	aead  cipher.AEAD
	nonce [12]byte
}

// New makes a Key; it does not keep the array.
func New(key *[KeySize]byte) Key {
	if !hasVector {
		return Portable(key)
	}
	k := Key{vector: new(tables)}
	expand(k.vector, key)
	k.vector.setHalves()
	return k
}

// Portable makes a Key that leaves the work to the standard library: what New does on other processors.
func Portable(key *[KeySize]byte) Key { return Key{std: newStandard(key)} }

func newStandard(key *[KeySize]byte) *standard {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // not with 16 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // not with a block cipher of the standard library's
	}
	return &standard{aead: aead}
}

// Seal writes the ciphertext of src and its tag to the first len(src)+TagSize bytes of dst; it panics if dst is
// shorter. dst starts where src starts, or the two do not overlap; dst and aad never do.
func (k Key) Seal(dst, src, aad []byte, n Nonce) {
	dst = dst[:len(src)+TagSize]
	if k.vector != nil && len(src) <= maxVector {
		k.vector.seal(dst, src, aad, n)
		return
	}
	k.portable().seal(dst, src, aad, n)
}

// Open verifies sealed, a ciphertext with its tag, and writes the plaintext to the first len(sealed)-TagSize bytes of
// dst; it panics if dst is shorter. If the tag does not fit it returns false, and those bytes of dst are zero. dst
// starts where sealed starts, or the two do not overlap; dst and aad never do.
func (k Key) Open(dst, sealed, aad []byte, n Nonce) bool {
	if len(sealed) < TagSize {
		return false
	}
	end := len(sealed) - TagSize
	dst = dst[:end]
	if k.vector == nil || end > maxVector {
		return k.portable().open(dst, sealed, aad, n)
	}
	var tag [TagSize]byte
	k.vector.open(&tag, dst, sealed[:end], aad, n)
	if !equal(&tag, (*[TagSize]byte)(sealed[end:])) {
		clear(dst)
		return false
	}
	return true
}

// equal takes the same time whatever the tags are. subtle.ConstantTimeCompare goes byte by byte, which is a sixth of what
// it costs to open a short packet.
func equal(a, b *[TagSize]byte) bool {
	diff := binary.LittleEndian.Uint64(a[:]) ^ binary.LittleEndian.Uint64(b[:])
	diff |= binary.LittleEndian.Uint64(a[8:]) ^ binary.LittleEndian.Uint64(b[8:])
	return subtle.ConstantTimeEq(int32(diff|diff>>32), 0) == 1
}

// portable is the standard library's cipher, made anew for a message too long for the assembly.
func (k Key) portable() *standard {
	if k.std == nil {
		return newStandard((*[KeySize]byte)(k.vector.rounds[:]))
	}
	return k.std
}

func (s *standard) setNonce(n Nonce) {
	binary.BigEndian.PutUint64(s.nonce[:], n.Head)
	binary.BigEndian.PutUint32(s.nonce[8:], n.Tail)
}

func (s *standard) seal(dst, src, aad []byte, n Nonce) {
	s.setNonce(n)
	s.aead.Seal(dst[:0:len(dst)], s.nonce[:], src, aad)
}

func (s *standard) open(dst, sealed, aad []byte, n Nonce) bool {
	s.setNonce(n)
	_, err := s.aead.Open(dst[:0:len(dst)], s.nonce[:], sealed, aad)
	return err == nil
}
