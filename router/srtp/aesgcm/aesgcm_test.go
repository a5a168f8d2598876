package aesgcm

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// withKeys runs a test on each way to seal and open that this processor has.
func withKeys(t *testing.T, f func(t *testing.T, make func(*[KeySize]byte) Key)) {
	t.Run("portable", func(t *testing.T) { f(t, Portable) })
	if hasVector {
		t.Run("vector", func(t *testing.T) { f(t, New) })
	}
}

func oracle(t testing.TB, key *[KeySize]byte) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead
}

// margin is how far around its bytes a room is watched: more than a vector.
const margin = 160

// room is n bytes at any alignment, with random bytes around them that nobody may touch.
type room struct {
	whole, was []byte
	at, n      int
}

func newRoom(r *rand.ChaCha8, n int) *room {
	at := margin + int(r.Uint64()%64)
	m := &room{whole: make([]byte, at+n+margin), at: at, n: n}
	r.Read(m.whole)
	m.was = bytes.Clone(m.whole)
	return m
}

func (m *room) bytes() []byte { return m.whole[m.at : m.at+m.n] }

// intact reports whether all of the room but its first n bytes is as it was.
func (m *room) intact(n int) bool {
	return bytes.Equal(m.whole[:m.at], m.was[:m.at]) && bytes.Equal(m.whole[m.at+n:], m.was[m.at+n:])
}

// message is one message with what the standard library makes of it.
type message struct {
	k      Key
	n      Nonce
	src    *room
	aad    *room
	sealed []byte
}

func newMessage(t testing.TB, r *rand.ChaCha8, newKey func(*[KeySize]byte) Key, size, a int) *message {
	t.Helper()
	var key [KeySize]byte
	r.Read(key[:])
	m := &message{k: newKey(&key), n: Nonce{r.Uint64(), uint32(r.Uint64())}, src: newRoom(r, size), aad: newRoom(r, a)}
	m.sealed = oracle(t, &key).Seal(nil, nonceBytes(m.n), m.src.bytes(), m.aad.bytes())
	return m
}

func nonceBytes(n Nonce) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, n.Head), n.Tail)
}

// check seals, opens and refuses, apart and in place.
func (m *message) check(t testing.TB, r *rand.ChaCha8) {
	t.Helper()
	size, a := m.src.n, m.aad.n
	fail := func(what string) { t.Helper(); t.Fatalf("%d bytes with %d associated: %s", size, a, what) }

	out := newRoom(r, size+TagSize)
	m.k.Seal(out.bytes(), m.src.bytes(), m.aad.bytes(), m.n)
	if !bytes.Equal(out.bytes(), m.sealed) {
		fail("sealed otherwise than the standard library")
	}
	if !out.intact(out.n) || !m.src.intact(0) || !m.aad.intact(0) {
		fail("sealing wrote elsewhere")
	}

	same := newRoom(r, size+TagSize)
	copy(same.bytes(), m.src.bytes())
	m.k.Seal(same.bytes(), same.bytes()[:size], m.aad.bytes(), m.n)
	if !bytes.Equal(same.bytes(), m.sealed) || !same.intact(same.n) {
		fail("sealed in place otherwise")
	}

	plain := newRoom(r, size)
	if !m.k.Open(plain.bytes(), out.bytes(), m.aad.bytes(), m.n) || !bytes.Equal(plain.bytes(), m.src.bytes()) {
		fail("not opened")
	}
	if !plain.intact(size) || !bytes.Equal(out.bytes(), m.sealed) || !out.intact(out.n) || !m.aad.intact(0) {
		fail("opening wrote elsewhere")
	}
	if !m.k.Open(same.bytes(), same.bytes(), m.aad.bytes(), m.n) || !bytes.Equal(same.bytes()[:size], m.src.bytes()) {
		fail("not opened in place")
	}
	if !bytes.Equal(same.bytes()[size:], m.sealed[size:]) || !same.intact(same.n) {
		fail("opening in place wrote elsewhere")
	}

	bit := int(r.Uint64() % uint64(8*(size+TagSize)))
	out.bytes()[bit/8] ^= 1 << (bit % 8)
	if m.k.Open(plain.bytes(), out.bytes(), m.aad.bytes(), m.n) {
		fail("opened a forgery")
	}
	if !bytes.Equal(plain.bytes(), make([]byte, size)) || !plain.intact(size) {
		fail("let a forgery's plaintext out")
	}
}

// Every length that a packet and its header have and more, wherever they lie.
func TestEveryLengthIsTheStandardLibrarys(t *testing.T) {
	withKeys(t, func(t *testing.T, newKey func(*[KeySize]byte) Key) {
		const step = 7 // prime to 2049 and 65: every length of the one, with nine of the other
		r := rand.NewChaCha8([32]byte{1})
		for i := 0; i < 2049*65; i += step {
			newMessage(t, r, newKey, i%2049, i/2049).check(t, r)
		}
	})
}

// Up to and past what the assembly's counters can count, and headers as long as packets.
func TestLongMessagesAreTheStandardLibrarys(t *testing.T) {
	withKeys(t, func(t *testing.T, newKey func(*[KeySize]byte) Key) {
		r := rand.NewChaCha8([32]byte{2})
		for size := maxVector - 300; size < maxVector+100; size++ {
			newMessage(t, r, newKey, size, 12).check(t, r)
		}
		for a := 65; a < 1500; a++ {
			newMessage(t, r, newKey, a%100, a).check(t, r)
		}
		newMessage(t, r, newKey, 1<<16, 1<<16).check(t, r)
	})
}

func TestEveryForgedBitIsRefused(t *testing.T) {
	withKeys(t, func(t *testing.T, newKey func(*[KeySize]byte) Key) {
		r := rand.NewChaCha8([32]byte{3})
		for _, size := range []int{0, 1, 16, 47, 48, 49, 200, 305, 700} {
			m := newMessage(t, r, newKey, size, 20)
			dst, aad := bytes.Repeat([]byte{1}, size), bytes.Clone(m.aad.bytes())
			flip := func(b []byte, what string) {
				for bit := range 8 * len(b) {
					b[bit/8] ^= 1 << (bit % 8)
					if m.k.Open(dst, m.sealed, aad, m.n) {
						t.Fatalf("%d bytes: opened with bit %d of %s flipped", size, bit, what)
					}
					b[bit/8] ^= 1 << (bit % 8)
				}
			}
			flip(m.sealed, "the message")
			flip(aad, "the associated data")
			for bit := range 96 {
				n := m.n
				if bit < 64 {
					n.Head ^= 1 << bit
				} else {
					n.Tail ^= 1 << (bit - 64)
				}
				if m.k.Open(dst, m.sealed, aad, n) {
					t.Fatalf("%d bytes: opened with bit %d of the nonce flipped", size, bit)
				}
			}
			for n := range m.sealed {
				if m.k.Open(dst, m.sealed[:n], aad, m.n) {
					t.Fatalf("%d bytes: opened when cut to %d", size, n)
				}
			}
		}
	})
}

func TestShortDestinationsPanic(t *testing.T) {
	withKeys(t, func(t *testing.T, newKey func(*[KeySize]byte) Key) {
		k := newKey(new([KeySize]byte))
		for what, f := range map[string]func(){
			"seal": func() { k.Seal(make([]byte, 25), make([]byte, 10), nil, Nonce{}) },
			"open": func() { k.Open(make([]byte, 9), make([]byte, 26), nil, Nonce{}) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", what)
					}
				}()
				f()
			}()
		}
	})
}

func TestNothingAllocates(t *testing.T) {
	withKeys(t, func(t *testing.T, newKey func(*[KeySize]byte) Key) {
		k := newKey(&[KeySize]byte{1})
		var buf, out [1200]byte
		n := Nonce{}
		if got := testing.AllocsPerRun(1000, func() {
			n.Tail++
			k.Seal(out[20:], buf[20:1120], buf[:20], n)
			if !k.Open(out[20:], out[20:1136], buf[:20], n) || k.Open(buf[20:], out[20:1136], buf[:20], n) {
				t.Fatal("opened wrongly")
			}
		}); got != 0 {
			t.Errorf("%v allocations", got)
		}
	})
}

func FuzzTheStandardLibraryAgrees(f *testing.F) {
	f.Add([]byte("a key"), uint64(1), uint32(2), []byte("header"), []byte("message"), uint8(0))
	f.Add([]byte{}, uint64(1<<63), uint32(1<<31), make([]byte, 28), make([]byte, 1124), uint8(3))
	f.Fuzz(func(t *testing.T, key []byte, head uint64, tail uint32, aad, msg []byte, shift uint8) {
		var k [KeySize]byte
		copy(k[:], key)
		r := rand.NewChaCha8([32]byte{shift})
		m := &message{k: New(&k), n: Nonce{head, tail}, src: newRoom(r, len(msg)), aad: newRoom(r, len(aad))}
		copy(m.src.bytes(), msg)
		copy(m.aad.bytes(), aad)
		m.src.was, m.aad.was = bytes.Clone(m.src.whole), bytes.Clone(m.aad.whole)
		m.sealed = oracle(t, &k).Seal(nil, nonceBytes(m.n), msg, aad)
		m.check(t, r)
	})
}
