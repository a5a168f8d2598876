//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/bench/floor"
	"causeway/bench/netns"
)

// causeway is the binary of this tree, built once, in built.
var (
	built    string
	causeway = sync.OnceValues(func() (string, error) {
		var err error
		if built, err = os.MkdirTemp("", "causeway-built-"); err != nil {
			return "", err
		}
		path := filepath.Join(built, "causeway")
		out, err := exec.Command("go", "build", "-o", path, "causeway/tools/causeway").CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("go build: %w: %s", err, out)
		}
		return path, nil
	})
)

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

func routeOf(t *testing.T, o RouteOptions) *RouteResult {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a whole system")
	}
	path, err := causeway()
	if err != nil {
		t.Fatal(err)
	}
	o.Executable, o.Rounds, o.Window = path, 1, 300*time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	r, err := Route(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func namespaces(t *testing.T) {
	t.Helper()
	pair, err := netns.New(netns.Config{})
	if err != nil {
		t.Skip(err)
	}
	if err := pair.Close(); err != nil {
		t.Error(err)
	}
}

func TestARouteIsMeasuredBetweenNamespacesAndOnLoopback(t *testing.T) {
	for _, loopback := range []bool{false, true} {
		t.Run(map[bool]string{false: "namespaces", true: "loopback"}[loopback], func(t *testing.T) {
			if !loopback {
				namespaces(t)
			}
			r := routeOf(t, RouteOptions{Participants: 6, Verifiers: 2, Loopback: loopback})
			a := r.Audit
			if len(r.Points) != 1 || len(r.Points[0].Samples) != 1 || r.PacketsIn == 0 || r.PacketsOut <= r.PacketsIn {
				t.Errorf("%+v", r)
			}
			if r.CPUPerPacketUS <= 0 || r.FloorPerPacketUS <= 0 || r.RatioToFloor <= 0 || r.P50MS <= 0 || r.P999MS < r.P50MS || r.PerMessage < 1 {
				t.Errorf("%+v", r.Figures)
			}
			if r.SoundRatio < 0.1 || r.SoundRatio > 0.5 {
				t.Errorf("%.2f of the packets are sound", r.SoundRatio)
			}
			// What was under way to the participants when the audit began arrives in it.
			if a.Sent == 0 || a.Verified == 0 || a.Missing+a.Damaged > 0 || a.RouterIn > a.Sent || a.Arrived > a.RouterOut+6 {
				t.Errorf("%+v", a)
			}
			if r.Joining.Joined != 6 || r.Joining.CPUMS <= 0 || (r.Network == "loopback") != loopback || (len(r.Notes) > 0) != loopback && os.Getuid() == 0 {
				t.Errorf("%+v, %q, %q", r.Joining, r.Network, r.Notes)
			}
			var table, stat, svg strings.Builder
			for _, write := range []error{r.Print(&table), r.PrintBenchstat(&stat), r.PrintSVG(&svg)} {
				if write != nil {
					t.Error(write)
				}
			}
			for text, want := range map[string]string{table.String(): "webinar, 6 participants", stat.String(): "BenchmarkRoute/webinar/n=6/rate=1\t", svg.String(): "the floor beside it"} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in:\n%s", want, text)
				}
			}
		})
	}
}

func TestEveryScenarioForwards(t *testing.T) {
	for name, n := range map[string]int{"gallery": 8, "talk": 5, "many": 8, "churn": 4} {
		t.Run(name, func(t *testing.T) {
			r := routeOf(t, RouteOptions{Scenario: name, Participants: n, Verifiers: 2})
			if r.PacketsOut == 0 || r.Audit.Missing+r.Audit.Damaged > 0 || r.Joining.Joined != n {
				t.Errorf("%+v", r)
			}
			if (r.JoinsPerS > 0) != (name == "churn") {
				t.Errorf("%.1f joins per second", r.JoinsPerS)
			}
			if (r.Meetings == n/4) != (name == "many") && name != "churn" && name != "talk" {
				t.Errorf("%d meetings", r.Meetings)
			}
		})
	}
}

func TestWithoutSegmentationEveryPacketIsAMessage(t *testing.T) {
	r := routeOf(t, RouteOptions{Participants: 4, NoGSO: true})
	if r.PerMessage > 1.001 || r.PerMessage < 0.999 || r.Segmentation {
		t.Errorf("%.3f packets per message", r.PerMessage)
	}
}

func TestRouteRefusesWhatItCannotDo(t *testing.T) {
	good := RouteOptions{Executable: "x"}
	for name, spoil := range map[string]func(*RouteOptions){
		"no executable": func(o *RouteOptions) { o.Executable = "" },
		"no such scene": func(o *RouteOptions) { o.Scenario = "ball" },
		"alone":         func(o *RouteOptions) { o.Participants = 1 },
		"not by four":   func(o *RouteOptions) { o.Scenario, o.Participants = "many", 6 },
		"all publish":   func(o *RouteOptions) { o.Publishers, o.Participants = 7, 6 },
		"share":         func(o *RouteOptions) { o.Shares = []float64{1.5} },
		"sweep":         func(o *RouteOptions) { o.Sweep = "colour" },
		"both":          func(o *RouteOptions) { o.Sweep, o.Shares = "rate", []float64{1} },
		"churn sweep":   func(o *RouteOptions) { o.Scenario, o.Sweep = "churn", "rate" },
		"rate":          func(o *RouteOptions) { o.Rate = -1 },
		"window":        func(o *RouteOptions) { o.Window = time.Hour },
		"rounds":        func(o *RouteOptions) { o.Rounds = -1 },
		"verifiers":     func(o *RouteOptions) { o.Verifiers = -1 },
	} {
		o := good
		if _, err := o.withDefaults(); err != nil {
			t.Fatal(err)
		}
		spoil(&o)
		if _, err := Route(context.Background(), o); err == nil {
			t.Errorf("%s: is taken", name)
		}
	}
}

func TestNothingStaysOfARouteThatDoesNotStart(t *testing.T) {
	before, _ := filepath.Glob(filepath.Join(os.TempDir(), "causeway-bench-[0-9]*"))
	_, err := Route(context.Background(), RouteOptions{Executable: program(t, "echo no luck >&2; exit 1"), Participants: 4})
	if err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Error(err)
	}
	after, _ := filepath.Glob(filepath.Join(os.TempDir(), "causeway-bench-[0-9]*"))
	if len(after) > len(before) {
		t.Errorf("%v after %v", after, before)
	}
}

func TestScenesPlacePeople(t *testing.T) {
	for _, c := range []struct {
		name                                    string
		n, publishers                           int
		meetings, publish, watchers, video, per int
	}{
		{"webinar", 350, 0, 1, 1, 349, 1, 200},
		{"gallery", 350, 0, 1, 25, 349, 25, 5000},
		{"gallery", 10, 0, 1, 10, 9, 25, 2000},
		{"talk", 350, 0, 1, 3, 349, 3, 600},
		{"many", 352, 0, 88, 4, 3, 3, 70400},
		{"webinar", 40, 10, 1, 10, 39, 10, 2000},
	} {
		s, err := newScene(c.name, c.n, c.publishers)
		if err != nil {
			t.Fatal(err)
		}
		if s.meetings() != c.meetings || s.publishers != c.publish || s.watchers() != c.watchers || s.video != c.video || s.packetsPerSecond() != float64(c.per) {
			t.Errorf("%+v: %+v, %d meetings, %d watch, %.0f packets/s", c, s, s.meetings(), s.watchers(), s.packetsPerSecond())
		}
		meetings := map[int]int{}
		for i := range c.n {
			m, _ := s.seat(i)
			meetings[m]++
		}
		if len(meetings) != c.meetings || meetings[0] != c.n/c.meetings {
			t.Errorf("%+v: %v", c, meetings)
		}
		for _, i := range s.verifiers(3) {
			if m, _ := s.seat(i); m != 0 {
				t.Errorf("%+v: verifier %d sits in meeting %d", c, i, m)
			}
		}
	}
}

func TestAPointIsTheMedianOfItsSamples(t *testing.T) {
	var p Point
	for _, v := range []float64{5, 1, 3, 2, 4} {
		p.Samples = append(p.Samples, Figures{CPUPerPacketUS: v, PacketsIn: 7})
	}
	p.settle()
	if p.CPUPerPacketUS != 3 || p.PacketsIn != 7 || p.Spread["cpu_us_per_packet"] != (Spread{3, 1, 5}) {
		t.Errorf("%+v", p)
	}
	if _, ok := p.Spread["packets_in"]; ok {
		t.Error("a spread of equal samples")
	}
	if s := spread([]float64{4, 1, 2, 3}); s.Median != 2.5 || s.share() != 3/2.5 {
		t.Errorf("%+v", s)
	}
	if spread(nil) != (Spread{}) || (Spread{}).share() != 0 {
		t.Error("nothing has a spread")
	}
}

func TestResultsOfARouteSpeakJSON(t *testing.T) {
	b, err := json.Marshal(RouteResult{Points: []Point{{}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"packets_in", "packets_out", "lost_by_router", "lost_by_socket", "lost_by_client", "cpu_us_per_packet", "cpu_user_us_per_packet",
		"cpu_system_us_per_packet", "ratio_to_floor", "p50_ms", "p99_ms", "p999_ms", "rss_per_participant_bytes", "rss_per_idle_participant_bytes",
		"joins_per_s", "points", "gc", "calibration_seal_ns",
	} {
		if !strings.Contains(string(b), `"`+key+`":`) {
			t.Errorf("no %s", key)
		}
	}
}

func TestMetricsAreSummedOverShardsAndKeptByCause(t *testing.T) {
	c, err := readCounts(strings.NewReader(`# TYPE x counter
causeway_mmr_packets_in_total{shard="0"} 3
causeway_mmr_packets_in_total{shard="1"} 4
causeway_mmr_packets_lost_total{cause="would_block",shard="0"} 1
causeway_mmr_packets_lost_total{cause="would_block",shard="1"} 2
causeway_mmr_packets_lost_total{cause="handshake_full",shard="1"} 9
go_sched_pauses_total_gc_seconds_bucket{le="1e-05"} 90
go_sched_pauses_total_gc_seconds_bucket{le="0.001"} 99
go_sched_pauses_total_gc_seconds_bucket{le="0.1"} 100
go_sched_pauses_total_gc_seconds_bucket{le="+Inf"} 100
go_sched_pauses_total_gc_seconds_count 100
`))
	if err != nil || c.router("packets_in_total") != 7 {
		t.Fatalf("%v, %v", c, err)
	}
	if lost := c.lost(); len(lost) != 1 || lost["would_block"] != 3 {
		t.Errorf("%v", lost)
	}
	if p := c.pauses(); p != (Pauses{100, 0.01, 1, 100}) {
		t.Errorf("%+v", p)
	}
	if d := c.since(counts{"causeway_mmr_packets_in_total": 5}); d.router("packets_in_total") != 2 {
		t.Errorf("%v", d)
	}
	if p := (counts{}).pauses(); p != (Pauses{}) {
		t.Errorf("%+v", p)
	}
}

func TestRunsOfPicturesFollowFromTheMixture(t *testing.T) {
	// 50 messages of sound and 30 runs of five a second.
	f := Figures{SoundRatio: 0.25, PerMessage: 200.0 / 80}
	if run := f.videoRun(); math.Abs(run-5) > 1e-9 {
		t.Errorf("%f", run)
	}
	if run := (&Figures{PerMessage: 8}).videoRun(); run != 8 {
		t.Errorf("%f without sound", run)
	}
	if run := (&Figures{SoundRatio: 0.5, PerMessage: 4}).videoRun(); run != picturePackets {
		t.Errorf("%f where sound must have been in runs", run)
	}
}

func TestTheFloorBetweenTwoRunsLiesBetweenThem(t *testing.T) {
	rig, err := floor.Open(floor.Config{PeerCPU: -1, Loopback: true, Sample: time.Millisecond})
	if err != nil {
		t.Skip(err)
	}
	defer rig.Close()
	th := &theatre{stage: &stage{rig: rig}, form: floor.Plain}
	if us, err := th.runFloor(context.Background(), 4, 2.5); err != nil || us <= 0 {
		t.Errorf("%f, %v", us, err)
	}
}

func TestLoadThatIsLateIsOverloaded(t *testing.T) {
	s, _ := newScene("webinar", 10, 0)
	th := &theatre{stage: &stage{load: []int{1}}, scene: s}
	for _, c := range []struct {
		f    Figures
		over bool
	}{
		{Figures{Rate: 1, PacketsInPerS: 200, LoadBusy: 0.5}, false},
		{Figures{Rate: 1, PacketsInPerS: 190, LoadBusy: 0.5}, true},
		{Figures{Rate: 1, PacketsInPerS: 200, LoadBusy: 1, LoadCores: 0.5, LoadInterrupts: 0.45}, true},
		{Figures{Rate: 1, PacketsInPerS: 200, LoadBusy: 1, LoadCores: 0.3}, false},
	} {
		if th.overloaded(&c.f) != c.over {
			t.Errorf("%+v: %v", c.f, !c.over)
		}
		if !strings.Contains(th.overload(&c.f), "the load was saturated before the router") {
			t.Error(th.overload(&c.f))
		}
	}
}

func TestProcessorsAreReadFromProc(t *testing.T) {
	all, err := processors(nil)
	one, err1 := processors([]int{0})
	if err != nil || err1 != nil || one.all == 0 || all.all < one.all || all.busy < one.busy {
		t.Errorf("%+v, %v; %+v, %v", all, err, one, err1)
	}
	s, err := Process(os.Getpid()).ticks()
	if err != nil {
		t.Fatal(err)
	}
	if share := (split{s.user + 3, s.system + 1}).systemShare(s); share != 0.25 || s.systemShare(s) != 0 {
		t.Errorf("%f", share)
	}
	if !slices.Equal([]float64{rounded(0), rounded(123456), rounded(0.0123456)}, []float64{0, 123500, 0.01235}) {
		t.Error("rounding")
	}
}
