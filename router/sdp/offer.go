package sdp

import "strings"

// Bounds on an offer; what exceeds them is refused.
const (
	MaxOffer     = 256 << 10 // bytes
	MaxSections  = 128       // media sections
	MaxSSRCs     = 64        // declared in sections that the client sends on, all together
	maxLine      = 8 << 10   // bytes of one line
	maxFormats   = 64        // payload types of a section
	maxMID       = 32        // bytes
	maxRID       = 16        // bytes, what a one-byte header extension holds
	maxRIDs      = 8         // of a section
	maxExtension = 14        // greatest id of the one-byte form (RFC 8285 section 4.2)
)

// The header extensions that Local.Extensions can ask for.
const (
	ExtMID         = "urn:ietf:params:rtp-hdrext:sdes:mid"
	ExtAudioLevel  = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	ExtTransportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	ExtRID         = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
	ExtRepairedRID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
)

// Kind is what a section carries.
type Kind uint8

// The kinds. A section of kind Other is always refused.
const (
	Audio Kind = iota + 1
	Video
	Application // data channels (RFC 8841)
	Other
)

// String is the kind's name in an m= line; "other" for Other.
func (k Kind) String() string {
	switch k {
	case Audio:
		return "audio"
	case Video:
		return "video"
	case Application:
		return "application"
	}
	return "other"
}

// Offer is a client's offer, checked.
type Offer struct {
	// Ufrag, Pwd, Fingerprint and Setup ("actpass", "active" or "passive") are
	// the ones that count for the whole bundle: those of its first live section
	// (RFC 8843 section 7.2).
	Ufrag, Pwd  string
	Fingerprint Fingerprint
	Setup       string
	Sections    []Section // in the offer's order
	Bundle      []string  // the mids of a=group:BUNDLE, in its order; nil if there is none
}

// Section is one media section of an offer. Directions are the client's.
type Section struct {
	MID             string
	Kind            Kind
	Sends, Receives bool // a=sendrecv, sendonly, recvonly, inactive
	Rejected        bool // offered with port 0 and not bundle-only
	// Codecs are those that we know, in the client's order of preference.
	Codecs     []Codec
	Extensions []Extension
	// Sources are the encodings that the client declares if it Sends: one per
	// SSRC that is no repair stream, then one per rid, in declared order. SDP
	// does not say which rid has which SSRC.
	Sources       []Encoding
	Stream, Track string // a=msid
	SCTPPort      int    // Application only
	MaxMessage    int    // Application only, bytes; 0 is no limit (RFC 8841 section 6)

	line       int
	media      string // the m= line's first word
	proto      string // its third, known words and slashes
	format     string // its fourth, a token
	reduced    bool   // a=rtcp-rsize
	bundleOnly bool
	rtcpMux    bool
	own        transport
	formats    []format
	groups     []group
	ssrcs      []uint32
	rids       []string
}

// Codec is an offered codec that we know.
type Codec struct {
	ID        CodecID
	PT, RTX   uint8 // payload types; RTX is 0 if no retransmissions are offered (RFC 4588)
	ClockRate uint32
	Channels  uint8  // 0 if rtpmap names none
	Fmtp      string // as offered
	// What a=rtcp-fb offers (RFC 4585, RFC 5104).
	NACK, PLI, FIR, REMB, TransportCC bool
}

// Extension is an offered RTP header extension (RFC 8285).
type Extension struct {
	ID  uint8 // 1-14
	URI string

	sendOnly bool // offered as id/sendonly
}

// Encoding is one encoding that a client sends: known by its SSRC, with RTX
// being its repair stream's or 0, or by its rid (RFC 8852).
type Encoding struct {
	SSRC, RTX uint32
	RID       string
}

// transport is what may stand in a section or above all of them.
type transport struct {
	ufrag, pwd  string
	fingerprint Fingerprint
	setup       string
}

// or fills what t lacks from the session's level.
func (t transport) or(session transport) transport {
	if t.ufrag == "" && t.pwd == "" {
		t.ufrag, t.pwd = session.ufrag, session.pwd
	}
	if t.fingerprint.Algorithm == "" {
		t.fingerprint = session.fingerprint
	}
	if t.setup == "" {
		t.setup = session.setup
	}
	return t
}

// is reports whether t is the offer's transport.
func (t transport) is(o *Offer) bool {
	return t.ufrag == o.Ufrag && t.pwd == o.Pwd && t.fingerprint.equal(o.Fingerprint) && t.setup == o.Setup
}

// format is a payload type of an m= line with the attributes that name it.
type format struct {
	pt       uint8
	name     string
	clock    uint32
	channels uint8
	fmtp     string
	feedback feedback
}

// feedback is the set of a=rtcp-fb lines that we know.
type feedback uint8

const (
	fbNACK feedback = 1 << iota
	fbPLI
	fbFIR
	fbREMB
	fbTransportCC
)

// group is an a=ssrc-group with two members: the second serves the first.
type group struct {
	repair        bool // FID; false is FEC-FR, which we drop
	first, second uint32
}

// codecs makes the section's codecs of its formats.
func (s *Section) codecs() {
	for i := range s.formats {
		f := &s.formats[i]
		id := identify(f.name, f.clock, f.channels, f.fmtp)
		if id == 0 || id.Kind() != s.Kind {
			continue
		}
		s.Codecs = append(s.Codecs, Codec{
			ID: id, PT: f.pt, RTX: s.repairs(f.pt, f.clock),
			ClockRate: f.clock, Channels: f.channels, Fmtp: f.fmtp,
			NACK: f.feedback&fbNACK != 0, PLI: f.feedback&fbPLI != 0, FIR: f.feedback&fbFIR != 0,
			REMB: f.feedback&fbREMB != 0, TransportCC: f.feedback&fbTransportCC != 0,
		})
	}
}

// repairs finds the RTX payload type for pt: the first whose apt names it.
func (s *Section) repairs(pt uint8, clock uint32) uint8 {
	for i := range s.formats {
		f := &s.formats[i]
		if strings.EqualFold(f.name, "rtx") && f.clock == clock {
			if apt, ok := number(parameter(f.fmtp, "apt"), 127); ok && uint8(apt) == pt && f.pt != pt {
				return f.pt
			}
		}
	}
	return 0
}

// sources makes the section's encodings of its SSRCs, groups and rids.
func (s *Section) sources() {
	if !s.Sends {
		return
	}
	serving := map[uint32]bool{}
	repair := map[uint32]uint32{}
	for _, g := range s.groups {
		serving[g.second] = true
		if g.repair {
			repair[g.first] = g.second
		}
	}
	for _, ssrc := range s.ssrcs {
		if !serving[ssrc] {
			s.Sources = append(s.Sources, Encoding{SSRC: ssrc, RTX: repair[ssrc]})
		}
	}
	for _, rid := range s.rids {
		s.Sources = append(s.Sources, Encoding{RID: rid})
	}
}
