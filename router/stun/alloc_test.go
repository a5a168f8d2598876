package stun

import (
	"net/netip"
	"testing"
)

func TestAllocatesNothing(t *testing.T) {
	k := NewKey("secret")
	request := BindingRequest{TransactionID: testID, Username: []byte("local:remote"), Priority: 1, Controlling: true}
	buf := make([]byte, 0, 256)
	in := AppendBindingRequest(nil, &request, k)
	from := netip.MustParseAddrPort("[2001:db8::7]:4000")
	var m Message
	if n := testing.AllocsPerRun(100, func() {
		if Parse(in, &m) != nil || !m.Verify(in, k) {
			t.Fatal("refused")
		}
		AppendBindingSuccess(buf, m.TransactionID, from, k)
		AppendBindingError(buf, m.TransactionID, 400, "Bad Request", k)
		AppendUnknownAttribute(buf, m.TransactionID, 0x7000, k)
		AppendBindingRequest(buf, &request, k)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	k := NewKey("secret")
	in := AppendBindingRequest(nil, &BindingRequest{TransactionID: testID, Username: []byte("local:remote")}, k)
	from := netip.MustParseAddrPort("192.0.2.7:4000")
	buf := make([]byte, 0, 256)
	var m Message
	b.ReportAllocs()
	for b.Loop() {
		if Parse(in, &m) != nil || !m.Verify(in, k) {
			b.Fatal("refused")
		}
		AppendBindingSuccess(buf, m.TransactionID, from, k)
	}
}

func BenchmarkStranger(b *testing.B) {
	in := AppendBindingRequest(nil, &BindingRequest{TransactionID: testID, Username: []byte("local:remote")}, NewKey("x"))
	var m Message
	b.ReportAllocs()
	for b.Loop() {
		if Parse(in, &m) != nil {
			b.Fatal("refused")
		}
		SplitUsername(m.Username)
	}
}
