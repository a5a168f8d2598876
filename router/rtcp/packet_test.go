package rtcp

import (
	"errors"
	"reflect"
	"testing"

	pion "github.com/pion/rtcp"
)

// decode is the compound b as pion reads it.
func decode(t *testing.T, b []byte) []pion.Packet {
	t.Helper()
	if err := Validate(b); err != nil {
		t.Fatalf("we refuse our own: %v", err)
	}
	p, err := pion.Unmarshal(b)
	if err != nil {
		t.Fatalf("pion refuses ours: %v", err)
	}
	return p
}

// only is the one packet that b consists of.
func only(t *testing.T, b []byte) Packet {
	t.Helper()
	p, rest, err := Next(b)
	if err != nil || len(rest) != 0 {
		t.Fatalf("%v, %d bytes left", err, len(rest))
	}
	return p
}

func TestWalksACompound(t *testing.T) {
	b := AppendRR(nil, 1, nil)
	b = AppendSDES(b, 1, "who")
	b = AppendPLI(b, 1, 2)
	if err := Validate(b); err != nil {
		t.Fatal(err)
	}
	var types []uint8
	for rest := b; len(rest) > 0; {
		var p Packet
		var err error
		if p, rest, err = Next(rest); err != nil {
			t.Fatal(err)
		}
		types = append(types, p.Type)
	}
	if !reflect.DeepEqual(types, []uint8{TypeRR, TypeSDES, TypePSFB}) {
		t.Errorf("%v", types)
	}
	for n := range b {
		// A compound may end behind each of its packets and nowhere else.
		whole := n == 8 || n == 8+16
		if err := Validate(b[:n]); (err == nil) != whole {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestStripsPadding(t *testing.T) {
	for in, want := range map[string]struct {
		body string
		err  error
	}{
		"\xa1\xce\x00\x03ssssmmmm\x00\x00\x00\x04": {"ssssmmmm", nil},
		"\xa1\xce\x00\x03ssssmmmmfci\x01":          {"ssssmmmmfci", nil},
		"\xa1\xce\x00\x01\x00\x00\x00\x04":         {"", nil},
		"\xa1\xce\x00\x01\x00\x00\x00\x05":         {"", ErrPadding},
		"\xa1\xce\x00\x01\x00\x00\x00\x00":         {"", ErrPadding},
		"\xa1\xce\x00\x00":                         {"", ErrPadding},
	} {
		p, _, err := Next([]byte(in))
		if string(p.Body) != want.body || !errors.Is(err, want.err) {
			t.Errorf("%q: %q %v", in, p.Body, err)
		}
	}
}

func TestRefusesMalformedPackets(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"nothing":              {"", ErrShort},
		"three bytes":          {"\x80\xc9\x00", ErrShort},
		"version 1":            {"\x40\xc9\x00\x00", ErrVersion},
		"past the end":         {"\x80\xc9\x00\x02ssss", ErrShort},
		"RR without SSRC":      {"\x80\xc9\x00\x00", ErrBody},
		"RR without its block": {"\x81\xc9\x00\x01ssss", ErrBody},
		"SR without its head":  {"\x80\xc8\x00\x01ssss", ErrBody},
		"BYE, count":           {"\x82\xcb\x00\x01ssss", ErrBody},
		"BYE, reason":          {"\x81\xcb\x00\x02ssss\x04abc", ErrBody},
		"SDES, no end":         {"\x81\xca\x00\x02ssss\x01\x02ab", ErrBody},
		"SDES, second chunk":   {"\x82\xca\x00\x02ssss\x01\x00\x00\x00", ErrBody},
		"APP":                  {"\x80\xcc\x00\x01ssss", ErrBody},
		"XR":                   {"\x80\xcf\x00\x00", ErrBody},
		"NACK, no entry":       {"\x81\xcd\x00\x02ssssmmmm", ErrBody},
		"unknown RTPFB":        {"\x83\xcd\x00\x01ssss", ErrBody},
		"PLI":                  {"\x81\xce\x00\x01ssss", ErrBody},
		"FIR, no entry":        {"\x84\xce\x00\x02ssssmmmm", ErrBody},
		"REMB, no bit rate":    {"\x8f\xce\x00\x03ssssmmmmREMB", ErrBody},
		"REMB, count":          {"\x8f\xce\x00\x04ssssmmmmREMB\x01\x00\x00\x00", ErrBody},
		"transport, no chunk":  {"\x8f\xcd\x00\x04ssssmmmm\x00\x01\x00\x01\x00\x00\x00\x00", ErrBody},
	} {
		if err := Validate([]byte(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]string{
		"unknown type":        "\x80\xd0\x00\x00",
		"unknown RTPFB":       "\x83\xcd\x00\x02ssssmmmm",
		"application's PSFB":  "\x8f\xce\x00\x03ssssmmmmgoog",
		"SDES of two chunks":  "\x82\xca\x00\x04ssss\x01\x01a\x00ssss\x00\x00\x00\x00",
		"BYE of nobody":       "\x80\xcb\x00\x00",
		"BYE with its reason": "\x81\xcb\x00\x02ssss\x03abc",
	} {
		if err := Validate([]byte(in)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParsersRefuseOtherTypes(t *testing.T) {
	p := only(t, AppendPLI(nil, 1, 2))
	var f Feedback
	_, sr := ParseSR(p)
	_, rr := ParseRR(p)
	_, bye := ParseBYE(p)
	_, nack := ParseNACK(p)
	_, fir := ParseFIR(p)
	_, remb := ParseREMB(p)
	if sr || rr || bye || nack || fir || remb || ParseFeedback(p, &f) || p.Blocks() != nil {
		t.Error("a PLI was taken for something else")
	}
	if _, _, ok := ParsePLI(only(t, AppendRR(nil, 1, nil))); ok {
		t.Error("an RR was taken for a PLI")
	}
}
