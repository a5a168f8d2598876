//go:build linux && (amd64 || arm64)

package floor

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// tiny is a configuration whose figures say nothing, fast.
var tiny = Config{CPU: otherCPU(-1), Sample: time.Microsecond, Destinations: 3}

// measured is one run that several tests look at.
var measured = sync.OnceValues(func() (m struct {
	Report
	progress *strings.Builder
}, err error) {
	c := tiny
	m.progress = new(strings.Builder)
	c.Progress = m.progress
	m.Report, err = Run(context.Background(), c)
	return m, err
})

func runTest(t *testing.T) Report {
	t.Helper()
	m, err := measured()
	if err != nil {
		t.Fatal(err)
	}
	return m.Report
}

func TestEveryRowHasAMedianAndItsSamples(t *testing.T) {
	c := tiny
	c.Loopback = true
	loopback, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if loopback.Place != "loopback" || len(loopback.Notes) == 0 {
		t.Errorf("measured over %s, notes %q", loopback.Place, loopback.Notes)
	}
	for _, r := range []Report{runTest(t), loopback} {
		names, groups := map[string]bool{}, []string{}
		for _, row := range append([]Row{r.Calibration}, r.Rows...) {
			if names[row.Name] || row.What == "" {
				t.Errorf("row %q, %q: twice or without words", row.Name, row.What)
			}
			names[row.Name] = true
			if n := len(groups); n == 0 || groups[n-1] != row.Group {
				groups = append(groups, row.Group)
			}
			if len(row.Samples) != 5 || row.Packets < 5 || row.Min > row.CPU || row.CPU > row.Max || row.Max <= 0 {
				t.Errorf("%+v", row)
			}
			if (row.Bare > 0) != strings.Contains(row.Name, "/of=gcm") && (row.Bare > 0) != strings.Contains(row.Name, "/of=cm") {
				t.Errorf("%s: %v to the bare cipher", row.Name, row.Bare)
			}
		}
		if want := []string{"calibration", "cipher", "send", "receive", "loop"}; !slices.Equal(groups, want) {
			t.Errorf("groups %q", groups)
		}
		want := []string{
			"cipher/op=seal/of=bare/bytes=120", "cipher/op=open/of=gcm/bytes=600", "cipher/op=open/of=cm/bytes=1124",
			"send/by=sendmmsg/batch=1/bytes=1140", "send/by=sendmmsg/batch=64/bytes=136",
			"receive/by=recvmmsg/run=1/bytes=1140", "loop/shape=webinar-4/by=sendmmsg", "loop/shape=audio/by=sendmmsg",
		}
		if r.GSO {
			want = append(want, "send/by=segment/run=2/bytes=1140", "send/by=segment/run=32/bytes=136",
				"receive/by=gro/run=8/bytes=1140", "loop/shape=webinar-8/by=segment", "loop/shape=mix/by=segment")
		}
		for _, name := range want {
			if r.Find(name) == nil {
				t.Errorf("no row %s", name)
			}
		}
	}
}

func TestFiguresCarryTheirUnits(t *testing.T) {
	r := runTest(t)
	var b bytes.Buffer
	if err := r.PrintJSON(&b); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(b.Bytes(), []byte("\n")) != 1 {
		t.Error("not one line")
	}
	for _, key := range []string{
		"cpu", "kernel", "go", "governor", "rounds", "destinations", "place", "calibration", "rows", "packet_bytes", "run_packets",
		"cpu_us_per_packet", "cpu_us_per_packet_min", "cpu_us_per_packet_max", "samples_cpu_us_per_packet", "spread_ratio", "ratio_to_bare",
	} {
		if !bytes.Contains(b.Bytes(), []byte(`"`+key+`":`)) {
			t.Errorf("no %s", key)
		}
	}
	var back Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Rows[3].CPU != r.Rows[3].CPU {
		t.Error(err)
	}
}

func TestBenchstatCanReadIt(t *testing.T) {
	r := runTest(t)
	var b strings.Builder
	if err := r.PrintBenchstat(&b); err != nil {
		t.Fatal(err)
	}
	// The format of golang.org/design/14313-benchmark-format.
	key := regexp.MustCompile(`^[a-z][a-z-]*: \S.*$`)
	line := regexp.MustCompile(`^BenchmarkFloor(/[a-z]+(=[a-z0-9-]+)?)+\t[1-9][0-9]*\t[0-9]+\.[0-9]+ ns/packet$`)
	keys, lines := 0, 0
	for text := range strings.Lines(b.String()) {
		switch text = strings.TrimSuffix(text, "\n"); {
		case key.MatchString(text) && lines == 0:
			keys++
		case line.MatchString(text):
			lines++
		default:
			t.Errorf("%q", text)
		}
	}
	if keys < 8 || lines != 5*(1+len(r.Rows)) {
		t.Errorf("%d keys, %d lines", keys, lines)
	}
	for _, want := range []string{"\ncpu: ", "\nkernel: ", "\ngo: go", "\ngovernor: "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestPeopleGetATableAndAPicture(t *testing.T) {
	r := runTest(t)
	var table, svg strings.Builder
	if err := errors.Join(r.Print(&table), r.PrintSVG(&svg)); err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Rows {
		if !strings.Contains(table.String(), "  "+row.What+"\n") {
			t.Errorf("the table lacks %q", row.What)
		}
	}
	bars, d := 0, xml.NewDecoder(strings.NewReader(svg.String()))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "g" {
			bars++
		}
	}
	if bars != len(r.Rows) {
		t.Errorf("%d bars for %d rows", bars, len(r.Rows))
	}
}

func TestProgressIsOneLineThatGoesAway(t *testing.T) {
	m, err := measured()
	if err != nil {
		t.Fatal(err)
	}
	if b := m.progress.String(); !strings.HasSuffix(b, "\r\x1b[K") || strings.Contains(b, "\n") || !strings.Contains(b, "round 5 of 5") {
		t.Errorf("%.200q", b)
	}
}

func open(t testing.TB, c Config) *Rig {
	t.Helper()
	r, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}

// Namespaces live by descriptors (package netns), so none may stay.
func TestNothingStaysWhenItIsInterrupted(t *testing.T) {
	runTest(t) // what the runtime opens for itself is open then
	before := descriptors(t)
	ctx, cancel := context.WithCancel(context.Background())
	c := tiny
	c.Sample, c.Progress = time.Minute, writer(cancel)
	if _, err := Run(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors became %d", before, after)
	}
}

// writer calls a function for each write.
type writer func()

func (w writer) Write(b []byte) (int, error) { w(); return len(b), nil }

func TestWhatMakesNoSenseIsRefusedByName(t *testing.T) {
	for want, c := range map[string]Config{
		"CPU -1":              {CPU: -1},
		"CPU 1000":            {CPU: 1000},
		"CPU 1001":            {PeerCPU: 1001},
		"rounds":              {Rounds: 4},
		"sample":              {Sample: -1},
		"destinations":        {Destinations: 10_001},
		"rounds are between ": {CPU: 1000, Rounds: 1},
	} {
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if _, err := Open(c); err == nil {
			t.Errorf("%s: opened", want)
		}
	}
	if err := tiny.Validate(); err != nil {
		t.Error(err)
	}
}

func TestTheBareForwarderStandsBesideARouter(t *testing.T) {
	r := open(t, tiny)
	for _, s := range []Shape{Webinar(350, 8), Audio(1), Mix(20)} {
		for _, f := range []Form{GSO, Plain} {
			us, err := r.Loop(context.Background(), s, f)
			if f == GSO && !r.gso {
				continue
			}
			if err != nil || us <= 0 {
				t.Errorf("%s, %v: %v µs, %v", s.Name, f, us, err)
			}
		}
	}
	for _, s := range []Shape{{}, Webinar(0, 8), Webinar(10, 0), {Destinations: 1, Lanes: []Lane{{1, 11}}}, Webinar(10, 257)} {
		if _, err := r.Loop(context.Background(), s, Plain); err == nil {
			t.Errorf("%+v is taken", s)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Loop(ctx, Audio(1), Plain); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWithoutGSOThereAreNoRuns(t *testing.T) {
	r := open(t, tiny)
	r.gso = false
	if _, err := r.Loop(context.Background(), Audio(1), GSO); !errors.Is(err, ErrNoGSO) {
		t.Error(err)
	}
	rows, done, err := r.rows()
	defer done()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range rows {
		if strings.Contains(one.Name, "segment") || one.Run > 1 {
			t.Errorf("row %s", one.Name)
		}
	}
	if len(r.report().Notes) == 0 {
		t.Error("nobody is told")
	}
}

func TestTheMedianIsTheMiddle(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{7}, 7}, {[]float64{9, 1}, 5}, {[]float64{3, 100, 1}, 3}, {[]float64{4, 1, 3, 1000}, 3.5}} {
		before := slices.Clone(c.values)
		if got := median(c.values); got != c.want || !slices.Equal(before, c.values) {
			t.Errorf("median of %v is %v", before, got)
		}
	}
	r := Row{}
	for _, us := range []int{4, 2, 8, 5, 6} {
		r.add(sample{packets: 10, cpu: time.Duration(us) * 10 * time.Microsecond})
	}
	if r.sum(); r.CPU != 5 || r.Min != 2 || r.Max != 8 || r.Spread != 1.2 || r.Packets != 50 {
		t.Errorf("%+v", r)
	}
	// A round that was slow for both says nothing about their ratio.
	if got := ratio([]float64{2, 20, 3}, []float64{1, 10, 1}); got != 2 {
		t.Errorf("ratio %v", got)
	}
}

func TestNumbersAreReadable(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1_002_003: "1,002,003"} {
		if got := comma(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for us, want := range map[float64]string{0.0085: "8.5", 0.0714: "71", 1.2344: "1,234"} {
		if got := ns(us); got != want {
			t.Errorf("%v: %s", us, got)
		}
	}
}

func TestAnotherCPUTakesInWhatIsSentIfAsked(t *testing.T) {
	c := tiny
	c.Steer = true
	r := open(t, c)
	report := r.report()
	steered := r.place.pair != nil && r.config.PeerCPU >= 0
	if !report.Steer || steered == (len(report.Notes) > 0) || steered != strings.Contains(report.PlaceWords, "where CPU") {
		t.Errorf("%+v", report)
	}
	if us, err := r.Loop(context.Background(), Audio(3), Plain); err != nil || us <= 0 {
		t.Errorf("%v µs, %v", us, err)
	}
}
