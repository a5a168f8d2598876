package api

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"causeway/control/pki"
	"causeway/control/statefile"
)

// zoneFile is what a node remembers of the token that it joined with.
type zoneFile struct {
	Controllers []string `json:"controllers"` // host:port of their node APIs
}

// join returns the node's credentials and its controllers' addresses: what is
// kept in the state directory if that is any good, and by a token otherwise.
func join(ctx context.Context, c Config) (*pki.Credentials, []string, error) {
	path := filepath.Join(c.StateDir, "zone.json")
	creds, err := pki.LoadCredentials(c.StateDir)
	gone := err == nil && time.Since(creds.Expires()) > pki.RenewGrace
	if err != nil && !errors.Is(err, pki.ErrNotEnrolled) {
		return nil, nil, err
	}
	if err == nil && !gone {
		controllers, err := controllersOf(c, path)
		return creds, controllers, err
	}
	switch {
	case c.Token == nil && gone:
		return nil, nil, fmt.Errorf("%s: the node's certificate ended at %s, too long ago to be renewed: join with a new token",
			c.StateDir, creds.Expires().UTC().Format(time.RFC3339))
	case c.Token == nil:
		return nil, nil, fmt.Errorf("%w: join with a token that its controller makes", err)
	}
	text, err := c.Token(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("join token: %w", err)
	}
	token, err := pki.ParseJoinToken(text)
	if err != nil {
		return nil, nil, err
	}
	if token.Role != pki.RoleRouter {
		return nil, nil, fmt.Errorf("this join token makes a %s, not a %s", token.Role, pki.RoleRouter)
	}
	if creds, err = pki.Enrol(ctx, c.StateDir, text); err != nil {
		return nil, nil, err
	}
	if err := statefile.WriteJSON(path, zoneFile{Controllers: token.Enrol}); err != nil {
		return nil, nil, err
	}
	c.Log.Info("node joined its zone", "node", creds.Identity().String())
	controllers, err := controllersOf(c, path)
	return creds, controllers, err
}

func controllersOf(c Config, path string) ([]string, error) {
	if len(c.Controllers) > 0 {
		return c.Controllers, nil
	}
	var z zoneFile
	found, err := statefile.ReadJSON(path, &z)
	if err == nil && (!found || len(z.Controllers) == 0) {
		err = fmt.Errorf("%s names no controller: give their addresses", path)
	}
	return z.Controllers, err
}
