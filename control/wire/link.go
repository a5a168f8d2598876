package wire

import "time"

// The zone link: one WebSocket that a ZC opens to the cloud, carrying one JSON
// LinkMessage per text frame. Exactly one of the pointer fields is set.
//
// The zone sends Hello first; the cloud answers Welcome. Then the zone sends
// Status and Ended as they happen, each acknowledged by Ack with the same Seq;
// the cloud sends Keys whenever they change. Whatever was not acknowledged is
// sent again after a reconnect; the cloud refuses (Zone, Epoch, Seq) that is
// not newer than what it has.
type LinkMessage struct {
	Hello   *LinkHello   `json:"hello,omitempty"`
	Welcome *LinkWelcome `json:"welcome,omitempty"`
	Status  *ZoneStatus  `json:"status,omitempty"`
	Ack     *LinkAck     `json:"ack,omitempty"`
	Keys    *LinkKeys    `json:"keys,omitempty"`
	End     *LinkEnd     `json:"end,omitempty"`
}

// LinkHello opens a link. URLs are the zone's public base addresses, for
// example "https://zc1.example.com"; the single value "" means that the zone
// answers on the cloud's own origin (one process serves both).
type LinkHello struct {
	Zone       string   `json:"zone"`
	Controller string   `json:"controller"`
	Epoch      uint64   `json:"epoch"`
	URLs       []string `json:"urls"`
	Version    string   `json:"version"`
}

// LinkWelcome answers a LinkHello. LastSeq is the highest Seq that the cloud
// has of this zone and epoch.
type LinkWelcome struct {
	Issuer  string `json:"issuer"`
	Keys    []Key  `json:"keys"`
	LastSeq uint64 `json:"last_seq"`
}

// LinkKeys replaces the set of ticket keys.
type LinkKeys struct {
	Keys []Key `json:"keys"`
}

// ZoneStatus is the state of the zone's meetings that changed: latest state
// per meeting, never a history.
type ZoneStatus struct {
	Epoch           uint64          `json:"epoch"`
	Seq             uint64          `json:"seq"`
	Meetings        []MeetingStatus `json:"meetings"`
	Participants    int             `json:"participants"`
	MaxParticipants int             `json:"max_participants"`
}

// MeetingStatus is one meeting's latest state as its zone reports it.
type MeetingStatus struct {
	Meeting      string    `json:"meeting"`
	Live         bool      `json:"live"`
	Participants int       `json:"participants"`
	Since        time.Time `json:"since"`
	// EndedForAll: a host ended it; the cloud issues no more tickets for it.
	EndedForAll bool `json:"ended_for_all,omitempty"`
}

// LinkAck acknowledges the ZoneStatus with this Seq.
type LinkAck struct {
	Epoch uint64 `json:"epoch"`
	Seq   uint64 `json:"seq"`
}

// LinkEnd asks the zone to end a meeting for all.
type LinkEnd struct {
	Meeting string `json:"meeting"`
}
