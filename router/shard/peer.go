package shard

import (
	"causeway/router/forward"
	"causeway/router/rtcp"
	"causeway/router/session"
	"causeway/router/udp"
)

// peer is a member whose session this shard owns.
type peer struct {
	member  *Member
	session *session.Session
	room    *room // nil until connected
	sink    forward.Sink
	lanes   []lane
	mids    []string

	to     udp.Addr // the selected path
	writer *udp.Writer

	feedback *rtcp.FeedbackBuilder // transport-wide, for what the peer publishes; nil: not agreed on
	resends  int                   // left until the next tick
	reportAt int64                 // next receiver and sender reports
	probeAt  int64                 // next transport-wide feedback
	urgent   bool                  // in the shard's list of peers with fresh gaps
	gone     bool
}

// lane is what a member publishes in one section.
type lane struct {
	*Lane
	primary   uint32 // the SSRC that carries it now
	shift     uint64 // from that SSRC's indices to those that are forwarded
	reception forward.Reception
	source    *source // nil: nothing published
	firSeq    uint8
}

// follow takes the lane on under another SSRC. Forwarded indices go on where the
// old ones ended, since none may ever be used twice.
func (l *lane) follow(ssrc uint32, index uint64) {
	if l.reception.Started() {
		l.shift += l.reception.Highest() + 1 - index
		l.reception.Restart()
	}
	l.primary = ssrc
}

const (
	resendBudget  = 150        // packets per tick and peer
	reportEvery   = int64(1e9) // RFC 3550 §6.2 asks for no more than every 5 s reduced; browsers use 1 s
	feedbackEvery = int64(80e6)
)

func newPeer(now int64, m *Member) *peer {
	p := &peer{
		member:  m,
		session: session.New(now, m.Local, m.Remote, m.Streams),
		lanes:   make([]lane, len(m.Lanes)),
		mids:    make([]string, len(m.Lanes)),
	}
	for i := range m.Lanes {
		l := &m.Lanes[i]
		p.lanes[i] = lane{Lane: l, reception: forward.NewReception(l.Clock, l.NACK)}
		p.mids[i] = l.MID
	}
	if m.TWCC != 0 {
		p.feedback = new(rtcp.FeedbackBuilder)
	}
	p.sink = forward.Sink{Self: m.Number, Slots: m.Slots}
	return p
}

// laneOf finds the lane that an SSRC publishes in, by its primary stream.
func (p *peer) laneOf(ssrc uint32) *lane {
	for i := range p.lanes {
		if p.lanes[i].primary == ssrc && ssrc != 0 {
			return &p.lanes[i]
		}
	}
	return nil
}

// connected reports whether the peer can be sent media.
func (p *peer) connected() bool { return p.room != nil && p.writer != nil && p.session.Sealer() != nil }
