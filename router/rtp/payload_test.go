package rtp

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pion/rtp/codecs"
)

func TestReadsVP8Descriptors(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want VP8
	}{
		"bare key frame":     {"\x10\x00", VP8{Start: true, KeyFrame: true, Size: 1}},
		"bare inter frame":   {"\x10\x01", VP8{Start: true, Size: 1}},
		"continued":          {"\x00\x00", VP8{Size: 1}},
		"second partition":   {"\x11\x00", VP8{Size: 1}},
		"discardable":        {"\x30\x01", VP8{Start: true, Discardable: true, Size: 1}},
		"picture id 7":       {"\x90\x80\x7f\x00", VP8{HasPictureID: true, PictureID: 127, PictureIDOff: 2, Start: true, KeyFrame: true, Size: 3}},
		"picture id 15":      {"\x90\x80\xff\xfe\x01", VP8{HasPictureID: true, PictureID15: true, PictureID: 0x7ffe, PictureIDOff: 2, Start: true, Size: 4}},
		"everything":         {"\x90\xf0\x81\x02\x33\xa5\x00", VP8{HasPictureID: true, PictureID15: true, PictureID: 0x102, PictureIDOff: 2, HasTL0: true, TL0: 0x33, TL0Off: 4, HasTID: true, TID: 2, Sync: true, Start: true, KeyFrame: true, Size: 6}},
		"key index, no tid":  {"\x90\x10\xff\x01", VP8{Start: true, Size: 3}},
		"tl0 without number": {"\x90\x60\x09\x40\x01", VP8{HasTL0: true, TL0: 9, TL0Off: 2, HasTID: true, TID: 1, Start: true, Size: 4}},
	} {
		var d VP8
		if err := ParseVP8([]byte(c.in), &d); err != nil || d != c.want {
			t.Errorf("%s: %+v %v", name, d, err)
		}
		for n := range d.Size {
			if err := ParseVP8([]byte(c.in[:n]), &d); !errors.Is(err, ErrShort) {
				t.Errorf("%s, %d bytes: %v", name, n, err)
			}
		}
	}
}

func TestPatchesVP8InPlace(t *testing.T) {
	for in, want := range map[string]string{
		"\x10\x00":                     "\x10\x00",
		"\x90\x80\x7f\x00":             "\x90\x80\x34\x00",
		"\x90\xf0\x81\x02\x33\xa5\x00": "\x90\xf0\x92\x34\x77\xa5\x00",
		"\x90\x60\x09\x40\x01":         "\x90\x60\x77\x40\x01",
	} {
		b := []byte(in)
		var d VP8
		if err := ParseVP8(b, &d); err != nil {
			t.Fatal(err)
		}
		d.Patch(b, 0x1234, 0x77)
		if string(b) != want {
			t.Errorf("%x became %x, want %x", in, b, want)
		}
		d.Patch(b[:d.Size-1], 0, 0)
		if string(b) != want {
			t.Errorf("%x: wrote into a payload that is too short", in)
		}
	}
}

func TestFindsH264KeyFrames(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want bool
	}{
		"nothing":                  {"", false},
		"one byte":                 {"\x65", false},
		"IDR":                      {"\x65\x88", true},
		"SPS":                      {"\x67\x42", true},
		"PPS":                      {"\x68\x42", false},
		"slice":                    {"\x41\x9a", false},
		"FU-A, IDR begins":         {"\x7c\x85\x88", true},
		"FU-A, IDR goes on":        {"\x7c\x05\x88", false},
		"FU-A, slice begins":       {"\x5c\x81\x9a", false},
		"STAP-A, SPS first":        {"\x78\x00\x02\x67\x42\x00\x01\x68", true},
		"STAP-A, IDR last":         {"\x78\x00\x02\x06\x42\x00\x01\x65", true},
		"STAP-A, none":             {"\x78\x00\x02\x06\x42\x00\x01\x41", false},
		"STAP-A, past the end":     {"\x78\x00\x09\x67\x42", false},
		"STAP-A, empty unit first": {"\x78\x00\x00\x67\x42\x67", false},
		"STAP-A, cut":              {"\x78\x00\x01", false},
		"STAP-B":                   {"\x79\x00\x00\x00\x02\x67\x42", false},
	} {
		if got := H264KeyFrame([]byte(c.in)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFindsH264KeyFramesOfPion(t *testing.T) {
	sps, pps := []byte("\x67\x42\xc0\x1f\x00"), []byte("\x68\xce\x3c\x80")
	idr := append([]byte{0x65}, bytes.Repeat([]byte{0x5a}, 3000)...)
	var stream []byte
	for _, unit := range [][]byte{sps, pps, idr} {
		stream = append(append(stream, 0, 0, 0, 1), unit...)
	}
	key := (&codecs.H264Payloader{}).Payload(1200, stream)
	if len(key) < 3 || !H264KeyFrame(key[0]) || H264KeyFrame(key[len(key)-1]) {
		t.Errorf("%d packets, first %x", len(key), key[0][:8])
	}
	slice := append([]byte{0, 0, 0, 1, 0x41}, bytes.Repeat([]byte{0x5a}, 3000)...)
	for _, p := range (&codecs.H264Payloader{}).Payload(1200, slice) {
		if H264KeyFrame(p) {
			t.Errorf("a slice: %x", p[:4])
		}
	}
}

func TestFindsVP9KeyFrames(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want bool
	}{
		"nothing":                       {"", false},
		"key, no options":               {"\x08\x82", true},
		"inter":                         {"\x48\x86", false},
		"not the beginning":             {"\x04\x82", false},
		"picture id 7":                  {"\x88\x05\x82", true},
		"picture id 15":                 {"\x88\x85\x05\x82", true},
		"picture id 15, cut":            {"\x88\x85\x05", false},
		"layer 0, not flexible":         {"\xa8\x05\x00\x09\x82", true},
		"layer 0, not flexible, cut":    {"\xa8\x05\x00\x09", false},
		"layer 1":                       {"\xa8\x05\x03\x09\x82", false},
		"layer 0, flexible, with SS":    {"\xba\x85\x05\x00\x00\x82", true},
		"layer 0 of a frame, predicted": {"\xe8\x05\x00\x09\x82", false},
	} {
		if got := VP9KeyFrame([]byte(c.in)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFindsAV1KeyFrames(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want bool
	}{
		"nothing":                         {"", false},
		"N, one element, sequence header": {"\x18\x0a\x0b", true},
		"N not set":                       {"\x10\x0a\x0b", false},
		"N and Z":                         {"\x98\x0a\x0b", false},
		"N, sequence header second of 2":  {"\x28\x02\x2a\x00\x0a\x0b", true},
		"N, no sequence header":           {"\x28\x02\x2a\x00\x32\x0b", false},
		"N, lengths for all":              {"\x08\x01\x2a\x02\x0a\x0b", true},
		"N, longer length than needed":    {"\x08\x81\x80\x00\x2a\x02\x0a\x0b", true},
		"N, length past the end":          {"\x08\x03\x0a\x0b", false},
		"N, length never ends":            {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\x00", false},
		"N, empty elements":               {"\x08\x00\x00\x00", false},
	} {
		if got := AV1KeyFrame([]byte(c.in)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFindsAV1KeyFramesOfPion(t *testing.T) {
	// Temporal delimiter, sequence header, frame: the OBUs of a key frame with
	// their size fields, as an encoder gives them out.
	frame := append([]byte{0x32, 0xb0, 0x09}, bytes.Repeat([]byte{0x5a}, 1200)...)
	unit := append([]byte("\x12\x00\x0a\x0b\x00\x00\x00\x24\xcf\x7f\x0d\xbf\xff\x30\x08"), frame...)
	packets := (&codecs.AV1Payloader{}).Payload(600, unit)
	if len(packets) < 2 || !AV1KeyFrame(packets[0]) || AV1KeyFrame(packets[1]) {
		t.Errorf("%d packets: %x", len(packets), packets[0][:8])
	}
	for _, p := range (&codecs.AV1Payloader{}).Payload(600, frame) {
		if AV1KeyFrame(p) {
			t.Errorf("an inter frame: %x", p[:8])
		}
	}
}
