package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"causeway/control/wire"
)

// Router is what the API needs of an MMR; package router has it. Methods are
// called from many goroutines.
type Router interface {
	// Join takes one participant. Its error is a *wire.Problem.
	Join(context.Context, *wire.SessionRequest) (*wire.SessionAnswer, error)
	// Leave ends a session; a *wire.Problem session-not-found if there is none.
	Leave(session string) error
	// End ends a meeting for all; a *wire.Problem meeting-not-found if it is not here.
	End(meeting string) error
	// State is what the next report says.
	State() (meetings []wire.MeetingState, ended []wire.EndedMeeting, participants, limit int)
	// Changed signals that State has changed. It holds one signal.
	Changed() <-chan struct{}
	// Forget drops ended meetings that a controller has taken over.
	Forget([]wire.EndedMeeting)
}

// Config says where an MMR's API listens and which zone it belongs to.
type Config struct {
	// StateDir keeps the node's certificate. It belongs to this process alone.
	StateDir string
	// Token returns the text of a join token. It is called only if StateDir holds
	// no certificate that is good or can be renewed, so a one-process system may
	// make one then. If nil, the node must have joined before.
	Token func(context.Context) (string, error)
	// Controllers are the node APIs (host:port) of the zone's controllers. If
	// empty, those that the join token named.
	Controllers []string
	// Listen is where the API listens. If empty, ":8820". Port 0 picks one.
	Listen string
	// Advertise is the host:port at which controllers reach the API. If empty,
	// Listen's; where that names no host, the address from which reports come.
	Advertise string
	// Router is the router itself.
	Router Router
	// Version is the program's version, for the reports.
	Version string
	// Log takes what an operator should know. If nil, nothing is logged.
	Log *slog.Logger
}

// DefaultListen is where an MMR's API listens unless told otherwise.
const DefaultListen = ":8820"

// Validate names every bad field at once.
func (c Config) Validate() error {
	var bad []error
	if c.StateDir == "" {
		bad = append(bad, errors.New("api: StateDir is needed"))
	}
	if c.Router == nil {
		bad = append(bad, errors.New("api: Router is needed"))
	}
	for _, a := range append([]string{c.Listen, c.Advertise}, c.Controllers...) {
		if a == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(a); err != nil {
			bad = append(bad, fmt.Errorf("api: %q is no host:port", a))
		}
	}
	return errors.Join(bad...)
}

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
