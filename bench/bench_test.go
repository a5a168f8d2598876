package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway/bench/client"
)

func TestTicketCommandsRunWithoutAShell(t *testing.T) {
	ticket, err := TicketCommand{"echo", "-n", "{meeting};{name};$HOME"}.Ticket(context.Background(), "m", "n")
	if err != nil || ticket != "m;n;$HOME" {
		t.Fatalf("%q, %v", ticket, err)
	}
	for name, c := range map[string]TicketCommand{
		"empty": {}, "prints nothing": {"true"}, "fails": {"false"}, "no such program": {"/nonexistent"}, "prints words": {"echo", "no", "such", "meeting"},
	} {
		if ticket, err := c.Ticket(context.Background(), "m", "n"); err == nil {
			t.Errorf("%s: %q", name, ticket)
		}
	}
}

func TestTicketsAreReadPlainAndFromJSON(t *testing.T) {
	for out, want := range map[string]string{
		"abc.def\n": "abc.def", `{"ticket":"abc.def","zone":"z"}` + "\n": "abc.def",
		`{"zone":"z"}`: "", "": "", "{": "",
	} {
		if got, err := readTicket([]byte(out)); got != want || err == nil != (want != "") {
			t.Errorf("%q: %q, %v", out, got, err)
		}
	}
}

func TestProcessUsageGrowsWithWork(t *testing.T) {
	self := Process(os.Getpid())
	a, err := self.Usage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	calibrate()
	b, err := self.Usage(context.Background())
	if err != nil || b.CPU-a.CPU < time.Millisecond || b.RSS < 1<<20 || ownCPU() < b.CPU {
		t.Fatalf("%+v then %+v, %v", a, b, err)
	}
	if _, err := Process(1 << 30).Usage(context.Background()); err == nil {
		t.Error("the usage of nobody")
	}
}

func TestMetricsAreRead(t *testing.T) {
	text := `# HELP process_cpu_seconds_total x
process_cpu_seconds_total 12.5
process_resident_memory_bytes 4.096e+06
causeway_mmr_packets_lost_total{cause="would_block",shard="0"} 3
causeway_mmr_packets_lost_total{cause="would_block",shard="1"} 4
causeway_mmr_packets_lost_total{cause="ring_full",shard="1"} 0
other{a="b c"} NaN
`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			text = "process_cpu_seconds_total 1\n"
		}
		w.Write([]byte(text))
	}))
	defer s.Close()
	u, err := Metrics(s.URL + "/metrics").Usage(context.Background())
	if err != nil || u.CPU != 12500*time.Millisecond || u.RSS != 4096000 || u.Lost["would_block"] != 7 || len(u.Lost) != 2 {
		t.Fatalf("%+v, %v", u, err)
	}
	if u, err := Metrics(s.URL + "/other").Usage(context.Background()); err == nil {
		t.Fatalf("half of it is taken: %+v", u)
	}
}

func TestThreeTalkAtATimeAndAllHaveTheirTurn(t *testing.T) {
	const n = 20
	talked := map[int]bool{}
	for at := time.Unix(1e9, 0); at.Before(time.Unix(1e9+n*4, 0)); at = at.Add(turn / 2) {
		talking := 0
		for i := range n {
			if talker(i, n)(at) < 50 {
				talking++
				talked[i] = true
			}
		}
		if talking != 3 {
			t.Fatalf("%d talk at %v", talking, at)
		}
	}
	if len(talked) != n {
		t.Fatalf("%d of %d had a turn", len(talked), n)
	}
}

func TestLossIsTheRoutersUnlessASocketDropped(t *testing.T) {
	var r Result
	r.total(client.Figures{Lost: 3, Waiting: 2, Skipped: 1, SocketDrops: 4}, 5)
	if r.LostBySocket != 4 || r.LostByRouter != 7 || len(r.Faults()) != 1 {
		t.Fatalf("%+v", r)
	}
	r.total(client.Figures{Lost: 3, SocketDrops: 40}, 0)
	if r.LostBySocket != 3 || r.LostByRouter != 0 || r.SocketDrops != 40 || r.Faults() != nil {
		t.Fatalf("%+v", r)
	}
}

func TestResultsSpeakJSONWithUnitsAndTables(t *testing.T) {
	r := Result{Scenario: "meet", Participants: 20, Machine: thisMachine()}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"packets_in", "packets_out", "lost_by_router", "lost_by_socket", "repaired", "cpu_us_per_packet",
		"p50_ms", "p99_ms", "rss_per_participant_bytes", "join_p50_ms", "join_p99_ms",
	} {
		if !bytes.Contains(b, []byte(`"`+key+`":`)) {
			t.Errorf("no %s", key)
		}
	}
	var table strings.Builder
	if err := r.Print(&table); err != nil || !strings.Contains(table.String(), "faults     none") {
		t.Errorf("%v\n%s", err, &table)
	}
	if r.Machine.CalibrationNS <= 0 || r.Machine.CPU == "" || r.Machine.Kernel == "" {
		t.Errorf("%+v", r.Machine)
	}
}

// program writes an executable script that stands for causeway.
func program(t *testing.T, script string) string {
	path := filepath.Join(t.TempDir(), "causeway")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestChildIsStartedWatchedAndStopped(t *testing.T) {
	c, err := StartChild(context.Background(), program(t, `
[ "$1" = ticket ] && { echo '{"ticket":"of-'$7'"}'; exit; }
[ "$1" = up ] && [ "$4" != "" ] || exit 2
trap 'exit 0' TERM
echo '{"http":"127.0.0.1:8080","meeting":"m"}'
while :; do sleep 0.01; done`), []int{0}, "--more")
	if err != nil {
		t.Fatal(err)
	}
	target := c.Target()
	if target.URL != "http://127.0.0.1:8080" || target.Meeting != "m" {
		t.Errorf("%+v", target)
	}
	if ticket, err := target.Tickets.Ticket(context.Background(), "m", "ann"); err != nil || ticket != "of-ann" {
		t.Errorf("%q, %v", ticket, err)
	}
	if u, err := target.usage(context.Background()); err != nil || u.RSS == 0 {
		t.Errorf("%+v, %v", u, err)
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.dir); !os.IsNotExist(err) {
		t.Errorf("%s stays: %v", c.dir, err)
	}
}

func TestAChildThatDoesNotServeIsReportedWithItsWords(t *testing.T) {
	for name, script := range map[string]string{
		"exits":      "echo the port is taken >&2; exit 1",
		"says else":  "echo the port is taken >&2; echo hello",
		"says less":  "echo the port is taken >&2; echo '{}'",
		"ends badly": "echo the port is taken >&2; echo; exit 3",
	} {
		_, err := StartChild(context.Background(), program(t, script), nil)
		if err == nil || !strings.Contains(err.Error(), "the port is taken") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := StartChild(context.Background(), "/nonexistent", nil); err == nil {
		t.Error("no program, no error")
	}
}

func TestMeetRefusesWhatItCannotDo(t *testing.T) {
	for _, o := range []MeetOptions{{Participants: 1}, {Participants: 101}, {Window: time.Millisecond}} {
		if _, err := Meet(context.Background(), Target{}, o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	if _, err := Meet(context.Background(), Target{}, MeetOptions{}); err == nil {
		t.Error("no target is taken")
	}
}
