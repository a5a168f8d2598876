package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"regexp"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"causeway/control/pki"
	"causeway/control/wire"
)

// doors are the listeners of one process: HTTPS for browsers (not for a router
// alone, which has none) and plain HTTP on a loopback address. They listen from
// the beginning, so that a port in use is known before anything has changed.
type doors struct {
	public, http       net.Listener // public may be nil
	publicAt, httpAt   netip.AddrPort
	log                *slog.Logger
	registry           *prometheus.Registry
	publicDoor, inside http.Handler
	cert               *pki.Public
}

// openDoors listens. public may be empty.
func openDoors(public, loopback string, log *slog.Logger) (*doors, error) {
	d := &doors{log: log, registry: prometheus.NewRegistry()}
	pauses := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/sched/pauses/total/gc:seconds$`)}
	d.registry.MustRegister(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(pauses)), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var err error
	if public != "" {
		if d.public, err = listen("public", public); err != nil {
			return nil, err
		}
		d.publicAt = hostAddress(d.public.Addr())
	}
	if d.http, err = listen("http", loopback); err != nil {
		d.Close()
		return nil, err
	}
	d.httpAt = hostAddress(d.http.Addr())
	return d, nil
}

// certify takes up the certificate of the public address, kept in dir.
func (d *doors) certify(dir string) error {
	names, err := certificateNames(d.publicAt, d.public.Addr())
	if err != nil {
		return err
	}
	d.cert, err = pki.OpenPublic(dir, names)
	return err
}

// open says what the doors lead to: h on both, the state of the process by
// ready, and metrics on the loopback address only.
func (d *doors) open(h http.Handler, ready func() error) {
	common := http.NewServeMux()
	common.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { healthy(w) })
	common.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			wire.WriteProblem(w, wire.NewProblem(http.StatusServiceUnavailable, "not-ready", "%s", err))
			return
		}
		healthy(w)
	})
	common.Handle("/", h)
	d.publicDoor = common
	inside := http.NewServeMux()
	inside.Handle("GET /metrics", promhttp.HandlerFor(d.registry, promhttp.HandlerOpts{}))
	inside.Handle("/", common)
	d.inside = inside
}

// profile adds Go's profiles to the loopback address if --pprof was given. Call
// open before.
func (d *doors) profile(c *cli.Context) {
	if !c.Bool("pprof") {
		return
	}
	inside := http.NewServeMux()
	inside.HandleFunc("GET /debug/pprof/", pprof.Index)
	inside.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	inside.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	inside.Handle("/", d.inside)
	d.inside = inside
}

func healthy(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n"))
}

// run answers at every door and runs the parts beside it until the process is
// told to stop or one of them fails. Once it serves it lets announce say so.
// Call open before.
func (d *doors) run(c *cli.Context, announce func() error, parts ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(c.Context)
	for _, part := range parts {
		g.Go(func() error { return part(ctx) })
	}
	g.Go(func() error { return serve(ctx, d.http, newServer(d.inside, nil, d.log)) })
	if d.public != nil {
		g.Go(func() error { return serve(ctx, d.public, newServer(d.publicDoor, d.cert.TLS(), d.log)) })
	}
	g.Go(announce)
	return g.Wait()
}

// Close stops listening.
func (d *doors) Close() {
	for _, l := range []net.Listener{d.public, d.http} {
		if l != nil {
			l.Close()
		}
	}
}
