package srtp

import (
	"encoding/binary"

	"causeway/router/srtp/aesgcm"
)

// gcm is one session key of the AEAD profile, with room for the associated data of the SRTCP packet at hand: it may not
// be a slice of a local array, which would escape where the standard library does the work. SealRTP and OpenRTP use key
// and nonce themselves, a call less on the packet's way.
type gcm struct {
	key  aesgcm.Key
	salt aesgcm.Nonce
	aad  [rtcpFixed + wordLen]byte
}

func newGCM(k *sessionKeys) *gcm {
	return &gcm{
		key:  aesgcm.New(&k.cipher),
		salt: aesgcm.Nonce{Head: binary.BigEndian.Uint64(k.salt[:]), Tail: binary.BigEndian.Uint32(k.salt[8:])},
	}
}

// nonce is two zero bytes, the SSRC and a 48-bit index, exclusive-ored with the salt. For SRTP the index is ROC and SEQ
// (RFC 7714 section 8.1); for SRTCP two zero bytes and the 31-bit index (section 9.1).
func (g *gcm) nonce(ssrc uint32, index uint64) aesgcm.Nonce {
	return aesgcm.Nonce{
		Head: g.salt.Head ^ (uint64(ssrc)<<16 | index>>32),
		Tail: g.salt.Tail ^ uint32(index),
	}
}

// sealRTCP fills dst: header, ciphertext, tag, index word (RFC 7714 section 9.2).
func (g *gcm) sealRTCP(dst, packet []byte, ssrc, word uint32) {
	g.rtcpAAD(packet, word)
	copy(dst, packet[:rtcpFixed])
	g.key.Seal(dst[rtcpFixed:], packet[rtcpFixed:], g.aad[:], g.nonce(ssrc, uint64(word&rtcpIndexMask)))
	binary.BigEndian.PutUint32(dst[len(packet)+gcmTagLen:], word)
}

// openRTCP decrypts a whole SRTCP packet in place.
func (g *gcm) openRTCP(packet []byte, ssrc, word uint32) bool {
	g.rtcpAAD(packet, word)
	body := packet[rtcpFixed : len(packet)-wordLen]
	return g.key.Open(body, body, g.aad[:], g.nonce(ssrc, uint64(word&rtcpIndexMask)))
}

func (g *gcm) rtcpAAD(packet []byte, word uint32) {
	copy(g.aad[:], packet[:rtcpFixed])
	binary.BigEndian.PutUint32(g.aad[rtcpFixed:], word)
}
