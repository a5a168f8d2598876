package aesgcm

import (
	"bytes"
	"math/rand/v2"
	"syscall"
	"testing"
)

// guarded is a page between two that nobody may touch.
func guarded(t *testing.T) []byte {
	t.Helper()
	size := syscall.Getpagesize()
	all, err := syscall.Mmap(-1, 0, 3*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(all) })
	for _, page := range [][]byte{all[:size], all[2*size:]} {
		if err := syscall.Mprotect(page, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return all[size : 2*size : 2*size]
}

// At either end of a page whose neighbours are absent: nothing outside is read or written, whatever the vectors' width.
func TestNothingOutsideIsTouched(t *testing.T) {
	src, dst, aad := guarded(t), guarded(t), guarded(t)
	withKeys(t, func(t *testing.T, newKey func(*[KeySize]byte) Key) {
		r := rand.NewChaCha8([32]byte{4})
		for i := range 4 * 800 {
			size, a, atEnd := i/4, i%97, i&1 == 1
			place := func(page []byte, n int) []byte {
				if atEnd {
					return page[len(page)-n:]
				}
				return page[:n]
			}
			m := newMessage(t, r, newKey, size, a)
			msg, header, out := place(src, size+TagSize), place(aad, a), place(dst, size+TagSize)
			if atEnd {
				msg = msg[TagSize:]
			}
			copy(msg, m.src.bytes())
			copy(header, m.aad.bytes())
			m.k.Seal(out, msg[:size], header, m.n)
			if !bytes.Equal(out, m.sealed) {
				t.Fatalf("%d bytes with %d associated: sealed otherwise", size, a)
			}
			sealed, plain := place(src, size+TagSize), place(dst, size)
			copy(sealed, m.sealed)
			if !m.k.Open(plain, sealed, header, m.n) || !bytes.Equal(plain, m.src.bytes()) {
				t.Fatalf("%d bytes with %d associated: not opened", size, a)
			}
		}
	})
}
