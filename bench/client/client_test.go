package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"causeway/control/wire"
)

func (f *fake) client(number uint32, change func(*Config)) *Client {
	f.t.Helper()
	c := Config{
		URL: f.http.URL, Meeting: "m", Ticket: fmt.Sprintf("ticket of bench-%d", number),
		Run: 1, Number: number, VideoRate: 400_000, Audio: true, VideoSlots: 2, AudioSlots: 1,
	}
	if change != nil {
		change(&c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client, err := Join(ctx, c)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := client.Close(); err != nil {
			f.t.Errorf("leaving: %v", err)
		}
	})
	return client
}

// until waits for a condition, at most 20 s.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within 20 s", what)
		case <-tick.C:
		}
	}
}

// sound fails if c has counted anything that no correct server causes.
func sound(t *testing.T, c *Client) {
	t.Helper()
	f := c.Figures()
	if f.Duplicated+f.Unauthentic+f.Stray+f.Misrouted+f.Damaged+f.Disordered+f.Skipped+f.Lost != 0 || c.Err() != nil || c.Refused() != nil {
		t.Errorf("counted %+v, %v, %v", f, c.Err(), c.Refused())
	}
}

func TestTwoClientsSeeEachOther(t *testing.T) {
	f := newFake(t)
	a := f.client(1, nil)
	b := f.client(2, func(c *Config) { c.Oracle = true })
	if err := errors.Join(a.Publish(true), b.Publish(true)); err != nil {
		t.Fatal(err)
	}
	until(t, "pictures", func() bool { return a.Figures().Received > 100 && b.Figures().Received > 100 })
	sound(t, a)
	sound(t, b)
	until(t, "the roster", func() bool { return len(a.Roster()) == 2 && !a.Roster()["bench-2"].Sources[1].Muted })
	until(t, "the placement", func() bool { return a.Placements()["3"].Participant == "bench-2" })
	if shown := a.Shown()[3]; len(shown) != 1 || shown[0].Publisher != 2 || !shown[0].Current {
		t.Errorf("shown %+v", a.Shown())
	}
	h := hdrhistogram.New(1, 100_000_000, 2)
	a.Latency(h)
	if h.TotalCount() < 100 || h.ValueAtPercentile(50) > 1_000_000 {
		t.Errorf("%d delays, median %d µs", h.TotalCount(), h.ValueAtPercentile(50))
	}
	if a.JoinTime() <= 0 || a.JoinTime() > 20*time.Second {
		t.Errorf("joined in %v", a.JoinTime())
	}
}

func TestLossOnEitherSideIsRepaired(t *testing.T) {
	f := newFake(t)
	a := f.client(1, nil)
	b := f.client(2, func(c *Config) { c.Oracle = true })
	if err := errors.Join(a.Publish(true), b.Publish(true)); err != nil {
		t.Fatal(err)
	}
	// Once pictures flow: the fake cannot begin in the middle of a key frame.
	until(t, "pictures", func() bool { return a.Figures().Received > 20 && b.Figures().Received > 20 })
	f.mu.Lock()
	f.loseIn = func(seq uint16) bool { return seq%17 == 3 }
	f.loseOut = func(seq uint16) bool { return seq%13 == 5 }
	f.mu.Unlock()
	until(t, "repair", func() bool {
		return a.Figures().Repaired > 8 && b.Figures().Repaired > 8 && a.Figures().Resent > 4 && b.Figures().Resent > 4
	})
	a.Pause()
	b.Pause()
	until(t, "all gaps to close", func() bool { return a.Figures().Waiting+b.Figures().Waiting == 0 })
	for _, c := range []*Client{a, b} {
		g := c.Figures()
		// Duplicates are no fault here: a NACK and a repair may cross.
		if g.Missed != g.Repaired+g.Late {
			t.Errorf("counted %+v", g)
		}
		if g.Lost+g.Skipped+g.Damaged+g.Disordered+g.Misrouted+g.Unauthentic != 0 {
			t.Errorf("counted %+v", g)
		}
	}
}

func TestWHIPPublishesAndWHEPReceives(t *testing.T) {
	f := newFake(t)
	whip := f.client(1, func(c *Config) { c.Door, c.VideoSlots, c.AudioSlots = WHIP, 0, 0 })
	whep := f.client(2, func(c *Config) { c.Door, c.VideoRate, c.Audio = WHEP, 0, false })
	if err := whip.Publish(true); err != nil {
		t.Fatal(err)
	}
	until(t, "pictures", func() bool { return whep.Figures().Received > 50 })
	sound(t, whip)
	sound(t, whep)
}

func TestARefusalIsAProblem(t *testing.T) {
	f := newFake(t)
	_, err := Join(context.Background(), Config{URL: f.http.URL, Meeting: "m", Ticket: "none", VideoSlots: 1})
	var p *wire.Problem
	if !errors.As(err, &p) || p.Code != wire.CodeTicketMissing || p.Status != 401 {
		t.Fatalf("%v", err)
	}
}

func TestAServerThatDoesNotAnswerICEIsGivenUpAndTheSessionDeleted(t *testing.T) {
	f := newFake(t)
	f.conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := Join(ctx, Config{URL: f.http.URL, Meeting: "m", Ticket: "ticket of x", VideoSlots: 1})
	if !errors.Is(err, errNoPath) || f.deleted != 1 {
		t.Fatalf("%v, %d deleted", err, f.deleted)
	}
}

func TestBadConfigurationNamesEveryFault(t *testing.T) {
	_, err := Join(context.Background(), Config{Door: "window", FrameRate: -1, VideoSlots: 1000})
	for _, field := range []string{"URL", "Door", "FrameRate", "VideoSlots"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v does not name %s", err, field)
		}
	}
}
