package rtp

import (
	"bytes"
	"errors"
	"testing"

	pion "github.com/pion/rtp"
)

// full is a packet with everything: two CSRCs, three one-byte extensions with
// padding between them, and four bytes of padding behind "payload!".
func full() []byte {
	return []byte("\xb2\xe0\x12\x34\x00\x01\x02\x03\xca\xfe\xba\xbe" +
		"\x00\x00\x00\x01\x00\x00\x00\x02" +
		"\xbe\xde\x00\x03" + "\x10\xaa" + "\x00\x00" + "\x31\xbb\xcc" + "\x52\x01\x02\x03\x00" +
		"payload!" + "\x00\x00\x00\x04")
}

func TestReadsAWholeHeader(t *testing.T) {
	b := full()
	var h Header
	if err := Parse(b, &h); err != nil {
		t.Fatal(err)
	}
	want := Header{Marker: true, PT: 96, Seq: 0x1234, TS: 0x00010203, SSRC: 0xcafebabe, Padding: true, CSRCs: 2,
		ExtProfile: 0xbede, ExtOff: 24, ExtLen: 12, Size: 36}
	if h != want {
		t.Fatalf("%+v", h)
	}
	for id, want := range map[uint8][]byte{1: {0xaa}, 3: {0xbb, 0xcc}, 5: {1, 2, 3}, 2: nil, 0: nil, 15: nil, 200: nil} {
		if got := h.Extension(b, id); !bytes.Equal(got, want) {
			t.Errorf("extension %d: %x", id, got)
		}
	}
	if p, err := Payload(b, &h); err != nil || string(p) != "payload!" {
		t.Errorf("%q %v", p, err)
	}
}

func TestRefusesHeadersThatDoNotFit(t *testing.T) {
	b := full()
	var h Header
	for n := range 36 {
		if err := Parse(b[:n], &h); !errors.Is(err, ErrShort) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	b[0] = b[0]&0x3f | 0x40
	if err := Parse(b, &h); !errors.Is(err, ErrVersion) {
		t.Errorf("version 1: %v", err)
	}
}

func TestChecksPaddingAgainstThePayload(t *testing.T) {
	head := make([]byte, HeaderSize)
	Put(head, false, 0, 0, 0, 0)
	head[0] |= 0x20
	for in, want := range map[string]struct {
		payload string
		err     error
	}{
		"ab\x00\x02":   {"ab", nil},
		"\x00\x00\x03": {"", nil}, // a probe: nothing but padding
		"ab\x00":       {"", ErrPadding},
		"ab\x04":       {"", ErrPadding},
		"ab\xff":       {"", ErrPadding},
		"":             {"", ErrPadding},
	} {
		b := append(head[:HeaderSize:HeaderSize], in...)
		var h Header
		if err := Parse(b, &h); err != nil {
			t.Fatal(err)
		}
		if p, err := Payload(b, &h); string(p) != want.payload || !errors.Is(err, want.err) {
			t.Errorf("%q: %q %v", in, p, err)
		}
	}
	if _, err := Payload(head[:4], &Header{Size: 12}); !errors.Is(err, ErrShort) {
		t.Errorf("shorter than its header: %v", err)
	}
}

func TestPionReadsWhatWePut(t *testing.T) {
	for name, exts := range map[string][]Extension{
		"none":     nil,
		"one byte": {{1, []byte("a")}, {14, bytes.Repeat([]byte("x"), 16)}, {3, []byte("abc")}},
		"high id":  {{1, []byte("a")}, {15, []byte("b")}},
		"empty":    {{1, nil}, {2, []byte("b")}},
		"long":     {{1, bytes.Repeat([]byte("y"), 255)}, {255, []byte("z")}},
	} {
		b := bytes.Repeat([]byte{0xee}, 600)
		Put(b, true, 111, 65535, 0xfffffff0, 0x01020304)
		n := PutExtensions(b, exts...)
		if n == 0 || n%4 != 0 {
			t.Fatalf("%s: %d bytes", name, n)
		}
		b = append(b[:n], "payload"...)
		var p pion.Packet
		if err := p.Unmarshal(b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !p.Marker || p.PayloadType != 111 || p.SequenceNumber != 65535 || p.Timestamp != 0xfffffff0 ||
			p.SSRC != 0x01020304 || string(p.Payload) != "payload" || len(p.GetExtensionIDs()) != len(exts) {
			t.Errorf("%s: %v", name, p)
		}
		var h Header
		if err := Parse(b, &h); err != nil || h.Size != n {
			t.Fatalf("%s: %v, %+v", name, err, h)
		}
		for _, e := range exts {
			if got := p.GetExtension(e.ID); !bytes.Equal(got, e.Data) {
				t.Errorf("%s: pion reads %x in %d", name, got, e.ID)
			}
			if got := h.Extension(b, e.ID); got == nil || !bytes.Equal(got, e.Data) {
				t.Errorf("%s: we read %x in %d", name, got, e.ID)
			}
		}
	}
}

func TestWritesNoExtensionThatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		room int
		ext  Extension
	}{
		"id 0":      {100, Extension{0, []byte("a")}},
		"too long":  {1000, Extension{1, make([]byte, 256)}},
		"no room":   {19, Extension{1, []byte("a")}},
		"no header": {11, Extension{1, []byte("a")}},
	} {
		b := make([]byte, c.room)
		if n := PutExtensions(b, c.ext); n != 0 || !bytes.Equal(b, make([]byte, c.room)) {
			t.Errorf("%s: wrote %d bytes, %x", name, n, b)
		}
	}
}

func TestStopsAtMalformedElements(t *testing.T) {
	for name, c := range map[string]struct {
		profile uint16
		block   string
	}{
		"one byte, past the end":     {0xbede, "\x1f\x00\x00\x00"},
		"one byte, id 15":            {0xbede, "\xf0\x00\x10\xaa"},
		"one byte, id 0 with length": {0xbede, "\x01\x00\x10\xaa"},
		"two byte, past the end":     {0x1000, "\x02\x03\x01\xaa"},
		"two byte, no length":        {0x1007, "\x00\x00\x00\x01"},
		"other profile":              {0x1111, "\x10\xaa\x01\x01"},
	} {
		h := Header{ExtProfile: c.profile, ExtLen: len(c.block)}
		if got := h.Extension([]byte(c.block), 1); got != nil {
			t.Errorf("%s: %x", name, got)
		}
	}
	h := Header{ExtProfile: 0xbede, ExtOff: 16, ExtLen: 4}
	if h.Extension(make([]byte, 19), 1) != nil {
		t.Error("read past the packet")
	}
}

func TestReadsAudioLevels(t *testing.T) {
	if l, v, ok := AudioLevel([]byte{0x80 | 30}); l != 30 || !v || !ok {
		t.Error(l, v, ok)
	}
	if l, v, ok := AudioLevel([]byte{127, 0}); l != 127 || v || !ok {
		t.Error(l, v, ok)
	}
	if _, _, ok := AudioLevel(nil); ok {
		t.Error("a level in nothing")
	}
}
