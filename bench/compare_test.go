//go:build linux && (amd64 || arm64)

package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func measured(scenario string, cost ...float64) RouteResult {
	p := Point{Share: 1, Participants: 350}
	for _, v := range cost {
		p.Samples = append(p.Samples, Figures{CPUPerPacketUS: v, PacketsOutPerS: 1 / v})
	}
	p.settle()
	return RouteResult{Scenario: scenario, Segmentation: true, Figures: p.Figures, Points: []Point{p}}
}

func TestAChangeIsOneOnlyIfTheSpreadsDoNotOverlap(t *testing.T) {
	for _, c := range []struct {
		old, new []float64
		verdict  string
		ratio    float64
	}{
		{[]float64{1, 2, 3}, []float64{3, 4, 5}, "same", 2},
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, "worse", 2.5},
		{[]float64{4, 5, 6}, []float64{1, 2, 3}, "better", 0.4},
	} {
		changes, err := Compare([]RouteResult{measured("webinar", c.old...)}, []RouteResult{measured("talk", 1), measured("webinar", c.new...)})
		if err != nil || len(changes) != 2 {
			t.Fatalf("%+v, %v", changes, err)
		}
		for _, got := range changes { // costs less, forwards more
			if got.Verdict != c.verdict || got.Key == "cpu_us_per_packet" && got.Ratio != c.ratio || got.Name != "webinar/n=350/load=100%" {
				t.Errorf("%+v: %+v", c, got)
			}
		}
		var table strings.Builder
		if err := PrintChanges(&table, changes); err != nil || !strings.Contains(table.String(), c.verdict) {
			t.Errorf("%v\n%s", err, &table)
		}
	}
	if _, err := Compare([]RouteResult{measured("webinar", 1)}, []RouteResult{measured("talk", 1)}); err == nil {
		t.Error("a webinar compares with a talk")
	}
}

func TestResultsAreReadFromFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	one, _ := json.Marshal(measured("webinar", 1, 2))
	two, _ := json.Marshal(measured("talk", 3))
	for text, want := range map[string]int{
		string(one) + "\n" + string(two): 2, string(one): 1, "": 0, "{}": 0, "no": 0, string(one) + "{": 0,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := ReadRoutes(path)
		if len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", text, len(got), err)
		}
	}
	if _, err := ReadRoutes(path + "x"); err == nil {
		t.Error("no file is read")
	}
}
