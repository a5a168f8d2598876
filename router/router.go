package router

import (
	"net/netip"
	"sync"
	"time"

	"causeway/control/wire"
	"causeway/router/handshake"
	"causeway/router/shard"
)

// Router is one MMR. Make it with New, end it with Close. All methods may be
// called from any goroutine.
type Router struct {
	config    Config
	base      time.Time
	identity  *handshake.Identity
	group     *shard.Group
	advertise []netip.AddrPort
	changed   chan struct{}
	stopped   chan struct{} // the dispatcher has ended

	mu       sync.Mutex // guards what follows; never held while waiting for a shard or a meeting
	closed   bool
	meetings map[string]*conductor
	rooms    map[shard.RoomKey]*conductor
	nums     []bool // room numbers in use
	tag      uint32
	guests   map[string]*guest // by session id
	members  map[uint32]*guest // by member number
	seats    map[seat]int      // sessions per participant
	number   uint32
	tickets  tickets
	ended    []wire.EndedMeeting
	over     map[string]time.Time // meetings that a host ended for all, and when
	stats    Stats
}

// seat is one participant of one meeting, who may have two sessions for the
// moment in which a new one replaces the old.
type seat struct{ meeting, participant string }

// New opens the sockets and starts the shards.
func New(c Config) (*Router, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	identity, err := handshake.NewIdentity()
	if err != nil {
		return nil, err
	}
	group, err := shard.NewGroup(shard.Config{
		Shards: c.Shards, Listen: c.Media, Pin: c.Pin, Speakers: c.Speakers, NoGSO: c.NoGSO, NoGRO: c.NoGRO,
	})
	if err != nil {
		return nil, err
	}
	r := &Router{
		config: c, base: time.Now(), identity: identity, group: group, advertise: c.Advertise,
		changed: make(chan struct{}, 1), stopped: make(chan struct{}),
		meetings: map[string]*conductor{}, rooms: map[shard.RoomKey]*conductor{},
		guests: map[string]*guest{}, members: map[uint32]*guest{}, seats: map[seat]int{},
		over: map[string]time.Time{},
	}
	if len(r.advertise) == 0 {
		r.advertise = group.Local()
	}
	go r.dispatch()
	return r, nil
}

// Media lists the bound UDP addresses.
func (r *Router) Media() []netip.AddrPort { return r.group.Local() }

// Shards is how many packet loops run.
func (r *Router) Shards() int { return r.group.Len() }

// Changed signals that State has changed. It holds one signal.
func (r *Router) Changed() <-chan struct{} { return r.changed }

func (r *Router) touch() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// now is the router's monotonic clock in nanoseconds.
func (r *Router) now() int64 { return int64(time.Since(r.base)) }

// dispatch takes what the shards notice to the meetings that it concerns.
func (r *Router) dispatch() {
	defer close(r.stopped)
	for e := range r.group.Events() {
		switch e.Kind {
		case shard.Silent:
			r.mu.Lock()
			g := r.members[e.Member.Number]
			r.mu.Unlock()
			if g != nil {
				g.conductor.post(func(c *conductor) { c.lost(g, "no sign of life for 30 s") })
			}
		case shard.Voices:
			r.mu.Lock()
			c := r.rooms[e.Room]
			r.mu.Unlock()
			if c != nil {
				c.offer(func(c *conductor) { c.voices(e) })
			}
		}
	}
}

// State is what the MMR tells its controllers: the meetings it hosts, those that
// are over, how many participants it has and how many it takes.
func (r *Router) State() (meetings []wire.MeetingState, ended []wire.EndedMeeting, participants, limit int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.meetings {
		meetings = append(meetings, c.state)
	}
	return meetings, append(ended, r.ended...), len(r.seats), r.config.Participants
}

// Forget drops ended meetings that a controller has taken over.
func (r *Router) Forget(taken []wire.EndedMeeting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.ended[:0]
	for _, e := range r.ended {
		if !contains(taken, e) {
			kept = append(kept, e)
		}
	}
	r.ended = kept
}

func contains(list []wire.EndedMeeting, e wire.EndedMeeting) bool {
	for _, x := range list {
		if x.Meeting == e.Meeting && x.Generation == e.Generation && x.Ended.Equal(e.Ended) {
			return true
		}
	}
	return false
}

// Leave ends a session. It returns a *wire.Problem with the code
// session-not-found if there is none with this id.
func (r *Router) Leave(session string) error {
	r.mu.Lock()
	g := r.guests[session]
	r.mu.Unlock()
	if g == nil {
		return wire.NewProblem(404, wire.CodeSessionNotFound, "There is no such session; it may have ended.")
	}
	g.conductor.post(func(c *conductor) { c.close(g, "left") })
	return nil
}

// End ends a meeting for all. It returns a *wire.Problem with the code
// meeting-not-found if the meeting is not here.
func (r *Router) End(meeting string) error {
	r.mu.Lock()
	c := r.meetings[meeting]
	r.mu.Unlock()
	if c == nil {
		return wire.NewProblem(404, wire.CodeMeetingNotFound, "This router does not host the meeting.")
	}
	c.post(func(c *conductor) { c.end("ended-by-host", true) })
	return nil
}

// Close tells every client, ends every session and stops the shards.
func (r *Router) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	var all []*conductor
	for _, c := range r.meetings {
		all = append(all, c)
	}
	r.mu.Unlock()
	for _, c := range all {
		c.post(func(c *conductor) { c.end("shutdown", false) })
	}
	for _, c := range all {
		<-c.done
	}
	r.group.Close()
	<-r.stopped
	return nil
}
