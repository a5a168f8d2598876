package shard

import (
	"sync/atomic"

	"causeway/router/forward"
	"causeway/router/session"
	"causeway/router/srtp"
)

// Member describes one participant's session to all shards. Control makes it,
// and nobody changes it afterwards but for the claim.
type Member struct {
	Number  uint32 // unique in the process
	Local   session.Credentials
	Remote  string // the peer's user name fragment
	Streams []session.Declared
	Lanes   []Lane
	Slots   []forward.Slot // as they start
	MID     uint8          // header extension numbers; 0: not agreed on
	Level   uint8
	TWCC    uint8
	SSRC    uint32 // of our reports and requests to this peer

	// DTLS takes a datagram of the handshake. It copies, never waits, and
	// reports false when it dropped the datagram.
	DTLS func([]byte) bool

	claim atomic.Int32 // 1 + the shard that owns the session; 0: nobody yet
}

// Owner is the shard that hears the member, or -1 while no check has come.
func (m *Member) Owner() int { return int(m.claim.Load()) - 1 }

// Lane is one section in which a member publishes.
type Lane struct {
	MID      string
	Video    bool
	Clock    uint32
	NACK     bool
	PLI      bool
	Codec    [128]uint8 // by payload type; 0: not ours
	Repair   [128]bool  // the payload types of RTX
	RepairOf [128]uint8 // and the codec that each of them repairs
}

// Keys are a member's SRTP contexts.
type Keys struct {
	Opener *srtp.Opener
	Sealer *srtp.Sealer
}

// RoomKey names a meeting among the shards. Num is small and used again, Tag is
// not.
type RoomKey struct {
	Num uint16
	Tag uint32
}

// EventKind says what a shard has noticed.
type EventKind uint8

const (
	// Silent: a member's consent ran out (RFC 7675); its session is over.
	Silent EventKind = iota + 1
	// Voices: who is heard in a room, loudest first, as far as Shard can tell.
	Voices
)

// MaxVoices bounds the voices of one event.
const MaxVoices = 8

// Event is what a shard tells control.
type Event struct {
	Kind   EventKind
	Shard  int
	Member *Member
	Room   RoomKey
	Voices [MaxVoices]Voice
	N      int
}

// Voice is an audio source that was heard lately.
type Voice struct {
	Source   uint32
	Loudness uint8 // 0 silence to 127
}
