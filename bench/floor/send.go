//go:build linux && (amd64 || arm64)

package floor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// What a sealed packet of video and of audio measures in a datagram, and the
// packets before they are sealed.
const (
	videoBytes = 1124
	audioBytes = 120
	tagBytes   = 16 // GCM's

	videoDatagram = videoBytes + tagBytes
	audioDatagram = audioBytes + tagBytes
)

// sending sends to all destinations in turn, run packets to each. The datagrams
// lie ready in the ring.
func sending(b *batch, to []unix.RawSockaddrInet4, bytes, run int) probe {
	sweeps := max(1, 1024/(len(to)*run))
	return func(w *watch) (int, error) {
		b.watch = w
		before, off := b.taken, 0
		w.start()
		for range sweeps {
			for i := range to {
				if off+run*bytes > len(b.ring) {
					b.flush()
					off = 0
				}
				b.put(&to[i], off, bytes, run)
				if off += run * bytes; b.n == 0 { // it has been sent
					off = 0
				}
			}
		}
		b.flush()
		w.stop()
		return b.result(before)
	}
}

// result is how many packets the kernel took since taken was before. None at
// all is an error.
func (b *batch) result(before int) (packets int, err error) {
	if packets = b.taken - before; packets == 0 {
		return 0, fmt.Errorf("floor: the kernel takes no packet: %w", b.errno)
	}
	return packets, nil
}

// sendRows are plain batches, and runs where the kernel takes them.
func (r *Rig) sendRows() (rows []*row) {
	to := r.place.to(r.config.Destinations)
	add := func(bytes, run, limit int, name, what string) {
		b := newBatch(r.fd, limit)
		rows = append(rows, &row{
			Row: Row{
				Group: "send", Name: fmt.Sprintf("send/%s/bytes=%d", name, bytes), Bytes: bytes, Run: run,
				What: fmt.Sprintf("%s, %s bytes", what, comma(bytes)),
			},
			probe: sending(b, to, bytes, run), sending: b,
		})
	}
	for _, bytes := range []int{videoDatagram, audioDatagram} {
		for _, limit := range []int{1, 8, 64} {
			add(bytes, 1, limit, fmt.Sprintf("by=sendmmsg/batch=%d", limit), fmt.Sprintf("sendmmsg of %d", limit))
		}
		if r.gso {
			for _, run := range []int{2, 4, 8, 16, 32} {
				add(bytes, run, maxBatch, fmt.Sprintf("by=segment/run=%d", run), fmt.Sprintf("runs of %d", run))
			}
		}
	}
	return rows
}
