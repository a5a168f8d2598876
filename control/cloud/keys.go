package cloud

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"time"

	"causeway/control/cloud/store"
	"causeway/control/ticket"
	"causeway/control/wire"
)

// keyLead is how long a new key is published before it signs, so that every
// zone has it when it meets its first ticket.
const keyLead = 5 * time.Minute

// keyring is the signing keys as they were last read: never changed, replaced.
type keyring struct {
	signers []ringSigner // newest first
	public  []wire.Key
}

type ringSigner struct {
	*ticket.Signer
	from time.Time
}

// signer is the newest key that may sign at now. A clock that was set back
// leaves the oldest.
func (k *keyring) signer(now time.Time) *ticket.Signer {
	for _, s := range k.signers {
		if !s.from.After(now) {
			return s.Signer
		}
	}
	return k.signers[len(k.signers)-1].Signer
}

// refreshKeys makes a key if the newest is too old or there is none, forgets
// those that no living ticket can name, and tells the zones what changed.
func (c *Cloud) refreshKeys(ctx context.Context) error {
	keys, err := c.store.SigningKeys(ctx)
	if err != nil {
		return err
	}
	now := c.now()
	if len(keys) == 0 || !keys[0].Created.After(now.Add(-c.config.KeyLife)) {
		if keys, err = c.addKey(ctx, now, len(keys) == 0); err != nil {
			return err
		}
	}
	ring := &keyring{}
	for i, k := range keys {
		if i > 0 && now.Sub(keys[i-1].SignsFrom) > wire.MaxTicketLife+ticket.ClockSkew {
			if err := c.store.DeleteSigningKey(ctx, k.ID); err != nil {
				return err
			}
			continue
		}
		if len(k.Seed) != ed25519.SeedSize {
			return fmt.Errorf("cloud: signing key %s is damaged", k.ID)
		}
		s, err := ticket.NewSigner(k.ID, ed25519.NewKeyFromSeed(k.Seed))
		if err != nil {
			return err
		}
		ring.signers = append(ring.signers, ringSigner{s, k.SignsFrom})
		ring.public = append(ring.public, s.Key())
	}
	old := c.keys.Swap(ring)
	if old != nil && !slices.EqualFunc(old.public, ring.public, func(a, b wire.Key) bool { return a.ID == b.ID }) {
		c.links.tellKeys(ring.public)
	}
	return nil
}

func (c *Cloud) addKey(ctx context.Context, now time.Time, first bool) ([]store.SigningKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	k := store.SigningKey{ID: randomID("k"), Seed: seed, Created: now, SignsFrom: now.Add(keyLead)}
	if first {
		k.SignsFrom = now
	}
	added, err := c.store.AddSigningKey(ctx, k, now.Add(-c.config.KeyLife))
	if err != nil {
		return nil, err
	}
	if added {
		c.log.Info("new signing key", "key", k.ID, "signs_from", k.SignsFrom)
	}
	return c.store.SigningKeys(ctx)
}

// jwk is a public key as in RFC 8037 section 2.
type jwk struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	ID        string `json:"kid"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	X         string `json:"x"`
}

// getKeys answers GET /v1/keys with a JWK set (RFC 7517 section 5).
func (c *Cloud) getKeys(w http.ResponseWriter, r *http.Request) error {
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, k := range c.keys.Load().public {
		set.Keys = append(set.Keys, jwk{"OKP", "Ed25519", k.ID, "EdDSA", "sig", base64.RawURLEncoding.EncodeToString(k.Public)})
	}
	w.Header().Set("Cache-Control", "public, max-age=60")
	return answer(w, http.StatusOK, "application/jwk-set+json", set)
}
