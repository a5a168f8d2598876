package aesgcm

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"math/rand/v2"
	"testing"
)

func TestTmp(t *testing.T) {
	r := rand.NewChaCha8([32]byte{1})
	for n := 0; n <= 2048; n++ {
		var key [16]byte
		r.Read(key[:])
		b, _ := aes.NewCipher(key[:])
		g, _ := cipher.NewGCM(b)
		k := New(&key)
		src := make([]byte, n)
		r.Read(src)
		for _, a := range []int{12, 0, 28, 64, n % 65, 200} {
			aad := make([]byte, a)
			r.Read(aad)
			nonce := make([]byte, 12)
			want := g.Seal(nil, nonce, src, aad)
			got := make([]byte, n+16)
			k.Seal(got, src, aad, Nonce{})
			if !bytes.Equal(got, want) {
				t.Fatalf("n %d a %d\n%x\n%x", n, a, got, want)
			}
		}
	}
}
