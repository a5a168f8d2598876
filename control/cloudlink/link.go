package cloudlink

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"causeway/control/statefile"
	"causeway/control/ticket"
	"causeway/control/wire"
)

// Link is a paired zone's link to its cloud. Make it with Open and run it with
// Run; its other methods may be called from any goroutine, before Run as well.
type Link struct {
	c        Config
	pairing  pairing
	key      ed25519.PrivateKey
	verifier *ticket.Verifier
	wake     chan struct{} // holds one signal: the outbox has something to say

	saving sync.Mutex // one writes the outbox's file at a time

	mu        sync.Mutex // guards what follows; held for moments
	out       outbox
	grave     bool // the outbox has changed in a way that must survive a restart
	keys      int
	connected bool
	err       error // why it is not connected
}

// keyFile is the cache of ticket keys.
type keyFile struct {
	Issuer string     `json:"issuer"`
	Keys   []wire.Key `json:"keys"`
}

// Open takes up the link of a zone that has been paired; it returns ErrNotPaired
// if it has not. The keys of the last connection verify tickets from now on.
func Open(c Config) (*Link, error) {
	c.URL = strings.TrimSuffix(c.URL, "/")
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p, err := loadPairing(c.Dir)
	if err != nil {
		return nil, err
	}
	l := &Link{c: c, pairing: p, key: ed25519.NewKeyFromSeed(p.Key), wake: make(chan struct{}, 1)}
	l.out = outbox{entries: map[string]*entry{}}
	if l.verifier, err = ticket.NewVerifier(p.Zone, p.Issuer, nil); err != nil {
		return nil, err
	}
	var cached keyFile
	if _, err := statefile.ReadJSON(l.path("keys.json"), &cached); err != nil {
		return nil, err
	}
	if cached.Issuer == p.Issuer {
		if err := l.verifier.Replace(cached.Keys); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", l.path("keys.json"), err)
		}
		l.keys = len(cached.Keys)
	}
	var states []wire.MeetingStatus
	if _, err := statefile.ReadJSON(l.path("outbox.json"), &states); err != nil {
		return nil, err
	}
	for _, s := range states {
		l.out.set(s)
	}
	return l, nil
}

func (l *Link) path(name string) string { return filepath.Join(l.c.Dir, name) }

// Zone is the id by which the cloud knows the zone: the audience of its tickets.
func (l *Link) Zone() string { return l.pairing.Zone }

// Verifier verifies tickets with the newest keys that the cloud has sent.
func (l *Link) Verifier() *ticket.Verifier { return l.verifier }

// Connected returns nil while the link stands, and otherwise why it does not.
func (l *Link) Connected() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.connected:
		return nil
	case l.err != nil:
		return l.err
	}
	return errors.New("the link to the cloud has not been opened yet")
}

// HasKeys reports whether any ticket can be verified.
func (l *Link) HasKeys() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys > 0
}

// Backlog is how many meetings' states the cloud has not acknowledged.
func (l *Link) Backlog() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.out.entries {
		if e.dirty || e.seq > l.out.acked {
			n++
		}
	}
	return n
}

// Set gives the latest state of a meeting; it is sent soon, and again until the
// cloud has acknowledged it or a later one. A meeting that is over and that the
// cloud never heard of is not worth a message.
func (l *Link) Set(states ...wire.MeetingStatus) {
	l.mu.Lock()
	for _, s := range states {
		l.grave = l.out.set(s) || l.grave
	}
	l.mu.Unlock()
	l.signal()
}

// Totals gives how many participants are in the zone and how many fit.
func (l *Link) Totals(participants, limit int) {
	l.mu.Lock()
	changed := l.out.totals != totals{participants, limit}
	l.out.totals = totals{participants, limit}
	l.mu.Unlock()
	if changed {
		l.signal()
	}
}

// Live lists the meetings that the cloud holds for live, those from before the
// last restart included.
func (l *Link) Live() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.live()
}

func (l *Link) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Save writes what the cloud must hear even if this process ends now. Run calls
// it; whoever must not go on before it is on disk may do so too.
func (l *Link) Save() error {
	l.saving.Lock()
	defer l.saving.Unlock()
	l.mu.Lock()
	grave, states := l.grave, l.out.states()
	l.grave = false
	l.mu.Unlock()
	if !grave {
		return nil
	}
	err := statefile.WriteJSON(l.path("outbox.json"), states)
	if err != nil {
		l.mu.Lock()
		l.grave = true
		l.mu.Unlock()
	}
	return err
}

// takeKeys replaces the ticket keys and keeps them for the next start.
func (l *Link) takeKeys(keys []wire.Key) error {
	if err := l.verifier.Replace(keys); err != nil {
		return err
	}
	l.mu.Lock()
	l.keys = len(keys)
	l.mu.Unlock()
	if err := statefile.WriteJSON(l.path("keys.json"), keyFile{Issuer: l.pairing.Issuer, Keys: keys}); err != nil {
		l.c.Log.Error("ticket keys not kept: they are good until this process ends", "error", err)
	}
	return nil
}

// Run keeps the link open until ctx ends.
func (l *Link) Run(ctx context.Context) {
	var saver sync.WaitGroup
	saver.Go(func() { l.saveOften(ctx) })
	defer saver.Wait()
	backoff := backoffFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := l.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		stood := l.connected
		l.connected, l.err = false, fmt.Errorf("the link to the cloud %s: %w", l.c.URL, err)
		l.mu.Unlock()
		if stood && time.Since(began) > backoffMax {
			backoff = backoffFirst
		}
		pause := jitter(backoff)
		l.c.Log.Warn("cloud away", "cloud", l.c.URL, "error", err, "retry_ms", pause.Milliseconds())
		backoff = min(2*backoff, backoffMax)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// saveOften saves within a second of a change, and at the end.
func (l *Link) saveOften(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if err := l.Save(); err != nil {
			l.c.Log.Error("states for the cloud not kept", "error", err)
		}
		if ctx.Err() != nil {
			return
		}
	}
}
