package shard

import (
	"causeway/router/forward"
	"causeway/router/session"
)

// The commands of control. Each returns what Post takes and runs in the shard.

// Admit makes a member's credentials known, so that its checks are answered.
// Every shard gets it: which one will hear the member is the kernel's choice.
func Admit(m *Member) Command {
	return func(s *Shard) { s.members[m.Local.Ufrag] = m }
}

// Dismiss ends a member's session, whoever owns it, and forgets its credentials.
func Dismiss(m *Member) Command {
	return func(s *Shard) {
		delete(s.members, m.Local.Ufrag)
		if p := s.peers[m.Number]; p != nil {
			s.drop(p)
		}
	}
}

// Connect gives the session its keys and takes its sink into the room.
func Connect(m *Member, k Keys, key RoomKey) Command {
	return func(s *Shard) {
		p := s.peers[m.Number]
		if p == nil || p.room != nil {
			return
		}
		p.session.SetKeys(k.Opener, k.Sealer)
		p.room = s.openRoom(key)
		p.room.peers = append(p.room.peers, p)
		p.room.replica.AddSink(&p.sink)
		p.reportAt, p.probeAt, p.resends = s.now+reportEvery/2, s.now+feedbackEvery, resendBudget
	}
}

// Silence takes a session out of its room: no media in or out any more, while the
// handshake says its last words.
func Silence(m *Member) Command {
	return func(s *Shard) {
		if p := s.peers[m.Number]; p != nil {
			s.leaveRoom(p)
		}
	}
}

// Others tells a room which other shards have members of the meeting.
func Others(key RoomKey, mask uint64) Command {
	return func(s *Shard) { s.openRoom(key).others = mask &^ (1 << s.index) }
}

// CloseRoom forgets a meeting.
func CloseRoom(key RoomKey) Command {
	return func(s *Shard) {
		if r := s.room(key); r != nil {
			s.rooms[key.Num] = nil
		}
	}
}

// Publish makes a source known, muted.
func Publish(key RoomKey, spec SourceSpec) Command {
	return func(s *Shard) {
		r := s.openRoom(key)
		for int(spec.Num) >= len(r.sources) {
			r.sources = append(r.sources, nil)
		}
		src := &source{fwd: forward.NewSource(spec.ID, spec.Owner.Number, spec.Video), num: spec.Num, home: spec.Home, lane: spec.Lane}
		if spec.Home == s.index {
			if src.peer = s.peers[spec.Owner.Number]; src.peer == nil {
				return
			}
			src.peer.lanes[spec.Lane].source = src
		}
		r.sources[spec.Num] = src
		r.replica.AddSource(src.fwd)
	}
}

// Unpublish forgets a source.
func Unpublish(key RoomKey, num uint16, id uint32) Command {
	return func(s *Shard) {
		r := s.room(key)
		if r == nil {
			return
		}
		src := r.source(num, id)
		if src == nil {
			return
		}
		if src.peer != nil && src.peer.lanes[src.lane].source == src {
			src.peer.lanes[src.lane].source = nil
		}
		r.replica.RemoveSource(src.fwd)
		r.sources[num] = nil
	}
}

// Mute stops or starts the forwarding of a source.
func Mute(key RoomKey, num uint16, id uint32, muted bool) Command {
	return func(s *Shard) {
		if r := s.room(key); r != nil {
			if src := r.source(num, id); src != nil {
				r.replica.SetMuted(src.fwd, muted)
			}
		}
	}
}

// Assign shows a source in a video slot; id 0 empties the slot.
func Assign(key RoomKey, m *Member, slot int, num uint16, id uint32) Command {
	return func(s *Shard) {
		p := s.peers[m.Number]
		if p == nil || p.room == nil || p.room.key != key {
			return
		}
		var fwd *forward.Source
		if src := p.room.source(num, id); id != 0 && src != nil {
			fwd = src.fwd
		}
		p.room.replica.Assign(&p.sink, slot, fwd)
	}
}

// Demand tells a source's home which other shards show it.
func Demand(key RoomKey, num uint16, id uint32, mask uint64) Command {
	return func(s *Shard) {
		if r := s.room(key); r != nil {
			if src := r.source(num, id); src != nil {
				src.want = mask &^ (1 << s.index)
			}
		}
	}
}

// AskKey asks for a key frame of a source.
func AskKey(key RoomKey, num uint16, id uint32) Command {
	return func(s *Shard) {
		if r := s.room(key); r != nil {
			if src := r.source(num, id); src != nil {
				src.fwd.WantKey()
			}
		}
	}
}

// Datagram sends b, a record of the handshake, to a member's selected path. b
// must not change afterwards.
func Datagram(m *Member, b []byte) Command {
	return func(s *Shard) {
		p := s.peers[m.Number]
		if p == nil || p.writer == nil {
			return
		}
		room := p.writer.Reserve(len(b))
		p.writer.Commit(&p.to, copy(room, b))
	}
}

// drop ends a peer's session on this shard and on those that hand it datagrams.
func (s *Shard) drop(p *peer) {
	p.gone = true
	delete(s.peers, p.member.Number)
	p.session.Paths(func(path session.Path) { s.forgetPath(p, path) })
	s.leaveRoom(p)
}

func (s *Shard) leaveRoom(p *peer) {
	r := p.room
	if r == nil {
		return
	}
	p.room = nil
	r.replica.RemoveSink(&p.sink)
	for i, other := range r.peers {
		if other == p {
			r.peers = append(r.peers[:i], r.peers[i+1:]...)
			break
		}
	}
	for i := range p.lanes {
		if src := p.lanes[i].source; src != nil {
			src.peer = nil
			p.lanes[i].source = nil
		}
	}
}
