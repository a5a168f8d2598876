package srtp

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// cm is one session key of the counter-mode profile: cipher, MAC and their scratch space, so that a packet needs no
// allocation.
type cm struct {
	keys *keyStream
	mac  hash.Hash
	salt [aes.BlockSize]byte // the last two bytes are zero: they count blocks
	sum  [sha1.Size]byte
	roc  [4]byte
}

func newCM(k *sessionKeys) (*cm, error) {
	keys, err := newKeyStream(&k.cipher, hasVector)
	if err != nil {
		return nil, err
	}
	c := &cm{keys: keys, mac: hmac.New(sha1.New, k.auth[:])}
	copy(c.salt[:], k.salt[:])
	return c, nil
}

// xor encrypts or decrypts src into dst, which may be src. The first counter block is
// salt·2^16 ⊕ SSRC·2^64 ⊕ index·2^16 (RFC 3711 section 4.1.1), so its last two bytes count the blocks from zero.
func (c *cm) xor(dst, src []byte, ssrc uint32, index uint64) {
	ctr := c.keys.ctr[:]
	binary.BigEndian.PutUint64(ctr[0:], binary.BigEndian.Uint64(c.salt[0:])^uint64(ssrc))
	binary.BigEndian.PutUint64(ctr[8:], binary.BigEndian.Uint64(c.salt[8:])^index<<16)
	for first := 0; len(src) > 0; first += streamGroups * groupBlocks {
		n := min(len(src), len(c.keys.out))
		subtle.XORBytes(dst, src[:n], c.keys.next(n, first))
		dst, src = dst[n:], src[n:]
	}
}

// tag leaves the MAC of the parts in c.sum. SRTP authenticates the packet followed by the ROC, SRTCP the packet with
// its index word (RFC 3711 section 4.2).
func (c *cm) tag(packet, tail []byte) []byte {
	c.mac.Reset()
	c.mac.Write(packet)
	c.mac.Write(tail)
	return c.mac.Sum(c.sum[:0])[:cmTagLen]
}

func (c *cm) rocOf(index uint64) []byte {
	binary.BigEndian.PutUint32(c.roc[:], uint32(index>>16))
	return c.roc[:]
}

// sealRTP fills the rest of dst, whose first headerLen bytes are the header.
func (c *cm) sealRTP(dst []byte, headerLen int, payload []byte, ssrc uint32, index uint64) {
	end := headerLen + len(payload)
	c.xor(dst[headerLen:end], payload, ssrc, index)
	copy(dst[end:], c.tag(dst[:end], c.rocOf(index)))
}

// openRTP verifies packet and only then decrypts it in place.
func (c *cm) openRTP(packet []byte, headerLen int, ssrc uint32, index uint64) bool {
	end := len(packet) - cmTagLen
	if subtle.ConstantTimeCompare(packet[end:], c.tag(packet[:end], c.rocOf(index))) != 1 {
		return false
	}
	c.xor(packet[headerLen:end], packet[headerLen:end], ssrc, index)
	return true
}

// sealRTCP fills dst: header, ciphertext, index word, tag (RFC 3711 section 3.4).
func (c *cm) sealRTCP(dst, packet []byte, ssrc, word uint32) {
	end := len(packet)
	copy(dst, packet[:rtcpFixed])
	c.xor(dst[rtcpFixed:end], packet[rtcpFixed:], ssrc, uint64(word&rtcpIndexMask))
	binary.BigEndian.PutUint32(dst[end:], word)
	copy(dst[end+wordLen:], c.tag(dst[:end+wordLen], nil))
}

// openRTCP verifies a whole SRTCP packet and only then decrypts it in place.
func (c *cm) openRTCP(packet []byte, ssrc, word uint32) bool {
	end := len(packet) - cmTagLen
	if subtle.ConstantTimeCompare(packet[end:], c.tag(packet[:end], nil)) != 1 {
		return false
	}
	body := packet[rtcpFixed : end-wordLen]
	c.xor(body, body, ssrc, uint64(word&rtcpIndexMask))
	return true
}
