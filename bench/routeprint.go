//go:build linux && (amd64 || arm64)

package bench

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"

	"causeway/bench/plot"
)

// statUnits are the figures that benchstat gets, and what it calls their units.
var statUnits = [][2]string{
	{"cpu_us_per_packet", "cpu-us/packet"}, {"floor_us_per_packet", "floor-us/packet"}, {"ratio_to_floor", "x-floor"},
	{"packets_out_per_s", "packets/s"}, {"p50_ms", "p50-ms"}, {"p99_ms", "p99-ms"}, {"p999_ms", "p999-ms"},
	{"lost_by_router", "lost"}, {"calibration_seal_ns", "seal-ns"}, {"joins_per_s", "joins/s"}, {"cpu_ms_per_join", "ms/join"},
}

// PrintBenchstat writes every sample in the format of Go benchmarks, which
// benchstat reads and compares.
func (r *RouteResult) PrintBenchstat(w io.Writer) error {
	var b strings.Builder
	for _, pair := range [][2]string{
		{"goos", runtime.GOOS}, {"goarch", runtime.GOARCH}, {"pkg", "causeway/bench"}, {"cpu", r.Machine.CPU},
		{"cores", strconv.Itoa(r.Machine.Cores)}, {"kernel", r.Machine.Kernel}, {"go", r.Machine.Go}, {"network", r.Network},
		{"segmentation", strconv.FormatBool(r.Segmentation)}, {"server-cpus", r.ServerCPUs}, {"load-cpus", r.LoadCPUs},
	} {
		fmt.Fprintf(&b, "%s: %s\n", pair[0], pair[1])
	}
	for i := range r.Points {
		p := &r.Points[i]
		for k := range p.Samples {
			f := &p.Samples[k]
			fmt.Fprintf(&b, "BenchmarkRoute/%s/n=%d/%s\t%.0f", r.Scenario, p.Participants, p.load("="), max(1, f.PacketsOut))
			for _, unit := range statUnits {
				if v := f.Get(unit[0]); v != 0 || unit[0] == "lost_by_router" {
					fmt.Fprintf(&b, "\t%s %s", strconv.FormatFloat(v, 'g', 6, 64), unit[1])
				}
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// load names a point by its share of saturation, or by its rate.
func (p *Point) load(is string) string {
	if p.Share > 0 {
		return fmt.Sprintf("load%s%.0f%%", is, 100*p.Share)
	}
	return fmt.Sprintf("rate%s%.3g", is, p.Rate)
}

// PrintSVG writes the result as a picture: cost beside the floor, rate and
// delay at every point.
func (r *RouteResult) PrintSVG(w io.Writer) error {
	c := plot.Chart{
		Title: fmt.Sprintf("%s, %s, %d in each meeting publish", r.Scenario, people(r), r.Publishers),
		Lines: []string{
			fmt.Sprintf("median of %d windows of %.1f s; line: least to most; over %s, router on CPU %s, load on CPU %s",
				r.Rounds, r.WindowS, r.Network, orElse(r.ServerCPUs, "any"), orElse(r.LoadCPUs, "any")),
			fmt.Sprintf("%s, %d cores, Linux %s, %s", r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go),
		},
	}
	group := func(title, key, format string, strong bool, beside string) {
		g := plot.Group{Title: title}
		add := func(p *Point, key, label string, strong bool) {
			s, ok := p.Spread[key]
			v := p.Get(key)
			if !ok {
				s = Spread{v, v, v}
			}
			if v > 0 {
				g.Bars = append(g.Bars, plot.Bar{Label: label, Value: v, Low: s.Low, High: s.High, Text: fmt.Sprintf(format, v), Strong: strong})
			}
		}
		for i := range r.Points {
			p := &r.Points[i]
			label := fmt.Sprintf("%s, %d participants", p.load(" "), p.Participants)
			add(p, key, label, strong)
			if beside != "" {
				add(p, beside, "the floor beside it", false)
			}
		}
		if len(g.Bars) > 0 {
			c.Groups = append(c.Groups, g)
		}
	}
	group("CPU time per forwarded packet", "cpu_us_per_packet", "%.3f µs", true, "floor_us_per_packet")
	group("Packets forwarded per second", "packets_out_per_s", "%.0f", true, "")
	group("Added latency, median", "p50_ms", "%.3f ms", true, "")
	group("Added latency, p99", "p99_ms", "%.3f ms", true, "")
	group("Added latency, p99.9", "p999_ms", "%.3f ms", true, "")
	group("Joins per second", "joins_per_s", "%.0f", true, "")
	group("Packets lost by the router in a window", "lost_by_router", "%.0f", true, "")
	return c.WriteSVG(w)
}

// people is how many took part, at the least and at the most.
func people(r *RouteResult) string {
	low, high := r.Participants, r.Participants
	for i := range r.Points {
		low, high = min(low, r.Points[i].Participants), max(high, r.Points[i].Participants)
	}
	if low == high {
		return fmt.Sprintf("%d participants", high)
	}
	return fmt.Sprintf("%d to %d participants", low, high)
}
