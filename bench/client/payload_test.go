package client

import (
	"testing"

	"github.com/pion/rtp/codecs"
)

func TestStampReadsBackAtEverySize(t *testing.T) {
	for size := stampSize + 8; size < 200; size++ {
		in := stamp{7, 8, videoTrack, 1<<40 + uint64(size), 123456789012345}
		b := make([]byte, size)
		in.put(b)
		var out stamp
		if err := out.read(b, 7); err != nil || out != in {
			t.Fatalf("%d bytes: %+v, %v", size, out, err)
		}
		for i := range b {
			b[i] ^= 0x10
			changed := i >= 24 && i < 32 // the instant has no check of its own
			if err := out.read(b, 7); err == nil && !changed {
				t.Fatalf("byte %d of %d changed unnoticed", i, size)
			}
			b[i] ^= 0x10
		}
		if out.read(b[:size-1], 7) == nil || out.read(append(b, 0), 7) == nil || out.read(b, 6) == nil {
			t.Fatal("other length or run unnoticed")
		}
	}
}

func TestPicturesAreVP8ForOthers(t *testing.T) {
	for _, p := range []picture{{0x7FFF, 255, true, true}, {1, 2, true, false}, {300, 0, false, true}} {
		b := make([]byte, 40)
		n := p.put(b)
		if n != p.headSize() {
			t.Fatalf("%+v: %d bytes, not %d", p, n, p.headSize())
		}
		var theirs codecs.VP8Packet
		payload, err := theirs.Unmarshal(b)
		if err != nil || theirs.PictureID != p.id || theirs.TL0PICIDX != p.tl0 || theirs.S == 1 != p.start {
			t.Fatalf("%+v: pion reads %+v, %v", p, theirs, err)
		}
		if p.start && (payload[0]&1 == 0) != p.key {
			t.Fatalf("%+v: key frame bit", p)
		}
		q, rest, err := readPicture(b)
		q.key = q.key || p.key && !p.start
		if err != nil || q != p || len(rest) != len(b)-n {
			t.Fatalf("%+v reads back as %+v, %v", p, q, err)
		}
	}
}

func FuzzReadPayload(f *testing.F) {
	b := make([]byte, 100)
	s := stamp{7, 8, videoTrack, 9, 10}
	s.put(b[picture{start: true, key: true}.put(b):])
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var s stamp
		if _, rest, err := readPicture(b); err == nil {
			s.read(rest, 7)
		}
	})
}
