//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"fmt"
	"time"
)

const (
	fullCore   = 0.95 // of its processors: the router is saturated
	fullLoad   = 0.97 // of its processors: the load is
	probeTime  = 700 * time.Millisecond
	mostProbes = 16
	highest    = 1000 // times the rate 1
)

// saturate looks for the rate at which the router's processors are busy or it
// begins to lose packets, and returns the last at which it lost none. If the
// load is busy first, the result says so.
func (t *theatre) saturate(ctx context.Context, rate float64, r *RouteResult, progress *progress) (full float64, err error) {
	cores := float64(max(1, len(t.server)))
	bad := 0.0 // the lowest rate at which something was lost
	for range mostProbes {
		t.setPace(rate)
		t.publish(true)
		f, err := t.window(ctx, probeTime)
		if err != nil {
			return 0, err
		}
		used, lost := f.CPUCores/cores, f.LostByRouter > 0
		r.Probes = append(r.Probes, f)
		progress.say("looking for saturation: rate %.3g, router %.0f %%, load %.0f %%, %.0f packets/s out, %.0f lost",
			rate, 100*used, 100*f.LoadBusy, f.PacketsOutPerS, f.LostByRouter)
		behind := f.PacketsInPerS < 0.97*rate*t.scene.packetsPerSecond()
		switch {
		case lost:
			bad = rate
		case used >= fullCore:
			r.LimitedBy = "router"
			return rate, nil
		case f.LoadBusy >= fullLoad || behind:
			r.LimitedBy = "load"
			r.Failures = append(r.Failures, fmt.Sprintf("the load was saturated before the router: at %.0f packets/s in and %.0f/s out its processors were %.0f %% busy and the router's %.0f %%, so the router may do more than is said here",
				f.PacketsInPerS, f.PacketsOutPerS, 100*f.LoadBusy, 100*used))
			return rate, nil
		default:
			full = rate
		}
		next := rate * clamp(1/max(used, 0.01), 1.05, 2)
		if bad > 0 {
			if r.LimitedBy = "router"; full > 0 && bad/full < 1.06 {
				return full, nil
			}
			next = (full + bad) / 2
		}
		rate = min(next, highest)
	}
	if full == 0 {
		return 0, fmt.Errorf("bench: the router loses packets however little it is given")
	}
	return full, nil
}
