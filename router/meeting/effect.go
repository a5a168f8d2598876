package meeting

// EffectKind says what the owner of a Meeting has to do.
type EffectKind uint8

const (
	// Send: send Data, one JSON text, to Session on its control channel. Data
	// may be shared between effects and must not be changed.
	Send EffectKind = iota + 1
	// Publish: what arrives on sending lane Slot of Session is now Source, with
	// Carries, Video and Muted as its start.
	Publish
	// Unpublish: Source, on sending lane Slot of Session, is gone for good.
	Unpublish
	// Assign: receiving lane Slot of Session shows Source; 0 means nothing.
	Assign
	// Mute: drop (Muted) or forward what Source sends.
	Mute
	// KeyFrame: ask the publisher of Source for a key frame. The owner limits
	// the rate.
	KeyFrame
	// Close: end Session for Reason, after what was sent to it. It is the last
	// effect that names the session; no Leave needs to follow.
	Close
	// Ended: the meeting is over for all, for Reason. Nothing follows.
	Ended
)

// Reasons of Close and Ended, and of the message "ended".
const (
	ReasonEndedByHost = "ended-by-host"
	ReasonRemoved     = "removed"
	ReasonReplaced    = "replaced"
	ReasonShutdown    = "shutdown"
	// ReasonLeft closes a session whose client said "leave"; no message tells it.
	ReasonLeft = "left"
)

// Effect is one thing that the owner has to do. Which fields count, Kind says.
type Effect struct {
	Kind    EffectKind
	Session Session
	Slot    int // index in Joining.Publishes (Publish, Unpublish) or Joining.Slots (Assign)
	Source  SourceID
	Carries SourceKind // Publish: the default for this lane
	Video   bool       // Publish
	Muted   bool       // Publish, Mute
	Data    []byte     // Send
	Reason  string     // Close, Ended
}

func (m *Meeting) emit(e Effect) { m.effects = append(m.effects, e) }

func (m *Meeting) send(s *member, data []byte) {
	if s.open {
		m.emit(Effect{Kind: Send, Session: s.session, Data: data})
	}
}

// broadcast sends one text to every open control channel.
func (m *Meeting) broadcast(data []byte) {
	for _, s := range m.members {
		m.send(s, data)
	}
}
