package pki

import (
	"crypto/x509"
	"net/url"
	"testing"
	"time"
)

func FuzzParseJoinToken(f *testing.F) {
	good := JoinToken{
		ID: "0011223344556677", Secret: make([]byte, 32), Zone: "z", Role: RoleRouter, Name: "m", Pin: make([]byte, 32),
		Enrol: []string{"127.0.0.1:8810"}, Expires: time.Unix(1, 0).UTC(),
	}
	f.Add(good.String())
	f.Add(tokenPrefix)
	f.Add(tokenPrefix + "e30")
	f.Fuzz(func(t *testing.T, s string) {
		token, err := ParseJoinToken(s)
		if err != nil {
			return
		}
		if err := token.check(); err != nil {
			t.Fatal(err)
		}
		if _, err := ParseJoinToken(token.String()); err != nil {
			t.Fatalf("does not survive its own text form: %v", err)
		}
	})
}

func FuzzIdentity(f *testing.F) {
	f.Add("causeway://zone/mmr/name")
	f.Add("causeway://u@zone:1/mmr/name?x#y")
	f.Add("causeway://zone/mmr/%2e%2e/")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.Parse(s)
		if err != nil {
			return
		}
		id, err := IdentityOf(&x509.Certificate{URIs: []*url.URL{u}})
		if err == nil && (id.Check() != nil || id.String() != u.String()) {
			t.Fatalf("%q was read as %v", s, id)
		}
	})
}
