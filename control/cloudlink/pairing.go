package cloudlink

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"causeway/control/statefile"
	"causeway/control/wire"
)

// ErrNotPaired says that the zone has not been paired with a cloud.
var ErrNotPaired = errors.New("this zone has not been paired with a cloud yet")

const pairTimeout = 15 * time.Second

// pairing is what makes a zone the cloud's: it is kept in pairing.json.
type pairing struct {
	Zone   string `json:"zone"`
	Issuer string `json:"issuer"`
	// Key is the seed of the Ed25519 key by which the cloud knows the zone.
	Key []byte `json:"key"`
}

func pairingPath(dir string) string { return filepath.Join(dir, "pairing.json") }

func loadPairing(dir string) (p pairing, err error) {
	found, err := statefile.ReadJSON(pairingPath(dir), &p)
	switch {
	case err != nil:
		return p, err
	case !found:
		return p, ErrNotPaired
	case p.Zone == "" || p.Issuer == "" || len(p.Key) != ed25519.SeedSize:
		return p, fmt.Errorf("%s is damaged: a field is missing", pairingPath(dir))
	}
	return p, nil
}

// Paired returns the id by which the cloud knows the zone whose link is kept in
// dir, or ErrNotPaired.
func Paired(dir string) (zone string, err error) {
	p, err := loadPairing(dir)
	return p.Zone, err
}

// Pair makes the zone of dir the cloud's at c.URL, with a code that the cloud
// made: the cloud names the zone. It refuses if dir is paired already.
func Pair(ctx context.Context, c Config, code string) (zone string, err error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	if _, err := loadPairing(c.Dir); !errors.Is(err, ErrNotPaired) {
		return "", fmt.Errorf("%s is paired already", c.Dir)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]any{"code": code, "public_key": []byte(public), "controller": c.Controller})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, pairTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+"/v1/zones/pair", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	transport := c.transport()
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: refuseRedirect}
	answer, err := client.Do(r)
	if err != nil {
		return "", fmt.Errorf("pairing with %s: %w", c.URL, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return "", fmt.Errorf("pairing with %s: %w", c.URL, err)
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("pairing with %s: %w", c.URL, wire.ReadProblem(answer.StatusCode, text))
	}
	p := pairing{Key: private.Seed()}
	if err := json.Unmarshal(text, &p); err != nil || p.Zone == "" || p.Issuer == "" {
		return "", fmt.Errorf("pairing with %s: its answer names no zone and issuer", c.URL)
	}
	p.Key = private.Seed() // whatever the answer holds
	return p.Zone, statefile.WriteJSON(pairingPath(c.Dir), p)
}

// Trust pairs without a code, with a cloud in the same process: trust tells it
// the zone's id and key and returns its issuer. It is called at every start, so
// that a cloud that has lost its store knows the zone again. zone is the id for a
// zone that was not paired before.
func Trust(ctx context.Context, dir, zone string, trust func(ctx context.Context, zone string, key ed25519.PublicKey) (issuer string, err error)) error {
	p, err := loadPairing(dir)
	if errors.Is(err, ErrNotPaired) {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		p = pairing{Zone: zone, Key: private.Seed()}
	} else if err != nil {
		return err
	}
	issuer, err := trust(ctx, p.Zone, ed25519.NewKeyFromSeed(p.Key).Public().(ed25519.PublicKey))
	if err != nil {
		return fmt.Errorf("pairing with the cloud of this process: %w", err)
	}
	if issuer == p.Issuer {
		return nil
	}
	p.Issuer = issuer
	return statefile.WriteJSON(pairingPath(dir), p)
}

// refuseRedirect: a redirect would carry the code or token to somebody else.
func refuseRedirect(*http.Request, []*http.Request) error {
	return errors.New("the cloud redirects; give the address that it redirects to")
}
