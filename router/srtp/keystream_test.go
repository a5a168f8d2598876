package srtp

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"math/rand/v2"
	"testing"
)

// withKeyStreams runs a test on each way to make key stream that this processor has.
func withKeyStreams(t *testing.T, f func(t *testing.T, vector bool)) {
	t.Run("blocks", func(t *testing.T) { f(t, false) })
	if hasVector {
		t.Run("vector", func(t *testing.T) { f(t, true) })
	}
}

func newTestCM(t testing.TB, k *sessionKeys, vector bool) *cm {
	t.Helper()
	c, err := newCM(k)
	if err != nil {
		t.Fatal(err)
	}
	if c.keys, err = newKeyStream(&k.cipher, vector); err != nil {
		t.Fatal(err)
	}
	return c
}

// RFC 3711 appendix B.2.
func TestKeyStreamVectors(t *testing.T) {
	withKeyStreams(t, func(t *testing.T, vector bool) {
		c := newTestCM(t, &sessionKeys{
			cipher: [16]byte(unhex(t, "2B7E151628AED2A6ABF7158809CF4F3C")),
			salt:   [14]byte(unhex(t, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD")),
		}, vector)
		stream := make([]byte, 0xff02*16)
		c.xor(stream, stream, 0, 0)
		for _, v := range []struct {
			block int
			want  string
		}{
			{0, "E03EAD0935C95E80E166B16DD92B4EB4"},
			{1, "D23513162B02D0F72A43A2FE4A5F97AB"},
			{2, "41E95B3BB0A2E8DD477901E4FCA894C0"},
			{0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"},
			{0xff00, "362B7C3C6773516318A077D7FC5073AE"},
			{0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"},
		} {
			if got := stream[v.block*16 : v.block*16+16]; !bytes.Equal(got, unhex(t, v.want)) {
				t.Errorf("block %#x: %x, want %s", v.block, got, v.want)
			}
		}
	})
}

// Every length that a packet has, any key, salt, SSRC and index, to a place of its own and in place, and not a byte
// beyond the end.
func TestKeyStreamIsTheStandardLibrarysCounterMode(t *testing.T) {
	withKeyStreams(t, func(t *testing.T, vector bool) {
		r := rand.NewChaCha8([32]byte{1})
		for n := range 1600 {
			var k sessionKeys
			r.Read(k.cipher[:])
			r.Read(k.salt[:])
			ssrc, index := uint32(r.Uint64()), r.Uint64()>>16
			src := make([]byte, n)
			r.Read(src)

			iv := make([]byte, 16)
			copy(iv, k.salt[:])
			for i := range 4 {
				iv[4+i] ^= byte(ssrc >> (24 - 8*i))
			}
			for i := range 6 {
				iv[8+i] ^= byte(index >> (40 - 8*i))
			}
			block, err := aes.NewCipher(k.cipher[:])
			if err != nil {
				t.Fatal(err)
			}
			want := make([]byte, n+1)
			cipher.NewCTR(block, iv).XORKeyStream(want[:n], src)

			c := newTestCM(t, &k, vector)
			dst := make([]byte, n+1)
			c.xor(dst, src, ssrc, index)
			if !bytes.Equal(dst, want) {
				t.Fatalf("%d bytes: other key stream", n)
			}
			c.xor(src, src, ssrc, index)
			if !bytes.Equal(src, want[:n]) {
				t.Fatalf("%d bytes in place: other key stream", n)
			}
		}
	})
}

// Sealing 1,112 bytes each way; compare the two within one run.
func BenchmarkKeyStream(b *testing.B) {
	for _, vector := range []bool{false, true} {
		if vector && !hasVector {
			continue
		}
		b.Run(map[bool]string{false: "blocks", true: "vector"}[vector], func(b *testing.B) {
			s, err := NewSealer(AES128CMSHA1_80, make([]byte, 16), make([]byte, 14))
			if err != nil {
				b.Fatal(err)
			}
			if s.cm.keys, err = newKeyStream(new([16]byte), vector); err != nil {
				b.Fatal(err)
			}
			src, dst := make([]byte, 2048), make([]byte, 2048)
			for b.Loop() {
				s.SealRTP(dst, src[:12], src[12:12+1112], 1)
			}
		})
	}
}
