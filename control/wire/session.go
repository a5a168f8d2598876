package wire

import "time"

// Role is what a participant may do in a meeting.
type Role string

const (
	// RoleHost may end the meeting for all, mute and remove others.
	RoleHost Role = "host"
	// RoleParticipant may publish, receive and talk.
	RoleParticipant Role = "participant"
)

// Valid reports whether r is a role of the protocol.
func (r Role) Valid() bool { return r == RoleHost || r == RoleParticipant }

// Kind is the door through which a session came in.
type Kind string

const (
	// KindWeb is the meeting page: it has a control channel.
	KindWeb Kind = "web"
	// KindWHIP publishes only (RFC 9725).
	KindWHIP Kind = "whip"
	// KindWHEP receives only (draft-ietf-wish-whep).
	KindWHEP Kind = "whep"
)

// Participant is one person, or one device that publishes or receives, in one
// meeting. ID is stable across re-joins; Name is what others see.
type Participant struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role Role   `json:"role"`
}

// Bounds that every door checks before it uses a field.
const (
	MaxOfferBytes = 256 << 10 // an SDP offer, on every hop
	MaxNameBytes  = 128       // a participant's name, UTF-8
	MaxIDBytes    = 64        // a meeting's, participant's or session's id
)

// SessionRequest asks an MMR to take one participant: POST /v1/sessions on the
// MMR's mTLS API. The caller has verified the ticket; the MMR remembers
// TicketID until TicketExpires, so that each ticket opens one session whatever
// becomes of the controller meanwhile.
type SessionRequest struct {
	Meeting       string      `json:"meeting"`
	Generation    uint64      `json:"generation"`
	Epoch         uint64      `json:"epoch"`
	Participant   Participant `json:"participant"`
	Kind          Kind        `json:"kind"`
	TicketID      string      `json:"ticket_id"`
	TicketExpires time.Time   `json:"ticket_expires"`
	Offer         string      `json:"offer"`
}

// SessionAnswer is the 201 body of POST /v1/sessions. Session is unguessable:
// whoever knows it may end the session.
type SessionAnswer struct {
	Session string `json:"session"`
	Answer  string `json:"answer"`
}

// MeetingState is a meeting as the MMR that hosts it sees it.
type MeetingState struct {
	Meeting      string        `json:"meeting"`
	Generation   uint64        `json:"generation"`
	Started      time.Time     `json:"started"`
	Participants []Participant `json:"participants"`
}

// EndedMeeting says that a meeting is over: a host ended it for all, or the
// last participant left. MMRs report it until a controller has taken it.
type EndedMeeting struct {
	Meeting    string    `json:"meeting"`
	Generation uint64    `json:"generation"`
	Ended      time.Time `json:"ended"`
	// ForAll is true if a host ended the meeting: nobody may join it again.
	// An empty meeting that merely closed may be opened anew.
	ForAll bool `json:"for_all"`
}

// RouterReport is what an MMR says of itself once a second, and at once when
// its meetings change: POST /v1/nodes/report on the ZC's mTLS node API. The
// reporting node's name is taken from its certificate, never from the body.
type RouterReport struct {
	// Incarnation is random per start of the process; Seq counts reports of it.
	Incarnation string `json:"incarnation"`
	Seq         uint64 `json:"seq"`
	// API is the host:port of the MMR's own mTLS API.
	API string `json:"api"`
	// Participants counts sessions, connecting ones included.
	Participants    int            `json:"participants"`
	MaxParticipants int            `json:"max_participants"`
	Draining        bool           `json:"draining"`
	Meetings        []MeetingState `json:"meetings"`
	Ended           []EndedMeeting `json:"ended,omitempty"`
	// Version is the program's version.
	Version string `json:"version"`
}

// ReportAnswer is the 200 body to a RouterReport.
type ReportAnswer struct {
	Epoch uint64 `json:"epoch"`
	// Taken is the Seq whose Ended list the controller has taken over.
	Taken uint64 `json:"taken"`
}
