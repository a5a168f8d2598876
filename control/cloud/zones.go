package cloud

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"strings"
	"time"

	"causeway/control/cloud/store"
	"causeway/control/ticket"
	"causeway/control/wire"
)

// pairingLife is how long a pairing code may be used.
const pairingLife = time.Hour

// NewPairingCode returns a code with which one zone pairs itself, and until when.
func (c *Cloud) NewPairingCode(ctx context.Context) (code string, expires time.Time, err error) {
	code = randomWord(3, 4) // 59 bits, and an hour to guess them at two a minute
	now := c.now()
	expires = now.Add(pairingLife)
	return code, expires, c.store.AddPairingCode(ctx, hash(plainCode(code)), now, expires)
}

// plainCode forgives what people do to a code when they type it.
func plainCode(code string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// TrustZone pairs a zone without a code: for a zone of the same operator in the
// same process. A zone id that is known under another key starts anew.
func (c *Cloud) TrustZone(ctx context.Context, zone string, key ed25519.PublicKey) error {
	if !ticket.ValidMeeting(zone) { // the same form
		return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest,
			"A zone's id is 3 to %d of a-z and 0-9, with single hyphens between.", wire.MaxIDBytes)
	}
	if len(key) != ed25519.PublicKeySize {
		return badKey()
	}
	changed, err := c.store.TrustZone(ctx, zone, key, c.now())
	if errors.Is(err, store.ErrExists) {
		return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "Another zone has this key.")
	}
	if changed {
		c.log.Warn("a zone has a new key and starts anew", "zone", zone)
		c.links.drop(zone, "the zone's key was replaced")
	}
	return err
}

func badKey() error {
	return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "The field \"public_key\" takes the %d bytes of an Ed25519 key, in base64.", ed25519.PublicKeySize)
}

// pairZone answers POST /v1/zones/pair.
func (c *Cloud) pairZone(w http.ResponseWriter, r *http.Request) error {
	if err := c.pairingsByAddress.take(addressKey(r), c.now()); err != nil {
		return err
	}
	var ask struct {
		Code       string `json:"code"`
		PublicKey  []byte `json:"public_key"`
		Controller string `json:"controller"`
	}
	if err := readJSON(w, r, &ask); err != nil {
		return err
	}
	if len(ask.PublicKey) != ed25519.PublicKeySize {
		return badKey()
	}
	if _, err := ticket.CleanText("controller", ask.Controller, wire.MaxIDBytes); err != nil {
		return err
	}
	zone, err := c.store.PairZone(r.Context(), hash(plainCode(ask.Code)), "zone-"+randomWord(1, 8), ask.PublicKey, c.now())
	if errors.Is(err, store.ErrNotFound) {
		return wire.NewProblem(http.StatusForbidden, wire.CodeForbidden,
			"The pairing code is misspelt, was used before, or is more than an hour old. Make a new one.")
	}
	if err != nil {
		return err
	}
	c.log.Info("zone paired", "zone", zone, "controller", ask.Controller, "address", r.RemoteAddr)
	return answer(w, http.StatusOK, "", map[string]string{"zone": zone, "issuer": c.issuer})
}
