package meeting

import (
	"errors"
	"math"
)

// Bounds of the protocol. Instants and spans are nanoseconds.
const (
	maxSources   = 8          // published lanes per member
	maxSlots     = 128        // receiving lanes per member, as many as an offer has sections
	maxMID       = 64         // bytes of a lane's mid
	maxName      = 128        // bytes of a name
	maxID        = 64         // bytes of a participant's id
	maxMessage   = 64 << 10   // bytes of a client's message
	maxOut       = 48 << 10   // bytes of roster in one message to a client
	maxView      = 64         // sources in a view
	messageRate  = 20         // client messages per second, sustained
	messageBurst = 50         // client messages at once
	flushEvery   = 200 * msec // at most so often are roster and slots told
	msec         = int64(1e6)
)

// Never is the NextTimeout of a meeting that waits for nothing.
const Never = math.MaxInt64

// Errors of Join.
var (
	ErrFull    = errors.New("meeting: no room for one more participant")
	ErrEnded   = errors.New("meeting: it has ended")
	ErrSession = errors.New("meeting: the session id is empty or in use")
	ErrBounds  = errors.New("meeting: a participant id, mid or number of lanes is out of bounds")
)

// Config bounds a meeting.
type Config struct {
	// MaxParticipants is how many may be in at once. If zero, 350.
	MaxParticipants int
}

// Meeting is the state of one meeting. Its owner calls one input at a time
// (Join, Leave, Channel, Receive, Speakers, Tick, End) and then drains Effects.
// Instants never go backwards.
type Meeting struct {
	id     string
	config Config
	start  int64 // instant of the first join
	begun  bool
	ended  bool

	members    []*member // in join order
	sessions   map[Session]*member
	people     map[string]*member // by participant id
	sources    map[SourceID]*source
	lastSource SourceID

	gone        []departed // left since the last flush
	rosterDirty bool
	videoDirty  bool
	lastFlush   int64
	ranked      []*source // scratch of refill
	round       uint64    // of refill

	speakers speakers
	effects  []Effect
}

// New makes an empty meeting.
func New(id string, c Config) *Meeting {
	if c.MaxParticipants <= 0 {
		c.MaxParticipants = 350
	}
	return &Meeting{
		id: id, config: c, lastFlush: math.MinInt64 / 2,
		sessions: map[Session]*member{}, people: map[string]*member{}, sources: map[SourceID]*source{},
		speakers: speakers{told: math.MinInt64 / 2},
	}
}

// Join takes a session in. If its participant is in already, the older session
// is closed and others see the participant change, not leave and join.
func (m *Meeting) Join(now int64, j Joining) error {
	if err := m.admit(j); err != nil {
		return err
	}
	if !m.begun {
		m.start, m.begun = now, true
	}
	s := m.newMember(now, j)
	if old := m.people[s.participant.ID]; old != nil {
		m.replace(old, s)
	} else {
		s.announced = m.returned(s.participant.ID)
		m.members = append(m.members, s)
	}
	m.sessions[s.session], m.people[s.participant.ID] = s, s
	for _, src := range s.sources {
		m.sources[src.id] = src
		m.emit(Effect{
			Kind: Publish, Session: s.session, Slot: src.lane, Source: src.id,
			Carries: src.kind, Video: src.kind.Video(), Muted: src.muted,
		})
	}
	m.rosterDirty, m.videoDirty = true, true
	m.settle(now)
	return nil
}

func (m *Meeting) admit(j Joining) error {
	switch p := j.Participant; {
	case m.ended:
		return ErrEnded
	case j.Session == "" || m.sessions[j.Session] != nil:
		return ErrSession
	case p.ID == "" || len(p.ID) > maxID || len(j.Slots) > maxSlots || len(j.Publishes) > maxSlots || j.Kind > WHEP:
		return ErrBounds
	case m.people[p.ID] == nil && len(m.members) >= m.config.MaxParticipants:
		return ErrFull
	}
	for _, lanes := range [...][]Lane{j.Publishes, j.Slots} {
		for _, lane := range lanes {
			if len(lane.MID) > maxMID {
				return ErrBounds
			}
		}
	}
	return nil
}

// replace puts s where old was: same place in the roster, same time of joining.
func (m *Meeting) replace(old, s *member) {
	m.send(old, endedMessage(ReasonReplaced))
	m.retire(old)
	m.emit(Effect{Kind: Close, Session: old.session, Reason: ReasonReplaced})
	s.joined, s.announced, s.talk.dominantAt = old.joined, old.announced, old.talk.dominantAt
	for i := range m.members {
		if m.members[i] == old {
			m.members[i] = s
		}
	}
	m.speakers.hand(old, s)
}

// retire takes a session's sources out of the meeting and of all slots.
func (m *Meeting) retire(s *member) {
	delete(m.sessions, s.session)
	for _, src := range s.sources {
		m.vacate(src)
		delete(m.sources, src.id)
		m.emit(Effect{Kind: Unpublish, Session: s.session, Slot: src.lane, Source: src.id})
	}
	m.videoDirty = true
}

// Leave says that a session is gone. An unknown session changes nothing.
func (m *Meeting) Leave(now int64, id Session) {
	if s := m.sessions[id]; s != nil {
		m.leave(s)
		m.settle(now)
	}
}

func (m *Meeting) leave(s *member) {
	m.retire(s)
	delete(m.people, s.participant.ID)
	for i := range m.members {
		if m.members[i] == s {
			m.members = append(m.members[:i], m.members[i+1:]...)
			break
		}
	}
	m.gone = append(m.gone, departed{s.participant.ID, s.announced})
	m.speakers.hand(s, nil)
	m.rosterDirty = true
}

// dismiss ends one session and tells its client why.
func (m *Meeting) dismiss(s *member, reason string) {
	if reason != ReasonLeft {
		m.send(s, endedMessage(reason))
	}
	m.leave(s)
	m.emit(Effect{Kind: Close, Session: s.session, Reason: reason})
}

// End ends the meeting for all: every client is told reason, every session
// closes. A meeting that has ended takes no input any more.
func (m *Meeting) End(reason string) {
	m.end(reason)
}

func (m *Meeting) end(reason string) {
	if m.ended {
		return
	}
	m.ended = true
	m.broadcast(endedMessage(reason))
	for _, s := range m.members {
		for _, src := range s.sources {
			m.emit(Effect{Kind: Unpublish, Session: s.session, Slot: src.lane, Source: src.id})
		}
		m.emit(Effect{Kind: Close, Session: s.session, Reason: reason})
	}
	m.emit(Effect{Kind: Ended, Reason: reason})
	m.members = nil
	clear(m.sessions)
	clear(m.people)
	clear(m.sources)
	m.rosterDirty, m.videoDirty, m.speakers = false, false, speakers{}
}

// Channel says that a session's control channel is open: its client gets the
// welcome. A channel that opens again costs as much as a message.
func (m *Meeting) Channel(now int64, id Session) {
	s := m.sessions[id]
	if s == nil || s.open && !s.bucket.take(now) {
		return
	}
	s.open = true
	m.welcome(s)
	if m.speakers.text != nil {
		m.send(s, m.speakers.text)
	}
	m.settle(now)
}

// NextTimeout is the instant at which Tick has something to do, or Never.
func (m *Meeting) NextTimeout() int64 {
	next := m.speakers.due(m)
	if m.rosterDirty || m.videoDirty {
		next = min(next, m.lastFlush+flushEvery)
	}
	return next
}

// Tick does what has become due. Calling it early does no harm.
func (m *Meeting) Tick(now int64) {
	m.settle(now)
}

// settle ends every input: it tells what may be told by now.
func (m *Meeting) settle(now int64) {
	m.hush(now)
	m.elect(now)
	if (m.rosterDirty || m.videoDirty) && now >= m.lastFlush+flushEvery {
		m.lastFlush = now
		m.flushRoster()
		m.refillAll()
	}
	m.tellSpeakers(now)
}

// Effects returns what the inputs since the last call ask the owner to do, in
// order. The slice is valid until the next input.
func (m *Meeting) Effects() []Effect {
	e := m.effects
	m.effects = e[:0]
	return e
}

// Len is how many participants are in.
func (m *Meeting) Len() int { return len(m.members) }

// Roster appends who is in, in join order, to dst.
func (m *Meeting) Roster(dst []Participant) []Participant {
	for _, s := range m.members {
		dst = append(dst, s.participant)
	}
	return dst
}
