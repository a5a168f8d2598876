package placement

import (
	"time"
)

// Config bounds a Table. A zero field takes the default in brackets.
type Config struct {
	// Meetings is how many meetings the controller hosts at a time [250].
	Meetings int
	// Routers is how many routers may report to it at a time [200].
	Routers int
	// Headroom is how many seats of each router are kept for meetings that it
	// hosts already [0].
	Headroom int
	// Liveness is how long a router that is silent still counts as there [3 s].
	Liveness time.Duration
	// Hold is how long after the start new meetings wait for routers that were
	// known before and may host them already [2 s].
	Hold time.Duration
	// Settle is how long a join that a router has accepted may be missing from
	// its reports [2 s].
	Settle time.Duration
	// Memory is for how long the generation of a meeting that was lost with its
	// router is remembered [10 min].
	Memory time.Duration
}

func (c Config) withDefaults() Config {
	number := func(v *int, otherwise int) {
		if *v == 0 {
			*v = otherwise
		}
	}
	span := func(v *time.Duration, otherwise time.Duration) {
		if *v == 0 {
			*v = otherwise
		}
	}
	number(&c.Meetings, 250)
	number(&c.Routers, 200)
	span(&c.Liveness, 3*time.Second)
	span(&c.Hold, 2*time.Second)
	span(&c.Settle, 2*time.Second)
	span(&c.Memory, 10*time.Minute)
	return c
}

// Table is what a controller knows of its zone's routers and meetings.
type Table struct {
	c        Config
	started  int64
	awaited  map[string]bool // routers known before the start that have not reported
	routers  map[string]*router
	meetings map[string]*meeting
	lost     map[string]loss
	over     map[string]int64 // meetings ended for all, until when they stay so
	changed  map[string]bool
}

// router is one router that is there.
type router struct {
	name        string
	api         string
	incarnation string
	seq         uint64
	heard       int64
	// participants, limit and draining are as last reported.
	participants, limit int
	draining            bool
	hosts               map[string]bool     // meetings in its last report
	homes               map[string]*meeting // meetings of the table that live on it
	joins               []int64             // accepted since Settle ago: perhaps not in participants yet
	flying              int                 // joins sent to it and not answered
	early               int                 // those of them that its participants hold already
	refuses             bool                // it did not answer or was full: no new meeting until it reports
}

// meeting is one meeting and where it lives.
type meeting struct {
	id           string
	router       string
	generation   uint64
	reported     bool // the router has it in its last report
	started      time.Time
	participants int
	flying       int // joins under way
	// taken: at the instant accepted the router took a participant, or may have.
	taken    bool
	accepted int64
}

type loss struct {
	generation uint64
	until      int64
}

// New makes an empty table at the instant now. known names the routers that were
// there before the last stop.
func New(c Config, now int64, known []string) *Table {
	t := &Table{
		c: c.withDefaults(), started: now, awaited: map[string]bool{},
		routers: map[string]*router{}, meetings: map[string]*meeting{},
		lost: map[string]loss{}, over: map[string]int64{}, changed: map[string]bool{},
	}
	for _, name := range known {
		t.awaited[name] = true
	}
	return t
}

// Complete reports whether every router known before the start has reported, or
// has had its time to: only then is a meeting that the table does not hold new.
func (t *Table) Complete(now int64) bool {
	return len(t.awaited) == 0 || now-t.started >= int64(t.c.Hold)
}

// End marks a meeting as ended for all until the instant until: nobody is
// admitted to it. What its router still hosts of it stays in the table until
// the router reports that it is gone.
func (t *Table) End(meeting string, until int64) {
	t.over[meeting] = until
	t.changed[meeting] = true
}

// Ended reports whether a meeting was ended for all.
func (t *Table) Ended(now int64, meeting string) bool {
	until, ok := t.over[meeting]
	return ok && now < until
}

// Changed returns the meetings whose Meeting may have changed since the last
// call, in no order.
func (t *Table) Changed() []string {
	var ids []string
	for id := range t.changed {
		ids = append(ids, id)
	}
	clear(t.changed)
	return ids
}

// Meeting is one meeting as the table knows it.
type Meeting struct {
	ID         string
	Router     string // the router's name
	API        string // host:port of the router's own API
	Generation uint64
	// Reported says that the router's last report holds the meeting; the two that
	// follow are from there.
	Reported     bool
	Participants int
	Started      time.Time
}

// Meeting returns a meeting that lives, or is being placed; ok is false if there
// is none with this id.
func (t *Table) Meeting(id string) (m Meeting, ok bool) {
	k := t.meetings[id]
	if k == nil {
		return Meeting{}, false
	}
	m = Meeting{ID: id, Router: k.router, Generation: k.generation}
	if r := t.routers[k.router]; r != nil {
		m.API = r.api
	}
	if k.reported {
		m.Reported, m.Participants, m.Started = true, k.participants, k.started
	}
	return m, true
}

// Totals counts the zone.
type Totals struct {
	Meetings, MaxMeetings         int
	Participants, MaxParticipants int
	Routers, Draining             int
}

// Totals counts what is there now.
func (t *Table) Totals() Totals {
	s := Totals{Meetings: len(t.meetings), MaxMeetings: t.c.Meetings, Routers: len(t.routers)}
	for _, r := range t.routers {
		s.Participants += r.participants
		s.MaxParticipants += r.limit
		if r.draining {
			s.Draining++
		}
	}
	return s
}

// Expire forgets routers that were silent for longer than Liveness, with their
// meetings, and whatever else has had its time. It returns the names of the
// routers that are gone.
func (t *Table) Expire(now int64) (gone []string) {
	for name, r := range t.routers {
		if now-r.heard > int64(t.c.Liveness) {
			t.lose(now, r)
			delete(t.routers, name)
			gone = append(gone, name)
		}
	}
	for id, l := range t.lost {
		if now >= l.until {
			delete(t.lost, id)
		}
	}
	for id, until := range t.over {
		if now >= until {
			delete(t.over, id)
		}
	}
	return gone
}

// lose drops the meetings of a router whose process is gone: should they be
// opened again, it is with the next generation.
func (t *Table) lose(now int64, r *router) {
	for _, m := range r.homes {
		t.lost[m.id] = loss{m.generation, now + int64(t.c.Memory)}
		t.drop(m)
	}
}

// settleAt makes r the home of m.
func (t *Table) settleAt(m *meeting, r *router) {
	m.router = r.name
	t.meetings[m.id], r.homes[m.id] = m, m
}

// drop takes a meeting out of the table.
func (t *Table) drop(m *meeting) {
	delete(t.meetings, m.id)
	if r := t.routers[m.router]; r != nil {
		delete(r.homes, m.id)
	}
	t.changed[m.id] = true
}

// Incarnation returns which process of a router reported last, if the router is
// there.
func (t *Table) Incarnation(router string) (string, bool) {
	r := t.routers[router]
	if r == nil {
		return "", false
	}
	return r.incarnation, true
}
