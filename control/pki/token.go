package pki

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// TokenLife is how long a join token may be used.
const TokenLife = time.Hour

const (
	tokenPrefix   = "cwjoin1."
	maxTokenBytes = 4096
	maxAddresses  = 16
)

// JoinToken is what an operator carries from a controller to a new node: it
// makes one node, once, as the role and name it says. It is a secret.
type JoinToken struct {
	ID     string   `json:"id"`     // names the controller's record of it
	Secret []byte   `json:"secret"` // 32 random bytes; the record holds their hash
	Zone   string   `json:"zone"`
	Role   Role     `json:"role"`
	Name   string   `json:"name"`
	Pin    []byte   `json:"pin"`   // SHA-256 of the zone authority's SPKI
	Enrol  []string `json:"enrol"` // host:port of the controllers' node APIs
	// Expires is checked by the controller; here it is for the node's message.
	Expires time.Time `json:"expires"`
}

// String is the token's text form: one word without characters that a shell
// or a URL would change.
func (t JoinToken) String() string {
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings, bytes and a time
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// ParseJoinToken reads a token's text form and checks everything that can be
// checked without the controller. Its error never repeats the token.
func ParseJoinToken(s string) (JoinToken, error) {
	var t JoinToken
	s = strings.TrimSpace(s)
	body, ok := strings.CutPrefix(s, tokenPrefix)
	if !ok || len(s) > maxTokenBytes {
		return t, fmt.Errorf("this is no join token: one begins with %q", tokenPrefix)
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err == nil {
		err = json.Unmarshal(b, &t)
	}
	if err != nil {
		return JoinToken{}, errors.New("this join token is damaged: was it copied whole?")
	}
	if err := t.check(); err != nil {
		return JoinToken{}, fmt.Errorf("this join token is damaged: %w", err)
	}
	return t, nil
}

func (t JoinToken) check() error {
	if err := (Identity{t.Zone, t.Role, t.Name}).Check(); err != nil {
		return err
	}
	if !validTokenID(t.ID) || len(t.Secret) != 32 || len(t.Pin) != 32 {
		return errors.New("a field has the wrong length")
	}
	if len(t.Enrol) == 0 || len(t.Enrol) > maxAddresses {
		return errors.New("it names no controller")
	}
	for _, a := range t.Enrol {
		if _, _, err := net.SplitHostPort(a); err != nil {
			return fmt.Errorf("%.80q is no host:port", a)
		}
	}
	return nil
}

func validTokenID(id string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && len(b) == 8 && hex.EncodeToString(b) == id
}
