package pki

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"
)

func TestThePublicCertificateServesItsNames(t *testing.T) {
	p, err := OpenPublic(t.TempDir(), []string{"meet.example.com", "127.0.0.1", "0:0::1"})
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, http.NotFoundHandler(), p.TLS())
	roots := x509.NewCertPool()
	roots.AddCert(p.cert.Leaf)
	for _, name := range []string{"meet.example.com", "127.0.0.1", "::1"} {
		conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		conn.Close()
	}
	if _, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: "else.example.com"}); err == nil {
		t.Fatal("another name was served")
	}
}

func TestThePublicCertificateIsRenewedWhenNamesChangeOrItsEndIsNear(t *testing.T) {
	dir := t.TempDir()
	open := func(names ...string) *Public {
		t.Helper()
		p, err := OpenPublic(dir, names)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := open("a.example", "127.0.0.1")
	same := open("127.0.0.1", "a.example", "a.example")
	if !same.cert.Leaf.Equal(first.cert.Leaf) {
		t.Fatal("made anew for the same names")
	}
	named := open("b.example")
	if named.cert.Leaf.Equal(first.cert.Leaf) || named.Pin() != first.Pin() {
		t.Fatal("other names want another certificate of the same key")
	}
	named.now = func() time.Time { return time.Now().Add(publicLife - publicMargin + time.Minute) }
	renewed, err := named.GetCertificate(nil)
	if err != nil || time.Until(renewed.Leaf.NotAfter) < publicLife+24*time.Hour || named.Pin() != first.Pin() {
		t.Fatalf("not renewed near its end: %v", err)
	}
	if _, err := OpenPublic(dir, nil); err == nil {
		t.Fatal("no names were accepted")
	}
}
