package meeting

import (
	"encoding/json"
	"fmt"
	"testing"
)

// world is a meeting with the two parties around it: a router that does what
// effects say, and clients that believe what they are told.
type world struct {
	t       testing.TB
	m       *Meeting
	now     int64
	router  map[SourceID]*routed
	clients map[Session]*client
	ended   string
	sent    int // messages
	bytes   int
	frames  []SourceID // KeyFrame effects since last cleared
}

type routed struct {
	session Session
	lane    int
	video   bool
	muted   bool
}

// client is one session: what it joined with, what its router lanes show and
// what it was told.
type client struct {
	joining  Joining
	shows    map[int]SourceID // by lane
	open     bool
	closed   string
	people   map[string]person
	slots    map[string]SourceID // by mid
	speakers []string
	dominant string
	last     []message
}

type person struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Role     string         `json:"role"`
	Kind     string         `json:"kind"`
	Sources  []personSource `json:"sources"`
	JoinedMS int64          `json:"joined_ms"`
}

type personSource struct {
	ID    SourceID `json:"id"`
	Kind  string   `json:"kind"`
	Muted bool     `json:"muted"`
}

type message struct {
	Type        string          `json:"type"`
	ID          *int64          `json:"id"`
	Code        string          `json:"code"`
	Detail      string          `json:"detail"`
	Participant string          `json:"participant"`
	Session     string          `json:"session"`
	Role        string          `json:"role"`
	Meeting     string          `json:"meeting"`
	Reason      string          `json:"reason"`
	Kind        string          `json:"kind"`
	By          string          `json:"by"`
	Dominant    string          `json:"dominant"`
	Raw         json.RawMessage `json:"participants"`
	Joined      []person        `json:"joined"`
	Changed     []person        `json:"changed"`
	Left        []string        `json:"left"`
	Slots       []struct {
		MID         string   `json:"mid"`
		Kind        string   `json:"kind"`
		Source      SourceID `json:"source"`
		Participant string   `json:"participant"`
	} `json:"slots"`
}

func newWorld(t testing.TB) *world {
	return &world{t: t, m: New("m-1", Config{}), now: 1e9, router: map[SourceID]*routed{}, clients: map[Session]*client{}}
}

// web is a page's usual offer: microphone, camera, and slots for video.
func web(id string, slots int) Joining {
	j := Joining{
		Session: Session("s-" + id), Participant: Participant{ID: id, Name: "Name of " + id},
		Publishes: []Lane{{"0", false}, {"1", true}, {"2", true}, {"3", false}},
		Slots:     []Lane{{"4", false}},
	}
	for i := range slots {
		j.Slots = append(j.Slots, Lane{fmt.Sprint(5 + i), true})
	}
	return j
}

func host(j Joining) Joining {
	j.Participant.Host = true
	return j
}

func (w *world) join(j Joining) *client {
	w.t.Helper()
	c := &client{joining: j, shows: map[int]SourceID{}, people: map[string]person{}, slots: map[string]SourceID{}}
	w.clients[j.Session] = c
	if err := w.m.Join(w.now, j); err != nil {
		w.t.Fatalf("join of %s: %v", j.Session, err)
	}
	w.apply()
	return c
}

// enter joins, opens the control channel and unmutes microphone and camera.
func (w *world) enter(j Joining) *client {
	w.t.Helper()
	c := w.join(j)
	w.channel(c)
	w.say(c, `{"type":"source","mid":"0","kind":"mic","muted":false}`)
	w.say(c, `{"type":"source","mid":"1","kind":"camera","muted":false}`)
	w.pass(1e9)
	return c
}

func (w *world) channel(c *client) {
	c.open = true
	w.m.Channel(w.now, c.joining.Session)
	w.apply()
}

func (w *world) say(c *client, text string) {
	c.last = nil
	w.m.Receive(w.now, c.joining.Session, []byte(text))
	w.apply()
}

func (w *world) leave(c *client) {
	w.m.Leave(w.now, c.joining.Session)
	if c.closed == "" {
		c.closed = "gone"
	}
	w.apply()
}

// pass lets time go by, with a Tick at every timeout.
func (w *world) pass(d int64) {
	w.t.Helper()
	end := w.now + d
	for n := 0; ; n++ {
		next := w.m.NextTimeout()
		if next > end {
			break
		}
		if n > 1000 {
			w.t.Fatal("timeouts do not end")
		}
		w.now = max(w.now, next)
		w.m.Tick(w.now)
		w.apply()
	}
	w.now = end
}

func (w *world) apply() {
	w.t.Helper()
	for _, e := range w.m.Effects() {
		if e.Session != "" {
			if c := w.clients[e.Session]; c == nil || c.closed != "" && e.Kind != Unpublish {
				w.t.Fatalf("effect %+v for a session that is not there", e)
			}
		}
		w.do(e)
	}
}

func (w *world) do(e Effect) {
	w.t.Helper()
	c := w.clients[e.Session]
	switch e.Kind {
	case Send:
		w.sent++
		w.bytes += len(e.Data)
		w.told(c, e.Data)
	case Publish:
		if w.router[e.Source] != nil || e.Source == 0 || e.Video != c.joining.Publishes[e.Slot].Video {
			w.t.Fatalf("bad publish %+v", e)
		}
		w.router[e.Source] = &routed{e.Session, e.Slot, e.Video, e.Muted}
	case Unpublish:
		if r := w.router[e.Source]; r == nil || r.session != e.Session || r.lane != e.Slot {
			w.t.Fatalf("bad unpublish %+v", e)
		}
		delete(w.router, e.Source)
	case Assign:
		if !c.joining.Slots[e.Slot].Video {
			w.t.Fatalf("picture in an audio slot: %+v", e)
		}
		c.shows[e.Slot] = e.Source
	case Mute:
		w.router[e.Source].muted = e.Muted
	case KeyFrame:
		if w.router[e.Source] == nil {
			w.t.Fatalf("key frame of an unknown source: %+v", e)
		}
		w.frames = append(w.frames, e.Source)
	case Close:
		c.closed = e.Reason
	case Ended:
		w.ended = e.Reason
	default:
		w.t.Fatalf("unknown effect %+v", e)
	}
}

// told is the client's side of the protocol.
func (w *world) told(c *client, data []byte) {
	w.t.Helper()
	var m message
	if err := json.Unmarshal(data, &m); err != nil || !c.open || len(data) > maxMessage {
		w.t.Fatalf("told %d bytes %.200s to %s (open %v): %v", len(data), data, c.joining.Session, c.open, err)
	}
	c.last = append(c.last, m)
	switch m.Type {
	case "welcome":
		clear(c.people)
		clear(c.slots)
		json.Unmarshal(m.Raw, &m.Joined)
	case "speakers":
		c.speakers, c.dominant = nil, m.Dominant
		json.Unmarshal(m.Raw, &c.speakers)
	}
	for _, p := range append(m.Joined, m.Changed...) {
		c.people[p.ID] = p
	}
	for _, id := range m.Left {
		delete(c.people, id)
	}
	for _, s := range m.Slots {
		c.slots[s.MID] = s.Source
	}
}

// find gives the last message of a type that c got since it last spoke.
func (c *client) find(kind string) *message {
	for i := len(c.last) - 1; i >= 0; i-- {
		if c.last[i].Type == kind {
			return &c.last[i]
		}
	}
	return nil
}

// source gives the id of what c publishes on lane.
func (w *world) source(c *client, lane int) SourceID {
	for id, r := range w.router {
		if r.session == c.joining.Session && r.lane == lane {
			return id
		}
	}
	return 0
}

// visible is the set of sources that c's router lanes show.
func (c *client) visible() map[SourceID]int {
	set := map[SourceID]int{}
	for lane, id := range c.shows {
		if id != 0 {
			set[id] = lane
		}
	}
	return set
}

// consistent checks what must hold at any instant, and if quiet also what must
// hold once everything that was due has been told.
func (w *world) consistent(quiet bool) {
	w.t.Helper()
	for _, c := range w.clients {
		if c.closed != "" {
			continue
		}
		seen := map[SourceID]bool{}
		for lane, id := range c.shows {
			if id == 0 {
				continue
			}
			r := w.router[id]
			if r == nil || !r.video || r.session == c.joining.Session || seen[id] {
				w.t.Fatalf("%s shows %d in lane %d: %+v, twice %v", c.joining.Session, id, lane, r, seen[id])
			}
			if quiet && r.muted {
				w.t.Fatalf("%s shows muted %d", c.joining.Session, id)
			}
			seen[id] = true
		}
		if quiet && c.open {
			w.believes(c)
		}
	}
}

func (w *world) believes(c *client) {
	w.t.Helper()
	n := 0
	for _, other := range w.clients {
		if other.closed != "" {
			continue
		}
		n++
		p, ok := c.people[other.joining.Participant.ID]
		if !ok {
			w.t.Fatalf("%s was not told of %s", c.joining.Session, other.joining.Session)
		}
		for _, s := range p.Sources {
			if r := w.router[s.ID]; r == nil || r.session != other.joining.Session || r.muted != s.Muted {
				w.t.Fatalf("%s was told %+v of %s; the router has %+v", c.joining.Session, s, p.ID, r)
			}
		}
	}
	if n != len(c.people) || n != w.m.Len() {
		w.t.Fatalf("%s knows %d, in are %d, the meeting counts %d", c.joining.Session, len(c.people), n, w.m.Len())
	}
	for lane, id := range c.shows {
		if mid := c.joining.Slots[lane].MID; c.slots[mid] != id {
			w.t.Fatalf("%s was told %d in mid %s; the router shows %d", c.joining.Session, c.slots[mid], mid, id)
		}
	}
}
