package stun

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
)

// The messages of RFC 5769 §2.1 to §2.3.
const (
	rfc5769Password = "VOkJxbRl1RmTxUk/WvJxBt"

	rfc5769Request = "000100582112a442b7e7a701bc34d686fa87dfae" +
		"802200105354554e207465737420636c69656e74" + // SOFTWARE
		"002400046e0001ff" + // PRIORITY
		"80290008932ff9b151263b36" + // ICE-CONTROLLED
		"000600096576746a3a68367659202020" + // USERNAME, padded with spaces
		"000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2" +
		"80280004e57a3bcf"

	rfc5769ResponseV4 = "0101003c2112a442b7e7a701bc34d686fa87dfae" +
		"8022000b7465737420766563746f7220" +
		"002000080001a147e112a643" +
		"000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7" +
		"80280004c07d4c96"

	rfc5769ResponseV6 = "010100482112a442b7e7a701bc34d686fa87dfae" +
		"8022000b7465737420766563746f7220" +
		"002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9" +
		"00080014a382954e4be67bf11784c97c8292c275bfe3ed41" +
		"80280004c8fb0b4c"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadsTheRequestOfRFC5769(t *testing.T) {
	b := unhex(t, rfc5769Request)
	var m Message
	if err := Parse(b, &m); err != nil {
		t.Fatal(err)
	}
	if m.Class != Request || m.Method != Binding || m.Priority != 0x6e0001ff ||
		!m.Controlled || m.Controlling || m.TieBreaker != 0x932ff9b151263b36 ||
		string(m.Username) != "evtj:h6vY" || !m.HasIntegrity || !m.HasFingerprint ||
		m.UseCandidate || m.Unknown != 0 {
		t.Fatalf("%+v", m)
	}
	if !bytes.Equal(m.TransactionID[:], b[8:20]) {
		t.Fatalf("transaction id %x", m.TransactionID)
	}
	if !m.Verify(b, NewKey(rfc5769Password)) {
		t.Error("the right password was refused")
	}
	if m.Verify(b, NewKey("VOkJxbRl1RmTxUk/WvJxBu")) {
		t.Error("a wrong password was taken")
	}
}

func TestReadsTheResponsesOfRFC5769(t *testing.T) {
	for text, want := range map[string]string{
		rfc5769ResponseV4: "192.0.2.1:32853",
		rfc5769ResponseV6: "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
	} {
		b := unhex(t, text)
		var m Message
		if err := Parse(b, &m); err != nil {
			t.Fatal(err)
		}
		if m.Class != Success || m.XORMapped != netip.MustParseAddrPort(want) {
			t.Errorf("%+v, want %s", m, want)
		}
		if !m.Verify(b, NewKey(rfc5769Password)) {
			t.Errorf("%s: the right password was refused", want)
		}
	}
}
