package main

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestAPortInUseIsNamedWithItsCure(t *testing.T) {
	l, err := listen("public", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = listen("public", l.Addr().String())
	if err == nil {
		t.Fatal("one port was opened twice")
	}
	for _, want := range []string{l.Addr().String(), "another process", "--public"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestOneAddressCannotHoldAllConnections(t *testing.T) {
	l := &cappedListener{open: map[netip.Addr]int{}}
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range maxConnectionsPerAddress {
		if !l.take(one) {
			t.Fatal("refused below the cap")
		}
	}
	if l.take(one) {
		t.Error("accepted above the cap")
	}
	if !l.take(other) {
		t.Error("another address was refused")
	}
	l.release(one)
	if !l.take(one) {
		t.Error("refused after one connection closed")
	}
}

func TestAClosedConnectionIsGivenBackOnce(t *testing.T) {
	l, err := listen("http", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.DialTimeout("tcp", l.Addr().String(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	conn.Close()
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection is still open: %v", err)
	}
	if c := l.(*cappedListener); c.total != 0 || len(c.open) != 0 {
		t.Errorf("%d connections counted after the last was closed", c.total)
	}
}

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:0": true, "[::1]:8080": true, "localhost:8080": true, "127.1.2.3:80": true,
		"0.0.0.0:8080": false, ":8080": false, "192.0.2.1:8080": false, "[::]:8080": false, "example.com:80": false, "127.0.0.1": false,
	} {
		if err := checkLoopback("http", address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
