package main

import (
	"net"
	"slices"
	"testing"
)

func TestMediaDefaultsToLoopbackAndTheHostsOwnAddresses(t *testing.T) {
	network := func(cidr string) net.Addr {
		ip, n, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		return &net.IPNet{IP: ip, Mask: n.Mask}
	}
	got, err := hostAddresses(func() ([]net.Addr, error) {
		return []net.Addr{
			network("127.0.0.1/8"), network("::1/128"), network("192.0.2.7/24"), network("fe80::1/64"),
			network("169.254.1.1/16"), network("2001:db8::7/64"), network("192.0.2.7/32"),
		}, nil
	})
	want := []string{"127.0.0.1:8801", "192.0.2.7:8801", "[2001:db8::7]:8801"}
	if err != nil || !slices.Equal(texts(got), want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestMediaRefusesWhatABrowserCannotSendTo(t *testing.T) {
	for _, bad := range []string{"0.0.0.0:8801", "[::]:0", "8801", "example.com:8801", "127.0.0.1"} {
		if got, err := mediaAddresses([]string{bad}); err == nil {
			t.Errorf("%s became %v", bad, got)
		}
	}
	got, err := mediaAddresses([]string{"localhost:0", "127.0.0.1:0", "[2001:db8::7]:9000"})
	if want := []string{"127.0.0.1:0", "[2001:db8::7]:9000"}; err != nil || !slices.Equal(texts(got), want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
