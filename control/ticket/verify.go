package ticket

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"causeway/control/strictjson"
	"causeway/control/wire"
)

const (
	// MaxBytes bounds a token before anything of it is decoded.
	MaxBytes = 4096
	// ClockSkew is how far an issuer's clock may be ahead of the verifier's. A
	// verifier whose clock is ahead just finds tickets expired earlier: an
	// expired ticket is never accepted, as the MMR forgets its id by then.
	ClockSkew = 60 * time.Second

	maxIssuerBytes = 256
	maxKeys        = 64
)

// Verifier verifies the tickets of one issuer for one zone. It is safe for
// concurrent use, Replace included.
type Verifier struct {
	zone, issuer string
	now          func() time.Time
	keys         atomic.Pointer[map[string]ed25519.PublicKey]
}

// NewVerifier returns a verifier without keys, which refuses every ticket until
// Replace has given it some. A nil now means time.Now.
func NewVerifier(zone, issuer string, now func() time.Time) (*Verifier, error) {
	if zone == "" || len(zone) > wire.MaxIDBytes || issuer == "" || len(issuer) > maxIssuerBytes {
		return nil, fmt.Errorf("ticket: verifier: zone %q and issuer %q: both are needed", zone, issuer)
	}
	if now == nil {
		now = time.Now
	}
	v := &Verifier{zone: zone, issuer: issuer, now: now}
	v.keys.Store(&map[string]ed25519.PublicKey{})
	return v, nil
}

// Replace replaces the whole key set. On error the old one stays.
func (v *Verifier) Replace(keys []wire.Key) error {
	if len(keys) > maxKeys {
		return fmt.Errorf("ticket: %d keys, at most %d are accepted", len(keys), maxKeys)
	}
	set := make(map[string]ed25519.PublicKey, len(keys))
	for _, k := range keys {
		if k.ID == "" || len(k.ID) > wire.MaxIDBytes || len(k.Public) != ed25519.PublicKeySize {
			return fmt.Errorf("ticket: key %.64q: %d bytes, want an id and %d bytes", k.ID, len(k.Public), ed25519.PublicKeySize)
		}
		if _, twice := set[k.ID]; twice {
			return fmt.Errorf("ticket: key %q occurs twice", k.ID)
		}
		set[k.ID] = append(ed25519.PublicKey(nil), k.Public...)
	}
	v.keys.Store(&set)
	return nil
}

// Verify returns what token says, or a *wire.Problem: ticket-missing,
// ticket-invalid, ticket-expired or ticket-wrong-zone.
func (v *Verifier) Verify(token string) (wire.Ticket, error) {
	if token == "" {
		return wire.Ticket{}, wire.NewProblem(http.StatusUnauthorized, wire.CodeTicketMissing,
			"Send the ticket as \"Authorization: Bearer TICKET\".")
	}
	var c claims
	keys := *v.keys.Load()
	err := parse(token, typeTicket, &c, func(header map[string]any) (ed25519.PublicKey, error) {
		id, _ := header["kid"].(string)
		if key, ok := keys[id]; ok {
			return key, nil
		}
		return nil, fmt.Errorf("it is signed with a key that is not known here")
	})
	if err != nil {
		return wire.Ticket{}, invalid(err)
	}
	if c.Issuer != v.issuer {
		return wire.Ticket{}, invalid(fmt.Errorf("another cloud issued it"))
	}
	if c.IssuedAt == nil || c.ExpiresAt == nil || len(c.Audience) != 1 || c.NotBefore != nil {
		return wire.Ticket{}, invalid(fmt.Errorf("the claims \"iat\", \"exp\" and one \"aud\" are needed, \"nbf\" is not used"))
	}
	t := wire.Ticket{
		ID: c.ID, Issuer: c.Issuer, Zone: c.Audience[0], Meeting: c.Meeting,
		Participant: wire.Participant{ID: c.Subject, Name: c.Name, Role: c.Role},
		Issued:      c.IssuedAt.UTC(), Expires: c.ExpiresAt.UTC(),
	}
	if err := check(t); err != nil {
		return wire.Ticket{}, invalid(err)
	}
	now := v.now()
	switch {
	case t.Zone != v.zone:
		return wire.Ticket{}, wire.NewProblem(http.StatusUnauthorized, wire.CodeTicketWrongZone,
			"The ticket is for another zone than this one.")
	case t.Issued.After(now.Add(ClockSkew)):
		return wire.Ticket{}, invalid(fmt.Errorf("it was issued in the future: compare the clocks of cloud and zone"))
	case !t.Expires.After(now):
		return wire.Ticket{}, wire.NewProblem(http.StatusUnauthorized, wire.CodeTicketExpired,
			"The ticket has expired. Ask for a new one.")
	}
	return t, nil
}

// VerifyFor is Verify for a request about one meeting: a ticket for another
// one is a *wire.Problem ticket-wrong-meeting.
func (v *Verifier) VerifyFor(meeting, token string) (wire.Ticket, error) {
	t, err := v.Verify(token)
	if err != nil {
		return wire.Ticket{}, err
	}
	if t.Meeting != meeting {
		return wire.Ticket{}, wire.NewProblem(http.StatusForbidden, wire.CodeTicketWrongMeeting,
			"The ticket is for another meeting than this one.")
	}
	return t, nil
}

// Bearer returns the token of the Authorization header (RFC 6750 section 2.1),
// or a *wire.Problem: ticket-missing if there is none, ticket-invalid if there
// is more than one header or another scheme.
func Bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", wire.NewProblem(http.StatusUnauthorized, wire.CodeTicketMissing,
			"Send the ticket as \"Authorization: Bearer TICKET\".")
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if len(values) > 1 || !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", invalid(fmt.Errorf("one header \"Authorization: Bearer TICKET\" is needed"))
	}
	return token, nil
}

// parser checks form, algorithm and signature; the claims are checked by us.
// Strict decoding refuses signatures that differ in unused bits only.
var parser = jwt.NewParser(
	jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
	jwt.WithStrictDecoding(),
	jwt.WithoutClaimsValidation(),
)

// parse decodes token into c after its form and, with the key that keyOf picks
// from the header, its signature have been verified.
func parse(token, kind string, c jwt.Claims, keyOf func(header map[string]any) (ed25519.PublicKey, error)) error {
	if len(token) > MaxBytes {
		return fmt.Errorf("it has %d bytes, at most %d are accepted", len(token), MaxBytes)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || strings.ContainsAny(token, "\r\n") { // encoding/base64 skips line ends
		return fmt.Errorf("it is not a JWT of three parts")
	}
	for _, part := range parts[:2] {
		text, err := parser.DecodeSegment(part)
		if err != nil {
			return fmt.Errorf("it is not base64url")
		}
		if err := strictjson.Check(text); err != nil {
			return err
		}
	}
	var reason error
	_, err := parser.ParseWithClaims(token, c, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != kind {
			reason = fmt.Errorf("its type is not %q", kind)
		} else if _, has := t.Header["crit"]; has { // RFC 7515 section 4.1.11
			reason = fmt.Errorf("its header \"crit\" is not understood")
		} else {
			var key ed25519.PublicKey
			key, reason = keyOf(t.Header)
			return key, reason
		}
		return nil, reason
	})
	switch {
	case reason != nil:
		return reason
	case err != nil:
		return fmt.Errorf("its form, algorithm or signature is wrong")
	}
	return nil
}

func invalid(err error) *wire.Problem {
	return wire.NewProblem(http.StatusUnauthorized, wire.CodeTicketInvalid, "The ticket is refused: %v.", err)
}
