package sdp

import (
	"slices"
	"strings"
)

// common takes the attributes that may stand in a section or above all. known
// is false if this is none of them.
func (p *parser) common(key, value string) (err *Error, known bool) {
	t := &p.session
	sends, receives, extensions := &p.sends, &p.receives, &p.extensions
	if s := p.section; s != nil {
		t, sends, receives, extensions = &s.own, &s.Sends, &s.Receives, &s.Extensions
	}
	switch key {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		*sends = key == "sendrecv" || key == "sendonly"
		*receives = key == "sendrecv" || key == "recvonly"
	case "ice-ufrag":
		if !chars(value, 4, 256, "+/") {
			return refuse(p.line, "an ice-ufrag has 4 to 256 letters, digits, + and / (RFC 8839)"), true
		}
		t.ufrag = value
	case "ice-pwd":
		if !chars(value, 22, 256, "+/") {
			return refuse(p.line, "an ice-pwd has 22 to 256 letters, digits, + and / (RFC 8839)"), true
		}
		t.pwd = value
	case "ice-lite":
		p.lite = true
	case "fingerprint":
		// Several may stand here for one certificate (RFC 8122 section 5): the
		// first that we can compare with is enough.
		if f, err := ParseFingerprint(value); err == nil && t.fingerprint.Algorithm == "" {
			t.fingerprint = f
		}
	case "setup":
		if value != "actpass" && value != "active" && value != "passive" {
			return refuse(p.line, "a=setup is actpass, active or passive in an offer"), true
		}
		t.setup = value
	case "extmap":
		return p.extension(value, extensions), true
	default:
		return nil, false
	}
	return nil, true
}

// extension takes "4 urn:…". Ids outside the one-byte form are ignored, and so
// are extensions with a direction of their own, except "8/sendonly", Firefox's
// way with rids.
func (p *parser) extension(value string, to *[]Extension) *Error {
	f := strings.Fields(value)
	if len(f) < 2 {
		return refuse(p.line, "a=extmap is an id and a URI")
	}
	text, direction, _ := strings.Cut(f[0], "/")
	id, ok := number(text, maxExtension)
	if !ok || id == 0 || direction != "" && direction != "sendonly" {
		return nil
	}
	for _, e := range *to {
		if e.ID == uint8(id) && e.URI != f[1] {
			return refuse(p.line, "header extension %d means two things", id)
		}
		if e.URI == f[1] {
			return nil
		}
	}
	*to = append(*to, Extension{uint8(id), f[1], direction != ""})
	return nil
}

func (p *parser) sessionAttribute(key, value string) *Error {
	if key != "group" {
		return nil
	}
	f := strings.Fields(value)
	if len(f) < 2 || f[0] != "BUNDLE" {
		return nil
	}
	if p.offer.Bundle != nil {
		return refuse(p.line, "there are two BUNDLE groups; all sections must share one transport")
	}
	if len(f)-1 > MaxSections {
		return refuse(p.line, "a BUNDLE group has at most %d members", MaxSections)
	}
	for i, mid := range f[1:] {
		if !token(mid, maxMID) || slices.Contains(f[1:1+i], mid) {
			return refuse(p.line, "a BUNDLE group's members are distinct tokens of at most %d bytes", maxMID)
		}
	}
	p.offer.Bundle = f[1:]
	return nil
}

func (p *parser) sectionAttribute(key, value string) *Error {
	s := p.section
	switch key {
	case "mid":
		if !token(value, maxMID) || s.MID != "" {
			return refuse(p.line, "a section has one a=mid, a token of at most %d bytes", maxMID)
		}
		s.MID = value
	case "rtcp-mux", "rtcp-mux-only":
		s.rtcpMux = true
	case "rtcp-rsize":
		s.reduced = true
	case "bundle-only":
		s.bundleOnly = true
	case "rtpmap":
		return p.rtpmap(value)
	case "fmtp":
		pt, parameters, _ := strings.Cut(value, " ")
		if f := s.named(pt); f != nil {
			f.fmtp = parameters
		}
	case "rtcp-fb":
		p.feedback(value)
	case "ssrc":
		id, _, _ := strings.Cut(value, " ")
		return p.ssrc(id)
	case "ssrc-group":
		return p.group(value)
	case "msid":
		if f := strings.Fields(value); len(f) > 0 {
			s.Stream = f[0]
			if len(f) > 1 {
				s.Track = f[1]
			}
		}
	case "rid":
		if f := strings.Fields(value); len(f) > 1 && f[1] == "send" {
			return p.rid(f[0])
		}
	case "sctp-port":
		n, ok := number(value, 65535)
		if !ok || n == 0 {
			return refuse(p.line, "a=sctp-port is a number from 1 to 65535")
		}
		s.SCTPPort = int(n)
	case "max-message-size":
		n, ok := number(value, 1<<62)
		if !ok {
			return refuse(p.line, "a=max-message-size is a number of bytes")
		}
		s.MaxMessage = int(n)
	}
	return nil
}

// named finds the format of a payload type in text; nil if the m= line has
// none such, which the attribute then does not concern.
func (s *Section) named(pt string) *format {
	n, ok := number(pt, 127)
	if !ok {
		return nil
	}
	return s.payload(uint8(n))
}

// rtpmap takes "111 opus/48000/2".
func (p *parser) rtpmap(value string) *Error {
	pt, encoding, _ := strings.Cut(value, " ")
	f := p.section.named(pt)
	if f == nil {
		return nil
	}
	parts := strings.Split(strings.TrimSpace(encoding), "/")
	if len(parts) < 2 || len(parts) > 3 || !token(parts[0], 32) {
		return refuse(p.line, "a=rtpmap is a payload type, a name and a clock rate")
	}
	clock, ok := number(parts[1], 1<<32-1)
	if !ok {
		return refuse(p.line, "a clock rate is a number")
	}
	f.name, f.clock, f.channels = parts[0], uint32(clock), 0
	if len(parts) == 3 {
		channels, ok := number(parts[2], 255)
		if !ok {
			return refuse(p.line, "the number of channels is a number")
		}
		f.channels = uint8(channels)
	}
	return nil
}

// feedback takes "96 nack pli"; "*" is every payload type.
func (p *parser) feedback(value string) {
	pt, kind, _ := strings.Cut(value, " ")
	var bit feedback
	switch strings.TrimSpace(kind) {
	case "nack":
		bit = fbNACK
	case "nack pli":
		bit = fbPLI
	case "ccm fir":
		bit = fbFIR
	case "goog-remb":
		bit = fbREMB
	case "transport-cc":
		bit = fbTransportCC
	}
	if pt == "*" {
		for i := range p.section.formats {
			p.section.formats[i].feedback |= bit
		}
	} else if f := p.section.named(pt); f != nil {
		f.feedback |= bit
	}
}

// ssrc notes one SSRC. Some browsers declare them in sections that do not send
// too; the direction may stand below, so those are told apart in the end.
func (p *parser) ssrc(text string) *Error {
	n, ok := number(text, 1<<32-1)
	if !ok {
		return refuse(p.line, "an SSRC is a number of 32 bits")
	}
	s := p.section
	if n == 0 || slices.Contains(s.ssrcs, uint32(n)) {
		return nil
	}
	if len(s.ssrcs) == MaxSSRCs {
		return refuse(p.line, "a client declares at most %d SSRCs", MaxSSRCs)
	}
	s.ssrcs = append(s.ssrcs, uint32(n))
	return nil
}

// group takes "FID 1 2" and "FEC-FR 1 3"; others do not matter here.
func (p *parser) group(value string) *Error {
	f := strings.Fields(value)
	if len(f) != 3 || f[0] != "FID" && f[0] != "FEC-FR" {
		return nil
	}
	first, ok1 := number(f[1], 1<<32-1)
	second, ok2 := number(f[2], 1<<32-1)
	if !ok1 || !ok2 {
		return refuse(p.line, "an SSRC is a number of 32 bits")
	}
	for _, ssrc := range f[1:] {
		if err := p.ssrc(ssrc); err != nil {
			return err
		}
	}
	if len(p.section.groups) < MaxSSRCs {
		p.section.groups = append(p.section.groups, group{f[0] == "FID", uint32(first), uint32(second)})
	}
	return nil
}

func (p *parser) rid(id string) *Error {
	s := p.section
	if !chars(id, 1, maxRID, "-_") || slices.Contains(s.rids, id) || len(s.rids) == maxRIDs {
		return refuse(p.line, "a section has at most %d distinct rids of at most %d letters, digits, - and _", maxRIDs, maxRID)
	}
	s.rids = append(s.rids, id)
	return nil
}
