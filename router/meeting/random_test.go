package meeting

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestRandomSequencesKeepTheirPromises throws seeded sequences of every input
// at a meeting and checks, after each, that routers and clients agree on what
// must hold at any instant, and after each pause, on everything.
func TestRandomSequencesKeepTheirPromises(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := &random{world: newWorld(t), Rand: rand.New(rand.NewPCG(seed, 7))}
			for range 400 {
				r.step()
				r.consistent(false)
				if r.IntN(20) == 0 {
					r.pass(3e9)
					r.consistent(true)
				}
			}
			r.pass(3e9)
			r.consistent(true)
		})
	}
}

type random struct {
	*world
	*rand.Rand
	joins int
}

func (r *random) step() {
	c := r.any()
	switch n := r.IntN(100); {
	case c == nil || n < 12:
		r.joinAny()
	case n < 16:
		r.leave(c)
	case n < 30:
		if !c.open && c.closed == "" && c.joining.Kind == Web {
			r.channel(c)
		}
	case n < 50:
		var levels []Level
		for range r.IntN(4) {
			levels = append(levels, Level{SourceID(r.IntN(60)), uint8(r.IntN(128))})
		}
		r.m.Speakers(r.now, levels)
		r.apply()
	case n < 75:
		r.pass(int64(r.IntN(300)) * msec)
	default:
		if c.joining.Kind == Web {
			r.say(c, r.text())
		}
	}
	r.now += int64(r.IntN(30)) * msec
}

// any picks a session, now and then one that has closed.
func (r *random) any() *client {
	if r.joins == 0 {
		return nil
	}
	for range 10 {
		c := r.clients[Session(fmt.Sprint("s", r.IntN(r.joins)))]
		if c.closed == "" || r.IntN(10) == 0 {
			return c
		}
	}
	return nil
}

func (r *random) joinAny() {
	j := web(fmt.Sprint("p", r.IntN(12)), r.IntN(6))
	j.Session = Session(fmt.Sprint("s", r.joins))
	j.Kind = Kind(r.IntN(3))
	j.Participant.Host = r.IntN(3) == 0
	r.joins++
	r.join(j)
}

func (r *random) text() string {
	kind := []string{"mic", "camera", "screen", "screen-audio"}[r.IntN(4)]
	who := fmt.Sprint("p", r.IntN(12))
	switch r.IntN(12) {
	case 0:
		return fmt.Sprintf(`{"type":"mute","participant":%q,"kind":%q,"id":1}`, who, kind)
	case 1:
		return fmt.Sprintf(`{"type":"remove","participant":%q}`, who)
	case 2:
		return `{"type":"leave"}`
	case 3:
		return `{"type":"view","auto":true}`
	case 4, 5:
		var ids []SourceID
		for range r.IntN(8) {
			ids = append(ids, SourceID(r.IntN(int(r.m.lastSource)+2)))
		}
		return fmt.Sprintf(`{"type":"view","sources":%s}`, list(ids))
	default:
		return fmt.Sprintf(`{"type":"source","mid":"%d","kind":%q,"muted":%v}`, r.IntN(5), kind, r.IntN(3) == 0)
	}
}

// FuzzReceive feeds texts of strangers to a host and a guest: no crash, no
// effect for anybody unknown, every promise kept.
func FuzzReceive(f *testing.F) {
	for _, text := range []string{
		`{"type":"source","mid":"0","kind":"mic","muted":true,"id":1}`, `{"type":"view","sources":[1,2,3]}`,
		`{"type":"view","auto":true}`, `{"type":"end"}`, `{"type":"mute","participant":"b","kind":"camera"}`,
		`{"type":"remove","participant":"b","id":2}`, `{"type":"leave"}`, `{"type":"leave","type":"end"}`,
		`[[[[`, `{"a":{"b":[]}}`, "{\"type\":\"\xff\"}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		w := newWorld(t)
		a, b := w.enter(host(web("a", 2))), w.enter(web("b", 2))
		for _, c := range []*client{b, a} {
			if c.closed == "" {
				w.say(c, string(text))
			}
		}
		w.pass(1e9)
		w.consistent(true)
	})
}
