package placement

import (
	"errors"
	"time"

	"causeway/control/wire"
)

// ErrStale says that a later report of the same process has been taken already.
var ErrStale = errors.New("a later report was taken already")

// Report takes what the router called name says of itself; its fields have been
// checked. It returns ErrStale, or a *Refusal if the controller has its number
// of routers already; the table is unchanged then.
func (t *Table) Report(now int64, name string, in *wire.RouterReport) error {
	t.Expire(now)
	r := t.routers[name]
	switch {
	case r == nil && len(t.routers) >= t.c.Routers:
		return &Refusal{Limit: Routers, Value: t.c.Routers}
	case r == nil || r.incarnation != in.Incarnation:
		// A process that starts hosts nothing of what the one before it did.
		if r != nil {
			t.lose(now, r)
		}
		r = &router{name: name, incarnation: in.Incarnation, homes: map[string]*meeting{}}
		t.routers[name] = r
	case in.Seq <= r.seq:
		return ErrStale
	}
	delete(t.awaited, name)
	r.grow(in.Participants - r.participants)
	r.heard, r.seq, r.api = now, in.Seq, in.API
	r.participants, r.limit, r.draining, r.refuses = in.Participants, in.MaxParticipants, in.Draining, false
	r.settle(now, t.c.Settle)
	r.hosts = make(map[string]bool, len(in.Meetings))
	for _, s := range in.Meetings {
		r.hosts[s.Meeting] = true
		t.claim(r, s)
	}
	for _, e := range in.Ended {
		if m := t.meetings[e.Meeting]; e.ForAll && m != nil && m.router == name && !r.hosts[m.id] {
			t.drop(m) // whoever has just got in is out again
		}
	}
	for id, m := range r.homes {
		if !r.hosts[id] {
			t.missing(now, m)
		}
	}
	return nil
}

// claim puts a meeting where the router says it is, unless it lives on another
// router that is there with a generation that is not lower.
func (t *Table) claim(r *router, s wire.MeetingState) {
	m := t.meetings[s.Meeting]
	switch {
	case m != nil && m.router == r.name:
	case m == nil, s.Generation > m.generation:
		if m != nil {
			t.drop(m) // from where it lived with a lower one
		}
		m = &meeting{id: s.Meeting}
		t.settleAt(m, r)
	default:
		return
	}
	delete(t.lost, s.Meeting)
	if m.reported && m.generation == s.Generation && m.participants == len(s.Participants) && m.started.Equal(s.Started) {
		return
	}
	m.generation, m.reported = s.Generation, true
	m.started, m.participants = s.Started, len(s.Participants)
	t.changed[s.Meeting] = true
}

// missing handles a meeting that its router does not report: it is over, or so
// new that the report is older than it.
func (t *Table) missing(now int64, m *meeting) {
	fresh := m.taken && now-m.accepted < int64(t.c.Settle)
	if m.flying == 0 && !fresh {
		t.drop(m)
		return
	}
	if m.reported {
		m.reported = false
		t.changed[m.id] = true
	}
}

// settle forgets joins that the router's own count holds by now.
func (r *router) settle(now int64, after time.Duration) {
	for len(r.joins) > 0 && now-r.joins[0] >= int64(after) {
		r.joins = r.joins[1:]
	}
}

// grow takes note that the router reports by more participants than before: joins
// that it has accepted, or whose answer is on its way.
func (r *router) grow(by int) {
	if by <= 0 {
		return
	}
	known := min(by, len(r.joins))
	r.joins = r.joins[known:]
	r.early = min(r.early+by-known, r.flying)
}

// load is how many participants the router has, or will have in a moment.
func (r *router) load() int { return r.participants + len(r.joins) + r.flying - r.early }
