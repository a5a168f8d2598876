package ticket

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"causeway/control/wire"
)

// LinkLife is how long a zone's token for opening its link is valid.
const LinkLife = 60 * time.Second

// SignLink returns the token with which zone opens its link to the cloud
// issuer, as "Authorization: Bearer TOKEN": a JWT of type "zone-link+jwt",
// EdDSA with the zone's own key, iss and sub = zone, aud = issuer, iat, exp.
// Make a new one for every attempt.
func SignLink(zone, issuer string, key ed25519.PrivateKey, now time.Time) (string, error) {
	if zone == "" || issuer == "" || len(key) != ed25519.PrivateKeySize {
		return "", fmt.Errorf("ticket: sign link: zone %q, issuer %q and a key of %d bytes are needed", zone, issuer, ed25519.PrivateKeySize)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{
		Issuer: zone, Subject: zone, Audience: jwt.ClaimStrings{issuer},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(LinkLife)),
	})
	token.Header["typ"] = typeLink
	return token.SignedString(key)
}

// VerifyLink returns the zone that signed token for issuer. keyOf looks up the
// public key of the zone that the token claims to be from; its error is
// returned as it is. Every other error is a *wire.Problem ticket-invalid or
// ticket-expired.
func VerifyLink(token, issuer string, now time.Time, keyOf func(zone string) (ed25519.PublicKey, error)) (string, error) {
	var c jwt.RegisteredClaims
	var lookup error
	err := parse(token, typeLink, &c, func(map[string]any) (key ed25519.PublicKey, err error) {
		if c.Issuer == "" || len(c.Issuer) > wire.MaxIDBytes || c.Subject != c.Issuer {
			return nil, fmt.Errorf("the claims \"iss\" and \"sub\" must both name the zone")
		}
		key, lookup = keyOf(c.Issuer)
		return key, lookup
	})
	switch {
	case lookup != nil:
		return "", lookup
	case err != nil:
		return "", invalid(err)
	case len(c.Audience) != 1 || c.Audience[0] != issuer:
		return "", invalid(fmt.Errorf("it is for another cloud than this one"))
	case c.IssuedAt == nil || c.ExpiresAt == nil || c.NotBefore != nil:
		return "", invalid(fmt.Errorf("the claims \"iat\" and \"exp\" are needed, \"nbf\" is not used"))
	}
	if err := checkLife(c.IssuedAt.Time, c.ExpiresAt.Time); err != nil {
		return "", invalid(err)
	}
	if c.IssuedAt.After(now.Add(ClockSkew)) || now.Sub(c.ExpiresAt.Time) >= ClockSkew {
		return "", wire.NewProblem(401, wire.CodeTicketExpired,
			"The zone's token is not valid at this time: compare the clocks of cloud and zone.")
	}
	return c.Issuer, nil
}
