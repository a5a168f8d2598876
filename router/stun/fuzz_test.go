package stun

import (
	"bytes"
	"net/netip"
	"testing"

	pion "github.com/pion/stun/v3"
)

// FuzzParse: whatever Parse takes, pion takes too and reads the same in it.
// The reverse does not hold: pion checks no attribute that nobody asks for.
func FuzzParse(f *testing.F) {
	for _, s := range []string{rfc5769Request, rfc5769ResponseV4, rfc5769ResponseV6} {
		f.Add(unhex(f, s))
	}
	k := NewKey("secret")
	f.Add(AppendUnknownAttribute(nil, testID, 0x7001, k))
	f.Add(AppendBindingRequest(nil, &BindingRequest{Username: []byte("a:b"), UseCandidate: true, Controlling: true}, k))
	f.Add(AppendBindingSuccess(nil, testID, netip.MustParseAddrPort("[2001:db8::7]:1"), nil))
	f.Add(message("\x80\x2a\x00\x0812345678"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Message
		if Parse(b, &m) != nil {
			return
		}
		p := &pion.Message{Raw: append([]byte(nil), b...)}
		if err := p.Decode(); err != nil {
			t.Fatalf("we took what pion refuses: %v", err)
		}
		if p.TransactionID != m.TransactionID || uint16(p.Type.Method) != uint16(m.Method) || uint8(p.Type.Class) != uint8(m.Class) {
			t.Fatalf("%+v, pion %v", m, p)
		}
		if u, err := p.Get(pion.AttrUsername); m.Username != nil && (err != nil || !bytes.Equal(u, m.Username)) {
			t.Fatalf("username %q, pion %q", m.Username, u)
		}
		if m.HasFingerprint && pion.Fingerprint.Check(p) != nil {
			t.Fatal("we took a fingerprint that pion refuses")
		}
		// Pion takes the reserved byte, which RFC 8489 §14.2 says to ignore, for
		// a part of the address family.
		if v, _ := p.Get(pion.AttrXORMappedAddress); m.XORMapped.IsValid() && v[0] == 0 {
			var x pion.XORMappedAddress
			if err := x.GetFrom(p); err != nil {
				t.Fatalf("address %v, pion %v", m.XORMapped, err)
			}
			a, _ := netip.AddrFromSlice(x.IP)
			if got := netip.AddrPortFrom(a, uint16(x.Port)); got != m.XORMapped {
				t.Fatalf("address %v, pion %v", m.XORMapped, got)
			}
		}
		if m.HasIntegrity && m.Verify(b, k) != (pion.NewShortTermIntegrity("secret").Check(p) == nil) {
			t.Fatal("integrity disagrees with pion")
		}
		SplitUsername(m.Username)
	})
}
