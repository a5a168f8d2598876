package shard

import (
	"errors"

	"causeway/router/forward"
	"causeway/router/packet"
	"causeway/router/rtp"
	"causeway/router/session"
	"causeway/router/srtp"
	"causeway/router/stun"
	"causeway/router/udp"
)

// read empties the sockets that are ready, as far as the turn's slab reaches.
// Payloads stay in the slab until the turn has forwarded them.
func (s *Shard) read() {
	s.first++ // so that no socket starves behind a busy one
	for k := range s.ready {
		i := (k + s.first) % len(s.ready)
		for s.ready[i] && s.batch < len(s.batches) {
			b := s.batches[s.batch]
			n, err := s.sockets[i].Read(b)
			if err != nil || n == 0 {
				s.ready[i] = false
				break
			}
			s.batch++
			for d := range n {
				s.receive(uint8(i), b.From(d), b.Datagram(d))
			}
			if !b.Full() {
				s.ready[i] = false
			}
		}
	}
}

// receive demultiplexes one datagram (RFC 7983). b may be changed.
func (s *Shard) receive(socket uint8, from *udp.Addr, b []byte) {
	class := packet.Classify(b)
	switch class {
	case packet.Unknown:
		s.count.Malformed++
		return
	case packet.STUN:
		s.check(socket, from, b)
		return
	}
	e := s.table.find(from, socket)
	if e == nil {
		s.count.Strangers++
		return
	}
	if e.peer == nil {
		s.handOverDatagram(int(e.owner), socket, from, b)
		return
	}
	switch class {
	case packet.DTLS:
		s.count.DTLSIn++
		if !e.peer.member.DTLS(b) {
			s.count.HandshakeFull++
		}
	case packet.RTCP:
		s.control(e.peer, b)
	case packet.RTP:
		s.publish(e.peer, b)
	}
}

// check answers a connectivity check. The first valid one decides which shard
// owns the session; a check that reaches another shard goes to the owner.
func (s *Shard) check(socket uint8, from *udp.Addr, b []byte) {
	m := &s.message
	if stun.Parse(b, m) != nil {
		s.count.Malformed++
		return
	}
	local, _, _ := stun.SplitUsername(m.Username)
	member := s.members[string(local)]
	if member == nil {
		s.count.CheckRefused++
		return
	}
	if owner := member.Owner(); owner >= 0 && owner != s.index {
		s.handOverDatagram(owner, socket, from, b)
		return
	}
	p := s.peers[member.Number]
	fresh := p == nil
	if fresh {
		p = newPeer(s.now, member)
	}
	path := session.Path{Remote: from.AddrPort(), Socket: socket}
	answer, added, evicted, err := p.session.Check(s.now, path, b, m, s.reply[:0])
	if err != nil {
		s.count.CheckRefused++
		if len(answer) > 0 {
			s.send(socket, from, answer)
		}
		return
	}
	if fresh && !s.claim(p, socket, from, b) {
		return
	}
	s.count.Checks++
	if added {
		s.learnPath(p, socket, from, evicted)
	}
	if to, ok := p.session.Selected(); ok {
		p.to, p.writer = udp.AddrFrom(to.Remote), s.writers[to.Socket]
	}
	s.send(socket, from, answer)
}

// claim makes this shard the owner, unless another was first.
func (s *Shard) claim(p *peer, socket uint8, from *udp.Addr, b []byte) bool {
	if !p.member.claim.CompareAndSwap(0, int32(s.index)+1) {
		if owner := p.member.Owner(); owner != s.index {
			s.handOverDatagram(owner, socket, from, b)
			return false
		}
		// Ours before, and dropped since: a late check of a session that is over.
		s.count.CheckRefused++
		return false
	}
	s.peers[p.member.Number] = p
	s.nextTick = min(s.nextTick, s.now+activeTick)
	return true
}

func (s *Shard) send(socket uint8, to *udp.Addr, b []byte) {
	w := s.writers[socket]
	w.Commit(to, copy(w.Reserve(len(b)), b))
}

// publish takes one SRTP packet from a peer.
func (s *Shard) publish(p *peer, b []byte) {
	h := &s.header
	if rtp.Parse(b, h) != nil {
		s.count.Malformed++
		return
	}
	st, n, index, err := p.session.Open(b, h, p.member.MID, p.mids)
	if err != nil {
		s.refuse(err)
		return
	}
	b = b[:n]
	s.lastMedia = s.now
	if p.feedback != nil {
		if v := h.Extension(b, p.member.TWCC); len(v) == 2 {
			p.feedback.Add(uint16(v[0])<<8|uint16(v[1]), s.now)
		}
	}
	payload, err := rtp.Payload(b, h)
	if err != nil || int(st.Lane) >= len(p.lanes) {
		s.count.BadPayload++
		return
	}
	l := &p.lanes[st.Lane]
	repaired := st.Repair || l.Repair[h.PT]
	codec, ts := l.Codec[h.PT], h.TS
	if repaired {
		if len(payload) < 2 || !l.reception.Started() { // padding that probes for bandwidth
			return
		}
		// RFC 4588 §4: the original sequence number comes first.
		index = l.reception.Expand(uint16(payload[0])<<8 | uint16(payload[1]))
		payload = payload[2:]
		codec = l.repairs(h.PT)
	} else if l.primary != h.SSRC {
		l.follow(h.SSRC, index)
	}
	s.count.PacketsIn++
	s.count.BytesIn += uint64(len(payload))
	first, opened := l.reception.Arrive(s.now, index, ts, repaired)
	if opened && !p.urgent {
		p.urgent = true
		s.urgent = append(s.urgent, p)
	}
	if !first {
		s.count.Repeated++
		return
	}
	index += l.shift
	if codec == 0 {
		s.count.BadPayload++
		return
	}
	if len(payload) == 0 || l.source == nil || p.room == nil {
		s.count.NotReady++
		return
	}
	m := &s.media
	*m = forward.Packet{Payload: payload, Index: index, TS: ts, Marker: h.Marker, Codec: codec}
	if !l.Video {
		m.Level = nominalLevel
		if ext := p.member.Level; ext != 0 {
			if level, _, ok := rtp.AudioLevel(h.Extension(b, ext)); ok {
				m.Level = level
			}
		}
	}
	s.route(p.room, l.source, m)
}

// nominalLevel stands for a voice whose publisher sends no levels (RFC 6464).
const nominalLevel = 30

// repairs is the codec that an RTX payload type repairs.
func (l *Lane) repairs(pt uint8) uint8 { return l.RepairOf[pt] }

func (s *Shard) refuse(err error) {
	switch {
	case errors.Is(err, srtp.ErrReplay):
		s.count.Replayed++
	case errors.Is(err, session.ErrNoKeys):
		s.count.NotReady++
	case errors.Is(err, session.ErrUnknown), errors.Is(err, session.ErrStreams):
		s.count.UnknownSSRC++
	case errors.Is(err, srtp.ErrShort):
		s.count.Malformed++
	default:
		s.count.BadTag++
	}
}

// learnPath lets datagrams from a validated address find their peer, on this
// shard and, since the kernel may bring them elsewhere, on all others.
func (s *Shard) learnPath(p *peer, socket uint8, from *udp.Addr, evicted session.Path) {
	s.table.put(from, socket, p, s.index)
	s.spreadPath(recordLearn, socket, from)
	if evicted.Remote.IsValid() {
		s.forgetPath(p, evicted)
	}
}

func (s *Shard) forgetPath(p *peer, path session.Path) {
	addr := udp.AddrFrom(path.Remote)
	s.table.remove(&addr, path.Socket, p, s.index)
	s.spreadPath(recordForget, path.Socket, &addr)
}
