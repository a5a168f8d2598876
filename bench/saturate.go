//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"fmt"
	"time"
)

const (
	fullCore   = 0.95 // of its processors: the router is saturated
	fullLoad   = 0.97 // of its processors: the load is, if most of that is its own doing
	ownLoad    = 0.85
	onTime     = 0.97 // of what publishers are to send
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
		f, err := t.probe(ctx, rate)
		if err != nil {
			return 0, err
		}
		used, lost := f.CPUCores/cores, f.LostByRouter > 0
		r.Probes = append(r.Probes, f)
		progress.say("looking for saturation: rate %.3g, router %.0f %%, load %.0f %%, %.0f packets/s out, %.0f lost",
			rate, 100*used, 100*f.LoadBusy, f.PacketsOutPerS, f.LostByRouter)
		switch {
		case lost:
			bad = rate
		case used >= fullCore:
			r.LimitedBy = "router"
			return rate, nil
		case t.overloaded(&f):
			r.LimitedBy = "load"
			r.Failures = append(r.Failures, t.overload(&f))
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

// probe looks at one rate. What goes wrong only once was somebody else's doing.
func (t *theatre) probe(ctx context.Context, rate float64) (f Figures, err error) {
	t.setPace(rate)
	t.publish(true)
	for range 3 {
		if f, err = t.window(ctx, probeTime); err != nil || f.LostByRouter == 0 && !t.overloaded(&f) {
			break
		}
	}
	return f, err
}

// overloaded reports whether it is the load that does not keep up.
func (t *theatre) overloaded(f *Figures) bool {
	cores := float64(max(1, len(t.load)))
	own := f.LoadCores/cores + f.LoadInterrupts
	return f.PacketsInPerS < onTime*f.Rate*t.scene.packetsPerSecond() || f.LoadBusy >= fullLoad && own >= ownLoad
}

// overload says so.
func (t *theatre) overload(f *Figures) string {
	text := fmt.Sprintf("the load was saturated before the router, which may do more than is said here: %.0f packets/s of %.0f came in, %.0f/s went out, while the router used %.2f processors and the load's were %.0f %% busy",
		f.PacketsInPerS, f.Rate*t.scene.packetsPerSecond(), f.PacketsOutPerS, f.CPUCores, 100*f.LoadBusy)
	if own := f.LoadCores/float64(max(1, len(t.load))) + f.LoadInterrupts; own < ownLoad {
		text += fmt.Sprintf(" (others on this machine had a part in that: the load's own is %.0f %%)", 100*own)
	}
	return text
}

// judge says what was saturated at any of the points, by its medians. That it is
// the load is a failure, but for churn, in which joining costs both sides the same.
func (t *theatre) judge(r *RouteResult) {
	for i := range r.Points {
		f := &r.Points[i].Figures
		switch {
		case r.LimitedBy == "load" || !t.overloaded(f):
		case f.CPUCores >= fullCore*float64(max(1, len(t.server))):
			r.LimitedBy = "router"
		default:
			if r.LimitedBy = "load"; t.scene.name != "churn" {
				r.Failures = append(r.Failures, t.overload(f))
			}
		}
	}
}
