package router

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"

	"causeway/router/shard"
)

// Config says how a Router runs. Its zero value listens on 127.0.0.1:8801.
type Config struct {
	// Media are the local UDP addresses. If empty, 127.0.0.1:8801. A port of
	// zero is chosen by the kernel, the same for all.
	Media []netip.AddrPort
	// Advertise are the addresses that clients are told to send to, best first:
	// a public address before a 1:1 NAT, for example. If empty, the bound ones.
	Advertise []netip.AddrPort
	// Participants bounds the sessions at a time. If zero, 350.
	Participants int
	// Speakers is how many voices of a meeting are forwarded. If zero, 3.
	Speakers int
	// Shards is how many packet loops run. If zero, one per CPU.
	Shards int
	// Pin ties the shards to these CPUs, in turn. If empty, the kernel places them.
	Pin []int
	// NoGSO and NoGRO turn the kernel's UDP segmentation offloads off.
	NoGSO, NoGRO bool
	// Log takes what an operator should know; never anything per packet. If nil,
	// nothing is logged.
	Log *slog.Logger
}

const (
	defaultPort         = 8801
	defaultParticipants = 350
)

// Validate names every bad field at once.
func (c Config) Validate() error {
	var bad []error
	for _, a := range append(append([]netip.AddrPort(nil), c.Media...), c.Advertise...) {
		if !a.IsValid() {
			bad = append(bad, errors.New("router: an address in Media or Advertise is not valid"))
		}
	}
	for _, a := range c.Advertise {
		if a.Port() == 0 || a.Addr().IsUnspecified() {
			bad = append(bad, fmt.Errorf("router: clients cannot send to the advertised address %s", a))
		}
	}
	if c.Participants < 0 || c.Speakers < 0 {
		bad = append(bad, errors.New("router: Participants and Speakers are not negative"))
	}
	if c.Shards < 0 || c.Shards > shard.MaxShards {
		bad = append(bad, fmt.Errorf("router: Shards is between 1 and %d, not %d", shard.MaxShards, c.Shards))
	}
	return errors.Join(bad...)
}

func (c Config) withDefaults() Config {
	if len(c.Media) == 0 {
		c.Media = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), defaultPort)}
	}
	if c.Participants == 0 {
		c.Participants = defaultParticipants
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
