package cloud

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"causeway/control/wire"
)

// Config says how a Cloud runs. Only StateDir is needed.
type Config struct {
	// StateDir is the directory of the database and of the first account's
	// password; it is made if it is not there.
	StateDir string
	// PublicURL is the base of join links, for example
	// "https://meet.example.com". If empty, the origin that each request names.
	PublicURL string
	// Issuer names this cloud in tickets. If empty, a random name that is made
	// once and kept; if set, it replaces the kept one.
	Issuer string
	// Logger takes what an operator should know. If nil, nothing is logged.
	Logger *slog.Logger
	// MeetingLife is how long after its last use a meeting's link works. If
	// zero, 30 days.
	MeetingLife time.Duration
	// TicketLife is how long a ticket may be presented. If zero, 10 minutes,
	// which is the most.
	TicketLife time.Duration
	// LoginLife is how long a browser stays signed in. If zero, 30 days.
	LoginLife time.Duration
	// KeyLife is the age at which the signing key is replaced. If zero, 30 days.
	KeyLife time.Duration
	// Now is the clock. If nil, time.Now.
	Now func() time.Time
}

// Validate names every field that cannot work.
func (c Config) Validate() error {
	var bad []error
	if c.StateDir == "" {
		bad = append(bad, errors.New("StateDir is empty: name a directory"))
	}
	if c.PublicURL != "" && !validBase(c.PublicURL) {
		bad = append(bad, fmt.Errorf("PublicURL %q: want a base like https://meet.example.com", c.PublicURL))
	}
	if len(c.Issuer) > 256 {
		bad = append(bad, fmt.Errorf("Issuer: %d bytes, at most 256", len(c.Issuer)))
	}
	if c.TicketLife < 0 || c.TicketLife > wire.MaxTicketLife {
		bad = append(bad, fmt.Errorf("TicketLife %v: at most %v", c.TicketLife, wire.MaxTicketLife))
	}
	for _, d := range []struct {
		name string
		life time.Duration
	}{{"MeetingLife", c.MeetingLife}, {"LoginLife", c.LoginLife}, {"KeyLife", c.KeyLife}} {
		if d.life < 0 || d.life > 0 && d.life < time.Minute {
			bad = append(bad, fmt.Errorf("%s %v: at least a minute", d.name, d.life))
		}
	}
	if err := errors.Join(bad...); err != nil {
		return fmt.Errorf("cloud: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return nil
}

func (c Config) withDefaults() Config {
	const month = 30 * 24 * time.Hour
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MeetingLife == 0 {
		c.MeetingLife = month
	}
	if c.TicketLife == 0 {
		c.TicketLife = wire.MaxTicketLife
	}
	if c.LoginLife == 0 {
		c.LoginLife = month
	}
	if c.KeyLife == 0 {
		c.KeyLife = month
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return c
}

// validBase reports whether s is scheme and host of an HTTP server and no more.
func validBase(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(s) <= 256 &&
		u.User == nil && (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == ""
}
