package shard

import (
	"causeway/router/forward"
	"causeway/router/rtp"
	"causeway/router/sdp"
)

// route takes a publisher's packet: to this shard's receivers, and one copy to
// each other shard that has receivers for it.
func (s *Shard) route(r *room, src *source, p *forward.Packet) {
	if src.fwd.Muted {
		s.count.NotReady++
		return
	}
	s.describe(p)
	mask := r.others // every shard ranks voices for itself, so audio goes to all
	if src.fwd.Video {
		mask &= src.want
	}
	if mask != 0 {
		s.handOver(r, src, p, mask)
	}
	s.deliver(r, src, p)
}

// describe reads of a payload what forwarding needs to know.
func (s *Shard) describe(p *forward.Packet) {
	switch sdp.CodecID(p.Codec) {
	case sdp.VP8:
		if rtp.ParseVP8(p.Payload, &p.VP8) == nil {
			p.HasVP8, p.KeyFrame = true, p.VP8.KeyFrame
		}
	case sdp.H264Baseline, sdp.H264Main, sdp.H264High:
		p.KeyFrame = rtp.H264KeyFrame(p.Payload)
	case sdp.VP9:
		p.KeyFrame = rtp.VP9KeyFrame(p.Payload)
	case sdp.AV1:
		p.KeyFrame = rtp.AV1KeyFrame(p.Payload)
	}
}

// deliver queues a packet for this shard's receivers until the turn's fan-out.
func (s *Shard) deliver(r *room, src *source, p *forward.Packet) {
	if src.fwd.Full() {
		s.count.Split++
		s.serveRoom(r)
	}
	if !r.replica.Push(s.now, src.fwd, p, s.history) {
		return
	}
	if !r.busy {
		r.busy = true
		s.busy = append(s.busy, r)
	}
}

// fanOut seals and sends the turn's packets, destination by destination, so that
// what one receiver gets lies together and leaves as runs.
func (s *Shard) fanOut() {
	for i, r := range s.busy {
		s.serveRoom(r)
		r.busy = false
		s.busy[i] = nil
	}
	s.busy = s.busy[:0]
	for _, in := range s.in {
		if in != nil {
			in.release()
		}
	}
}

func (s *Shard) serveRoom(r *room) {
	if !s.config.NoGSO {
		r.replica.Even()
	}
	active := r.replica.Active()
	for _, p := range r.peers {
		if p.connected() {
			s.serve(p, active)
		}
	}
	r.replica.Clear()
}

// serve sends one receiver everything of this turn that its slots show.
func (s *Shard) serve(p *peer, active []*forward.Source) {
	for _, src := range active {
		slot := p.sink.SlotOf(src)
		if slot == nil {
			continue
		}
		for i := range src.Pending {
			m := &src.Pending[i]
			if slot.Next(m, s.now, &s.identity) {
				s.seal(p, m.Payload)
			}
		}
	}
}

// seal encrypts one packet, whose new identity is in s.identity, from where it
// lies straight into the egress ring.
func (s *Shard) seal(p *peer, payload []byte) {
	sealer := p.session.Sealer()
	o := &s.identity
	dst := p.writer.Reserve(len(o.Header) + len(payload) + sealer.Profile().Overhead())
	n := sealer.SealRTP(dst, o.Header[:], payload, o.Index)
	p.writer.Commit(&p.to, n)
	s.count.PacketsOut++
	s.count.BytesOut += uint64(len(payload))
}
