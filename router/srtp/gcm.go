package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// gcm is one session key of the AEAD profile with room for the nonce and, for SRTCP, the associated data of the packet
// at hand: a slice of a local array would escape through cipher.AEAD and cost an allocation a packet.
type gcm struct {
	aead  cipher.AEAD
	salt  [gcmSaltLen]byte
	nonce [gcmSaltLen]byte
	aad   [rtcpFixed + wordLen]byte
}

func newGCM(k *sessionKeys) (*gcm, error) {
	block, err := aes.NewCipher(k.cipher[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &gcm{aead: aead, salt: [gcmSaltLen]byte(k.salt[:gcmSaltLen])}, nil
}

// setNonce makes the nonce: two zero bytes, the SSRC and a 48-bit index, exclusive-ored with the salt. For SRTP the
// index is ROC and SEQ (RFC 7714 section 8.1); for SRTCP two zero bytes and the 31-bit index (section 9.1).
func (g *gcm) setNonce(ssrc uint32, index uint64) {
	head := uint64(ssrc)<<16 | index>>32
	binary.BigEndian.PutUint64(g.nonce[0:], binary.BigEndian.Uint64(g.salt[0:])^head)
	binary.BigEndian.PutUint32(g.nonce[8:], binary.BigEndian.Uint32(g.salt[8:])^uint32(index))
}

// sealRTP writes ciphertext and tag to dst, whose length is theirs.
func (g *gcm) sealRTP(dst, header, payload []byte, ssrc uint32, index uint64) {
	g.setNonce(ssrc, index)
	g.aead.Seal(dst[:0:len(dst)], g.nonce[:], payload, header)
}

// openRTP decrypts body (ciphertext and tag) in place.
func (g *gcm) openRTP(header, body []byte, ssrc uint32, index uint64) bool {
	g.setNonce(ssrc, index)
	_, err := g.aead.Open(body[:0], g.nonce[:], body, header)
	return err == nil
}

// sealRTCP fills dst: header, ciphertext, tag, index word (RFC 7714 section 9.2).
func (g *gcm) sealRTCP(dst, packet []byte, ssrc, word uint32) {
	g.rtcpAAD(packet, word)
	g.setNonce(ssrc, uint64(word&rtcpIndexMask))
	copy(dst, packet[:rtcpFixed])
	trailer := len(packet) + gcmTagLen
	g.aead.Seal(dst[rtcpFixed:rtcpFixed:trailer], g.nonce[:], packet[rtcpFixed:], g.aad[:])
	binary.BigEndian.PutUint32(dst[trailer:], word)
}

// openRTCP decrypts a whole SRTCP packet in place.
func (g *gcm) openRTCP(packet []byte, ssrc, word uint32) bool {
	g.rtcpAAD(packet, word)
	g.setNonce(ssrc, uint64(word&rtcpIndexMask))
	body := packet[rtcpFixed : len(packet)-wordLen]
	_, err := g.aead.Open(body[:0], g.nonce[:], body, g.aad[:])
	return err == nil
}

func (g *gcm) rtcpAAD(packet []byte, word uint32) {
	copy(g.aad[:], packet[:rtcpFixed])
	binary.BigEndian.PutUint32(g.aad[rtcpFixed:], word)
}
