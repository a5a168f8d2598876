//go:build linux && (amd64 || arm64)

package page

import (
	"fmt"
	"math"

	"causeway/bench"
)

// aim is one line of what the engine is to reach.
type aim struct {
	what, aim string
	// reached says what was measured, and whether that is the aim. Without the
	// result it needs, it says nothing.
	reached func(*results) (text string, ok bool)
}

var aims = []aim{
	{"CPU per forwarded packet, 1 to 350 at saturation, to a bare forwarder of the same shape", "≤ 1.25",
		ratio("webinar", 1.25, func(r *bench.RouteResult) float64 { return last(r).RatioToFloor })},
	{"the same without segmentation offload", "≤ 1.2",
		ratio("webinar-plain", 1.2, func(r *bench.RouteResult) float64 { return last(r).RatioToFloor })},
	{"CPU per forwarded packet at 25 % load, to that at saturation", "≤ 2",
		ratio("webinar", 2, func(r *bench.RouteResult) float64 {
			if p := at(r, 0.25); p != nil {
				return p.CPUPerPacketUS / last(r).CPUPerPacketUS
			}
			return math.NaN()
		})},
	{"350 participants are shown 25, three speak, one core: packets lost by the router", "0",
		func(rs *results) (string, bool) {
			r := rs.routes["gallery"]
			if r == nil {
				return "", false
			}
			lost := 0.0
			for _, s := range last(r).Samples {
				lost += s.LostByRouter
			}
			for _, n := range r.Audit.RouterLost {
				lost = max(lost, float64(n))
			}
			text := fmt.Sprintf("%.0f of %s", lost, count(float64(r.Audit.RouterOut)))
			if r.Participants < 350 {
				return text + fmt.Sprintf(", with %d participants", r.Participants), false
			}
			return text, lost == 0
		}},
	{"added latency at 70 % of saturation, p99", "≤ 1 ms", delay(1, func(p *bench.Point) float64 { return p.P99MS })},
	{"the same, p99.9", "≤ 5 ms", delay(5, func(p *bench.Point) float64 { return p.P999MS })},
	{"packets forwarded by two packet loops, to those of one", "≥ 1.8",
		func(rs *results) (string, bool) {
			one, two := rs.routes["one-shard"], rs.routes["two-shards"]
			if one == nil || two == nil {
				return "", false
			}
			ratio := last(two).PacketsOutPerS / last(one).PacketsOutPerS
			text := fmt.Sprintf("%.2f", ratio)
			if two.LimitedBy == "load" {
				text += " (the load, which shares the processors, was the limit)"
			}
			return text, ratio >= 1.8
		}},
	{"resident memory per idle participant, data channel included", "≤ 100 KiB", memory(100, func(r *bench.RouteResult) int64 { return r.RSSIdle })},
	{"the same, active", "≤ 200 KiB", memory(200, func(r *bench.RouteResult) int64 { return r.RSSPerParticipant })},
	{"joins per second on one core, DTLS included", "report",
		func(rs *results) (string, bool) {
			r := rs.routes["churn"]
			if r == nil || r.JoinsPerS == 0 {
				return "", false
			}
			return fmt.Sprintf("%.0f, each with a leave, %.2f ms of the router's core each; saturated: %s", r.JoinsPerS, r.CPUJoinMS, saturated(r)), true
		}},
}

func saturated(r *bench.RouteResult) string {
	if r.LimitedBy == "" {
		return "neither side, four came at a time"
	}
	return "the " + r.LimitedBy
}

// last is the heaviest load that was measured.
func last(r *bench.RouteResult) *bench.Point { return &r.Points[len(r.Points)-1] }

// at is the point at a share of saturation, nil if it was not measured.
func at(r *bench.RouteResult, share float64) *bench.Point {
	for i := range r.Points {
		if math.Abs(r.Points[i].Share-share) < 1e-9 {
			return &r.Points[i]
		}
	}
	return nil
}

func ratio(name string, most float64, of func(*bench.RouteResult) float64) func(*results) (string, bool) {
	return func(rs *results) (string, bool) {
		r := rs.routes[name]
		if r == nil || math.IsNaN(of(r)) {
			return "", false
		}
		v := of(r)
		text := fmt.Sprintf("%.2f", v)
		if r.LimitedBy == "load" {
			text += " (the load was saturated first)"
		}
		return text, v > 0 && v <= most
	}
}

func delay(most float64, of func(*bench.Point) float64) func(*results) (string, bool) {
	return func(rs *results) (string, bool) {
		r := rs.routes["webinar"]
		if r == nil || at(r, 0.7) == nil {
			return "", false
		}
		v := of(at(r, 0.7))
		return fmt.Sprintf("%.2f ms", v), v <= most
	}
}

func memory(most float64, of func(*bench.RouteResult) int64) func(*results) (string, bool) {
	return func(rs *results) (string, bool) {
		r := rs.routes["webinar"]
		if r == nil {
			return "", false
		}
		kib := float64(of(r)) / 1024
		return fmt.Sprintf("%.0f KiB", kib), kib <= most
	}
}
