package meeting

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Session is the id of one participant's transport. It is a secret: it goes to
// its own client only.
type Session string

// SourceID names a source within its meeting. It is never used twice; 0 is none.
type SourceID uint32

// Kind is the door through which a session came in.
type Kind uint8

const (
	Web  Kind = iota // the meeting page: publishes, receives, has a control channel
	WHIP             // publishes only, RFC 9725
	WHEP             // receives only, draft-ietf-wish-whep
)

// String gives the kind as the protocol spells it.
func (k Kind) String() string { return [...]string{"web", "whip", "whep"}[k] }

// SourceKind is what a source carries.
type SourceKind uint8

const (
	Mic SourceKind = iota
	Camera
	Screen
	ScreenAudio
)

var sourceKinds = [...]string{"mic", "camera", "screen", "screen-audio"}

// String gives the kind as the protocol spells it.
func (k SourceKind) String() string { return sourceKinds[k] }

// Video reports whether the kind is a picture.
func (k SourceKind) Video() bool { return k == Camera || k == Screen }

// Participant is one person or device, as its ticket names it. ID is stable
// across re-joins.
type Participant struct {
	ID   string
	Name string
	Host bool
}

// Lane is one media section of a session.
type Lane struct {
	MID   string
	Video bool
}

// Joining is a session that was admitted. Publishes are the lanes on which the
// client may send, Slots those on which it receives, both in the order of its
// offer; effects name them by index.
type Joining struct {
	Session     Session
	Participant Participant
	Kind        Kind
	Publishes   []Lane
	Slots       []Lane
}

// source is what one sending lane carries.
type source struct {
	id     SourceID
	owner  *member
	lane   int // index in Joining.Publishes
	mid    string
	kind   SourceKind
	muted  bool
	told   bool   // announced: may be put into slots
	wanted uint64 // the round of refill that wants it; scratch
}

// slot is one video lane of a subscriber.
type slot struct {
	lane   int // index in Joining.Slots
	mid    string
	source *source // nil: empty
	dirty  bool    // changed since the client was last told
}

// member is one participant with its current session.
type member struct {
	session     Session
	participant Participant
	kind        Kind
	joined      int64 // instant of the participant's first session
	sources     []*source
	slots       []slot
	view        []SourceID // wanted sources; nil is automatic
	manual      bool       // the client sent a view
	open        bool       // the control channel is open
	bucket      bucket

	announced bool // in the roster that was last told
	touched   bool // differs from what was told
	talk      talk
}

// newMember makes a member with the default kinds of its lanes: the first
// audio lane is the microphone, the first video lane the camera, all others the
// screen and its sound. Lanes beyond maxSources stay unpublished.
func (m *Meeting) newMember(now int64, j Joining) *member {
	s := &member{
		session: j.Session, kind: j.Kind, joined: now, touched: true,
		participant: Participant{ID: j.Participant.ID, Name: cleanName(j.Participant.Name), Host: j.Participant.Host},
		bucket:      bucket{tokens: messageBurst, at: now},
	}
	seen := [2]bool{}
	for i, lane := range j.Publishes {
		if len(s.sources) == maxSources {
			break
		}
		kind, at := Mic, 0
		if lane.Video {
			kind, at = Camera, 1
		}
		if seen[at] {
			kind = [2]SourceKind{ScreenAudio, Screen}[at]
		}
		seen[at] = true
		m.lastSource++
		s.sources = append(s.sources, &source{
			id: m.lastSource, owner: s, lane: i, mid: lane.MID, kind: kind, muted: j.Kind != WHIP,
		})
	}
	for i, lane := range j.Slots {
		if lane.Video {
			s.slots = append(s.slots, slot{lane: i, mid: lane.MID})
		}
	}
	return s
}

// cleanName makes a name safe to show: valid UTF-8, no control or bidirectional
// formatting characters, white space collapsed, at most maxName bytes, never
// empty.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == 0x061C, r == 0x200B, r == 0x200E, r == 0x200F, r == 0xFEFF,
			r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F:
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if len(name) > maxName {
		cut := maxName
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = strings.TrimSpace(name[:cut])
	}
	if name == "" {
		return "Guest"
	}
	return name
}
