package main

import (
	"net"
	"net/netip"

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
