//go:build linux && (amd64 || arm64)

package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

// compared are the figures that Compare looks at, and whether more of them is
// better.
var compared = []struct {
	key  string
	more bool
}{
	{"cpu_us_per_packet", false}, {"ratio_to_floor", false}, {"packets_out_per_s", true},
	{"p50_ms", false}, {"p99_ms", false}, {"p999_ms", false}, {"lost_by_router", false},
	{"joins_per_s", true}, {"cpu_ms_per_join", false}, {"rss_bytes", false}, {"calibration_seal_ns", false},
}

// Change is one figure before and after. Ratio is new to old.
type Change struct {
	Name    string  `json:"name"` // scenario/n=N/load
	Key     string  `json:"key"`
	Old     Spread  `json:"old"`
	New     Spread  `json:"new"`
	Ratio   float64 `json:"ratio"`
	Verdict string  `json:"verdict"` // "better", "worse" or "same": the spreads overlap
}

// ReadRoutes reads results of Route, one JSON object after the other.
func ReadRoutes(path string) ([]RouteResult, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer f.Close()
	var all []RouteResult
	for d := json.NewDecoder(f); ; {
		var r RouteResult
		switch err := d.Decode(&r); {
		case errors.Is(err, io.EOF) && len(all) > 0:
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("bench: %s holds no results of bench route: %w", path, err)
		case r.Scenario == "" || len(r.Points) == 0:
			return nil, fmt.Errorf("bench: %s holds something else than results of bench route --json", path)
		}
		all = append(all, r)
	}
}

// Compare finds what both measured, and says what changed.
func Compare(before, after []RouteResult) ([]Change, error) {
	old := map[string]*Point{}
	for i := range before {
		for k := range before[i].Points {
			p := &before[i].Points[k]
			old[p.name(&before[i])] = p
		}
	}
	var changes []Change
	for i := range after {
		for k := range after[i].Points {
			p := &after[i].Points[k]
			name := p.name(&after[i])
			if o := old[name]; o != nil {
				changes = append(changes, compare(name, o, p)...)
			}
		}
	}
	if changes == nil {
		return nil, errors.New("bench: the two have no scenario with the same participants and load in common")
	}
	return changes, nil
}

// name tells the points of all results apart.
func (p *Point) name(r *RouteResult) string {
	name := fmt.Sprintf("%s/n=%d/%s", r.Scenario, p.Participants, p.load("="))
	if !r.Segmentation {
		name += "/no-gso"
	}
	return name
}

func compare(name string, before, after *Point) (changes []Change) {
	for _, c := range compared {
		o, n := spread(before.values(c.key)), spread(after.values(c.key))
		if o == (Spread{}) && n == (Spread{}) {
			continue
		}
		change := Change{Name: name, Key: c.key, Old: o, New: n, Verdict: "same"}
		if o.Median != 0 {
			change.Ratio = rounded(n.Median / o.Median)
		}
		switch {
		case o.overlaps(n):
		case n.Median > o.Median == c.more:
			change.Verdict = "better"
		default:
			change.Verdict = "worse"
		}
		changes = append(changes, change)
	}
	return changes
}

// PrintChanges writes changes as a table for people.
func PrintChanges(w io.Writer, changes []Change) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	name := ""
	for _, c := range changes {
		if c.Name != name {
			name = c.Name
			fmt.Fprintf(t, "%s\told\tspread\tnew\tspread\tratio\t\n", name)
		}
		verdict := c.Verdict
		if verdict == "same" {
			verdict = "same: the spreads overlap"
		}
		fmt.Fprintf(t, "  %s\t%g\t%g to %g\t%g\t%g to %g\t%g\t%s\n", c.Key, rounded(c.Old.Median), rounded(c.Old.Low), rounded(c.Old.High),
			rounded(c.New.Median), rounded(c.New.Low), rounded(c.New.High), c.Ratio, verdict)
	}
	return t.Flush()
}
