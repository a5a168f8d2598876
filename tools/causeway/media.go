package main

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

const defaultMediaPort = 8801

// mediaAddresses parses the values of --media. Without any, it is the loopback
// address and the host's own ones: what people on this machine and in its
// network can send to.
func mediaAddresses(given []string) ([]netip.AddrPort, error) {
	if len(given) == 0 {
		return hostAddresses(net.InterfaceAddrs)
	}
	var addresses []netip.AddrPort
	for _, text := range given {
		a, err := netip.ParseAddrPort(strings.Replace(text, "localhost:", "127.0.0.1:", 1))
		if err != nil {
			return nil, fmt.Errorf("--media takes IP:PORT, not %q", text)
		}
		if a.Addr().IsUnspecified() {
			return nil, fmt.Errorf("--media %s: browsers cannot send to this address; name the host's own, one --media each, or leave the flag out for all of them", text)
		}
		if !slices.Contains(addresses, a) {
			addresses = append(addresses, a)
		}
	}
	return addresses, nil
}

// hostAddresses lists loopback and then every address of an interface that
// others may reach, on the default port. Link-local addresses need a zone that
// a browser cannot give, so they are left out.
func hostAddresses(interfaces func() ([]net.Addr, error)) ([]netip.AddrPort, error) {
	found, err := interfaces()
	if err != nil {
		return nil, fmt.Errorf("cannot list this host's addresses: %w; name them with --media", err)
	}
	addresses := []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), defaultMediaPort)}
	for _, a := range found {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		ip := prefix.Addr().Unmap()
		if ip.IsLoopback() || ip.IsLinkLocalUnicast() || !ip.IsGlobalUnicast() {
			continue
		}
		if candidate := netip.AddrPortFrom(ip, defaultMediaPort); !slices.Contains(addresses, candidate) {
			addresses = append(addresses, candidate)
		}
	}
	return addresses, nil
}

// texts is how addresses stand in a report.
func texts(addresses []netip.AddrPort) []string {
	out := make([]string, len(addresses))
	for i, a := range addresses {
		out[i] = a.String()
	}
	return out
}
