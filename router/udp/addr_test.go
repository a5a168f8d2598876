//go:build linux && (amd64 || arm64)

package udp

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAddrsConvertBothWays(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"192.0.2.1:8801", "192.0.2.1:8801"},
		{"0.0.0.0:0", "0.0.0.0:0"},
		{"[2001:db8::1]:65535", "[2001:db8::1]:65535"},
		{"[::]:1", "[::]:1"},
		{"[fe80::1%7]:9", "[fe80::1%7]:9"},
		{"[fe80::1%lo]:9", "[fe80::1%1]:9"},
		{"[fe80::1%no-such-interface]:9", "[fe80::1]:9"},
		{"[::ffff:192.0.2.1]:8801", "192.0.2.1:8801"},
	} {
		a := AddrFrom(netip.MustParseAddrPort(c.in))
		if got := a.String(); got != c.out {
			t.Errorf("%s became %s, want %s", c.in, got, c.out)
		}
		if b := AddrFrom(a.AddrPort()); b != a || b.Hash() != a.Hash() {
			t.Errorf("%s has two forms", c.in)
		}
	}
	if a := AddrFrom(netip.AddrPort{}); a != (Addr{}) || a.AddrPort().IsValid() {
		t.Error("the invalid address is the zero Addr")
	}
}

func TestWhatTheKernelWritesHasOneForm(t *testing.T) {
	a := AddrFrom(netip.MustParseAddrPort("[2001:db8::1]:1"))
	b := a
	b.raw[ip4At] = 7 // a flow label
	if b.normalize(); a != b {
		t.Error("the flow label is part of the address")
	}
	a = AddrFrom(netip.MustParseAddrPort("192.0.2.1:1"))
	b = a
	b.raw[20] = 7 // what an IPv6 sender left there
	if b.normalize(); a != b {
		t.Error("padding is part of the address")
	}
	b = Addr{a.raw}
	b.raw[0] = unix.AF_INET6
	copy(b.raw[4:], make([]byte, 20))
	copy(b.raw[ip6At+10:], []byte{0xff, 0xff, 192, 0, 2, 1})
	if b.normalize(); a != b {
		t.Errorf("a mapped address is %v", b.String())
	}
}

func TestHashesOfNeighboursDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for i := range 10_000 {
		a := to(i)
		seen[a.Hash()] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("%d hashes of 10,000 addresses", len(seen))
	}
}

func BenchmarkHash(b *testing.B) {
	a := AddrFrom(netip.MustParseAddrPort("[2001:db8::1]:1"))
	var sum uint64
	for b.Loop() {
		sum += a.Hash()
	}
	_ = sum
}
