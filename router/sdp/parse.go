package sdp

import (
	"slices"
	"strings"
)

// parser reads an offer line by line. What stands above the first m= line
// holds for all sections that do not say otherwise.
type parser struct {
	offer      Offer
	section    *Section // the one being read, nil above the first
	session    transport
	sends      bool // the session's direction
	receives   bool
	extensions []Extension // the session's
	lite       bool
	line       int
	uris       [maxExtension + 1]string // what each extension id means in the bundle
	ssrcs      map[uint32]bool          // declared in sections that send
}

// ParseOffer reads and checks an offer. The error is an *Error. Lines end in
// CRLF or LF; attributes that we do not know are ignored.
func ParseOffer(text string) (*Offer, error) {
	if len(text) > MaxOffer {
		return nil, refuse(0, "an offer has at most %d bytes, not %d", MaxOffer, len(text))
	}
	p := &parser{sends: true, receives: true, ssrcs: map[uint32]bool{}}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\r\n"), "\n") {
		p.line++
		if err := p.read(strings.TrimSuffix(line, "\r")); err != nil {
			return nil, err
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return &p.offer, nil
}

// read takes one line.
func (p *parser) read(line string) *Error {
	switch {
	case len(line) > maxLine:
		return refuse(p.line, "a line has at most %d bytes", maxLine)
	case strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return refuse(p.line, "a line contains a control character")
	case p.line == 1:
		if line != "v=0" {
			return refuse(1, "an SDP begins with v=0")
		}
		return nil
	case len(line) < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z':
		return refuse(p.line, "a line is a letter, an equals sign and a value")
	case line[0] == 'm':
		return p.media(line[2:])
	case line[0] != 'a':
		return nil
	}
	key, value, _ := strings.Cut(line[2:], ":")
	switch err, known := p.common(key, value); {
	case err != nil:
		return err
	case known:
		return nil
	case p.section == nil:
		return p.sessionAttribute(key, value)
	default:
		return p.sectionAttribute(key, value)
	}
}

// What an m= line may say, so that it can be said again in a rejection: the
// media of RFC 8866 section 5.14 and the words of registered protocols.
var (
	media     = []string{"audio", "video", "text", "application", "message"}
	protocols = []string{"UDP", "TCP", "TLS", "DTLS", "RTP", "AVP", "AVPF", "SAVP", "SAVPF", "SCTP", "MSRP", "BFCP"}
)

// media begins a section: "audio 9 UDP/TLS/RTP/SAVPF 111 63".
func (p *parser) media(value string) *Error {
	if len(p.offer.Sections) == MaxSections {
		return refuse(p.line, "an offer has at most %d sections", MaxSections)
	}
	f := strings.Fields(value)
	if len(f) < 4 || !token(f[3], 32) {
		return refuse(p.line, "an m= line is a medium, a port, a protocol and formats")
	}
	if !slices.Contains(media, f[0]) {
		return refuse(p.line, "a medium is one of audio, video, text, application and message (RFC 8866)")
	}
	for word := range strings.SplitSeq(f[2], "/") {
		if !slices.Contains(protocols, word) || len(f[2]) > 32 {
			return refuse(p.line, "the m= line's protocol is unknown")
		}
	}
	port, _, _ := strings.Cut(f[1], "/")
	n, ok := number(port, 65535)
	if !ok {
		return refuse(p.line, "a port is a number from 0 to 65535")
	}
	s := Section{
		line: p.line, media: f[0], proto: f[2], format: f[3],
		Kind: kindOf(f[0], f[2], f[3:]), Rejected: n == 0,
		Sends: p.sends, Receives: p.receives,
		Extensions: slices.Clone(p.extensions),
	}
	if s.Kind == Audio || s.Kind == Video {
		if len(f)-3 > maxFormats {
			return refuse(p.line, "a section has at most %d payload types", maxFormats)
		}
		for _, text := range f[3:] {
			pt, ok := number(text, 127)
			if !ok {
				return refuse(p.line, "a payload type is a number from 0 to 127")
			}
			if s.payload(uint8(pt)) == nil {
				s.formats = append(s.formats, format{pt: uint8(pt)})
			}
		}
	}
	if s.Kind == Application {
		s.SCTPPort, s.MaxMessage = 0, 65536 // RFC 8841 section 6.1
	}
	p.offer.Sections = append(p.offer.Sections, s)
	p.section = &p.offer.Sections[len(p.offer.Sections)-1]
	return nil
}

// kindOf tells what we may serve: RTP with feedback over DTLS, and data
// channels in today's form.
func kindOf(media, proto string, formats []string) Kind {
	rtp := slices.Contains([]string{"UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "RTP/SAVPF", "UDP/TLS/RTP/SAVP"}, proto)
	sctp := slices.Contains([]string{"UDP/DTLS/SCTP", "TCP/DTLS/SCTP"}, proto)
	switch {
	case media == "audio" && rtp:
		return Audio
	case media == "video" && rtp:
		return Video
	case media == "application" && sctp && formats[0] == "webrtc-datachannel":
		return Application
	}
	return Other
}

func (s *Section) payload(pt uint8) *format {
	for i := range s.formats {
		if s.formats[i].pt == pt {
			return &s.formats[i]
		}
	}
	return nil
}

// finish checks the offer as a whole.
func (p *parser) finish() *Error {
	o := &p.offer
	if len(o.Sections) == 0 {
		return refuse(0, "the offer has no media section")
	}
	if p.lite {
		return refuse(0, "the offer is ICE-lite (a=ice-lite), and so are we: nobody would check the path")
	}
	mids := map[string]bool{}
	live := 0
	for i := range o.Sections {
		s := &o.Sections[i]
		s.Rejected = s.Rejected && !s.bundleOnly
		if s.MID != "" {
			if mids[s.MID] {
				return refuse(s.line, "two sections have the mid %s", s.MID)
			}
			mids[s.MID] = true
		}
		s.codecs()
		s.sources()
		if s.Rejected {
			continue
		}
		live++
		if err := p.check(s); err != nil {
			return err
		}
	}
	if live == 0 {
		return refuse(0, "every section of the offer has port 0")
	}
	return p.bundle(live)
}

// check looks at one live section by itself.
func (p *parser) check(s *Section) *Error {
	if s.MID == "" {
		return refuse(s.line, "the section has no a=mid")
	}
	if s.Kind == Other {
		return nil
	}
	s.own = s.own.or(p.session)
	switch {
	case s.own.ufrag == "" || s.own.pwd == "":
		return refuse(s.line, "the section has no ICE credentials (a=ice-ufrag and a=ice-pwd)")
	case s.own.fingerprint.Algorithm == "":
		return refuse(s.line, "the section has no DTLS fingerprint (a=fingerprint with sha-256, sha-384 or sha-512)")
	case s.own.setup == "":
		return refuse(s.line, "the section has no a=setup; offer actpass")
	case s.Kind == Application && s.SCTPPort == 0:
		return refuse(s.line, "the section has no a=sctp-port")
	case s.Kind != Application && !s.rtcpMux:
		return refuse(s.line, "the section has no a=rtcp-mux; RTCP travels with RTP here")
	}
	return p.unique(s)
}

// unique holds together what one transport needs unambiguous: one extension
// id, one meaning (RFC 8843 section 9.1); one SSRC, one section.
func (p *parser) unique(s *Section) *Error {
	for _, e := range s.Extensions {
		if u := p.uris[e.ID]; u != "" && u != e.URI {
			return refuse(s.line, "header extension %d means two things in one bundle", e.ID)
		}
		p.uris[e.ID] = e.URI
	}
	if !s.Sends {
		return nil
	}
	for _, ssrc := range s.ssrcs {
		if p.ssrcs[ssrc] {
			return refuse(s.line, "SSRC %d is declared in two sections", ssrc)
		}
		p.ssrcs[ssrc] = true
	}
	if len(p.ssrcs) > MaxSSRCs {
		return refuse(s.line, "a client declares at most %d SSRCs", MaxSSRCs)
	}
	return nil
}

// bundle checks that one transport serves all live sections, and finds it.
func (p *parser) bundle(live int) *Error {
	o := &p.offer
	first := -1
	for i := range o.Sections {
		s := &o.Sections[i]
		if s.Rejected {
			continue
		}
		if o.Bundle == nil && live == 1 {
			first = i
			continue
		}
		at := slices.Index(o.Bundle, s.MID)
		if at < 0 {
			return refuse(s.line, "the section is not in a=group:BUNDLE; all must share one transport")
		}
		if s.Kind != Other && (first < 0 || at < slices.Index(o.Bundle, o.Sections[first].MID)) {
			first = i
		}
	}
	if first < 0 {
		return nil // nothing that we can serve: Answer says so
	}
	t := o.Sections[first].own
	o.Ufrag, o.Pwd, o.Fingerprint, o.Setup = t.ufrag, t.pwd, t.fingerprint, t.setup
	return nil
}
