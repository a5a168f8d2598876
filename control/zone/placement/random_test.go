package placement

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"causeway/control/wire"
)

// world is the truth that the table follows: routers that take participants,
// report late, stop and start, while joins to them are under way.
type world struct {
	t       *testing.T
	rng     *rand.Rand
	now     int64
	table   *Table
	config  Config
	routers []*truth
	flying  []Binding
}

type truth struct {
	name      string
	process   int
	seq       uint64
	up        bool
	draining  bool
	limit     int
	meetings  map[string]uint64 // id → generation
	people    map[string]int
	lastHeard int64
}

func (r *truth) count() (n int) {
	for _, p := range r.people {
		n += p
	}
	return n
}

func TestRandomHistoriesKeepTheInvariants(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			w := &world{t: t, rng: rng, config: Config{Meetings: 1 + rng.IntN(12), Routers: 4}.withDefaults()}
			var known []string
			for i := range 1 + rng.IntN(4) {
				r := &truth{name: fmt.Sprint("r", i), limit: 1 + rng.IntN(8), lastHeard: -1}
				known = append(known, r.name)
				w.routers = append(w.routers, r)
				r.start()
			}
			w.table = New(w.config, 0, known[:rng.IntN(len(known)+1)])
			for range 400 {
				w.step()
				w.check()
			}
		})
	}
}

func (r *truth) start() {
	r.process++
	r.seq, r.up, r.meetings, r.people = 0, true, map[string]uint64{}, map[string]int{}
}

func (w *world) step() {
	r := w.routers[w.rng.IntN(len(w.routers))]
	switch n := w.rng.IntN(20); {
	case n < 6:
		w.join(fmt.Sprint("m", w.rng.IntN(20)))
	case n < 11:
		w.land()
	case n < 15:
		w.report(r)
	case n < 16: // somebody leaves
		for id := range r.people {
			if r.people[id]--; r.people[id] == 0 {
				delete(r.people, id)
				delete(r.meetings, id)
			}
			break
		}
	case n < 17:
		r.draining = !r.draining
	case n < 18:
		if r.up = !r.up; r.up {
			r.start()
		}
	default:
		w.now += w.rng.Int64N(int64(1500 * time.Millisecond))
	}
}

func (w *world) report(r *truth) {
	if !r.up {
		return
	}
	r.seq++
	in := &wire.RouterReport{
		Incarnation: fmt.Sprint(r.process), Seq: r.seq, Participants: r.count(), MaxParticipants: r.limit, Draining: r.draining,
	}
	for id, generation := range r.meetings {
		s := wire.MeetingState{Meeting: id, Generation: generation, Participants: make([]wire.Participant, r.people[id])}
		in.Meetings = append(in.Meetings, s)
	}
	if err := w.table.Report(w.now, r.name, in); err != nil {
		w.t.Fatal(err)
	}
	r.lastHeard = w.now
}

// join asks for a place and checks it against what the table may know.
func (w *world) join(id string) {
	before, had := w.table.Meeting(id)
	totals := w.table.Totals()
	b, err := w.table.Admit(w.now, id)
	if err != nil {
		if after, has := w.table.Meeting(id); has && limitOf(err) != Ended {
			w.t.Fatalf("%v, though it lives: %+v", err, after)
		}
		return
	}
	w.flying = append(w.flying, b)
	if had && w.table.routers[before.Router] != nil && before.Router != b.Router {
		w.t.Fatalf("%s moved from %s, which is there, to %s", id, before.Router, b.Router)
	}
	if had || !b.New {
		return
	}
	r := w.table.routers[b.Router]
	switch {
	case totals.Meetings >= w.config.Meetings && w.table.Totals().Meetings > w.config.Meetings:
		w.t.Fatalf("meeting %d of %d", w.table.Totals().Meetings, w.config.Meetings)
	case r == nil || w.now-r.heard > int64(w.config.Liveness):
		w.t.Fatalf("%s was put on %s, which is silent", id, b.Router)
	case r.draining:
		w.t.Fatalf("%s was put on %s, which drains", id, b.Router)
	case r.participants >= r.limit:
		w.t.Fatalf("%s was put on %s, which is full", id, b.Router)
	case !w.table.Complete(w.now):
		w.t.Fatalf("%s was placed before the routers known before had their time", id)
	}
	for _, o := range w.table.routers {
		r.flying--
		better := !o.draining && !o.refuses && o.participants < o.limit && o.load()*r.limit < r.load()*o.limit
		r.flying++
		if better {
			w.t.Fatalf("%s was put on %s although %s has less to do", id, r.name, o.name)
		}
	}
}

// land lets a join arrive at its router, or fail on the way.
func (w *world) land() {
	if len(w.flying) == 0 {
		return
	}
	i := w.rng.IntN(len(w.flying))
	b := w.flying[i]
	w.flying = append(w.flying[:i], w.flying[i+1:]...)
	var r *truth
	for _, o := range w.routers {
		if o.name == b.Router {
			r = o
		}
	}
	outcome := Accepted
	switch {
	case !r.up:
		outcome = Unreached
	case r.count() >= r.limit:
		outcome = Full
	case w.rng.IntN(8) == 0:
		outcome = Refused
	default:
		r.meetings[b.Meeting] = max(r.meetings[b.Meeting], b.Generation)
		r.people[b.Meeting]++
		if w.rng.IntN(8) == 0 {
			outcome = Unanswered
		}
	}
	w.table.Done(w.now, b, outcome)
}

func (w *world) check() {
	flying := map[string]int{}
	for _, b := range w.flying {
		flying[b.Meeting]++
	}
	for id, m := range w.table.meetings {
		r := w.table.routers[m.router]
		switch {
		case r == nil:
			w.t.Fatalf("%s lives on %s, which is not there", id, m.router)
		case r.homes[id] != m:
			w.t.Fatalf("%s is not among the meetings of %s, its home", id, m.router)
		case m.reported && !r.hosts[id]:
			w.t.Fatalf("%s counts as reported by %s, which did not", id, m.router)
		case m.flying > flying[id]:
			w.t.Fatalf("%s waits for %d joins of %d", id, m.flying, flying[id])
		case !m.reported && !m.taken && m.flying == 0:
			w.t.Fatalf("%s stays though nobody ever got in", id)
		}
	}
	homes := 0
	for name, r := range w.table.routers {
		homes += len(r.homes)
		if r.flying < 0 || r.early < 0 || r.early > r.flying || len(r.joins) > 400 {
			w.t.Fatalf("%s: %d joins under way", name, r.flying)
		}
	}
	if homes != len(w.table.meetings) {
		w.t.Fatalf("%d homes for %d meetings", homes, len(w.table.meetings))
	}
}
