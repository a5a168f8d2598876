package meeting

import (
	"fmt"
	"testing"
)

// talk reports levels every 100 ms for d.
func (w *world) talk(d int64, levels ...Level) {
	w.t.Helper()
	for end := w.now + d; w.now < end; {
		w.pass(100 * msec)
		w.m.Speakers(w.now, levels)
		w.apply()
	}
}

func TestSpeakersAreToldOnChangeOnly(t *testing.T) {
	w := newWorld(t)
	a, b := w.enter(web("a", 1)), w.enter(web("b", 1))
	b.last = nil
	w.talk(3e9, Level{w.source(a, 0), 25})
	if len(b.last) != 1 || fmt.Sprint(b.speakers) != "[a]" || b.dominant != "a" {
		t.Fatalf("told %+v", b.last)
	}
	w.pass(3e9)
	if len(b.speakers) != 0 || b.dominant != "a" || w.m.NextTimeout() != Never {
		t.Fatalf("after silence %v %q", b.speakers, b.dominant)
	}
}

func TestACoughDoesNotCount(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 1))
	w.talk(100*msec, Level{w.source(a, 0), 5})
	w.talk(1e9, Level{w.source(a, 0), 90})
	if a.dominant != "" {
		t.Fatalf("dominant %q", a.dominant)
	}
}

func TestDominantChangesOnlyForWhoLeadsForAWhile(t *testing.T) {
	w := newWorld(t)
	a, b := w.enter(web("a", 1)), w.enter(web("b", 1))
	la, lb := Level{w.source(a, 0), 40}, Level{w.source(b, 0), 20}
	w.talk(2e9, la)
	w.talk(400*msec, la, lb)
	if a.dominant != "a" {
		t.Fatal("one interjection took the floor")
	}
	w.talk(2e9, la, lb)
	if a.dominant != "b" || len(a.speakers) != 2 {
		t.Fatalf("dominant %q of %v", a.dominant, a.speakers)
	}
	w.talk(2e9, la, Level{w.source(b, 0), 38})
	if a.dominant != "b" {
		t.Fatal("the floor moved between equals")
	}
	w.leave(b)
	w.pass(1e9)
	w.talk(1e9, la)
	if a.dominant != "a" {
		t.Fatalf("dominant %q after b left", a.dominant)
	}
}

func TestMutedAndUnknownSourcesDoNotSpeak(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 1))
	w.say(a, `{"type":"source","mid":"0","muted":true}`)
	w.talk(1e9, Level{w.source(a, 0), 10}, Level{w.source(a, 1), 10}, Level{777, 10})
	if a.dominant != "" {
		t.Fatalf("dominant %q", a.dominant)
	}
}

func TestWhoComesLateIsToldWhoSpeaks(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 1))
	w.talk(1e9, Level{w.source(a, 0), 25})
	b := w.join(web("b", 1))
	w.channel(b)
	if b.dominant != "a" {
		t.Fatalf("told %+v", b.last)
	}
}

func TestSpeakersAreToldAtMostFourTimesASecond(t *testing.T) {
	w := newWorld(t)
	watcher := w.enter(web("w", 1))
	var levels []Level
	for i := range 30 {
		levels = append(levels, Level{w.source(w.enter(web(fmt.Sprint(i), 0)), 0), 25})
	}
	w.pass(1e9)
	watcher.last = nil
	for i := range 100 {
		w.talk(100*msec, levels[i%30], levels[(i+1)%30])
	}
	n := 0
	for _, m := range watcher.last {
		if m.Type == "speakers" {
			n++
		}
	}
	if n > 41 || n < 20 {
		t.Fatalf("%d messages in ten seconds", n)
	}
}
