//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"causeway/bench/client"
	"causeway/bench/floor"
)

// RouteOptions shapes Route.
type RouteOptions struct {
	// Executable is the causeway that is measured.
	Executable string
	// Scenario is one of Scenarios. If empty, webinar.
	Scenario string
	// Participants is how many take part. If zero, 350.
	Participants int
	// Publishers in each meeting. If zero, the scenario's own.
	Publishers int
	// Rate is how many times a publisher sends what one at rate 1 does: 150
	// packets of pictures and 50 of sound a second. If zero, 1.
	Rate float64
	// Shares makes Route look for the rate that saturates the router, and
	// measure at these shares of it. If empty, at Rate.
	Shares []float64
	// Sweep raises "rate" or "participants" step by step, from what is given
	// here, until something is lost or the load is saturated. Each step is a
	// point.
	Sweep string
	// Rounds are kept, after one that is dropped. If zero, 5.
	Rounds int
	// Window is how long each measurement takes. If zero, 2 s.
	Window time.Duration
	// Verifiers look at every packet; the others only let theirs arrive. If
	// zero, 4.
	Verifiers int
	// ServerCPUs and LoadCPUs are the processors of the router and of this
	// process. If empty, all.
	ServerCPUs, LoadCPUs []int
	// Loopback does without network namespaces.
	Loopback bool
	// NoGSO forbids the router to send runs, and compares it with a bare
	// forwarder that does not.
	NoGSO bool
	// Tickets makes tickets for the child whose state directory is given. If
	// nil, a process for each. Closed at the end if it is an io.Closer.
	Tickets func(state string) (Tickets, error)
	// Progress gets a line that is written over; nil for none.
	Progress io.Writer

	profile bool // the child can be profiled
}

func (o RouteOptions) withDefaults() (RouteOptions, error) {
	if o.Scenario == "" {
		o.Scenario = Scenarios[0]
	}
	if o.Participants == 0 {
		o.Participants = 350
	}
	if o.Rate == 0 {
		o.Rate = 1
	}
	if o.Rounds == 0 {
		o.Rounds = 5
	}
	if o.Window == 0 {
		o.Window = 2 * time.Second
	}
	if o.Verifiers == 0 {
		o.Verifiers = 4
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	var bad []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			bad = append(bad, fmt.Errorf("bench: "+format, args...))
		}
	}
	check(o.Sweep == "" || o.Sweep == "rate" || o.Sweep == "participants", "a sweep is of rate or participants, not %q", o.Sweep)
	check(o.Sweep == "" || len(o.Shares) == 0, "a sweep has no shares of saturation")
	check(o.Scenario != "churn" || o.Sweep == "" && len(o.Shares) == 0, "churn joins as often as it can: it has neither sweep nor shares of saturation")
	check(o.Executable != "", "no executable to measure")
	check(o.Rate > 0 && o.Rate <= 1000, "a rate is more than 0 and at most 1,000, not %g", o.Rate)
	check(o.Rounds >= 1 && o.Rounds <= 1000, "rounds are between 1 and 1,000, not %d", o.Rounds)
	check(o.Window >= 100*time.Millisecond && o.Window <= time.Minute, "a window takes between 0.1 s and 1 min, not %v", o.Window)
	check(o.Verifiers >= 1 && o.Verifiers <= 100, "verifiers are between 1 and 100, not %d", o.Verifiers)
	for _, s := range o.Shares {
		check(s > 0 && s <= 1, "a share of saturation is more than 0 and at most 1, not %g", s)
	}
	_, err := newScene(o.Scenario, o.Participants, o.Publishers)
	return o, errors.Join(append(bad, err)...)
}

// Route measures what a router of its own costs while it forwards. It fails if
// there is nothing to measure; what should not have happened is in the result.
func Route(ctx context.Context, o RouteOptions) (r *RouteResult, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return nil, err
	}
	progress := &progress{w: o.Progress}
	defer progress.end()
	if o.Sweep == "participants" {
		return sweepParticipants(ctx, o, progress)
	}
	return route(ctx, o, progress)
}

// route is one theatre's programme.
func route(ctx context.Context, o RouteOptions, progress *progress) (r *RouteResult, err error) {
	t, err := openTheatre(ctx, o, progress)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	r = t.program(o)
	if err := t.fill(ctx, r, progress); err != nil {
		return nil, err
	}
	before, err := t.counts(ctx)
	if err != nil {
		return nil, err
	}
	t.publish(true)
	if o.Sweep == "rate" {
		err = t.sweepRate(ctx, o, r, progress)
	} else {
		err = t.play(ctx, o, r, progress)
	}
	if err != nil {
		return nil, err
	}
	after, err := t.counts(ctx)
	if err != nil {
		return nil, err
	}
	r.GC = after.since(before).pauses()
	r.settle(t.before, t.crowd.size())
	if o.Sweep == "" {
		t.judge(r)
	}
	return r, t.audit(ctx, r, progress)
}

// openTheatre starts what is measured; nobody is in yet.
func openTheatre(ctx context.Context, o RouteOptions, progress *progress) (*theatre, error) {
	scene, err := newScene(o.Scenario, o.Participants, o.Publishers)
	if err != nil {
		return nil, err
	}
	progress.say("starting %s", &scene)
	more := []string{
		"--participants", fmt.Sprint(o.Participants + parallel), "--meetings", fmt.Sprint(scene.meetings() + 1),
		"--log-level", "warn",
	}
	if n := len(o.ServerCPUs); n > 0 {
		more = append(more, "--shards", fmt.Sprint(n))
	}
	t := &theatre{scene: scene, form: floor.GSO, pace: 1}
	if o.NoGSO {
		more = append(more, "--no-gso")
		t.form = floor.Plain
	}
	if o.profile {
		more = append(more, "--pprof")
	}
	t.looks = scene.looks(o.Verifiers)
	t.stage, err = openStage(ctx, stageOptions{
		executable: o.Executable, server: o.ServerCPUs, load: o.LoadCPUs, loopback: o.Loopback, more: more, tickets: o.Tickets,
	})
	return t, err
}

// fill lets everybody in, with nobody publishing, and says what a join cost and
// what a participant who waits needs.
func (t *theatre) fill(ctx context.Context, r *RouteResult, progress *progress) (err error) {
	if err := t.hoard(ctx, progress); err != nil {
		return err
	}
	if t.before, err = t.target.Server.Usage(ctx); err != nil {
		return err
	}
	load, err := processors(t.load)
	if err != nil {
		return err
	}
	n := t.scene.participants
	t.crowd, err = gather(ctx, t.target, n, func(i int, c *client.Config) {
		t.scene.shape(i, t.looks[i], t.stage, c)
		c.Paused = true
	}, func(so int) { progress.say("joining: %d of %d", so, n) })
	if err != nil {
		return err
	}
	end, err := t.target.Server.Usage(ctx)
	if err != nil {
		return err
	}
	full, err := processors(t.load)
	if err != nil {
		return err
	}
	so, took := t.crowd.size(), end.At.Sub(t.before.At).Seconds()
	busy, _, _ := full.since(load)
	r.joins(t.crowd, took, (end.CPU - t.before.CPU).Seconds(), busy, len(t.server))
	progress.say("settling")
	if err := sleep(ctx, settle); err != nil {
		return err
	}
	idle, err := t.target.Server.Usage(ctx)
	if err != nil {
		return err
	}
	r.RSSIdle = (idle.RSS - t.before.RSS) / int64(so)
	return nil
}

// settle is how long a crowd that has just come in is left alone.
const settle = time.Second

// play measures round by round, every load in turn, and drops the first round.
func (t *theatre) play(ctx context.Context, o RouteOptions, r *RouteResult, progress *progress) error {
	paces := []float64{o.Rate}
	r.Points = []Point{{Participants: t.scene.participants}}
	if len(o.Shares) > 0 {
		full, err := t.saturate(ctx, o.Rate, r, progress)
		if err != nil {
			return err
		}
		shares := slices.Sorted(slices.Values(o.Shares))
		paces, r.Points = nil, nil
		for _, s := range shares {
			paces = append(paces, s*full)
			r.Points = append(r.Points, Point{Share: s, Participants: t.scene.participants})
		}
	}
	for round := range o.Rounds + 1 {
		for i, pace := range paces {
			f, err := t.sample(ctx, pace, o.Window)
			if err != nil {
				return err
			}
			progress.say("round %d of %d: %s", round, o.Rounds, &f)
			if round > 0 {
				r.Points[i].Samples = append(r.Points[i].Samples, f)
			}
		}
	}
	return nil
}

// sample measures the router at a pace, then, while nobody publishes, the bare
// forwarder and the calibration row beside it.
func (t *theatre) sample(ctx context.Context, pace float64, window time.Duration) (f Figures, err error) {
	t.setPace(pace)
	t.publish(true)
	if t.scene.name == "churn" {
		return t.churn(ctx, window)
	}
	if f, err = t.window(ctx, window); err != nil {
		return f, err
	}
	t.publish(false)
	if err := sleep(ctx, quiet); err != nil {
		return f, err
	}
	if err := t.floor(ctx, &f); err != nil {
		return f, err
	}
	f.CalibrationNS = calibrate()
	return f, nil
}

// quiet is how long it takes until what was under way has arrived.
const quiet = 100 * time.Millisecond
