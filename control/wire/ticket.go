package wire

import "time"

// MaxTicketLife bounds how long a ticket may live.
const MaxTicketLife = 10 * time.Minute

// Ticket lets one participant into one meeting, once. It travels as a JWT
// (RFC 7519) signed with EdDSA; package ticket signs and verifies it.
type Ticket struct {
	ID          string      // jti: unique, one use
	Issuer      string      // iss: the cloud
	Zone        string      // aud: the one zone that may accept it
	Meeting     string      // claim "meeting"
	Participant Participant // sub, claims "name" and "role"
	Issued      time.Time   // iat
	Expires     time.Time   // exp, at most MaxTicketLife after Issued
}

// Key is a public key that verifies tickets, as in a JWKS (RFC 8037): kty OKP,
// crv Ed25519.
type Key struct {
	ID     string `json:"kid"`
	Public []byte `json:"public"` // 32 bytes
}
