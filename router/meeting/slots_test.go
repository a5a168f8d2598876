package meeting

import (
	"fmt"
	"slices"
	"testing"
)

func TestEverybodySeesEverybodyButThemselves(t *testing.T) {
	w := newWorld(t)
	var all []*client
	for i := range 5 {
		all = append(all, w.enter(web(fmt.Sprint(i), 10)))
	}
	for _, c := range all {
		if got := len(c.visible()); got != 4 {
			t.Errorf("%s sees %d", c.joining.Session, got)
		}
	}
	w.consistent(true)
}

func TestShownPicturesKeepTheirSlots(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 4))
	b, c := w.enter(web("b", 0)), w.enter(web("c", 0))
	lane := a.visible()[w.source(c, 1)]
	w.leave(b)
	w.pass(1e9)
	w.enter(web("d", 0))
	w.say(c, `{"type":"source","mid":"2","kind":"screen","muted":false}`)
	w.pass(1e9)
	if got := a.visible()[w.source(c, 1)]; got != lane {
		t.Fatalf("moved from lane %d to %d", lane, got)
	}
	w.consistent(true)
}

func TestScreensComeBeforeSpeakersBeforeJoinOrder(t *testing.T) {
	w := newWorld(t)
	v := w.enter(web("v", 2))
	var all []*client
	for i := range 4 {
		all = append(all, w.enter(web(fmt.Sprint(i), 0)))
	}
	sees := func(want ...SourceID) {
		t.Helper()
		for _, id := range want {
			if _, ok := v.visible()[id]; !ok || len(v.visible()) != len(want) {
				t.Fatalf("sees %v, want %v", v.visible(), want)
			}
		}
	}
	sees(w.source(all[0], 1), w.source(all[1], 1))
	w.talk(2e9, Level{w.source(all[3], 0), 20})
	sees(w.source(all[3], 1), w.source(all[0], 1))
	w.say(all[2], `{"type":"source","mid":"2","kind":"screen","muted":false}`)
	w.pass(1e9)
	sees(w.source(all[3], 1), w.source(all[2], 2))
	w.say(all[3], `{"type":"source","mid":"1","muted":true}`)
	w.pass(1e9)
	sees(w.source(all[0], 1), w.source(all[2], 2))
	w.consistent(true)
}

func TestViewChoosesInPriorityOrderUntilAuto(t *testing.T) {
	w := newWorld(t)
	v := w.enter(web("v", 2))
	a, b, c := w.enter(web("a", 0)), w.enter(web("b", 0)), w.enter(web("c", 0))
	camera := func(c *client) SourceID { return w.source(c, 1) }
	view := func(ids ...SourceID) {
		w.say(v, fmt.Sprintf(`{"type":"view","sources":%s}`, list(ids)))
	}
	expect := func(want ...SourceID) {
		t.Helper()
		var got []SourceID
		for id := range v.visible() {
			got = append(got, id)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("sees %v, want %v", got, want)
		}
		w.consistent(false)
	}
	expect(camera(a), camera(b))
	view(camera(c))
	expect(camera(c))
	view(999, camera(v), w.source(a, 0), camera(c), camera(c), camera(b), camera(a))
	expect(camera(c), camera(b))
	w.say(b, `{"type":"source","mid":"1","muted":true}`)
	w.pass(1e9)
	expect(camera(c), camera(a))
	w.say(b, `{"type":"source","mid":"1","muted":false}`)
	w.pass(1e9)
	expect(camera(c), camera(b))
	view()
	expect()
	w.say(v, `{"type":"view","auto":true}`)
	expect(camera(a), camera(b))
	w.pass(1e9)
	w.consistent(true)
}

func list(ids []SourceID) string {
	text := "["
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprint(id)
	}
	return text + "]"
}

func TestNewPicturesAreAskedForAKeyFrameOnce(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.enter(web(fmt.Sprint(i), 5))
	}
	p := w.join(web("p", 0))
	w.channel(p)
	w.pass(1e9)
	w.frames = nil
	w.say(p, `{"type":"source","mid":"1","muted":false}`)
	w.pass(1e9)
	if want := w.source(p, 1); len(w.frames) == 0 || len(w.frames) > 2 || w.frames[0] != want {
		t.Fatalf("asked %v, want %d", w.frames, want)
	}
	w.frames = nil
	w.pass(10e9)
	if len(w.frames) != 0 {
		t.Fatalf("asked again: %v", w.frames)
	}
}
