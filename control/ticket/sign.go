package ticket

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"causeway/control/wire"
)

// Types of tokens, as their header "typ" says (RFC 8725 section 3.11).
const (
	typeTicket = "ticket+jwt"
	typeLink   = "zone-link+jwt"
)

// claims is what a ticket carries beside its header.
type claims struct {
	jwt.RegisteredClaims
	Meeting string    `json:"meeting"`
	Name    string    `json:"name"`
	Role    wire.Role `json:"role"`
}

// Signer signs tickets with one key. It is immutable and safe for concurrent use.
type Signer struct {
	keyID string
	key   ed25519.PrivateKey
}

// NewSigner returns a signer that names key as keyID in each ticket's header.
func NewSigner(keyID string, key ed25519.PrivateKey) (*Signer, error) {
	if keyID == "" || len(keyID) > wire.MaxIDBytes {
		return nil, fmt.Errorf("ticket: key id %q: 1 to %d bytes are needed", keyID, wire.MaxIDBytes)
	}
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("ticket: key %s: %d bytes, want %d", keyID, len(key), ed25519.PrivateKeySize)
	}
	return &Signer{keyID: keyID, key: key}, nil
}

// Key returns the public key that verifies what s signs.
func (s *Signer) Key() wire.Key {
	return wire.Key{ID: s.keyID, Public: s.key.Public().(ed25519.PublicKey)}
}

// Sign returns t as a compact JWT. Every field of t must be set; instants are
// cut to whole seconds. It refuses what Verifier.Verify would refuse.
func (s *Signer) Sign(t wire.Ticket) (string, error) {
	if err := check(t); err != nil {
		return "", fmt.Errorf("ticket: sign: %w", err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID: t.ID, Issuer: t.Issuer, Subject: t.Participant.ID, Audience: jwt.ClaimStrings{t.Zone},
			IssuedAt: jwt.NewNumericDate(t.Issued), ExpiresAt: jwt.NewNumericDate(t.Expires),
		},
		Meeting: t.Meeting, Name: t.Participant.Name, Role: t.Participant.Role,
	})
	token.Header["typ"], token.Header["kid"] = typeTicket, s.keyID
	text, err := token.SignedString(s.key)
	if err != nil {
		return "", fmt.Errorf("ticket: sign: %w", err)
	}
	if len(text) > MaxBytes {
		return "", fmt.Errorf("ticket: sign: %d bytes, at most %d are accepted", len(text), MaxBytes)
	}
	return text, nil
}

// check reports which field of t is missing or out of bounds.
func check(t wire.Ticket) error {
	for _, f := range []struct{ name, value string }{
		{"jti", t.ID}, {"sub", t.Participant.ID}, {"aud", t.Zone},
	} {
		if f.value == "" || len(f.value) > wire.MaxIDBytes {
			return fmt.Errorf("the claim %q needs 1 to %d bytes", f.name, wire.MaxIDBytes)
		}
	}
	if t.Issuer == "" || len(t.Issuer) > maxIssuerBytes {
		return fmt.Errorf("the claim \"iss\" needs 1 to %d bytes", maxIssuerBytes)
	}
	if !ValidMeeting(t.Meeting) {
		return errors.New("the claim \"meeting\" is not a meeting id")
	}
	if name, err := CleanName(t.Participant.Name); err != nil || name != t.Participant.Name {
		return errors.New("the claim \"name\" is not a participant's name")
	}
	if !t.Participant.Role.Valid() {
		return errors.New("the claim \"role\" is not a role")
	}
	return checkLife(t.Issued, t.Expires)
}

// checkLife bounds a token's life, cut to whole seconds as it travels.
func checkLife(issued, expires time.Time) error {
	issued, expires = issued.Truncate(time.Second), expires.Truncate(time.Second)
	life := expires.Sub(issued)
	if life <= 0 || life > wire.MaxTicketLife {
		return fmt.Errorf("it lives for %v, at most %v are accepted", life, wire.MaxTicketLife)
	}
	return nil
}
