package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"slices"
	"testing"
	"time"
)

// BenchmarkRatio alternates the bare cipher with each call, so that a slow hour of a shared machine slows both, and
// gives medians.
func BenchmarkRatio(b *testing.B) {
	block, _ := aes.NewCipher(make([]byte, 16))
	aead, _ := cipher.NewGCM(block)
	for _, size := range []int{120, 1112} {
		src, dst, in, nonce := make([]byte, 2048), make([]byte, 2048), make([]byte, 2048), make([]byte, 12)
		bareSeal := func(i uint64) {
			nonce[0]++
			aead.Seal(dst[12:12], nonce, src[12:12+size], src[:12])
		}
		for _, p := range profiles {
			key, salt := keysOf(p, 12)
			s, o := pair(b, p, key, salt)
			sealed := make([]byte, 2048)
			n := s.SealRTP(sealed, src[:12], src[12:12+size], 0)
			for _, c := range []struct {
				name string
				f    func(i uint64)
			}{
				{"seal", func(i uint64) { s.SealRTP(dst, src[:12], src[12:12+size], i) }},
				{"open", func(i uint64) {
					var stream Stream
					copy(in, sealed[:n])
					if _, _, err := o.OpenRTP(&stream, in[:n], 12); err != nil {
						b.Fatal(err)
					}
				}},
			} {
				b.Run(p.String()+"/"+sizeName(size)+"/"+c.name, func(b *testing.B) {
					var ratios, ns []float64
					i := uint64(0)
					for b.Loop() {
						t0 := time.Now()
						for range 100 {
							bareSeal(i)
						}
						t1 := time.Now()
						for range 100 {
							i++
							c.f(i)
						}
						bare, ours := t1.Sub(t0), time.Since(t1)
						ratios, ns = append(ratios, float64(ours)/float64(bare)), append(ns, float64(ours)/100)
					}
					slices.Sort(ratios)
					slices.Sort(ns)
					b.ReportMetric(ratios[len(ratios)/2], "x-bare-seal")
					b.ReportMetric(ns[len(ns)/2], "ns/packet")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}
