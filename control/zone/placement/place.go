package placement

import "fmt"

// Limit is why a join was refused.
type Limit string

// Limits.
const (
	Starting     Limit = "starting"     // the routers known before the start have not all reported
	NoRouter     Limit = "no-router"    // none is there
	Draining     Limit = "draining"     // all that are there drain
	Unreachable  Limit = "unreachable"  // those that are there did not answer
	Participants Limit = "participants" // every router is full; Value is the sum of their limits
	Meetings     Limit = "meetings"     // the controller is full; Value is its limit
	Routers      Limit = "routers"      // the controller has its number of routers; Value is its limit
	Ended        Limit = "ended"        // a host ended the meeting for all
)

// Refusal says which limit was met.
type Refusal struct {
	Limit Limit
	Value int
}

// Error makes a Refusal an error.
func (r *Refusal) Error() string {
	if r.Value == 0 {
		return "refused: " + string(r.Limit)
	}
	return fmt.Sprintf("refused: limit of %d %s", r.Value, r.Limit)
}

// Binding is where a participant goes: a Done belongs to each.
type Binding struct {
	Meeting    string
	Router     string
	API        string
	Generation uint64
	// New is true if no router has accepted anybody for this meeting yet, so that
	// another router may be tried.
	New bool

	meeting *meeting
}

// Outcome is what came of a Binding.
type Outcome int

// Outcomes.
const (
	Accepted   Outcome = iota // the router took the participant
	Refused                   // it refused this participant: others may still fit
	Full                      // it refused for want of room
	Unreached                 // the request certainly did not arrive
	Unanswered                // it may have arrived, but the answer did not come
)

// Admit finds the router of a meeting, or chooses one for a new meeting: of
// those that do not drain and have room, the one with the smallest part of its
// seats taken. The error is a *Refusal, and nothing has changed then.
func (t *Table) Admit(now int64, id string) (Binding, error) {
	t.Expire(now)
	if t.Ended(now, id) {
		return Binding{}, &Refusal{Limit: Ended}
	}
	if m := t.meetings[id]; m != nil {
		r := t.routers[m.router]
		m.flying++
		r.flying++
		return bind(m, r), nil
	}
	switch {
	case !t.Complete(now):
		return Binding{}, &Refusal{Limit: Starting}
	case len(t.meetings) >= t.c.Meetings:
		return Binding{}, &Refusal{Limit: Meetings, Value: t.c.Meetings}
	}
	r, refusal := t.choose(now)
	if refusal != nil {
		return Binding{}, refusal
	}
	m := &meeting{id: id, generation: t.lost[id].generation + 1, flying: 1}
	t.settleAt(m, r)
	r.flying++
	return bind(m, r), nil
}

func bind(m *meeting, r *router) Binding {
	return Binding{
		Meeting: m.id, Router: r.name, API: r.api, Generation: m.generation, New: !m.reported && !m.taken, meeting: m,
	}
}

// choose returns the least loaded router for a new meeting.
//
// Room is judged by what routers report and load by what they will have in a
// moment: an estimate may say who comes first, but it refuses nobody.
func (t *Table) choose(now int64) (*router, *Refusal) {
	var best *router
	draining, refusing, limit := 0, 0, 0
	for _, r := range t.routers {
		r.settle(now, t.c.Settle)
		switch {
		case r.draining:
			draining++
			continue
		case r.participants+t.c.Headroom >= r.limit:
			limit += r.limit
			continue
		case r.refuses:
			refusing++
			continue
		}
		if best == nil || r.before(best) {
			best = r
		}
	}
	switch {
	case best != nil:
		return best, nil
	case refusing > 0:
		return nil, &Refusal{Limit: Unreachable}
	case limit > 0:
		return nil, &Refusal{Limit: Participants, Value: limit}
	case draining > 0:
		return nil, &Refusal{Limit: Draining}
	}
	return nil, &Refusal{Limit: NoRouter}
}

// before orders routers for a new meeting: by the part of their seats that is
// taken, then by meetings, then by name so that the choice can be foretold.
func (r *router) before(o *router) bool {
	if a, b := r.load()*o.limit, o.load()*r.limit; a != b {
		return a < b
	}
	if a, b := len(r.hosts)+r.flying, len(o.hosts)+o.flying; a != b {
		return a < b
	}
	return r.name < o.name
}

// Done says what came of a binding. A new meeting that nobody got into is
// forgotten with its last join. One whose router has not answered stays bound to
// it until its reports, or their absence, show whether it lives there: placed
// elsewhere at once, it might live twice.
func (t *Table) Done(now int64, b Binding, o Outcome) {
	if r := t.routers[b.Router]; r != nil {
		r.flying = max(0, r.flying-1) // it may have restarted in between
		switch o {
		case Accepted:
			if r.early > 0 {
				r.early--
			} else {
				r.joins = append(r.joins, now)
			}
		case Full:
			r.participants = max(r.participants, r.limit) // until it reports
		case Unreached, Unanswered:
			r.refuses = true
		case Refused:
		}
		r.early = min(r.early, r.flying)
	}
	m := t.meetings[b.Meeting]
	if r := t.routers[b.Router]; m == nil && o == Accepted && r != nil {
		// It was dropped while this join was under way, and lives all the same.
		m = &meeting{id: b.Meeting, generation: b.Generation}
		t.settleAt(m, r)
	}
	switch {
	case m == nil || m.router != b.Router:
		return // it lives elsewhere by now
	case m == b.meeting:
		m.flying--
	}
	if o == Accepted || o == Unanswered {
		m.taken, m.accepted = true, now
	}
	if m.flying == 0 && !m.reported && !m.taken {
		t.drop(m)
	}
}
