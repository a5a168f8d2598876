//go:build linux && (amd64 || arm64)

package floor

import (
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// Config says how to measure. The zero value is what PERF.md is made with.
type Config struct {
	// CPU is the one that is measured.
	CPU int
	// PeerCPU is the one that sends what the receiving rows receive. If zero,
	// the lowest other one that this process may use; if negative, or if there
	// is no other, the measured CPU does it too.
	PeerCPU int
	// Steer lets PeerCPU take in what was sent (receive packet steering), as
	// when a router's load runs there; otherwise the sending CPU drops it. It
	// costs an interrupt of the other CPU for each message that finds it idle:
	// for comparing with a router that is measured so, not for the bare cost.
	Steer bool
	// Rounds are kept, after one that is dropped. If zero, 5, which is also the
	// least.
	Rounds int
	// Sample is the CPU time that one sample takes at least. If zero, 50 ms.
	Sample time.Duration
	// Destinations is how many receivers the sending rows have. If zero, 350.
	Destinations int
	// Loopback measures over loopback even where namespaces are possible.
	Loopback bool
	// Progress gets a line that is written over; nil for none.
	Progress io.Writer
}

const maxDestinations = 10_000

// Validate names every field that Run or Open would refuse.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("floor: "+format, args...))
		}
	}
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return fmt.Errorf("floor: sched_getaffinity: %w", err)
	}
	check(c.CPU >= 0 && allowed.IsSet(c.CPU), "CPU %d is not one that this process may use", c.CPU)
	check(c.PeerCPU <= 0 || allowed.IsSet(c.PeerCPU), "CPU %d is not one that this process may use", c.PeerCPU)
	check(c.PeerCPU <= 0 || c.PeerCPU != c.CPU, "CPU %d cannot be both the measured one and its peer", c.CPU)
	check(c.Rounds == 0 || c.Rounds >= 5 && c.Rounds <= 1000, "rounds are between 5 and 1,000, not %d", c.Rounds)
	check(c.Sample >= 0 && c.Sample <= time.Minute, "a sample takes between 0 and 1 min, not %v", c.Sample)
	check(c.Destinations >= 0 && c.Destinations <= maxDestinations, "destinations are between 1 and %d, not %d", maxDestinations, c.Destinations)
	return errors.Join(errs...)
}

// withDefaults fills in what is zero. PeerCPU becomes negative if there is none.
func (c Config) withDefaults() (Config, error) {
	if err := c.Validate(); err != nil {
		return c, err
	}
	if c.PeerCPU == 0 {
		c.PeerCPU = otherCPU(c.CPU)
	}
	if c.Rounds == 0 {
		c.Rounds = 5
	}
	if c.Sample == 0 {
		c.Sample = 50 * time.Millisecond
	}
	if c.Destinations == 0 {
		c.Destinations = 350
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	return c, nil
}

// otherCPU is the lowest that this process may use besides cpu, or -1.
func otherCPU(cpu int) int {
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return -1
	}
	for other := range len(allowed) * 64 {
		if other != cpu && allowed.IsSet(other) {
			return other
		}
	}
	return -1
}
