package zone

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"causeway/control/pki"
)

// Config says how a ZC runs.
type Config struct {
	// StateDir keeps what the controller must not forget. One process at a time.
	StateDir string
	// Controller is this controller's name in the zone. If empty, "zc1".
	Controller string
	// Zone names a new zone, in its certificates. If empty, the name by which the
	// cloud knows it, or a random one. An existing zone keeps its name.
	Zone string
	// NodeListen is where nodes join and report. If empty, ":8810". Port 0 picks one.
	NodeListen string
	// NodeAdvertise are the host:port that join tokens carry. If empty, NodeListen's,
	// or where that names no host, this host's own addresses.
	NodeAdvertise []string
	// PublicURLs are the zone's public base addresses, which the cloud gives to
	// browsers. "" stands for the cloud's own origin: one process serves both.
	PublicURLs []string
	// Limits are the limits of admission.
	Limits Limits
	// CloudURL is the cloud's base address. If empty, there is no cloud, and no
	// ticket can be verified.
	CloudURL string
	// CloudPin and CloudRoots judge the cloud's certificate: see cloudlink.Config.
	CloudPin   string
	CloudRoots *x509.CertPool
	// PairingCode pairs the zone with the cloud if it is not paired yet.
	PairingCode string
	// Trust, for a cloud in the same process, makes it know the zone, at every
	// start, and returns its issuer. PairingCode is not used then.
	Trust func(ctx context.Context, zone string, key ed25519.PublicKey) (issuer string, err error)
	// Version is the program's version.
	Version string
	// Log takes what an operator should know. If nil, nothing is logged.
	Log *slog.Logger
}

// Limits bound what a controller takes. A zero field takes the default in
// brackets.
type Limits struct {
	// Meetings at a time [250].
	Meetings int
	// Routers at a time [200].
	Routers int
	// Headroom is how many seats of a router are kept for meetings that are there
	// already [0].
	Headroom int
	// Rate and Burst bound the public requests of one address (an IPv6 /64), per
	// second [100] and at once [500]: a whole office may stand behind one address.
	Rate  float64
	Burst int
}

// DefaultNodeListen is where nodes join and report unless told otherwise.
const DefaultNodeListen = ":8810"

// Times of the controller's doings.
const (
	tickEvery   = 500 * time.Millisecond
	joinTimeout = 5 * time.Second // for the whole of a join, whatever is tried
	endTimeout  = 5 * time.Second
	// overFor is how long a meeting ended for all is remembered: no ticket for it
	// lives as long, and the cloud makes no more.
	overFor = time.Hour
)

// Validate names every bad field at once.
func (c Config) Validate() error {
	var bad []error
	if c.StateDir == "" {
		bad = append(bad, errors.New("zone: StateDir is needed"))
	}
	for _, name := range []string{c.Controller, c.Zone} {
		if name != "" {
			bad = append(bad, pki.CheckName(name))
		}
	}
	for _, a := range append([]string{c.NodeListen}, c.NodeAdvertise...) {
		if a == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(a); err != nil {
			bad = append(bad, fmt.Errorf("zone: %q is no host:port", a))
		}
	}
	l := c.Limits
	if l.Meetings < 0 || l.Routers < 0 || l.Headroom < 0 || l.Rate < 0 || l.Burst < 0 {
		bad = append(bad, errors.New("zone: limits are not negative"))
	}
	if c.CloudURL == "" && (c.PairingCode != "" || c.Trust != nil) {
		bad = append(bad, errors.New("zone: to pair with a cloud takes its CloudURL"))
	}
	return errors.Join(bad...)
}

func (c Config) withDefaults() Config {
	if c.Controller == "" {
		c.Controller = "zc1"
	}
	if c.NodeListen == "" {
		c.NodeListen = DefaultNodeListen
	}
	if c.Limits.Rate == 0 {
		c.Limits.Rate = 100
	}
	if c.Limits.Burst == 0 {
		c.Limits.Burst = 500
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
