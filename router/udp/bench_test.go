//go:build linux && (amd64 || arm64)

package udp

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// What Reserve, Commit and the headers cost per packet, with a kernel that takes everything at once.
func BenchmarkPlan(b *testing.B) {
	for _, perRun := range []int{1, 8} {
		b.Run(fmt.Sprintf("run=%d", perRun), func(b *testing.B) {
			w := newWriter(-1, true, func(_ int, m []message) (int, unix.Errno) { return len(m), 0 })
			var addrs [350]Addr
			for i := range addrs {
				addrs[i] = to(i)
			}
			i := 0
			for b.Loop() {
				w.Reserve(1140)
				w.Commit(&addrs[i/perRun%len(addrs)], 1140)
				i++
			}
		})
	}
}

// One turn of a loopback receiver: a burst sent by a Writer, then read. The sender's part is the same for both, so the
// difference is what UDP_GRO brings.
func BenchmarkLoopback(b *testing.B) {
	for _, perRun := range []int{1, 8, 32} {
		for _, o := range []Options{{}, {NoGRO: true}, {NoGSO: true}, {NoGSO: true, NoGRO: true}} {
			b.Run(fmt.Sprintf("run=%d/gso=%v/gro=%v", perRun, !o.NoGSO, !o.NoGRO), func(b *testing.B) {
				in := listenTest(b, loopback4, o)
				out := [2]*Writer{NewWriter(listenTest(b, loopback4, o)), NewWriter(listenTest(b, loopback4, o))}
				batch, to := NewReadBatch(in), AddrFrom(in.LocalAddr())
				sum, packets := byte(0), 0
				for b.Loop() {
					for i := range 64 {
						w := out[i/perRun%2]
						w.Reserve(1140)
						w.Commit(&to, 1140)
						if i%perRun == perRun-1 {
							w.Flush() // so that senders alternate
						}
					}
					for n := 0; n < 64; {
						k, err := in.Read(batch)
						if err != nil {
							b.Fatal(err)
						}
						for i := range k {
							sum += batch.Datagram(i)[100]
						}
						n += k
					}
					packets += 64
				}
				_ = sum
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
