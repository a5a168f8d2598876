package shard

import "causeway/router/rtcp"

// control takes one SRTCP compound from a peer.
func (s *Shard) control(p *peer, b []byte) {
	n, err := p.session.OpenRTCP(b)
	if err != nil {
		s.refuse(err)
		return
	}
	b = b[:n]
	if rtcp.Validate(b) != nil {
		s.count.Malformed++
		return
	}
	s.count.RTCPIn++
	for len(b) > 0 {
		var k rtcp.Packet
		if k, b, err = rtcp.Next(b); err != nil {
			return
		}
		s.heed(p, k)
	}
}

// heed does what one RTCP packet asks for.
func (s *Shard) heed(p *peer, k rtcp.Packet) {
	switch {
	case k.Type == rtcp.TypeSR:
		if sr, ok := rtcp.ParseSR(k); ok {
			if l := p.laneOf(sr.SSRC); l != nil {
				l.reception.SenderReport(s.now, sr.NTP)
			}
		}
	case k.Type == rtcp.TypeRTPFB && k.Count == rtcp.FormatNACK:
		s.resendAll(p, k)
	case k.Type == rtcp.TypePSFB && (k.Count == rtcp.FormatPLI || k.Count == rtcp.FormatFIR):
		s.wantKeys(p, k)
	}
}

// wantKeys passes a receiver's key-frame requests on to what its slots show.
func (s *Shard) wantKeys(p *peer, k rtcp.Packet) {
	if _, media, ok := rtcp.ParsePLI(k); ok {
		p.wantKey(media)
	}
	if fir, ok := rtcp.ParseFIR(k); ok {
		for i := range fir.Len() {
			media, _ := fir.At(i)
			p.wantKey(media)
		}
	}
}

func (p *peer) wantKey(media uint32) {
	if slot := p.sink.BySSRC(media); slot != nil && slot.Source() != nil {
		slot.Source().WantKey()
	}
}

// resendAll answers a NACK from the history, within the peer's budget.
func (s *Shard) resendAll(p *peer, k rtcp.Packet) {
	nack, ok := rtcp.ParseNACK(k)
	if !ok || !p.connected() {
		return
	}
	slot := p.sink.BySSRC(nack.Media)
	if slot == nil {
		return
	}
	for seq, ok := nack.Next(); ok; seq, ok = nack.Next() {
		s.count.NACKed++
		if p.resends <= 0 || !slot.Resend(seq, s.history, s.room2k[:], &s.resend, &s.identity) {
			s.count.NACKedTooLate++
			continue
		}
		p.resends--
		s.count.Resent++
		s.seal(p, s.resend.Payload)
	}
}

// urge asks publishers at once for what this turn found missing.
func (s *Shard) urge() {
	for i, p := range s.urgent {
		p.urgent = false
		s.urgent[i] = nil
		if !p.gone {
			s.nack(p)
		}
	}
	s.urgent = s.urgent[:0]
}

func (s *Shard) nack(p *peer) {
	if p.session.Sealer() == nil {
		return
	}
	for i := range p.lanes {
		l := &p.lanes[i]
		if !l.reception.Waiting() {
			continue
		}
		if n := l.reception.Missing(s.now, s.missing[:]); n > 0 {
			s.count.PacketsAsked += uint64(n)
			s.sendRTCP(p, rtcp.AppendNACK(s.report[:0], p.member.SSRC, l.primary, s.missing[:n]))
		}
	}
}

// sendRTCP seals and sends one compound.
func (s *Shard) sendRTCP(p *peer, b []byte) {
	sealer := p.session.Sealer()
	if sealer == nil || p.writer == nil || len(b) == 0 {
		return
	}
	dst := p.writer.Reserve(len(b) + sealer.Profile().RTCPOverhead())
	p.writer.Commit(&p.to, sealer.SealRTCP(dst, b))
	s.count.RTCPOut++
}

// tick does what is due by time. It comes every activeTick while there is media,
// every idleTick otherwise, and not at all on a shard without sessions.
func (s *Shard) tick() {
	s.retell()
	if s.now < s.nextTick || len(s.peers) == 0 {
		return
	}
	s.nextTick = s.now + activeTick
	if s.now-s.lastMedia > mediaIdle {
		s.nextTick = s.now + idleTick
	}
	for _, p := range s.peers {
		s.tickPeer(p)
	}
	for _, r := range s.rooms {
		if r != nil {
			s.tickRoom(r)
		}
	}
}

func (s *Shard) tickPeer(p *peer) {
	if p.session.Expired(s.now) {
		if !p.gone {
			p.gone = true
			s.tell(Event{Kind: Silent, Member: p.member})
		}
		return
	}
	if p.room == nil {
		return
	}
	p.resends = resendBudget
	s.nack(p)
	if p.feedback != nil && s.now >= p.probeAt && p.feedback.Pending() > 0 {
		p.probeAt = s.now + feedbackEvery
		s.sendRTCP(p, p.feedback.Append(s.report[:0], p.member.SSRC, p.lanes[0].primary))
	}
	if s.now >= p.reportAt {
		p.reportAt = s.now + reportEvery
		s.reportTo(p)
	}
}

// tickRoom passes on key-frame requests and says who is heard.
func (s *Shard) tickRoom(r *room) {
	for _, src := range r.sources {
		if src == nil || !src.fwd.Video || !src.fwd.TakeKey(s.now) {
			continue
		}
		if src.home != s.index {
			s.askHome(r, src)
		} else if src.peer != nil {
			s.askKey(src.peer, &src.peer.lanes[src.lane])
		}
	}
	if s.now < r.voiceAt {
		return
	}
	r.voiceAt = s.now + voicesEvery
	e := Event{Kind: Voices, Room: r.key}
	for _, v := range r.replica.Talking() {
		if e.N < MaxVoices && s.now-v.Voiced() < voiceLasts && v.Voiced() != 0 {
			e.Voices[e.N] = Voice{Source: v.ID, Loudness: v.Mean()}
			e.N++
		}
	}
	if e.N > 0 || r.voiced {
		r.voiced = e.N > 0
		s.tell(e)
	}
}

const (
	voicesEvery = int64(100e6)
	voiceLasts  = int64(700e6)
)

func (s *Shard) askKey(p *peer, l *lane) {
	if l.primary == 0 || p.session.Sealer() == nil {
		return
	}
	s.count.KeyFramesAsked++
	if l.PLI {
		s.sendRTCP(p, rtcp.AppendPLI(s.report[:0], p.member.SSRC, l.primary))
		return
	}
	l.firSeq++
	s.sendRTCP(p, rtcp.AppendFIR(s.report[:0], p.member.SSRC, l.primary, l.firSeq))
}

// reportTo sends receiver reports for what the peer publishes and sender reports
// for the slots that moved (RFC 3550 §6.4).
func (s *Shard) reportTo(p *peer) {
	b := s.report[:0]
	blocks, n := &s.blocks, 0
	for i := range p.lanes {
		if l := &p.lanes[i]; l.reception.Started() && n < len(blocks) {
			v := l.reception.Report(s.now)
			blocks[n] = rtcp.ReportBlock{
				SSRC: l.primary, FractionLost: v.Fraction, Lost: v.Lost, Highest: v.Highest,
				Jitter: v.Jitter, LSR: v.LastSR, DLSR: v.Delay,
			}
			n++
		}
	}
	if n > 0 {
		b = rtcp.AppendRR(b, p.member.SSRC, blocks[:n])
	}
	ntp := s.ntp()
	for i := range p.sink.Slots {
		slot := &p.sink.Slots[i]
		if !slot.Moved() {
			continue
		}
		b = rtcp.AppendSR(b, rtcp.SenderReport{SSRC: slot.SSRC, NTP: ntp, RTP: slot.Timestamp(s.now), Packets: slot.Packets, Octets: slot.Octets}, nil)
		if len(b) > maxCompound {
			s.sendRTCP(p, b)
			b = s.report[:0]
		}
	}
	s.sendRTCP(p, b)
}

const maxCompound = 1000 // bytes, so that a report fits any path

// ntp is the turn's instant as a 64-bit NTP timestamp (RFC 3550 §4).
func (s *Shard) ntp() uint64 {
	ns := uint64(s.wall + s.now)
	sec := ns/1e9 + 2_208_988_800
	return sec<<32 | (ns%1e9)<<32/1e9
}
