package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"causeway/control/pki"
	"causeway/control/statefile"
)

// Server is an MMR's API and agent. Make it with Open, run it with Run, end it
// with Close. Its methods may be called from any goroutine.
type Server struct {
	c        Config
	creds    *pki.Credentials
	listener net.Listener
	server   *http.Server
	agents   []*agent
	draining atomic.Bool
	drained  chan struct{} // a signal that draining has changed; holds one
}

// Open joins the zone, if this node has not joined it before, and listens. The
// API answers when Run runs.
func Open(ctx context.Context, c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	if err := statefile.Dir(c.StateDir); err != nil {
		return nil, err
	}
	creds, controllers, err := join(ctx, c)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("the router's API: %w", err)
	}
	s := &Server{c: c, creds: creds, listener: listener, drained: make(chan struct{}, 1)}
	s.server = &http.Server{
		Handler: s.handler(), TLSConfig: creds.ServerTLS(pki.RoleController),
		// Nobody but a controller gets past the handshake; these are for its
		// mistakes and for those who never finish one.
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
	incarnation := newIncarnation()
	for _, address := range controllers {
		s.agents = append(s.agents, newAgent(s, address, incarnation))
	}
	return s, nil
}

// Serve is Open and Run in one call, for who needs no address.
func Serve(ctx context.Context, c Config) error {
	s, err := Open(ctx, c)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// Addr is where the API listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Name is the node's name in its zone.
func (s *Server) Name() string { return s.creds.Identity().Name }

// Zone is the zone's id.
func (s *Server) Zone() string { return s.creds.Identity().Zone }

// Run serves the API, reports and renews until ctx ends, then closes. It returns
// nil after a stop that was asked for.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	work.Go(func() { s.creds.Maintain(ctx, s.creds.RenewFrom(s.controllers()), s.c.Log) })
	work.Go(func() { s.relay(ctx) })
	for _, a := range s.agents {
		work.Go(func() { a.run(ctx) })
	}
	failed := make(chan error, 1)
	work.Go(func() { failed <- s.server.Serve(tls.NewListener(s.listener, s.server.TLSConfig)) })
	s.c.Log.Info("router joins its zone", "node", s.creds.Identity().String(), "api", s.Addr(), "controllers", s.controllers())
	select {
	case err := <-failed:
		return fmt.Errorf("the router's API: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	s.server.Shutdown(grace) // what has not ended by then ends with Close
	return nil
}

// relay hands the router's one signal to every agent.
func (s *Server) relay(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.c.Router.Changed():
		case <-s.drained:
		}
		for _, a := range s.agents {
			select {
			case a.changed <- struct{}{}:
			default: // it has one to come
			}
		}
	}
}

// SetDraining tells the controllers that this router takes no new meetings, or
// that it does again.
func (s *Server) SetDraining(on bool) {
	s.draining.Store(on)
	select {
	case s.drained <- struct{}{}:
	default:
	}
}

// Ready returns nil once a controller takes this router's reports, and since
// when none did otherwise.
func (s *Server) Ready() error {
	var why []error
	for _, a := range s.agents {
		err := a.ready()
		if err == nil {
			return nil
		}
		why = append(why, err)
	}
	return errors.Join(why...)
}

// Close stops listening and ends connections at once. Run calls it.
func (s *Server) Close() error {
	err := s.server.Close()
	s.listener.Close() // the server knows it only while it serves
	return err
}

func (s *Server) controllers() (all []string) {
	for _, a := range s.agents {
		all = append(all, a.address)
	}
	return all
}
