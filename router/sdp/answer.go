package sdp

import (
	"net/netip"
	"slices"
)

// Local is our side of an answer.
type Local struct {
	// Ufrag and Pwd are our ICE credentials (RFC 8839 section 5.4). Required.
	Ufrag, Pwd string
	// Fingerprint is our DTLS certificate's. Required.
	Fingerprint Fingerprint
	// Candidates are our UDP addresses, best first. At least one.
	Candidates []netip.AddrPort
	// SessionID is the o= line's number; the top bit is not used.
	SessionID uint64
	// SSRC returns SSRCs for slots, random ones; those that are taken are asked
	// for again. Required if the offer has receiving sections.
	SSRC func() uint32
	// Codecs are what we route, best first. If nil, DefaultCodecs.
	Codecs []CodecID
	// Extensions are the URIs that we use, of the Ext constants. ExtTransportCC,
	// ExtRID and ExtRepairedRID are agreed on in publishing sections only, and
	// transport-cc feedback only together with its extension.
	Extensions []string
	// StartBitrate hints browsers where to begin, in kbit/s, in VP8 and H.264
	// that they publish. If zero, no hint.
	StartBitrate int
	// Simulcast accepts up to three rids of a publishing section, if ExtRID is
	// agreed on. Without it a client sends one encoding.
	Simulcast bool
	// AllowActive takes offers of a=setup:passive: the answer is then active,
	// and we must be the DTLS client. Without it they are refused.
	AllowActive bool
	// Stream is the msid stream that all slots belong to. If empty, each slot
	// is a stream of its own, so that browsers do not synchronise strangers.
	Stream string
	// MaxMessage is the longest data channel message we take, in bytes. If
	// zero, 65,536.
	MaxMessage int
}

// Negotiated is what became of one section of the offer.
type Negotiated struct {
	MID     string
	Kind    Kind
	Refused string   // why the section is rejected; empty if it is not
	Publish *Publish // the client sends here; nil if not
	Slot    *Slot    // the client receives here; nil if not
	Data    bool     // data channels

	codecs []Codec // accepted, whatever the direction
}

// Publish is a section that the client sends on.
type Publish struct {
	// Codecs are the accepted ones, in the answer's order.
	Codecs []Codec
	// PT tells the codec of a payload type, 0 if it is not accepted; Repairs the
	// payload type that an RTX payload type repairs, 0 if it is no RTX.
	PT      [128]CodecID
	Repairs [128]uint8
	// The agreed header extension ids; 0 if not agreed on.
	MID, AudioLevel, TransportCC, RID, RepairedRID uint8
	// Sources are the encodings that the client declares; see Section. RIDs are
	// there only if simulcast was accepted.
	Sources []Encoding
}

// Slot is a section that the client receives on.
type Slot struct {
	SSRC, RTX uint32 // ours, as the answer declares them; RTX is 0 without repair
	// PT and RTXPT are the payload types to send each codec with; 0 if the
	// client cannot take it.
	PT, RTXPT [NumCodecs]uint8
	// Codecs are the accepted ones, with the feedback that the client will send.
	Codecs []Codec
	// The agreed header extension ids; 0 if not agreed on.
	MID, AudioLevel uint8
}

// answering is the work on one answer.
type answering struct {
	offer    *Offer
	local    Local
	ssrcs    map[uint32]bool
	sections []Negotiated
	tag      int // the section whose transport is the bundle's; -1 if none yet
	data     bool
}

// Answer accepts what we can serve of an offer and rejects the rest, section by
// section; sections are in the offer's order. If nothing can be served, the
// error is an *Error that says what we can.
func Answer(o *Offer, l Local) (text string, sections []Negotiated, err error) {
	a := &answering{offer: o, local: l, ssrcs: map[uint32]bool{}, tag: -1}
	if err := a.local.complete(); err != nil {
		return "", nil, err
	}
	for i := range o.Sections {
		for _, ssrc := range o.Sections[i].ssrcs {
			a.ssrcs[ssrc] = true
		}
	}
	if o.Setup == "passive" && !l.AllowActive {
		return "", nil, refuse(0, "the offer is a=setup:passive and so are we; offer actpass or active")
	}
	for i := range o.Sections {
		n, err := a.negotiate(&o.Sections[i])
		if err != nil {
			return "", nil, err
		}
		a.sections = append(a.sections, n)
	}
	if err := a.elect(); err != nil {
		return "", nil, err
	}
	return a.write(), a.sections, nil
}

// complete fills defaults and checks what only a program can get wrong.
func (l *Local) complete() *Error {
	if l.Codecs == nil {
		l.Codecs = DefaultCodecs
	}
	if l.MaxMessage == 0 {
		l.MaxMessage = 65536
	}
	switch {
	case !chars(l.Ufrag, 4, 256, "+/") || !chars(l.Pwd, 22, 256, "+/"):
		return refuse(0, "our ICE credentials are malformed")
	case l.Fingerprint.Algorithm == "":
		return refuse(0, "we have no DTLS fingerprint")
	case len(l.Candidates) == 0:
		return refuse(0, "we have no address to offer")
	case l.Stream != "" && !token(l.Stream, 64):
		return refuse(0, "our stream's name is no token")
	}
	for _, c := range l.Candidates {
		if !c.IsValid() || c.Addr().Zone() != "" {
			return refuse(0, "an address of ours is invalid")
		}
	}
	for _, c := range l.Codecs {
		if c.Kind() == 0 {
			return refuse(0, "a codec of ours is unknown")
		}
	}
	return nil
}

// elect chooses the tagged section: the first in the bundle that we accept
// (RFC 8843 section 7.3.1). The client's transport is the one it stands for.
func (a *answering) elect() *Error {
	o := a.offer
	order := func(i int) int {
		if o.Bundle == nil {
			return i
		}
		return slices.Index(o.Bundle, o.Sections[i].MID)
	}
	for i, n := range a.sections {
		if n.Refused == "" && (a.tag < 0 || order(i) < order(a.tag)) {
			a.tag = i
		}
	}
	if a.tag < 0 {
		return refuse(0, "no section of the offer can be served: it takes audio with opus, video with one of VP8, H264 (packetization-mode 1), VP9 (profile 0) and AV1 (profile 0), or UDP/DTLS/SCTP webrtc-datachannel")
	}
	if s := &o.Sections[a.tag]; !s.own.is(o) {
		return refuse(s.line, "the sections of the bundle before this one cannot be served, and it has a transport of its own; offer with max-bundle")
	}
	return nil
}
