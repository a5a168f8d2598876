package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"testing"
)

func TestThePacketPathAllocatesNothing(t *testing.T) {
	for _, p := range profiles {
		key, salt := keysOf(p, 10)
		s, o := pair(t, p, key, salt)
		var plain, sealed [2048]byte
		rtcpPlain := []byte{0x80, 201, 0, 3, 0, 0, 0, 1, 5, 6, 7, 8, 9, 10, 11, 12}
		var stream Stream
		index := uint64(65_000)
		got := testing.AllocsPerRun(2000, func() {
			packet := put(plain[:], 77, uint16(index), 1112)
			n := s.SealRTP(sealed[:], packet[:12], packet[12:], index)
			if _, _, err := o.OpenRTP(&stream, sealed[:n], 12); err != nil {
				t.Fatal(err)
			}
			var stranger Stream // an SSRC not heard before, on the stack
			if _, _, err := o.OpenRTP(&stranger, sealed[:n], 12); err == nil {
				t.Fatal("opened plaintext")
			}
			n = s.SealRTCP(sealed[:], rtcpPlain)
			if _, err := o.OpenRTCP(sealed[:n]); err != nil {
				t.Fatal(err)
			}
			index++
		})
		if got != 0 {
			t.Errorf("%v: %v allocations per packet", p, got)
		}
	}
}

// The calibration row: what the standard library's GCM costs for the same bytes.
func BenchmarkBareGCM(b *testing.B) {
	block, _ := aes.NewCipher(make([]byte, 16))
	aead, _ := cipher.NewGCM(block)
	src, dst, nonce := make([]byte, 2048), make([]byte, 2048), make([]byte, 12)
	for _, size := range []int{120, 1112} {
		b.Run(sizeName(size)+"/seal", func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				nonce[0]++
				aead.Seal(dst[12:12], nonce, src[12:12+size], src[:12])
			}
		})
		sealed := aead.Seal(nil, nonce, src[12:12+size], src[:12])
		b.Run(sizeName(size)+"/open", func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := aead.Open(dst[:0], nonce, sealed, src[:12]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSealRTP(b *testing.B) {
	for _, p := range profiles {
		for _, size := range []int{120, 1112} {
			b.Run(p.String()+"/"+sizeName(size), func(b *testing.B) {
				key, salt := keysOf(p, 11)
				s, _ := pair(b, p, key, salt)
				src, dst := make([]byte, 2048), make([]byte, 2048)
				index := uint64(0)
				b.SetBytes(int64(size))
				for b.Loop() {
					index++
					s.SealRTP(dst, src[:12], src[12:12+size], index)
				}
			})
		}
	}
}

// Opening happens in place, so each round restores the packet first; that copy is in the figure.
func BenchmarkOpenRTP(b *testing.B) {
	for _, p := range profiles {
		for _, size := range []int{120, 1112} {
			b.Run(p.String()+"/"+sizeName(size), func(b *testing.B) {
				key, salt := keysOf(p, 12)
				s, o := pair(b, p, key, salt)
				src, dst, in := make([]byte, 2048), make([]byte, 2048), make([]byte, 2048)
				n := s.SealRTP(dst, src[:12], src[12:12+size], 0)
				b.SetBytes(int64(size))
				for b.Loop() {
					var stream Stream
					copy(in, dst[:n])
					if _, _, err := o.OpenRTP(&stream, in[:n], 12); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func sizeName(n int) string {
	if n < 1000 {
		return "120B"
	}
	return "1112B"
}
