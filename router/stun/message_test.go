package stun

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"testing"

	pion "github.com/pion/stun/v3"
)

var testID = [12]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}

func TestPionReadsOurRequest(t *testing.T) {
	b := AppendBindingRequest([]byte("before"), &BindingRequest{
		TransactionID: testID, Username: []byte("local:remote"), Priority: 0x7e0000ff,
		UseCandidate: true, Controlling: true, TieBreaker: 0x0102030405060708,
	}, NewKey("secret"))[len("before"):]

	m := &pion.Message{Raw: append([]byte(nil), b...)}
	if err := m.Decode(); err != nil {
		t.Fatal(err)
	}
	if m.Type != pion.BindingRequest || m.TransactionID != testID {
		t.Errorf("%v", m)
	}
	if u, _ := m.Get(pion.AttrUsername); string(u) != "local:remote" {
		t.Errorf("username %q", u)
	}
	if !m.Contains(pion.AttrUseCandidate) || !m.Contains(pion.AttrICEControlling) {
		t.Errorf("%v", m)
	}
	if p, _ := m.Get(pion.AttrPriority); !bytes.Equal(p, []byte{0x7e, 0, 0, 0xff}) {
		t.Errorf("priority %x", p)
	}
	if err := pion.NewShortTermIntegrity("secret").Check(m); err != nil {
		t.Error(err)
	}
	if err := pion.Fingerprint.Check(m); err != nil {
		t.Error(err)
	}
}

func TestPionReadsOurAnswers(t *testing.T) {
	k := NewKey("secret")
	for _, from := range []string{"192.0.2.7:40000", "[2001:db8::7]:1", "[::ffff:192.0.2.7]:9"} {
		addr := netip.MustParseAddrPort(from)
		m := &pion.Message{Raw: AppendBindingSuccess(nil, testID, addr, k)}
		if err := m.Decode(); err != nil {
			t.Fatal(err)
		}
		var x pion.XORMappedAddress
		if err := x.GetFrom(m); err != nil {
			t.Fatal(err)
		}
		if got, _ := netip.AddrFromSlice(x.IP); got.Unmap() != addr.Addr().Unmap() || x.Port != int(addr.Port()) {
			t.Errorf("%v, want %v", x, addr)
		}
		if err := pion.NewShortTermIntegrity("secret").Check(m); err != nil {
			t.Error(err)
		}
	}

	m := &pion.Message{Raw: AppendBindingError(nil, testID, 487, "Role Conflict", k)}
	if err := m.Decode(); err != nil {
		t.Fatal(err)
	}
	var e pion.ErrorCodeAttribute
	if err := e.GetFrom(m); err != nil || e.Code != 487 || string(e.Reason) != "Role Conflict" {
		t.Errorf("%v %v", e, err)
	}
	if err := pion.Fingerprint.Check(m); err != nil {
		t.Error(err)
	}

	m = &pion.Message{Raw: AppendUnknownAttribute(nil, testID, 0x7001, k)}
	if err := m.Decode(); err != nil {
		t.Fatal(err)
	}
	var u pion.UnknownAttributes
	if err := u.GetFrom(m); err != nil || len(u) != 1 || u[0] != 0x7001 {
		t.Errorf("%v %v", u, err)
	}
}

func TestReadsWhatItWrote(t *testing.T) {
	k := NewKey("secret")
	b := AppendBindingError(nil, testID, 401, "", k)
	var m Message
	if err := Parse(b, &m); err != nil || m.ErrorCode != 401 || m.Class != Error || !m.Verify(b, k) {
		t.Errorf("%+v %v", m, err)
	}
	b = AppendBindingRequest(nil, &BindingRequest{TransactionID: testID}, nil)
	if err := Parse(b, &m); err != nil || m.HasIntegrity || m.Verify(b, k) || m.ErrorCode != 0 {
		t.Errorf("%+v %v", m, err)
	}
}

// message builds a request of the given attributes without any check.
func message(attributes ...string) []byte {
	b := appendHeader(nil, Request, testID)
	for _, a := range attributes {
		b = append(b, a...)
		b = appendPadding(b, len(a))
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-HeaderSize))
	return b
}

func TestRefusesMalformedMessages(t *testing.T) {
	good := AppendBindingRequest(nil, &BindingRequest{Username: []byte("a:b")}, NewKey("k"))
	broken := func(f func(b []byte) []byte) []byte { return f(append([]byte(nil), good...)) }
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":               {nil, ErrNotSTUN},
		"half a header":       {good[:19], ErrNotSTUN},
		"one byte short":      {good[:len(good)-1], ErrNotSTUN},
		"trailing byte":       {append(good[:len(good):len(good)], 0), ErrNotSTUN},
		"first byte of DTLS":  {broken(func(b []byte) []byte { b[0] = 22; return b }), ErrNotSTUN},
		"no cookie":           {broken(func(b []byte) []byte { b[5]++; return b }), ErrNotSTUN},
		"fingerprint":         {broken(func(b []byte) []byte { b[len(b)-1]++; return b }), ErrFingerprint},
		"flipped username":    {broken(func(b []byte) []byte { b[24]++; return b }), ErrFingerprint},
		"value past the end":  {message("\x00\x06\x00\x09abcd"), ErrAttribute},
		"long username":       {message("\x00\x06\x01\xfd" + strings.Repeat("x", 509)), ErrAttribute},
		"short integrity":     {message("\x00\x08\x00\x04abcd"), ErrAttribute},
		"short priority":      {message("\x00\x24\x00\x03abc"), ErrAttribute},
		"nomination content":  {message("\x00\x25\x00\x01a"), ErrAttribute},
		"short tie-breaker":   {message("\x80\x2a\x00\x04abcd"), ErrAttribute},
		"short error":         {message("\x00\x09\x00\x03abc"), ErrAttribute},
		"error class 2":       {message("\x00\x09\x00\x04\x00\x00\x02\x00"), ErrAttribute},
		"error number 100":    {message("\x00\x09\x00\x04\x00\x00\x04\x64"), ErrAttribute},
		"address family 3":    {message("\x00\x20\x00\x08\x00\x03abcdef"), ErrAttribute},
		"v4 in 20 bytes":      {message("\x00\x20\x00\x14\x00\x01abcdefghijklmnopqr"), ErrAttribute},
		"short fingerprint":   {message("\x80\x28\x00\x03abc"), ErrAttribute},
		"behind fingerprint":  {broken(behindFingerprint), ErrAttribute},
		"two of fingerprints": {broken(secondFingerprint), ErrAttribute},
	} {
		var m Message
		if err := Parse(c.b, &m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// behindFingerprint adds an attribute and repairs length and checksum.
func behindFingerprint(b []byte) []byte {
	b = append(b, "\x00\x25\x00\x00"...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-HeaderSize))
	off := len(b) - 12
	binary.BigEndian.PutUint32(b[off+4:], fingerprint(b[:off]))
	return b
}

func secondFingerprint(b []byte) []byte {
	b = append(b, b[len(b)-8:]...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-HeaderSize))
	off := len(b) - 16
	binary.BigEndian.PutUint32(b[off+4:], fingerprint(b[:off]))
	return b
}

func TestIgnoresWhatFollowsIntegrity(t *testing.T) {
	// RFC 8489 §14.5: only FINGERPRINT counts behind MESSAGE-INTEGRITY; an
	// attacker on the path could have added anything else.
	k := NewKey("k")
	b := AppendBindingRequest(nil, &BindingRequest{Username: []byte("a:b")}, k)
	b = append(b[:len(b)-8], "\x00\x25\x00\x00\x00\x24\x00\x04abcd\x7f\x01\x00\x00"...)
	b = seal(b, 0, nil)
	var m Message
	if err := Parse(b, &m); err != nil {
		t.Fatal(err)
	}
	if m.UseCandidate || m.Priority != 0 || m.Unknown != 0 || !m.HasFingerprint || !m.Verify(b, k) {
		t.Errorf("%+v", m)
	}
}

func TestKeepsTheFirstOfTwo(t *testing.T) {
	b := message("\x00\x06\x00\x01a", "\x00\x06\x00\x01b", "\x80\x29\x00\x0800000001", "\x80\x2a\x00\x0800000002",
		"\x00\x24\x00\x04\x00\x00\x00\x01", "\x00\x24\x00\x04\x00\x00\x00\x02", "\x7f\x00\x00\x00", "\x7f\x01\x00\x00")
	var m Message
	if err := Parse(b, &m); err != nil {
		t.Fatal(err)
	}
	if string(m.Username) != "a" || m.TieBreaker != 0x3030303030303031 || m.Priority != 1 || m.Unknown != 0x7f00 {
		t.Errorf("%+v", m)
	}
}

func TestSplitsUsernames(t *testing.T) {
	long := strings.Repeat("x", 257)
	for in, want := range map[string][2]string{
		"a:b": {"a", "b"}, "left:right": {"left", "right"},
		"": {}, "a": {}, ":": {}, "a:": {}, ":b": {}, "a:b:c": {}, long + ":b": {}, "a:" + long: {},
	} {
		l, r, ok := SplitUsername([]byte(in))
		if string(l) != want[0] || string(r) != want[1] || ok != (want[0] != "") {
			t.Errorf("%q: %q %q %v", in, l, r, ok)
		}
	}
}
