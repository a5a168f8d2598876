//go:build !purego

package aesgcm

import (
	"math/bits"
	"unsafe"

	"golang.org/x/sys/cpu"
)

var hasVector = cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ && cpu.X86.HasBMI2 &&
	cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL &&
	cpu.X86.HasAVX512VAES && cpu.X86.HasAVX512VPCLMULQDQ

// counters are the last bytes of the blocks' counters, 1 to 256, each at its place in 16 bytes. They lie where the
// allocator puts them, which is on a page of their own, so that no load straddles two cache lines.
//
//lint:ignore U1000 the assembly reads it
var counters = newCounters()

func newCounters() *[maxVector + 32]byte {
	c := new([maxVector + 32]byte)
	for at := 15; at < len(c); at += 16 {
		c[at] = byte(at/16 + 1)
	}
	return c
}

// seal wants room for the tag in dst behind src's length, and at most maxVector bytes.
func (t *tables) seal(dst, src, aad []byte, n Nonce) {
	sealVector(t, unsafe.SliceData(dst), unsafe.SliceData(src), len(src), unsafe.SliceData(aad), len(aad),
		bits.ReverseBytes64(n.Head), uint64(bits.ReverseBytes32(n.Tail)))
}

// open decrypts to dst, which is as long as src, and leaves in tag what the message's tag should be.
func (t *tables) open(tag *[TagSize]byte, dst, src, aad []byte, n Nonce) {
	openVector(t, unsafe.SliceData(dst), unsafe.SliceData(src), len(src), unsafe.SliceData(aad), len(aad),
		bits.ReverseBytes64(n.Head), uint64(bits.ReverseBytes32(n.Tail)), tag)
}

// expand fills t.
//
//go:noescape
func expand(t *tables, key *[KeySize]byte)

// sealVector takes the nonce as it lies in memory: eight bytes, four bytes and four zero bytes.
//
//go:noescape
func sealVector(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64)

//go:noescape
func openVector(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64, tag *[TagSize]byte)
