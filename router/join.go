package router

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"regexp"
	"unicode/utf8"

	"causeway/control/wire"
	"causeway/router/forward"
	"causeway/router/handshake"
	"causeway/router/meeting"
	"causeway/router/sdp"
	"causeway/router/session"
	"causeway/router/shard"
	"causeway/router/srtp"
)

// startBitrate is what browsers are hinted to begin their video with, in kbit/s;
// left alone they begin at 300 and take half a minute to a good picture.
const startBitrate = 800

var extensions = []string{sdp.ExtMID, sdp.ExtAudioLevel, sdp.ExtTransportCC}

// Join takes one participant: it answers the offer, and from then on waits for
// the client's checks. The caller has verified the ticket. Errors are
// *wire.Problem. A meeting begins with its first participant.
func (r *Router) Join(_ context.Context, q *wire.SessionRequest) (*wire.SessionAnswer, error) {
	a, err := r.join(q)
	if err != nil {
		var p *wire.Problem
		if errors.As(err, &p) {
			r.refused(p.Code)
		} else {
			r.refused(wire.CodeInternal)
			r.config.Log.Error("join failed", "meeting", q.Meeting, "error", err)
		}
		return nil, err
	}
	return a, nil
}

func (r *Router) join(q *wire.SessionRequest) (*wire.SessionAnswer, error) {
	if err := validate(q); err != nil {
		return nil, err
	}
	offer, err := sdp.ParseOffer(q.Offer)
	if err != nil {
		return nil, wire.NewProblem(400, wire.CodeOfferInvalid, "%s.", err)
	}
	direct(offer, q.Kind)
	g := &guest{session: meeting.Session(secret(16)), participant: q.Participant}
	local := session.Credentials{Ufrag: secret(4), Pwd: secret(16)}
	text, sections, err := sdp.Answer(offer, r.local(local, q.Kind))
	if err != nil {
		return nil, wire.NewProblem(422, wire.CodeOfferUnacceptable, "%s.", err)
	}
	g.member = newMember(local, offer, sections)
	g.joining = joining(q, g, sections)
	g.shown = make([]meeting.SourceID, len(g.joining.Slots))
	if err := useful(q.Kind, g); err != nil {
		return nil, err
	}
	if err := r.admit(q, g); err != nil {
		return nil, err
	}
	r.start(g, offer)
	return &wire.SessionAnswer{Session: string(g.session), Answer: text}, nil
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func validate(q *wire.SessionRequest) error {
	bad := func(what string) error {
		return wire.NewProblem(400, wire.CodeBadRequest, "The request's %s is missing or not valid.", what)
	}
	switch {
	case !identifier.MatchString(q.Meeting):
		return bad("meeting")
	case !identifier.MatchString(q.Participant.ID):
		return bad("participant id")
	case q.Participant.Name == "" || len(q.Participant.Name) > wire.MaxNameBytes || !utf8.ValidString(q.Participant.Name):
		return bad("participant name")
	case !q.Participant.Role.Valid():
		return bad("role")
	case q.TicketID == "" || len(q.TicketID) > 2*wire.MaxIDBytes:
		return bad("ticket id")
	case q.Kind != wire.KindWeb && q.Kind != wire.KindWHIP && q.Kind != wire.KindWHEP:
		return bad("kind")
	case len(q.Offer) > wire.MaxOfferBytes:
		return wire.NewProblem(413, wire.CodeOfferTooLarge, "An offer has at most %d bytes.", wire.MaxOfferBytes)
	}
	return nil
}

// direct leaves a WHIP session only what the client sends (RFC 9725 §4.2) and a
// WHEP session only what it receives, whatever else was offered.
func direct(o *sdp.Offer, kind wire.Kind) {
	for i := range o.Sections {
		s := &o.Sections[i]
		s.Receives = s.Receives && kind != wire.KindWHIP
		s.Sends = s.Sends && kind != wire.KindWHEP
	}
}

func useful(kind wire.Kind, g *guest) error {
	switch {
	case kind == wire.KindWHIP && len(g.joining.Publishes) == 0:
		return wire.NewProblem(422, wire.CodeOfferUnacceptable, "A WHIP offer has at least one section that sends audio or video; this one has none that can be accepted.")
	case kind == wire.KindWHEP && len(g.joining.Slots) == 0:
		return wire.NewProblem(422, wire.CodeOfferUnacceptable, "A WHEP offer has at least one section that receives audio or video; this one has none that can be accepted.")
	}
	return nil
}

func (r *Router) local(c session.Credentials, kind wire.Kind) sdp.Local {
	l := sdp.Local{
		Ufrag: c.Ufrag, Pwd: c.Pwd, Fingerprint: sdp.Fingerprint(r.identity.Digest()), Candidates: r.advertise,
		SessionID: uint64(random32())<<31 | uint64(random32())>>1, SSRC: random32, Extensions: extensions,
		StartBitrate: startBitrate, MaxMessage: handshake.MaxMessage,
		AllowActive: true, // FFmpeg's WHIP client is a DTLS server
	}
	if kind == wire.KindWHEP { // players show one stream
		l.Stream = "causeway"
	}
	return l
}

// newMember turns what was negotiated into what the shards work with.
func newMember(local session.Credentials, o *sdp.Offer, sections []sdp.Negotiated) *shard.Member {
	m := &shard.Member{Local: local, Remote: o.Ufrag, SSRC: random32()}
	for i := range sections {
		n := &sections[i]
		if p := n.Publish; p != nil {
			m.MID, m.Level, m.TWCC = first(m.MID, p.MID), first(m.Level, p.AudioLevel), first(m.TWCC, p.TransportCC)
			for _, e := range p.Sources {
				m.Streams = append(m.Streams, declared(e.SSRC, len(m.Lanes), false)...)
				m.Streams = append(m.Streams, declared(e.RTX, len(m.Lanes), true)...)
			}
			m.Lanes = append(m.Lanes, newLane(n, p))
		}
		if s := n.Slot; s != nil {
			m.Slots = append(m.Slots, newSlot(n, s))
		}
	}
	return m
}

func first(a, b uint8) uint8 {
	if a != 0 {
		return a
	}
	return b
}

func declared(ssrc uint32, lane int, repair bool) []session.Declared {
	if ssrc == 0 {
		return nil
	}
	return []session.Declared{{SSRC: ssrc, Lane: uint8(lane), Repair: repair}}
}

func newLane(n *sdp.Negotiated, p *sdp.Publish) shard.Lane {
	l := shard.Lane{MID: n.MID, Video: n.Kind == sdp.Video, Clock: clock(n.Kind)}
	for _, c := range p.Codecs {
		l.NACK = l.NACK || c.NACK && l.Video
		l.PLI = l.PLI || c.PLI
	}
	for pt, codec := range p.PT {
		l.Codec[pt] = uint8(codec)
	}
	for pt, primary := range p.Repairs {
		if primary != 0 {
			l.Repair[pt], l.RepairOf[pt] = true, uint8(p.PT[primary])
		}
	}
	return l
}

func newSlot(n *sdp.Negotiated, s *sdp.Slot) forward.Slot {
	slot := forward.NewSlot(s.SSRC, s.RTX, n.Kind == sdp.Video, clock(n.Kind), uint16(random32()), random32())
	for codec := range s.PT {
		slot.PT[codec], slot.RTXPT[codec] = s.PT[codec], s.RTXPT[codec]
	}
	return slot
}

// clock is the RTP clock rate of every codec of a kind that we route, in Hz.
func clock(k sdp.Kind) uint32 {
	if k == sdp.Audio {
		return 48000
	}
	return 90000
}

func joining(q *wire.SessionRequest, g *guest, sections []sdp.Negotiated) meeting.Joining {
	j := meeting.Joining{
		Session:     g.session,
		Participant: meeting.Participant{ID: q.Participant.ID, Name: q.Participant.Name, Host: q.Participant.Role == wire.RoleHost},
		Kind:        map[wire.Kind]meeting.Kind{wire.KindWeb: meeting.Web, wire.KindWHIP: meeting.WHIP, wire.KindWHEP: meeting.WHEP}[q.Kind],
	}
	for i := range sections {
		lane := meeting.Lane{MID: sections[i].MID, Video: sections[i].Kind == sdp.Video}
		if sections[i].Publish != nil {
			j.Publishes = append(j.Publishes, lane)
		}
		if sections[i].Slot != nil {
			j.Slots = append(j.Slots, lane)
		}
	}
	return j
}

// start begins the handshake and makes the member known to the shards. The guest
// is in the meeting as soon as the handshake brings keys, and out of it when the
// handshake closes, as it does by itself if no client ever comes.
func (r *Router) start(g *guest, o *sdp.Offer) {
	c := g.conductor
	client := o.Setup == "passive"
	begun := make(chan struct{})
	g.conn = handshake.Start(handshake.Config{
		Identity: r.identity, RemoteFingerprint: handshake.Fingerprint(o.Fingerprint), Data: g.joining.Kind == meeting.Web,
		Client: client,
	}, handshake.Events{
		Datagram: func(b []byte) {
			if at := g.member.Owner(); at >= 0 {
				r.group.Shard(at).Post(shard.Datagram(g.member, append([]byte(nil), b...)))
			}
		},
		Keys: func(k handshake.Keys) {
			<-begun
			if client { // what we receive is under the server's key, then
				k.ClientKey, k.ServerKey, k.ClientSalt, k.ServerSalt = k.ServerKey, k.ClientKey, k.ServerSalt, k.ClientSalt
			}
			c.post(func(c *conductor) { c.keys(g, k) })
		},
		Channel: func(label string) {
			if label == controlChannel {
				c.post(func(c *conductor) { c.meeting.Channel(r.now(), g.session) })
			}
		},
		Message: func(label string, text bool, b []byte) {
			if label == controlChannel {
				b = append([]byte(nil), b...)
				c.post(func(c *conductor) { c.meeting.Receive(r.now(), g.session, b) })
			}
		},
		Closed: func(err error) {
			<-begun
			c.post(func(c *conductor) { c.gone(g, err) })
		},
	})
	g.member.DTLS = g.conn.Receive
	c.post(func(c *conductor) { c.welcome(g) })
	close(begun)
	r.group.Post(shard.Admit(g.member))
}

// keys makes SRTP contexts of what the handshake agreed on, for a router that is
// the DTLS server: what comes in is under the client's key.
func (c *conductor) keys(g *guest, k handshake.Keys) {
	profile := srtp.Profile(k.Profile)
	opener, err := srtp.NewOpener(profile, k.ClientKey, k.ClientSalt)
	if err != nil {
		c.close(g, err.Error())
		return
	}
	sealer, err := srtp.NewSealer(profile, k.ServerKey, k.ServerSalt)
	if err != nil {
		c.close(g, err.Error())
		return
	}
	c.connect(g, shard.Keys{Opener: opener, Sealer: sealer})
}

func random32() uint32 {
	var b [4]byte
	for {
		rand.Read(b[:])
		if n := binary.BigEndian.Uint32(b[:]); n != 0 {
			return n
		}
	}
}

// secret is n random bytes in hexadecimal, which is at home in URLs and in ICE
// (RFC 8839 §5.4 asks for 24 bits in a user name fragment, 128 in a password).
func secret(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
