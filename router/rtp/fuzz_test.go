package rtp

import (
	"bytes"
	"testing"

	pion "github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// FuzzParse: what pion takes, we take and read the same in it. Where we take
// more, it is for malformed extension elements, over which pion refuses the
// packet and we only lose the element.
func FuzzParse(f *testing.F) {
	f.Add(full())
	two := make([]byte, 64)
	Put(two, false, 96, 1, 2, 3)
	PutExtensions(two, Extension{200, []byte("abc")}, Extension{1, nil})
	f.Add(two)
	f.Add([]byte("\xa0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ab\x00\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 2048 {
			return // no datagram; looking up every id in it only takes time
		}
		var h Header
		err := Parse(b, &h)
		var payload []byte
		if err == nil {
			for id := range 256 {
				h.Extension(b, uint8(id))
			}
			payload, err = Payload(b, &h)
		}
		var p pion.Packet
		if p.Unmarshal(b) != nil || p.Version != 2 {
			return
		}
		if err != nil {
			t.Fatalf("we refuse what pion takes: %v", err)
		}
		if p.Marker != h.Marker || p.PayloadType != h.PT || p.SequenceNumber != h.Seq || p.Timestamp != h.TS ||
			p.SSRC != h.SSRC || p.Padding != h.Padding || len(p.CSRC) != int(h.CSRCs) || !bytes.Equal(p.Payload, payload) {
			t.Fatalf("%+v %x, pion %+v %x", h, payload, p.Header, p.Payload)
		}
		if h.ExtProfile != profileOneByte && h.ExtProfile != profileTwoByte {
			return
		}
		for _, id := range p.GetExtensionIDs() {
			if got := h.Extension(b, id); !bytes.Equal(got, p.GetExtension(id)) {
				t.Fatalf("extension %d: %x, pion %x", id, got, p.GetExtension(id))
			}
		}
	})
}

func FuzzVP8(f *testing.F) {
	f.Add([]byte("\x90\xf0\x81\x02\x33\xa5\x00"))
	f.Add([]byte("\x10\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d VP8
		err := ParseVP8(b, &d)
		var p codecs.VP8Packet
		rest, perr := p.Unmarshal(b)
		if taken := perr == nil && len(rest) > 0; taken != (err == nil) {
			t.Fatalf("we say %v, pion %v with %d bytes left", err, perr, len(rest))
		}
		if err != nil {
			return
		}
		if d.Size != len(b)-len(rest) || d.PictureID != p.PictureID || d.HasPictureID != (p.I == 1) ||
			d.TL0 != p.TL0PICIDX || d.HasTL0 != (p.L == 1) || d.TID != p.TID || d.HasTID != (p.T == 1) || d.Sync != (p.Y == 1) {
			t.Fatalf("%+v, pion %+v", d, p)
		}
		// A patch changes the two numbers and nothing else.
		patched := bytes.Clone(b)
		d.Patch(patched, 0x1234, 0x56)
		d.Patch(patched, d.PictureID, d.TL0)
		if !bytes.Equal(patched, b) {
			t.Fatalf("%x became %x", b, patched)
		}
	})
}

func FuzzKeyFrames(f *testing.F) {
	f.Add([]byte("\x78\x00\x02\x67\x42\x00\x01\x68"))
	f.Add([]byte("\xba\x85\x05\x00\x00\x82"))
	f.Add([]byte("\x28\x02\x2a\x00\x0a\x0b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		H264KeyFrame(b)
		AV1KeyFrame(b)
		// What begins a VP9 key frame for us is one for pion, too.
		var p codecs.VP9Packet
		if rest, err := p.Unmarshal(b); VP9KeyFrame(b) && err == nil && len(rest) > 0 {
			if p.P || !p.B || p.L && p.SID != 0 {
				t.Fatalf("%x: pion %+v", b, p)
			}
		}
	})
}
