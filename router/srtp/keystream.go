package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

const (
	groupBlocks  = 8 // blocks that the processor works on at once
	groupLen     = groupBlocks * aes.BlockSize
	streamGroups = 4
)

// keyStream makes AES-CM key stream. The standard library offers it either block by block, or with half a kilobyte of
// allocation a packet, since cipher.NewCTR's counter cannot be set again; so on amd64 a few lines of assembly do it,
// and elsewhere its blocks go through cipher.Block one at a time. RFC 3711's vectors and cipher.NewCTR hold both.
type keyStream struct {
	block  cipher.Block // one block at a time; nil where rounds is used
	rounds [11 * aes.BlockSize]byte
	ctr    [aes.BlockSize]byte
	out    [streamGroups * groupLen]byte
}

func newKeyStream(key *[keyLen]byte, vector bool) (*keyStream, error) {
	k := &keyStream{}
	if vector {
		expandKey(key, &k.rounds)
		return k, nil
	}
	var err error
	k.block, err = aes.NewCipher(key[:])
	return k, err
}

// next leaves at least n bytes of key stream from block number first in k.out, and returns those n. n is at most
// len(k.out). The last two bytes of k.ctr belong to the block number.
func (k *keyStream) next(n, first int) []byte {
	if k.block == nil {
		encryptCounters(&k.out[0], (n+groupLen-1)/groupLen, first, &k.ctr, &k.rounds)
		return k.out[:n]
	}
	for at := 0; at < n; at += aes.BlockSize {
		binary.BigEndian.PutUint16(k.ctr[aes.BlockSize-2:], uint16(first))
		k.block.Encrypt(k.out[at:at+aes.BlockSize], k.ctr[:])
		first++
	}
	return k.out[:n]
}
