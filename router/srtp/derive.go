package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// Labels of the key derivation (RFC 3711 section 4.3.1 and 4.3.2). SRTCP's are SRTP's plus three.
const (
	labelCipher = 0x00
	labelAuth   = 0x01
	labelSalt   = 0x02
	labelRTCP   = 0x03
)

const authKeyLen = 20

// sessionKeys are what one master key yields for SRTP or for SRTCP. The salt of GCM fills 12 of its 14 bytes.
type sessionKeys struct {
	cipher [keyLen]byte
	auth   [authKeyLen]byte
	salt   [cmSaltLen]byte
}

// derive runs the AES-CM key derivation with a derivation rate of zero, the only one DTLS-SRTP knows. A 12-byte salt
// counts as followed by zero bytes (RFC 7714 section 11).
func derive(p Profile, masterKey, masterSalt []byte) (rtp, rtcp sessionKeys, err error) {
	if !p.Known() {
		return rtp, rtcp, fmt.Errorf("srtp: %v is not supported", p)
	}
	if len(masterKey) != p.KeyLen() || len(masterSalt) != p.SaltLen() {
		return rtp, rtcp, fmt.Errorf("srtp: %v wants a %d-byte master key and a %d-byte salt, got %d and %d",
			p, p.KeyLen(), p.SaltLen(), len(masterKey), len(masterSalt))
	}
	block, err := aes.NewCipher(masterKey)
	if err != nil {
		return rtp, rtcp, fmt.Errorf("srtp: master key: %w", err)
	}
	rtp.expand(block, masterSalt, 0)
	rtcp.expand(block, masterSalt, labelRTCP)
	return rtp, rtcp, nil
}

func (k *sessionKeys) expand(block cipher.Block, masterSalt []byte, first byte) {
	expand(block, masterSalt, first+labelCipher, k.cipher[:])
	expand(block, masterSalt, first+labelAuth, k.auth[:])
	expand(block, masterSalt, first+labelSalt, k.salt[:len(masterSalt)])
}

// expand fills out with the key stream whose counter block is the salt, the label exclusive-ored into its byte 7, and
// two bytes of block count.
func expand(block cipher.Block, salt []byte, label byte, out []byte) {
	var iv [aes.BlockSize]byte
	copy(iv[:], salt)
	iv[7] ^= label
	clear(out)
	cipher.NewCTR(block, iv[:]).XORKeyStream(out, out)
}
