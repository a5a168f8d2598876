package placement

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/control/wire"
)

const second = int64(time.Second)

// report makes the seq-th report of a router's process. meetings are "id" or
// "id generation" with one participant each.
func report(process string, seq uint64, participants, limit int, meetings ...string) *wire.RouterReport {
	r := &wire.RouterReport{
		Incarnation: process, Seq: seq, API: process + ":8820", Participants: participants, MaxParticipants: limit,
	}
	for _, m := range meetings {
		s := wire.MeetingState{Meeting: m, Generation: 1, Participants: []wire.Participant{{ID: "p"}}, Started: time.Unix(1, 0)}
		if id, generation, ok := strings.Cut(m, " "); ok {
			s.Meeting, s.Generation = id, uint64(generation[0]-'0')
		}
		r.Meetings = append(r.Meetings, s)
	}
	return r
}

func draining(r *wire.RouterReport) *wire.RouterReport {
	r.Draining = true
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func limitOf(err error) Limit {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Limit
	}
	return ""
}

func TestANewMeetingGoesToTheLeastLoadedRouterWithRoom(t *testing.T) {
	for name, c := range map[string]struct {
		config  Config
		reports map[string]*wire.RouterReport
		router  string
		refused Limit
		value   int
	}{
		"none there":         {refused: NoRouter},
		"one there":          {reports: map[string]*wire.RouterReport{"a": report("a", 1, 0, 350)}, router: "a"},
		"the emptier":        {reports: map[string]*wire.RouterReport{"a": report("a", 1, 9, 350), "b": report("b", 1, 8, 350)}, router: "b"},
		"by part, not count": {reports: map[string]*wire.RouterReport{"a": report("a", 1, 50, 350), "b": report("b", 1, 8, 10)}, router: "a"},
		"fewer meetings": {reports: map[string]*wire.RouterReport{
			"a": report("a", 1, 2, 350, "x", "y"), "b": report("b", 1, 2, 350, "z")}, router: "b"},
		"by name at last":   {reports: map[string]*wire.RouterReport{"b": report("b", 1, 0, 350), "a": report("a", 1, 0, 350)}, router: "a"},
		"not draining":      {reports: map[string]*wire.RouterReport{"a": draining(report("a", 1, 0, 350)), "b": report("b", 1, 300, 350)}, router: "b"},
		"all draining":      {reports: map[string]*wire.RouterReport{"a": draining(report("a", 1, 0, 350))}, refused: Draining},
		"full":              {reports: map[string]*wire.RouterReport{"a": report("a", 1, 350, 350), "b": report("b", 1, 10, 10)}, refused: Participants, value: 360},
		"full and draining": {reports: map[string]*wire.RouterReport{"a": draining(report("a", 1, 0, 350)), "b": report("b", 1, 10, 10)}, refused: Participants, value: 10},
		"one seat left":     {reports: map[string]*wire.RouterReport{"a": report("a", 1, 349, 350)}, router: "a"},
		"seats kept": {config: Config{Headroom: 5}, reports: map[string]*wire.RouterReport{
			"a": report("a", 1, 345, 350)}, refused: Participants, value: 350},
		"controller full": {config: Config{Meetings: 2}, reports: map[string]*wire.RouterReport{
			"a": report("a", 1, 2, 350, "x", "y")}, refused: Meetings, value: 2},
	} {
		tab := New(c.config, 0, nil)
		for router, r := range c.reports {
			must(t, tab.Report(0, router, r))
		}
		b, err := tab.Admit(0, "new")
		if b.Router != c.router || limitOf(err) != c.refused {
			t.Errorf("%s: %+v %v", name, b, err)
		}
		var r *Refusal
		if errors.As(err, &r) && r.Value != c.value {
			t.Errorf("%s: names %d, not %d", name, r.Value, c.value)
		}
		if c.router != "" && (!b.New || b.Generation != 1) {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

func TestABurstOfNewMeetingsSpreadsBeforeTheNextReport(t *testing.T) {
	tab := New(Config{}, 0, nil)
	for _, r := range []string{"a", "b", "c"} {
		must(t, tab.Report(0, r, report(r, 1, 0, 350)))
	}
	count := map[string]int{}
	for i := range 30 {
		b, err := tab.Admit(0, string(rune('A'+i)))
		must(t, err)
		count[b.Router]++
		if i%2 == 0 {
			tab.Done(0, b, Accepted)
		}
	}
	if count["a"] != 10 || count["b"] != 10 || count["c"] != 10 {
		t.Fatalf("%v", count)
	}
}

func TestAMeetingStaysWhereItLives(t *testing.T) {
	tab := New(Config{Meetings: 1}, 0, nil)
	must(t, tab.Report(0, "a", draining(report("a", 1, 350, 350, "m"))))
	must(t, tab.Report(0, "b", report("b", 1, 0, 350)))
	b, err := tab.Admit(0, "m")
	if err != nil || b.Router != "a" || b.New || b.API != "a:8820" {
		t.Fatalf("full and draining routers decide for themselves about their meetings: %+v %v", b, err)
	}
}

func TestTheLimitOfMeetingsRefusesNewOnesOnly(t *testing.T) {
	tab := New(Config{Meetings: 2}, 0, nil)
	must(t, tab.Report(0, "a", report("a", 1, 0, 350)))
	first, err := tab.Admit(0, "one")
	must(t, err)
	_, err = tab.Admit(0, "two")
	must(t, err)
	if _, err := tab.Admit(0, "three"); limitOf(err) != Meetings {
		t.Fatal(err)
	}
	if _, err := tab.Admit(0, "one"); err != nil {
		t.Fatal(err)
	}
	tab.Done(0, first, Refused) // nobody got in, but another join is under way
	if _, err := tab.Admit(0, "three"); limitOf(err) != Meetings {
		t.Fatal(err)
	}
	tab.Done(0, first, Refused)
	if _, err := tab.Admit(0, "three"); err != nil {
		t.Fatalf("a meeting that nobody got into counts: %v", err)
	}
}

func TestAfterAStartNewMeetingsWaitForTheKnownRouters(t *testing.T) {
	tab := New(Config{}, 0, []string{"a", "b"})
	must(t, tab.Report(0, "a", report("a", 7, 1, 350, "m")))
	if b, err := tab.Admit(0, "m"); err != nil || b.Router != "a" {
		t.Fatalf("a found meeting waits for nobody: %+v %v", b, err)
	}
	if _, err := tab.Admit(second, "n"); limitOf(err) != Starting {
		t.Fatal(err)
	}
	must(t, tab.Report(second, "b", report("b", 1, 1, 350, "n")))
	if b, err := tab.Admit(second, "n"); err != nil || b.Router != "b" || b.New {
		t.Fatalf("%+v %v", b, err)
	}
	late := New(Config{}, 0, []string{"a", "gone"})
	must(t, late.Report(0, "a", report("a", 1, 0, 350)))
	if late.Complete(2*second-1) || !late.Complete(2*second) {
		t.Fatal("the hold lasts two seconds")
	}
	if b, err := late.Admit(2*second, "n"); err != nil || b.Router != "a" {
		t.Fatalf("%+v %v", b, err)
	}
}

func TestASilentRouterLosesItsMeetingsToTheNextGeneration(t *testing.T) {
	tab := New(Config{}, 0, nil)
	must(t, tab.Report(0, "a", report("a", 1, 1, 350, "m 4")))
	must(t, tab.Report(0, "b", report("b", 1, 9, 350)))
	must(t, tab.Report(3*second, "b", report("b", 2, 9, 350)))
	if b, _ := tab.Admit(3*second, "m"); b.Router != "a" {
		t.Fatalf("three seconds of silence are not over: %+v", b)
	}
	b, err := tab.Admit(3*second+1, "m")
	if err != nil || b.Router != "b" || b.Generation != 5 || !b.New {
		t.Fatalf("%+v %v", b, err)
	}
	tab.Done(3*second+1, b, Accepted)
	must(t, tab.Report(4*second, "a", report("a", 2, 1, 350, "m 4")))
	if m, _ := tab.Meeting("m"); m.Router != "b" || m.Generation != 5 {
		t.Fatalf("the router that came back took it: %+v", m)
	}
	must(t, tab.Report(4*second, "b", report("b", 3, 10, 350, "m 5")))
	must(t, tab.Report(6*second, "b", report("b", 4, 9, 350)))
	if _, ok := tab.Meeting("m"); ok {
		t.Fatal("it is over where it lived")
	}
}

func TestAReportOlderThanAJoinDoesNotEndTheMeeting(t *testing.T) {
	tab := New(Config{}, 0, nil)
	must(t, tab.Report(0, "a", report("a", 1, 0, 350)))
	b, err := tab.Admit(0, "m")
	must(t, err)
	must(t, tab.Report(0, "a", report("a", 2, 0, 350)))
	tab.Done(second, b, Accepted)
	must(t, tab.Report(second, "a", report("a", 3, 0, 350)))
	if _, ok := tab.Meeting("m"); !ok {
		t.Fatal("dropped")
	}
	must(t, tab.Report(3*second, "a", report("a", 4, 0, 350)))
	if _, ok := tab.Meeting("m"); ok {
		t.Fatal("kept although the router does not have it")
	}
}

func TestAnAnswerThatDidNotComeKeepsTheMeetingWhereItMayLive(t *testing.T) {
	tab := New(Config{}, 0, nil)
	must(t, tab.Report(0, "a", report("a", 1, 0, 350)))
	must(t, tab.Report(0, "b", report("b", 1, 9, 350)))
	b, err := tab.Admit(0, "m")
	must(t, err)
	tab.Done(0, b, Unanswered)
	if again, _ := tab.Admit(second, "m"); again.Router != "a" || again.New {
		t.Fatalf("%+v", again)
	}
	if other, _ := tab.Admit(second, "n"); other.Router != "b" {
		t.Fatalf("a router that does not answer gets new meetings: %+v", other)
	}
	unreached, err := tab.Admit(second, "o")
	must(t, err)
	tab.Done(second, unreached, Unreached)
	if _, ok := tab.Meeting("o"); ok {
		t.Fatal("a join that did not arrive keeps a meeting")
	}
	if _, err := tab.Admit(second, "p"); limitOf(err) != Unreachable {
		t.Fatal(err)
	}
	must(t, tab.Report(2*second, "b", report("b", 2, 0, 350)))
	if p, err := tab.Admit(2*second, "p"); err != nil || p.Router != "b" {
		t.Fatalf("%+v %v", p, err)
	}
}

func TestARouterThatRestartsHostsNothing(t *testing.T) {
	tab := New(Config{}, 0, nil)
	must(t, tab.Report(0, "a", report("first", 9, 1, 350, "m")))
	b, err := tab.Admit(0, "m")
	must(t, err)
	must(t, tab.Report(second, "a", report("second", 1, 0, 350)))
	if _, ok := tab.Meeting("m"); ok {
		t.Fatal("it went with the process")
	}
	tab.Done(second, b, Accepted) // the join reached the new process
	if m, ok := tab.Meeting("m"); !ok || m.Router != "a" {
		t.Fatalf("%+v %v", m, ok)
	}
	if err := tab.Report(second, "a", report("second", 1, 0, 350)); !errors.Is(err, ErrStale) {
		t.Fatal(err)
	}
}

func TestAnEndedMeetingAdmitsNobodyUntilItIsForgotten(t *testing.T) {
	tab := New(Config{}, 0, nil)
	must(t, tab.Report(0, "a", report("a", 1, 1, 350, "m")))
	tab.End("m", 2*second)
	if _, err := tab.Admit(2*second-1, "m"); limitOf(err) != Ended {
		t.Fatal(err)
	}
	if b, err := tab.Admit(2*second, "m"); err != nil || b.Router != "a" {
		t.Fatalf("%+v %v", b, err)
	}
}

func TestAMeetingEndedForAllIsGoneWithTheReportThatSaysSo(t *testing.T) {
	tab := New(Config{}, 0, nil)
	must(t, tab.Report(0, "a", report("a", 1, 0, 350)))
	b, err := tab.Admit(0, "m")
	must(t, err)
	tab.Done(0, b, Accepted)
	last := report("a", 2, 0, 350)
	last.Ended = []wire.EndedMeeting{{Meeting: "m", Generation: 1, ForAll: true}}
	must(t, tab.Report(0, "a", last))
	if _, ok := tab.Meeting("m"); ok {
		t.Fatal("it is still there")
	}
}

func TestOneRouterMoreThanTheLimitIsRefused(t *testing.T) {
	tab := New(Config{Routers: 1}, 0, nil)
	must(t, tab.Report(0, "a", report("a", 1, 0, 350)))
	if err := tab.Report(0, "b", report("b", 1, 0, 350)); limitOf(err) != Routers {
		t.Fatal(err)
	}
	must(t, tab.Report(4*second, "b", report("b", 2, 0, 350)))
}

func TestChangedNamesWhatChanged(t *testing.T) {
	tab := New(Config{}, 0, nil)
	must(t, tab.Report(0, "a", report("a", 1, 2, 350, "m", "n")))
	got := tab.Changed()
	slices.Sort(got)
	if !slices.Equal(got, []string{"m", "n"}) || len(tab.Changed()) != 0 {
		t.Fatalf("%v", got)
	}
	must(t, tab.Report(0, "a", report("a", 2, 1, 350, "n")))
	if got := tab.Changed(); !slices.Contains(got, "m") {
		t.Fatalf("%v", got)
	}
	if s := tab.Totals(); s != (Totals{Meetings: 1, MaxMeetings: 250, Participants: 1, MaxParticipants: 350, Routers: 1}) {
		t.Fatalf("%+v", s)
	}
}
