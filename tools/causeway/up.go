package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/urfave/cli/v2"

	"causeway/control/cloud"
	"causeway/control/pki"
	"causeway/control/zone"
	"causeway/router"
	"causeway/router/api"
)

func upCommand() *cli.Command {
	return &cli.Command{
		Name:  "up",
		Usage: "run the whole system in one process: cloud, controller and router",
		Description: "What must survive is below --state: a second start has the same accounts and meetings.\n\n" + examples(
			"causeway up",
			"causeway up --public 192.0.2.7:8443 --media 192.0.2.7:8801    # for the whole network",
			"causeway up --json --state /tmp/s --public 127.0.0.1:0 --http 127.0.0.1:0 --media 127.0.0.1:0",
		),
		Flags: append(append([]cli.Flag{
			stateFlag(), publicFlag("127.0.0.1:8443"), httpFlag("127.0.0.1:8080", "browsers on this machine, health and metrics"),
			limitFlag("meetings", "how many meetings run at a time", 250), jsonFlag(),
		}, routerFlags()...), logFlags()...),
		Action: runUp,
	}
}

// readyDeadline bounds how long the parts may take to find each other.
const readyDeadline = 20 * time.Second

// system is the whole of Causeway in one process. Its parts talk as they would
// between machines: the controller and the router over mTLS, the controller and
// the cloud over the cloud's own HTTPS.
type system struct {
	log    *slog.Logger
	states map[string]*stateDir
	doors  *doors
	router *router.Router
	cloud  *cloud.Cloud
	zone   *zone.ZC
}

func runUp(c *cli.Context) error {
	log, err := newLog(c)
	if err != nil {
		return err
	}
	err = errors.Join(checkAddress("public", c.String("public")), checkLoopback("http", c.String("http")), checkLimits(c, "meetings"))
	if err != nil {
		return wrong(err)
	}
	media, err := routerConfig(c, log)
	if err != nil {
		return err
	}
	if err := checkKernel(kernelProbes); err != nil {
		return err
	}
	s := &system{log: log, states: map[string]*stateDir{}}
	defer s.close()
	if err := s.open(c, media); err != nil {
		return err
	}
	return s.doors.run(c, func() error { return s.announce(c) }, s.zone.Run, s.runNode)
}

// open takes what the system needs, what may be taken by others first.
func (s *system) open(c *cli.Context, media router.Config) (err error) {
	for _, role := range []string{cloudDir, zcDir, mmrDir} {
		if s.states[role], err = openState(c.String("state"), role); err != nil {
			return err
		}
	}
	if s.doors, err = openDoors(c.String("public"), c.String("http"), s.log); err != nil {
		return err
	}
	if err = s.doors.certify(s.states[cloudDir].path); err != nil {
		return err
	}
	if s.router, err = openRouter(media, s.doors); err != nil {
		return err
	}
	s.cloud, err = cloud.Open(c.Context, cloud.Config{StateDir: s.states[cloudDir].path, Logger: part(s.log, "cloud")})
	if err != nil {
		return err
	}
	s.zone, err = zone.Open(c.Context, zone.Config{
		StateDir: s.states[zcDir].path, NodeListen: "127.0.0.1:0", PublicURLs: []string{""}, // the cloud's own origin
		Limits:   zone.Limits{Meetings: c.Int("meetings")},
		CloudURL: https(s.doors.publicAt), CloudPin: s.doors.cert.Pin(), Trust: s.trust,
		Version: version, Log: part(s.log, "zc"),
	})
	if err != nil {
		return err
	}
	mux, meet := pages(s.cloud), s.zone.Handler()
	for _, prefix := range []string{"/v1/meetings/", "/whip/", "/whep/"} {
		mux.Handle(prefix, meet)
	}
	s.doors.open(mux, s.ready)
	s.doors.profile(c)
	s.zone.Register(s.doors.registry)
	return s.cloud.Register(s.doors.registry)
}

// trust makes the cloud of this process know its zone.
func (s *system) trust(ctx context.Context, zone string, key ed25519.PublicKey) (issuer string, err error) {
	return s.cloud.Issuer(), s.cloud.TrustZone(ctx, zone, key)
}

// runNode makes the router a node of the zone, if it is none yet, and lets it
// report and take participants until ctx ends.
func (s *system) runNode(ctx context.Context) error {
	node, err := api.Open(ctx, api.Config{
		StateDir: s.states[mmrDir].path, Listen: "127.0.0.1:0", Controllers: []string{s.zone.NodeAddr()}, Router: s.router,
		Token:   func(context.Context) (string, error) { return s.zone.JoinToken(pki.RoleRouter, "mmr1") },
		Version: version, Log: part(s.log, "mmr"),
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return node.Run(ctx)
}

// announce waits until a participant would be let in and says where.
func (s *system) announce(c *cli.Context) error {
	email, password, created, err := s.cloud.EnsureFirstAccount(c.Context)
	if err != nil {
		return err
	}
	m, _, err := s.cloud.EnsureMeeting(c.Context, "")
	if err != nil {
		return err
	}
	if err := eventually(c.Context, readyDeadline, s.ready); err != nil {
		return fmt.Errorf("the parts of the system do not find each other: %w", err)
	}
	if c.Context.Err() != nil {
		return nil
	}
	v := served{
		Public: s.doors.publicAt.String(), HTTP: s.doors.httpAt.String(),
		Media: s.router.Media()[0].String(), AllMedia: texts(s.router.Media()),
		Meeting: m.ID, JoinURL: joinURL(httpURL(s.doors.httpAt), m.ID), PublicJoinURL: joinURL(https(s.doors.publicAt), m.ID),
		Account: email, Password: password, created: created, state: c.String("state"),
	}
	return report(c, v, v.screen)
}

// ready says why somebody with the link would not get in yet, or nil.
func (s *system) ready() error {
	var linked error
	if s.cloud.Connected() == 0 {
		linked = errors.New("the controller has no link to the cloud")
	}
	return errors.Join(s.cloud.Ready(), linked, s.zone.Ready())
}

// close ends the parts in the order in which they need each other.
func (s *system) close() {
	if s.zone != nil {
		s.zone.Close()
	}
	if s.router != nil {
		s.router.Close()
	}
	if s.cloud != nil {
		s.cloud.Close()
	}
	if s.doors != nil {
		s.doors.Close()
	}
	for _, state := range s.states {
		if state != nil {
			state.Close()
		}
	}
}

// part names the part of the system that logs.
func part(log *slog.Logger, name string) *slog.Logger { return log.With("part", name) }

// eventually asks check until it returns nil, ctx ends (then nil) or the
// deadline is over (then check's last error).
func eventually(ctx context.Context, deadline time.Duration, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return err
			}
			return nil
		}
	}
}
