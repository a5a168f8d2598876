//go:build linux && (amd64 || arm64)

package page

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway/bench"
)

// write writes the whole page; dir is where the pictures are, seen from it.
func (r *results) write(b *strings.Builder, dir string) {
	b.WriteString("# What forwarding costs here\n\n")
	fmt.Fprintf(b, "Written by `make perf` from the files in [%s](%s). Nothing here is typed by hand. A figure is the median of its\nrounds; the least and the most of them stand behind it in brackets. Costs of this machine drift by the hour, so what\nis compared was measured in turns, and the calibration row shows how the hour was.\n\n", dir, dir)
	r.machine(b)
	r.commands(b)
	r.aims(b)
	for _, name := range r.names {
		r.route(b, dir, name)
	}
	r.everyday(b)
	r.bare(b, dir)
	r.outside(b, "browser", "In browsers", "From the click on “Join” to the first remote frame shown, everything on one machine.")
	r.outside(b, "clone", "From a clean clone", "")
	r.kept(b)
}

func (r *results) machine(b *strings.Builder) {
	machines := map[string]int{}
	low, high := 0.0, 0.0
	for _, name := range r.names {
		m := &r.routes[name].Machine
		machines[fmt.Sprintf("%s, %d cores, Linux %s, %s", m.CPU, m.Cores, m.Kernel, m.Go)]++
		for _, p := range r.routes[name].Points {
			for _, s := range p.Samples {
				if c := s.CalibrationNS; c > 0 && (low == 0 || c < low) {
					low = c
				}
				high = max(high, s.CalibrationNS)
			}
		}
	}
	b.WriteString("## The machine\n\n")
	for _, m := range slices.Sorted(maps.Keys(machines)) {
		fmt.Fprintf(b, "- %s\n", m)
	}
	if high > 0 {
		fmt.Fprintf(b, "- calibration: sealing 1,124 bytes with Go's AES-128-GCM took %.0f to %.0f ns while all this was measured\n", low, high)
	}
	b.WriteString("- the router on a processor of its own and in a network namespace of its own; the load on the other; receiving is the load's\n\n")
}

func (r *results) commands(b *strings.Builder) {
	b.WriteString("## The commands\n\n```\nmake perf\n```\n\nwhich is, among others,\n\n```\n")
	if r.floor != nil {
		b.WriteString("causeway bench floor --json\n")
	}
	for _, name := range r.names {
		command := r.routes[name].Command
		for _, s := range Studies {
			if s.Name == name {
				command = s.Command()
			}
		}
		fmt.Fprintln(b, command)
	}
	if r.meet != nil {
		fmt.Fprintf(b, "causeway bench meet --participants %d --json\n", r.meet.Participants)
	}
	b.WriteString("```\n\n")
}

func (r *results) aims(b *strings.Builder) {
	b.WriteString("## Aims\n\n| what | aim | here | |\n| --- | --- | --- | --- |\n")
	for _, a := range aims {
		text, ok := a.reached(r)
		verdict := "reached"
		switch {
		case text == "":
			text, verdict = "not measured", ""
		case a.aim == "report":
			verdict = ""
		case !ok:
			verdict = "**missed**"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", a.what, a.aim, text, verdict)
	}
	b.WriteString("\n")
}

// route writes the chapter of one result of bench route.
func (r *results) route(b *strings.Builder, dir, name string) {
	v := r.routes[name]
	fmt.Fprintf(b, "## %s\n\n", title(name))
	fmt.Fprintf(b, "%s, %d participants in %s, %s of each publish, 150 packets of pictures and 50 of sound a second at rate 1. Over %s, router on CPU %s, load on CPU %s; %d rounds of %.1f s.\n\n",
		v.Scenario, v.Participants, plural(v.Meetings, "meeting"), strconv.Itoa(v.Publishers), v.Network, v.ServerCPUs, v.LoadCPUs, v.Rounds, v.WindowS)
	churn := v.JoinsPerS > 0
	columns := []column{
		{"load", func(p *bench.Point) string { return load(p) }},
		{"rate", func(p *bench.Point) string { return fmt.Sprintf("%.3g", p.Rate) }},
		{"packets in/s", func(p *bench.Point) string { return count(p.PacketsInPerS) }},
		{"out/s", func(p *bench.Point) string { return count(p.PacketsOutPerS) }},
		{"Mbit/s", func(p *bench.Point) string { return count(p.BitsOutPerS / 1e6) }},
		{"lost by router, socket, client", func(p *bench.Point) string {
			return fmt.Sprintf("%.0f, %.0f, %.0f", p.LostByRouter, p.LostBySocket, p.LostByClient)
		}},
		{"µs CPU per packet", spreadOf("cpu_us_per_packet", "%.3f")},
		{"user + system", func(p *bench.Point) string {
			return fmt.Sprintf("%.3f + %.3f", p.UserPerPacketUS, p.SystemPerPacketUS)
		}},
		{"floor", spreadOf("floor_us_per_packet", "%.3f")},
		{"ratio", spreadOf("ratio_to_floor", "%.2f")},
		{"packets per message", func(p *bench.Point) string { return fmt.Sprintf("%.1f", p.PerMessage) }},
		{"added ms p50 / p99 / p99.9", func(p *bench.Point) string {
			return fmt.Sprintf("%.2f / %.2f / %.2f", p.P50MS, p.P99MS, p.P999MS)
		}},
		{"router's cores", func(p *bench.Point) string { return fmt.Sprintf("%.2f", p.CPUCores) }},
		{"load busy", func(p *bench.Point) string { return fmt.Sprintf("%.0f %%", 100*p.LoadBusy) }},
	}
	if churn {
		columns = append(columns[:6:6], column{"joins/s", spreadOf("joins_per_s", "%.0f")},
			column{"ms CPU per join and leave", spreadOf("cpu_ms_per_join", "%.2f")}, columns[11], columns[12], columns[13])
	}
	table(b, columns, v.Points)
	fmt.Fprintf(b, "\nJoining: %.0f per second, four at a time, %.2f ms of the router's core each; p50 %.1f ms, p99 %.1f ms. Memory: %.0f KiB per idle participant, %.0f KiB per active one. Stops of the world by the garbage collector: %d, p50 %.3f ms, p99 %.3f ms, most %.3f ms. Of %s packets that verifiers looked at, %s are missing and %s damaged.\n",
		v.Joining.PerS, v.Joining.CPUMS, v.Joining.P50MS, v.Joining.P99MS, float64(v.RSSIdle)/1024, float64(v.RSSPerParticipant)/1024,
		v.GC.Stops, v.GC.P50MS, v.GC.P99MS, v.GC.MaxMS, count(float64(v.Audit.Verified+v.Audit.Missing)), count(float64(v.Audit.Missing)), count(float64(v.Audit.Damaged)))
	for _, note := range slices.Concat(v.Notes, v.Failures) {
		fmt.Fprintf(b, "\nNote: %s.\n", strings.TrimSuffix(note, "."))
	}
	fmt.Fprintf(b, "\n![%s](%s/%s.svg)\n\n", title(name), dir, name)
}

type column struct {
	head string
	cell func(*bench.Point) string
}

func table(b *strings.Builder, columns []column, points []bench.Point) {
	for _, c := range columns {
		fmt.Fprintf(b, "| %s ", c.head)
	}
	b.WriteString("|\n")
	for range columns {
		b.WriteString("| ---: ")
	}
	b.WriteString("|\n")
	for i := range points {
		for _, c := range columns {
			fmt.Fprintf(b, "| %s ", c.cell(&points[i]))
		}
		b.WriteString("|\n")
	}
}

func load(p *bench.Point) string {
	if p.Share > 0 {
		return fmt.Sprintf("%.0f %%", 100*p.Share)
	}
	return "-"
}

// spreadOf is a figure with the least and the most of its samples.
func spreadOf(key, format string) func(*bench.Point) string {
	return func(p *bench.Point) string {
		text := fmt.Sprintf(format, p.Get(key))
		if s, ok := p.Spread[key]; ok {
			text += fmt.Sprintf(" ("+format+" to "+format+")", s.Low, s.High)
		}
		return text
	}
}

func (r *results) everyday(b *strings.Builder) {
	if r.meet == nil {
		return
	}
	b.WriteString("## An everyday meeting\n\nEverybody publishes and is shown everybody; every packet is verified by its receiver.\n\n```\n")
	r.meet.Print(b)
	b.WriteString("```\n\n")
}

func (r *results) bare(b *strings.Builder, dir string) {
	if r.floor == nil {
		return
	}
	b.WriteString("## The floor\n\nWhat a packet costs on this machine at the very least, by system calls and ciphers of the bench's own.\n\n```\n")
	r.floor.Print(b)
	fmt.Fprintf(b, "```\n\n![The floor](%s/floor.svg)\n\n", dir)
}

// outside writes what another program measured: every figure of one object.
func (r *results) outside(b *strings.Builder, name, heading, words string) {
	v := r.extra[name]
	if v == nil {
		return
	}
	fmt.Fprintf(b, "## %s\n\n", heading)
	if words != "" {
		fmt.Fprintf(b, "%s\n\n", words)
	}
	b.WriteString("| figure | |\n| --- | --- |\n")
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if list, ok := v[key].([]any); ok {
			texts := make([]string, len(list))
			for i, one := range list {
				texts[i] = fmt.Sprint(one)
			}
			fmt.Fprintf(b, "| %s | %s |\n", key, strings.Join(texts, ", "))
			continue
		}
		fmt.Fprintf(b, "| %s | %v |\n", key, v[key])
	}
	b.WriteString("\n")
}

func (r *results) kept(b *strings.Builder) {
	if len(r.changes) == 0 {
		return
	}
	b.WriteString("## Changes kept\n\nBefore and after were measured in turns in one run.\n\n| what | figure | before | after | ratio | commit |\n| --- | --- | ---: | ---: | ---: | --- |\n")
	for _, c := range r.changes {
		ratio := "-"
		if c.Before != 0 {
			ratio = fmt.Sprintf("%.2f", c.After/c.Before)
		}
		fmt.Fprintf(b, "| %s | %s | %g | %g | %s | %s |\n", c.What, c.Figure, c.Before, c.After, ratio, c.Commit)
	}
	b.WriteString("\n")
}

func plural(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// count writes a whole number with commas.
func count(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
