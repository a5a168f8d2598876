package main

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"

	"causeway/router"
)

// openRouter starts the router and adds its figures to the doors' metrics.
func openRouter(config router.Config, d *doors) (*router.Router, error) {
	if err := unshared(config.Media); err != nil {
		return nil, err
	}
	r, err := router.New(config)
	if err != nil {
		return nil, err
	}
	// A shard that waits for its next packet keeps its P (package shard, waiter), so
	// each gets one besides those that everything else runs on.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + r.Shards())
	// What a router holds is long-lived and its loops make no garbage, so a tighter
	// heap costs little and saves a third of a participant's memory.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	return r, d.registry.Register(routerMetrics{r.Stats})
}

// unshared makes sure that nobody else has the addresses. The router's own
// sockets share their ports with each other (SO_REUSEPORT), and so they would
// with those of another router of the same user, which would then hear half of
// our packets; a socket that shares nothing finds that out.
func unshared(media []netip.AddrPort) error {
	for _, a := range media {
		l, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(a))
		if err != nil {
			return listenError("media", "udp", a.String(), err)
		}
		l.Close()
	}
	return nil
}
