package rtp

import "testing"

func TestAllocatesNothing(t *testing.T) {
	b := full()
	vp8 := []byte("\x90\xf0\x81\x02\x33\xa5\x00")
	buf := make([]byte, 64)
	level := []byte{30}
	if n := testing.AllocsPerRun(100, func() {
		var h Header
		var d VP8
		if Parse(b, &h) != nil || h.Extension(b, 5) == nil || ParseVP8(vp8, &d) != nil {
			t.Fatal("refused")
		}
		if _, err := Payload(b, &h); err != nil {
			t.Fatal(err)
		}
		d.Patch(vp8, 7, 7)
		H264KeyFrame(vp8)
		VP9KeyFrame(vp8)
		AV1KeyFrame(vp8)
		Put(buf, true, 96, 1, 2, 3)
		if PutExtensions(buf, Extension{1, level}, Extension{2, level}) == 0 {
			t.Fatal("no room")
		}
		if Parse(buf[:5], &h) == nil {
			t.Fatal("taken")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParse(b *testing.B) {
	packet := full()
	var h Header
	b.ReportAllocs()
	for b.Loop() {
		if Parse(packet, &h) != nil || h.Extension(packet, 5) == nil {
			b.Fatal("refused")
		}
	}
}

func BenchmarkParseVP8(b *testing.B) {
	payload := []byte("\x90\xf0\x81\x02\x33\xa5\x00")
	var d VP8
	b.ReportAllocs()
	for b.Loop() {
		if ParseVP8(payload, &d) != nil {
			b.Fatal("refused")
		}
		d.Patch(payload, d.PictureID+1, d.TL0)
	}
}
