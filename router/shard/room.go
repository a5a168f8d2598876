package shard

import (
	"causeway/router/forward"
)

// room is this shard's share of a meeting.
type room struct {
	key     RoomKey
	replica forward.Room
	peers   []*peer
	sources []*source // by number; nil: none
	others  uint64    // the other shards with members of the meeting, as bits
	busy    bool      // has packets in this turn
	voiceAt int64     // next Voices event
	voiced  bool      // the last one named somebody
}

// source is one published medium in a room, wherever its publisher is.
type source struct {
	fwd  *forward.Source
	num  uint16
	home int   // the shard of the publisher
	peer *peer // the publisher, at home
	lane int
	want uint64 // at home, video: the other shards that show it, as bits
}

// SourceSpec describes a source to the shards of its meeting.
type SourceSpec struct {
	Num   uint16 // small, unique among the meeting's present sources
	ID    uint32 // unique for ever
	Owner *Member
	Lane  int
	Video bool
	Home  int
}

// room finds or, for control commands, makes a room.
func (s *Shard) openRoom(key RoomKey) *room {
	for int(key.Num) >= len(s.rooms) {
		s.rooms = append(s.rooms, nil)
	}
	r := s.rooms[key.Num]
	if r == nil || r.key != key {
		r = &room{key: key}
		r.replica.Speakers = s.config.Speakers
		s.rooms[key.Num] = r
	}
	return r
}

func (s *Shard) room(key RoomKey) *room {
	if int(key.Num) >= len(s.rooms) {
		return nil
	}
	if r := s.rooms[key.Num]; r != nil && r.key == key {
		return r
	}
	return nil
}

func (r *room) source(num uint16, id uint32) *source {
	if int(num) >= len(r.sources) {
		return nil
	}
	if s := r.sources[num]; s != nil && s.fwd.ID == id {
		return s
	}
	return nil
}
