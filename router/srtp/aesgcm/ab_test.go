package aesgcm

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
	"unsafe"
)

type sealFn func(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64)

func TestAB(t *testing.T) {
	if os.Getenv("AB") == "" {
		t.Skip()
	}
	variants := abVariants
	tb := new(tables)
	expand(tb, new([16]byte))
	src, dst, dst2 := make([]byte, 4096), make([]byte, 4096), make([]byte, 4096)
	d, s := unsafe.SliceData(dst[1500:]), unsafe.SliceData(src[12:])
	for n := range 1300 {
		for _, a := range []int{0, 12, 28} {
			sealVector(tb, &dst[12], s, n, &src[0], a, 1, 2)
			for i, v := range variants {
				v(tb, &dst2[12], s, n, &src[0], a, 1, 2)
				if !bytes.Equal(dst[12:12+n+16], dst2[12:12+n+16]) {
					t.Logf("variant %d n %d a %d differs", i, n, a)
				}
			}
		}
	}
	for _, n := range []int{60, 120, 300, 700, 1124, 4000} {
		times := make([][]float64, len(variants))
		for round := 0; round < 3000; round++ {
			for i, v := range variants {
				t0 := time.Now()
				for j := range 200 {
					v(tb, d, s, n, &src[0], 12, 1, uint64(j))
				}
				times[i] = append(times[i], float64(time.Since(t0))/200)
			}
		}
		fmt.Printf("%5d", n)
		for _, x := range times {
			slices.Sort(x)
			fmt.Printf("   min %6.1f p10 %6.1f p50 %6.1f", x[0], x[len(x)/10], x[len(x)/2])
		}
		fmt.Println()
	}
}
