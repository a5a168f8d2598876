package main

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/urfave/cli/v2"
)

// stateFlag names the directory that every role of a machine keeps its own
// subdirectory in.
func stateFlag() cli.Flag {
	return &cli.StringFlag{Name: "state", Value: "./state", Usage: "`DIR`ectory of everything that must survive a restart"}
}

func publicFlag(value string) cli.Flag {
	return &cli.StringFlag{Name: "public", Value: value, Usage: "HTTPS `ADDR`ess for browsers; port 0 picks one"}
}

func httpFlag(value, serves string) cli.Flag {
	return &cli.StringFlag{Name: "http", Value: value, Usage: "loopback `ADDR`ess for " + serves + ", without encryption"}
}

// hostAddress turns a bound address into one that a program on this host can
// dial: the unspecified address becomes loopback.
func hostAddress(a net.Addr) netip.AddrPort {
	bound := a.(*net.TCPAddr).AddrPort()
	ip := bound.Addr().Unmap()
	if ip.IsUnspecified() {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(ip, bound.Port())
}

// certificateNames are the names for which the generated certificate of the
// address that --public gave is good: the address, or all of this host's.
func certificateNames(public netip.AddrPort, bound net.Addr) ([]string, error) {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if !bound.(*net.TCPAddr).AddrPort().Addr().IsUnspecified() {
		return append(names, public.Addr().String()), nil
	}
	own, err := hostAddresses(net.InterfaceAddrs)
	if err != nil {
		return nil, err
	}
	for _, a := range own {
		names = append(names, a.Addr().String())
	}
	return names, nil
}

// limitFlag is an admission limit. 0 stands for the product's own limit.
func limitFlag(name, usage string, value int) cli.Flag {
	return &cli.IntFlag{Name: name, Usage: usage, DefaultText: strconv.Itoa(value)}
}

// checkLimits reports the first of the named flags that is negative.
func checkLimits(c *cli.Context, flags ...string) error {
	for _, name := range flags {
		if c.Int(name) < 0 {
			return usagef("--%s is not negative", name)
		}
	}
	return nil
}

func https(a netip.AddrPort) string   { return fmt.Sprintf("https://%s", a) }
func httpURL(a netip.AddrPort) string { return fmt.Sprintf("http://%s", a) }
