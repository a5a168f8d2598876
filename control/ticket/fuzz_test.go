package ticket

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"

	"causeway/control/wire"
)

func FuzzVerifyAcceptsNothingButItsOwn(f *testing.F) {
	s := newSigner(f, "k1")
	good, err := s.Sign(goodTicket())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, "", "..", good[:len(good)-2], good + ".", strings.Replace(good, ".", "", 1), "e30.e30.", "bnVsbA.bnVsbA.AA"} {
		f.Add(seed)
	}
	v := newVerifier(f, noon, s.Key())
	f.Fuzz(func(t *testing.T, token string) {
		got, err := v.Verify(token)
		if err == nil && token != good {
			t.Fatalf("accepted %q as %+v", token, got)
		}
		if err != nil && code(err) == "" {
			t.Fatalf("an error that is no problem: %v", err)
		}
	})
}

// FuzzSignedClaims feeds header and payload of any shape behind a good
// signature: what is accepted keeps every bound.
func FuzzSignedClaims(f *testing.F) {
	f.Add(`{"alg":"EdDSA","typ":"ticket+jwt","kid":"k1"}`,
		`{"jti":"t","iss":"https://cloud.example","aud":"zone-1","sub":"p","meeting":"abc","name":"Z","role":"host","iat":1772366400,"exp":1772366460}`)
	f.Add(`{"alg":"none"}`, `{}`)
	f.Add(`null`, `null`)
	key := keyFrom("k1")
	v := newVerifier(f, noon, newSigner(f, "k1").Key())
	f.Fuzz(func(t *testing.T, header, payload string) {
		text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
		got, err := v.Verify(text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text))))
		if err != nil {
			return
		}
		if err := check(got); err != nil || got.Zone != "zone-1" || !got.Expires.After(noon) {
			t.Fatalf("accepted %+v: %v", got, err)
		}
	})
}

func FuzzCleanNameIsStable(f *testing.F) {
	for _, seed := range []string{"Zoë", " a ", "\x00", "\u202e", "\xff", "👩‍🚀", strings.Repeat("a", 129)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean, err := CleanName(name)
		if err != nil {
			return
		}
		if again, err := CleanName(clean); err != nil || again != clean || len(clean) > wire.MaxNameBytes || !utf8.ValidString(clean) {
			t.Fatalf("%q -> %q -> %q, %v", name, clean, again, err)
		}
	})
}
