package cloud

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"causeway/control/cloud/store"
)

// Cloud is an open cloud. It is safe for concurrent use.
type Cloud struct {
	config Config
	issuer string
	log    *slog.Logger
	now    func() time.Time
	store  *store.Store
	seats  seatKey

	keys  atomic.Pointer[keyring] // written by refreshKeys only
	links *links
	// linkPing is how often a zone must show that it is there.
	linkPing time.Duration
	hashers  *hashers
	metrics  *metrics
	origins  *http.CrossOriginProtection

	// Knocking, by address (a) or by account (e): see limits in session.go.
	loginsByAddress, loginsByEmail, ticketsByAddress, pairingsByAddress, meetingsByAccount *limiter

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

// Names of settings in the store.
const (
	settingIssuer = "issuer"
	settingSeats  = "seat_key"
	settingReady  = "ready_meeting"
)

// tend is how often keys are read again and what has expired is deleted.
const tend = time.Minute

// Open opens the cloud whose state is in config.StateDir, and makes it if it is
// not there. Its error is one line that names cause and cure. Close it.
func Open(ctx context.Context, config Config) (*Cloud, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	s, err := store.Open(ctx, config.StateDir)
	if err != nil {
		return nil, fmt.Errorf("cloud: %w", err)
	}
	c := &Cloud{
		config: config, log: config.Logger, now: config.Now, store: s,
		links: newLinks(), linkPing: linkPing, hashers: newHashers(), metrics: newMetrics(),
		origins:           http.NewCrossOriginProtection(),
		loginsByAddress:   newLimiter(30, 2*time.Second),
		loginsByEmail:     newLimiter(10, 30*time.Second),
		ticketsByAddress:  newLimiter(400, 50*time.Millisecond),
		pairingsByAddress: newLimiter(10, 30*time.Second),
		meetingsByAccount: newLimiter(60, 2*time.Second),
	}
	if err := c.restore(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("cloud: %w", err)
	}
	tending, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.stopped.Go(func() { c.tend(tending) })
	return c, nil
}

// restore reads what was kept, and makes at the first start what is kept then.
func (c *Cloud) restore(ctx context.Context) error {
	var err error
	if c.config.Issuer != "" {
		c.issuer, err = c.config.Issuer, c.store.Set(ctx, settingIssuer, c.config.Issuer)
	} else {
		c.issuer, err = c.store.SetDefault(ctx, settingIssuer, randomID("urn:causeway:cloud:"))
	}
	if err != nil {
		return err
	}
	seats, err := c.store.SetDefault(ctx, settingSeats, hex.EncodeToString(hash(randomSecret())))
	if err != nil {
		return err
	}
	if c.seats, err = hex.DecodeString(seats); err != nil || len(c.seats) != 32 {
		return errors.New("the seat key in the database is damaged")
	}
	if c.config.PublicURL != "" { // behind a proxy the Host header may differ from it
		if err := c.origins.AddTrustedOrigin(c.config.PublicURL); err != nil {
			return err
		}
	}
	return c.refreshKeys(ctx)
}

// tend is the only goroutine of a Cloud without zones.
func (c *Cloud) tend(ctx context.Context) {
	t := time.NewTicker(tend)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := errors.Join(c.refreshKeys(ctx), c.store.Sweep(ctx, c.now())); err != nil && ctx.Err() == nil {
			c.log.Error("tending the store failed; it is tried again in a minute", "error", err)
		}
	}
}

// Close ends the zones' links and closes the store. End the HTTP server before.
func (c *Cloud) Close() error {
	c.stop()
	c.links.close()
	c.stopped.Wait()
	return c.store.Close()
}

// Issuer is the name of this cloud in tickets: the audience of a zone's link.
func (c *Cloud) Issuer() string { return c.issuer }

// Connected is how many zones hold a link now. Without one nobody gets a ticket
// for a meeting.
func (c *Cloud) Connected() int { return c.links.count() }

// Ready reports why the cloud would not take work, or nil.
func (c *Cloud) Ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return c.store.Ping(ctx)
}
