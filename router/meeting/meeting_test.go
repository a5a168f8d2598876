package meeting

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestWelcomeTellsWhoIsInAndWhoYouAre(t *testing.T) {
	w := newWorld(t)
	w.enter(web("a", 2))
	w.now += 2e9
	b := w.join(host(web("b", 2)))
	w.channel(b)
	m := b.last[0]
	if m.Type != "welcome" || m.Participant != "b" || m.Session != "s-b" || m.Role != "host" || m.Meeting != "m-1" {
		t.Fatalf("welcome %+v", m)
	}
	if len(b.people) != 2 || b.people["a"].JoinedMS != 0 || b.people["b"].JoinedMS < 2000 || b.people["b"].Role != "host" {
		t.Fatalf("people %+v", b.people)
	}
	want := "[{1 mic false} {2 camera false} {3 screen true} {4 screen-audio true}]"
	if got := fmt.Sprint(b.people["a"].Sources); got != want {
		t.Fatalf("sources %s, want %s", got, want)
	}
	if len(m.Slots) != 2 || m.Slots[0].Kind != "video" || m.Slots[0].MID != "5" {
		t.Fatalf("slots %+v", m.Slots)
	}
}

func TestOthersHearOfJoinMuteAndLeave(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 2))
	b := w.enter(web("b", 2))
	if len(a.people) != 2 || a.people["b"].Sources[0].Muted {
		t.Fatalf("a knows %+v", a.people)
	}
	w.say(b, `{"type":"source","mid":"0","kind":"mic","muted":true}`)
	w.pass(1e9)
	if !a.people["b"].Sources[0].Muted || !w.router[w.source(b, 0)].muted {
		t.Fatal("the mute did not arrive")
	}
	w.leave(b)
	w.pass(1e9)
	if len(a.people) != 1 {
		t.Fatalf("a knows %+v", a.people)
	}
	w.consistent(true)
}

func TestSameParticipantReplacesWithoutFlicker(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 2))
	b := w.enter(web("b", 2))
	joined := a.people["b"].JoinedMS
	a.last = nil
	again := web("b", 2)
	again.Session = "s-b2"
	w.enter(again)
	for _, m := range a.last {
		if len(m.Joined)+len(m.Left) > 0 {
			t.Fatalf("flicker: %+v", m)
		}
	}
	if b.closed != ReasonReplaced || b.find("ended").Reason != ReasonReplaced {
		t.Fatalf("the old session: %q", b.closed)
	}
	if a.people["b"].JoinedMS != joined || w.m.Len() != 2 {
		t.Fatalf("a knows %+v", a.people["b"])
	}
	w.consistent(true)
}

func TestRejoinWithinOneFlushIsNoFlicker(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 2))
	b := w.enter(web("b", 2))
	w.say(a, `{"type":"source","mid":"0","muted":true}`) // spends the flush
	a.last = nil
	w.leave(b)
	again := web("b", 2)
	again.Session = "s-b2"
	w.join(again)
	w.pass(1e9)
	if m := a.find("roster"); m == nil || len(m.Changed) != 1 || len(m.Joined)+len(m.Left) != 0 {
		t.Fatalf("told %+v", a.last)
	}
}

func TestRefusedJoinsChangeNothing(t *testing.T) {
	m := New("m", Config{MaxParticipants: 2})
	join := func(j Joining) error { return m.Join(0, j) }
	long := web("x", 1)
	long.Slots[0].MID = strings.Repeat("m", maxMID+1)
	many := web("x", 1)
	many.Slots = make([]Lane, maxSlots+1)
	noSession := web("x", 1)
	noSession.Session = ""
	for name, c := range map[string]struct {
		j    Joining
		want error
	}{
		"long mid": {long, ErrBounds}, "too many lanes": {many, ErrBounds}, "no session": {noSession, ErrSession},
		"no participant": {Joining{Session: "s"}, ErrBounds},
	} {
		if err := join(c.j); !errors.Is(err, c.want) || m.Len() != 0 || len(m.Effects()) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if join(web("a", 1)) != nil || join(web("b", 1)) != nil {
		t.Fatal("no room for two")
	}
	if err := join(web("a", 1)); err != ErrSession {
		t.Errorf("same session twice: %v", err)
	}
	if err := join(web("c", 1)); err != ErrFull {
		t.Errorf("third of two: %v", err)
	}
	again := web("a", 1)
	again.Session = "other"
	if err := join(again); err != nil {
		t.Errorf("a full meeting refuses one who is in: %v", err)
	}
	m.End(ReasonShutdown)
	if err := join(web("d", 1)); err != ErrEnded {
		t.Errorf("after the end: %v", err)
	}
}

func TestWHIPStartsUnmutedAndIsNeverSpokenTo(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 2))
	obs := w.join(Joining{Session: "o", Kind: WHIP, Participant: Participant{ID: "o", Name: "OBS"},
		Publishes: []Lane{{"0", true}, {"1", false}}})
	w.pass(1e9)
	if a.people["o"].Kind != "whip" || a.people["o"].Sources[0] != (personSource{w.source(obs, 0), "camera", false}) {
		t.Fatalf("a knows %+v", a.people["o"])
	}
	if _, ok := a.visible()[w.source(obs, 0)]; !ok {
		t.Fatal("its picture is not shown")
	}
	w.consistent(true)
}

func TestViewersAreInTheRoster(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 2))
	v := w.join(Joining{Session: "v", Kind: WHEP, Participant: Participant{ID: "v"}, Slots: []Lane{{"0", true}}})
	w.pass(1e9)
	if a.people["v"].Kind != "whep" || a.people["v"].Name != "Guest" || v.shows[0] != w.source(a, 1) {
		t.Fatalf("%+v, shows %v", a.people["v"], v.shows)
	}
}

func TestEndTellsAllAndClosesAll(t *testing.T) {
	w := newWorld(t)
	a, b := w.enter(host(web("a", 1))), w.enter(web("b", 1))
	c := w.join(web("c", 1)) // its channel is not open yet
	w.say(a, `{"type":"end","id":7}`)
	if w.ended != ReasonEndedByHost || a.closed == "" || b.closed == "" || c.closed == "" || len(w.router) != 0 {
		t.Fatalf("ended %q, closed %q %q %q", w.ended, a.closed, b.closed, c.closed)
	}
	if b.find("ended") == nil || *a.find("ok").ID != 7 {
		t.Fatal("not told")
	}
	if w.m.NextTimeout() != Never || w.m.Len() != 0 {
		t.Fatal("not over")
	}
	w.m.Channel(w.now, "s-c")
	w.m.Receive(w.now, "s-a", []byte(`{"type":"leave"}`))
	w.m.Speakers(w.now, []Level{{1, 0}})
	w.m.Tick(w.now + 1e9)
	if e := w.m.Effects(); len(e) != 0 {
		t.Fatalf("effects after the end: %+v", e)
	}
}

func TestNamesAreMadeSafe(t *testing.T) {
	for in, want := range map[string]string{
		"Ada":                     "Ada",
		"  a \t\n b  ":            "a b",
		"a\x00\x1b[31mb":          "a[31mb",
		"\u202eevil\u2066":        "evil",
		"\xff\xfe":                "Guest",
		"":                        "Guest",
		"نام\u200cمن":             "نام\u200cمن",
		strings.Repeat("é", 100):  strings.Repeat("é", 64),
		strings.Repeat("x", 1000): strings.Repeat("x", 128),
	} {
		if got := cleanName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestLongRosterIsCutIntoBoundedMessages(t *testing.T) {
	w := newWorld(t)
	name := strings.Repeat(`"`, maxName) // doubles in JSON
	for i := range 349 {
		j := web(fmt.Sprintf("participant-%d", i), 0)
		j.Participant.Name = name
		w.join(j)
	}
	w.pass(1e9)
	c := w.join(web("last", 1))
	w.channel(c) // told() fails on messages over 64 KiB
	if len(c.people) != 350 || len(c.last) < 2 {
		t.Fatalf("knows %d from %d messages", len(c.people), len(c.last))
	}
	w.pass(1e9)
	w.consistent(true)
}
