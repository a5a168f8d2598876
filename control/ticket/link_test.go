package ticket

import (
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"causeway/control/wire"
)

func TestOnlyTheZonesOwnKeyOpensItsLink(t *testing.T) {
	key := keyFrom("zone-1")
	unknown := errors.New("unknown zone")
	keys := func(zone string) (ed25519.PublicKey, error) {
		if zone != "zone-1" {
			return nil, unknown
		}
		return key.Public().(ed25519.PublicKey), nil
	}
	sign := func(zone, issuer string, key ed25519.PrivateKey) string {
		token, err := SignLink(zone, issuer, key, noon)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign("zone-1", "cloud", key)
	ticketed, _ := newSigner(t, "zone-1").Sign(goodTicket())
	for _, c := range []struct {
		name, token string
		now         time.Time
		want        string
	}{
		{"good", good, noon.Add(LinkLife), ""},
		{"a clock behind", good, noon.Add(-ClockSkew), ""},
		{"late", good, noon.Add(LinkLife + ClockSkew), wire.CodeTicketExpired},
		{"early", good, noon.Add(-ClockSkew - time.Second), wire.CodeTicketExpired},
		{"another's key", sign("zone-1", "cloud", keyFrom("zone-2")), noon, wire.CodeTicketInvalid},
		{"another cloud", sign("zone-1", "other", key), noon, wire.CodeTicketInvalid},
		{"a participant's ticket", ticketed, noon, wire.CodeTicketInvalid},
		{"garbage", "x", noon, wire.CodeTicketInvalid},
		{"too long a life", forge(t, key, `{"alg":"EdDSA","typ":"zone-link+jwt"}`,
			`{"iss":"zone-1","sub":"zone-1","aud":"cloud","iat":1772366400,"exp":1772452800}`), noon, wire.CodeTicketInvalid},
		{"no subject", forge(t, key, `{"alg":"EdDSA","typ":"zone-link+jwt"}`,
			`{"iss":"zone-1","aud":"cloud","iat":1772366400,"exp":1772366460}`), noon, wire.CodeTicketInvalid},
	} {
		zone, err := VerifyLink(c.token, "cloud", c.now, keys)
		if code(err) != c.want || (err == nil) != (zone == "zone-1") {
			t.Errorf("%s: %q, %v, want %q", c.name, zone, err, c.want)
		}
	}
	if _, err := VerifyLink(sign("zone-9", "cloud", key), "cloud", noon, keys); !errors.Is(err, unknown) {
		t.Errorf("an unknown zone: %v", err)
	}
}
