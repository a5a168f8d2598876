//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"math"
)

// sweepStep is from one point of a sweep to the next.
const sweepStep = 1.5

// mostSteps bounds a sweep.
const mostSteps = 20

// sweepRate raises the rate until the router loses something, and keeps that
// point as the last.
func (t *theatre) sweepRate(ctx context.Context, o RouteOptions, r *RouteResult, progress *progress) error {
	for rate := o.Rate; len(r.Points) < mostSteps && rate <= highest; rate *= sweepStep {
		p := Point{Participants: t.scene.participants}
		for round := range o.Rounds + 1 {
			f, err := t.sample(ctx, rate, o.Window)
			if err != nil {
				return err
			}
			progress.say("round %d of %d: %s", round, o.Rounds, &f)
			if round > 0 {
				p.Samples = append(p.Samples, f)
			}
		}
		p.settle()
		r.Points = append(r.Points, p)
		if t.ends(&p, r) {
			break
		}
	}
	return nil
}

// ends reports whether a point is the last of a sweep, and notes why.
func (t *theatre) ends(p *Point, r *RouteResult) bool {
	switch {
	case p.LostByRouter > 0:
		r.LimitedBy = "router"
	case t.overloaded(&p.Figures):
		r.LimitedBy = "load"
		r.Failures = append(r.Failures, t.overload(&p.Figures))
	default:
		return false
	}
	return true
}

// sweepParticipants does all of a route again and again, each time with more
// participants, until something is lost.
func sweepParticipants(ctx context.Context, o RouteOptions, progress *progress) (all *RouteResult, err error) {
	var points []Point
	o.Sweep = ""
	for n := float64(o.Participants); n <= mostParticipants && len(points) < mostSteps; n *= sweepStep {
		if o.Participants = int(math.Round(n)); o.Scenario == "many" {
			o.Participants = int(math.Round(n/4)) * 4
		}
		r, err := route(ctx, o, progress)
		if err != nil {
			return nil, err
		}
		all = r
		points = append(points, r.Points...)
		if all.Points = points; r.LostByRouter > 0 || r.LimitedBy == "load" {
			if r.LimitedBy == "" {
				r.LimitedBy = "router"
			}
			break
		}
	}
	return all, nil
}
