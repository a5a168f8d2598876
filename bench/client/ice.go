package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"causeway/router/stun"
)

// agent is the controlling side of ICE against an ICE-lite server (RFC 8445
// section 2.5): it checks, nominates with its first check, and renews consent
// (RFC 7675).
type agent struct {
	mu       sync.Mutex // writer asks, reader hears
	username []byte     // "theirs:ours"
	key      *stun.Key  // their password
	tie      uint64
	pending  [4][12]byte // the transactions that may still be answered
	next     int
}

const (
	checkTime    = 3 * time.Second // for one candidate
	consentEvery = 5 * time.Second
	consentTime  = 30 * time.Second
)

var errNoPath = errors.New("client: no candidate of the answer replied to ICE checks")

func newAgent(a *answer, o *offer) *agent {
	g := &agent{username: []byte(a.ufrag + ":" + o.ufrag), key: stun.NewKey(a.pwd)}
	var b [8]byte
	rand.Read(b[:])
	for _, v := range b {
		g.tie = g.tie<<8 | uint64(v)
	}
	return g
}

// request makes a check that nominates the pair.
func (g *agent) request() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	tx := &g.pending[g.next%len(g.pending)]
	g.next++
	rand.Read(tx[:])
	return stun.AppendBindingRequest(nil, &stun.BindingRequest{
		TransactionID: *tx, Username: g.username, Priority: 110<<24 | 65535<<8 | 255,
		UseCandidate: true, Controlling: true, TieBreaker: g.tie,
	}, g.key)
}

// accepts reports whether b is an authentic success to one of our checks.
func (g *agent) accepts(b []byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	var m stun.Message
	if stun.Parse(b, &m) != nil || m.Class != stun.Success || !m.Verify(b, g.key) || !m.XORMapped.IsValid() {
		return false
	}
	for i := range g.pending {
		if i < g.next && g.pending[i] == m.TransactionID {
			return true
		}
	}
	return false
}

// connect tries the candidates one after the other, and returns a socket to the
// first that answers.
func (g *agent) connect(ctx context.Context, candidates []netip.AddrPort, config *Config) (*socket, error) {
	var failed error
	for _, c := range candidates {
		var s *socket
		err := config.Within(func() (err error) {
			s, err = dial(c, config.ReceiveBuffer)
			return err
		})
		if err == nil {
			if err = g.check(ctx, s); err == nil {
				return s, nil
			}
			s.Close()
		}
		failed = errors.Join(failed, fmt.Errorf("%s: %w", c, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(errNoPath, failed)
}

// check sends requests at growing intervals until one is answered.
func (g *agent) check(ctx context.Context, s *socket) error {
	give := time.Now().Add(checkTime)
	if d, ok := ctx.Deadline(); ok && d.Before(give) {
		give = d
	}
	defer s.SetReadDeadline(time.Time{})
	b := make([]byte, 1500)
	for wait := 50 * time.Millisecond; time.Now().Before(give) && ctx.Err() == nil; wait = min(2*wait, time.Second) {
		s.Write(g.request()) // a refusal shows as silence, and is retried
		until := time.Now().Add(wait)
		if give.Before(until) {
			until = give
		}
		s.SetReadDeadline(until)
		for {
			n, err := s.Read(b)
			if err == nil && g.accepts(b[:n]) {
				return nil
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil && time.Now().After(until) {
				break
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("no answer within %v", checkTime)
}
