//go:build linux && (amd64 || arm64)

package page

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/bench"
	"causeway/bench/floor"
)

// put writes a value as a file of results.
func put(t *testing.T, dir, name string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func point(share, cost, ratio, p99 float64) bench.Point {
	f := bench.Figures{Rate: 10 * share, CPUPerPacketUS: cost, RatioToFloor: ratio, P99MS: p99, P999MS: 2 * p99, PacketsOutPerS: 1e6 * share, CalibrationNS: 300}
	return bench.Point{Share: share, Participants: 350, Figures: f, Samples: []bench.Figures{f},
		Spread: map[string]bench.Spread{"cpu_us_per_packet": {Median: cost, Low: cost - 0.1, High: cost + 0.1}}}
}

func route(points ...bench.Point) bench.RouteResult {
	return bench.RouteResult{Scenario: "webinar", Participants: 350, Meetings: 1, Publishers: 1, Network: "veth", RSSIdle: 90 << 10, RSSPerParticipant: 300 << 10,
		Points: points, Figures: points[len(points)-1].Figures, Machine: bench.Machine{CPU: "a processor"}}
}

func TestThePageIsMadeOfResults(t *testing.T) {
	dir := t.TempDir()
	results := filepath.Join(dir, "bench", "results")
	if err := os.MkdirAll(results, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, results, "webinar.json", route(point(0.25, 0.9, 1.5, 0.2), point(0.7, 0.5, 1.3, 0.9), point(1, 0.4, 1.21, 5)))
	gallery := route(point(0, 0.5, 1.1, 1))
	gallery.Scenario, gallery.Audit = "gallery", bench.Audit{RouterLost: map[string]uint64{"would_block": 7}, RouterOut: 1234567}
	put(t, results, "gallery.json", gallery)
	put(t, results, "own.json", route(point(0, 0.5, 1.1, 1)))
	put(t, results, "floor.json", floor.Report{PlaceWords: "nowhere"})
	put(t, results, "meet.json", bench.Result{Scenario: "meet", Participants: 20})
	put(t, results, "browser.json", map[string]any{"median_ms": 448, "all_ms": []int{1, 2}})
	put(t, results, "changes.json", []Change{{What: "runs", Figure: "µs per packet", Before: 2, After: 0.5, Commit: "abc"}})
	path := filepath.Join(dir, "PERF.md")
	if err := Write(results, path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{
		"| ≤ 1.25 | 1.21 | reached |", "| ≤ 2 | 2.25 | **missed** |", "| 7 of 1,234,567 | **missed** |", "| 0.90 ms | reached |", "| 1.80 ms | reached |",
		"| 90 KiB | reached |", "| 300 KiB | **missed** |", "| ≥ 1.8 | not measured |  |", "0.400 (0.300 to 0.500)",
		"![One publishes to 349](bench/results/webinar.svg)", "![own](bench/results/own.svg)", "bench/results/floor.svg", "a processor",
		"| median_ms | 448 |", "| all_ms | 1, 2 |", "| runs | µs per packet | 2 | 0.5 | 0.25 | abc |", "300 to 300 ns",
		"causeway bench route --scenario webinar --participants 350 --at 0.25,0.7,1 --json", "An everyday meeting",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	for _, picture := range []string{"webinar.svg", "gallery.svg", "own.svg", "floor.svg"} {
		if _, err := os.Stat(filepath.Join(results, picture)); err != nil {
			t.Error(err)
		}
	}
	if strings.Index(text, "One publishes") > strings.Index(text, "350 are shown 25\n") && strings.Contains(text, "350 are shown 25\n") {
		t.Error("chapters are not in the order of the studies")
	}
}

func TestThePageRefusesWhatItDoesNotUnderstand(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, filepath.Join(dir, "PERF.md")); err == nil {
		t.Error("a page of nothing")
	}
	for name, text := range map[string]string{"webinar.json": "{}", "floor.json": "[", "changes.json": `[{"wath":1}]`, "browser.json": "3", "x.json": "no"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Write(dir, filepath.Join(dir, "PERF.md")); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumbersHaveCommas(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567.6: "1,234,568", -1234: "-1,234", -123: "-123"} {
		if got := count(v); got != want {
			t.Errorf("%f: %s, want %s", v, got, want)
		}
	}
}
