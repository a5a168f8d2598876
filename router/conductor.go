package router

import (
	"time"

	"causeway/control/wire"
	"causeway/router/handshake"
	"causeway/router/meeting"
	"causeway/router/shard"
)

// conductor runs one meeting: one goroutine owns its state machine and everything
// below, takes work from the inbox, and turns the machine's effects into commands
// for the shards and messages for the clients. It waits for shards' mailboxes;
// shards never wait for it.
type conductor struct {
	router     *Router
	id         string
	key        shard.RoomKey
	generation uint64
	inbox      chan func(*conductor)
	done       chan struct{}
	state      wire.MeetingState // guarded by Router.mu
	expected   int               // sessions admitted and not released; guarded by Router.mu

	meeting  *meeting.Meeting
	guests   map[meeting.Session]*guest
	sources  map[meeting.SourceID]*published
	nums     []bool               // source numbers in use
	present  [shard.MaxShards]int // connected guests by shard
	shards   uint64               // those with any, as bits
	leaving  int                  // guests whose handshake is closing
	over     bool                 // nobody may come in any more
	timer    *time.Timer
	applying bool
}

// guest is one session of a meeting.
type guest struct {
	conductor   *conductor
	session     meeting.Session
	participant wire.Participant
	member      *shard.Member
	conn        *handshake.Conn
	joining     meeting.Joining
	shown       []meeting.SourceID // by slot
	connected   bool
	closing     bool
}

// published is a source as the shards know it.
type published struct {
	num     uint16
	id      meeting.SourceID
	guest   *guest
	spec    shard.SourceSpec
	muted   bool
	viewers [shard.MaxShards]int // slots that show it, by shard
	demand  uint64
}

// inboxSize bounds what waits for a conductor. Handshakes and the API wait when
// it is full; the dispatcher drops voices.
const inboxSize = 256

func newConductor(r *Router, id string, generation uint64, key shard.RoomKey) *conductor {
	c := &conductor{
		router: r, id: id, key: key, generation: generation,
		inbox: make(chan func(*conductor), inboxSize), done: make(chan struct{}),
		meeting: meeting.New(id, meeting.Config{MaxParticipants: r.config.Participants}),
		guests:  map[meeting.Session]*guest{}, sources: map[meeting.SourceID]*published{},
		state: wire.MeetingState{Meeting: id, Generation: generation, Started: time.Now().UTC(), Participants: []wire.Participant{}},
		timer: time.NewTimer(time.Hour),
	}
	go c.run()
	return c
}

// post hands work to the conductor, and reports false if it has ended.
func (c *conductor) post(f func(*conductor)) bool {
	select {
	case c.inbox <- f:
		return true
	case <-c.done:
		return false
	}
}

// offer hands over work that may be dropped.
func (c *conductor) offer(f func(*conductor)) {
	select {
	case c.inbox <- f:
	default:
	}
}

// run is the conductor's goroutine: it owns all of c but state.
func (c *conductor) run() {
	defer c.timer.Stop()
	for {
		select {
		case f := <-c.inbox:
			f(c)
		case <-c.timer.C:
			c.meeting.Tick(c.router.now())
		}
		c.apply()
		if c.leaving == 0 && c.router.retire(c) {
			c.router.group.Post(shard.CloseRoom(c.key))
			close(c.done)
			return
		}
		c.rearm()
	}
}

func (c *conductor) rearm() {
	next := c.meeting.NextTimeout()
	if next == meeting.Never {
		c.timer.Stop()
		return
	}
	c.timer.Reset(time.Duration(max(next-c.router.now(), int64(time.Millisecond))))
}

// welcome notes a guest that is on its way in.
func (c *conductor) welcome(g *guest) {
	c.guests[g.session] = g
	if c.over {
		c.close(g, "the meeting is over")
	}
}

// connect takes a guest in whose handshake has brought keys.
func (c *conductor) connect(g *guest, k shard.Keys) {
	if g.closing {
		return
	}
	at := g.member.Owner()
	if at < 0 { // no check yet, so no handshake of ours either
		c.close(g, "no path")
		return
	}
	g.connected = true
	c.present[at]++
	if c.present[at] == 1 {
		c.enter(at)
	}
	c.router.group.Shard(at).Post(shard.Connect(g.member, k, c.key))
	if err := c.meeting.Join(c.router.now(), g.joining); err != nil {
		c.router.config.Log.Warn("participant not taken in", "meeting", c.id, "participant", g.participant.ID, "error", err)
		c.close(g, "refused")
		return
	}
	c.publishState()
}

// enter brings a shard into the meeting: it learns all sources, and the others
// learn that it is there.
func (c *conductor) enter(at int) {
	c.shards |= 1 << at
	for _, p := range c.sources {
		c.router.group.Shard(at).Post(shard.Publish(c.key, p.spec))
		c.router.group.Shard(at).Post(shard.Mute(c.key, p.num, uint32(p.id), p.muted))
	}
	c.tellOthers()
}

func (c *conductor) exit(at int) {
	c.shards &^= 1 << at
	c.router.group.Shard(at).Post(shard.CloseRoom(c.key))
	c.tellOthers()
}

func (c *conductor) tellOthers() { c.toShards(shard.Others(c.key, c.shards)) }

// toShards posts a command to every shard of the meeting.
func (c *conductor) toShards(cmd shard.Command) {
	for i := range c.router.group.Len() {
		if c.shards&(1<<i) != 0 {
			c.router.group.Shard(i).Post(cmd)
		}
	}
}

// close ends a guest's session: no media from now on; the handshake says its
// last words and reports back through gone.
func (c *conductor) close(g *guest, reason string) {
	if g.closing {
		return
	}
	g.closing = true
	c.leaving++
	delete(c.guests, g.session)
	c.router.release(g)
	if g.connected {
		at := g.member.Owner()
		c.meeting.Leave(c.router.now(), g.session)
		c.apply()
		c.forgetViews(g)
		c.router.group.Shard(at).Post(shard.Silence(g.member))
		if c.present[at]--; c.present[at] == 0 {
			c.exit(at)
		}
		c.publishState()
	}
	c.router.config.Log.Info("session ended", "meeting", c.id, "participant", g.participant.ID, "reason", reason)
	g.conn.Close()
}

// lost ends a session whose client is silent: there is nobody to say goodbye to.
func (c *conductor) lost(g *guest, reason string) { c.close(g, reason) }

// gone ends a guest whose handshake has closed, for whatever cause.
func (c *conductor) gone(g *guest, err error) {
	reason := "closed by the client"
	if err != nil {
		reason = err.Error()
	}
	c.close(g, reason)
	c.leaving--
	c.router.group.Post(shard.Dismiss(g.member))
	c.router.forgetMember(g)
}

// end ends the meeting for everybody in it.
func (c *conductor) end(reason string, forAll bool) {
	if forAll {
		c.router.noteOver(c)
	}
	c.over = true
	c.meeting.End(reason)
	c.apply()
	for _, g := range c.guests { // those still on their way in
		c.close(g, reason)
	}
}

// voices tells the meeting who is heard. Every shard of the meeting hears all
// voices, so one of them, the first, speaks for all.
func (c *conductor) voices(e shard.Event) {
	if c.shards&(1<<e.Shard-1) != 0 {
		return
	}
	levels := make([]meeting.Level, 0, e.N)
	for _, v := range e.Voices[:e.N] {
		levels = append(levels, meeting.Level{Source: meeting.SourceID(v.Source), Level: 127 - v.Loudness})
	}
	c.meeting.Speakers(c.router.now(), levels)
}

// publishState shows the roster to those who ask for State.
func (c *conductor) publishState() {
	roster := []wire.Participant{}
	for _, p := range c.meeting.Roster(nil) {
		role := wire.RoleParticipant
		if p.Host {
			role = wire.RoleHost
		}
		roster = append(roster, wire.Participant{ID: p.ID, Name: p.Name, Role: role})
	}
	c.router.mu.Lock()
	c.state.Participants = roster
	c.router.mu.Unlock()
	c.router.touch()
}
