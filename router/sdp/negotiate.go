package sdp

import "slices"

// maxLayers is how many simulcast encodings of a section are accepted.
const maxLayers = 3

// negotiate decides on one section.
func (a *answering) negotiate(s *Section) (Negotiated, *Error) {
	n := Negotiated{MID: s.MID, Kind: s.Kind}
	switch {
	case s.Rejected:
		n.Refused = "it was offered with port 0"
	case s.Kind == Other:
		n.Refused = "its medium or protocol is not served"
	case s.Kind == Application && a.data:
		n.Refused = "a session has one section for data channels"
	case s.Kind == Application:
		n.Data, a.data = true, true
	default:
		return a.rtp(s, n)
	}
	return n, nil
}

// rtp decides on an audio or video section.
func (a *answering) rtp(s *Section, n Negotiated) (Negotiated, *Error) {
	codecs := a.choose(s)
	if len(codecs) == 0 {
		n.Refused = "none of its codecs is routed"
		return n, nil
	}
	n.codecs = codecs
	id := func(uri string) uint8 { return a.extension(s, uri) }
	if s.Sends {
		p := &Publish{
			Codecs: codecs, MID: id(ExtMID), AudioLevel: id(ExtAudioLevel),
			TransportCC: id(ExtTransportCC), RID: id(ExtRID), RepairedRID: id(ExtRepairedRID),
		}
		for _, c := range codecs {
			p.PT[c.PT] = c.ID
			if c.RTX != 0 {
				p.Repairs[c.RTX] = c.PT
			}
		}
		layers := 0
		for _, e := range s.Sources {
			if e.RID != "" {
				if !a.local.Simulcast || p.RID == 0 || layers == maxLayers {
					continue
				}
				layers++
			}
			p.Sources = append(p.Sources, e)
		}
		n.Publish = p
	}
	if s.Receives {
		slot := &Slot{Codecs: codecs, MID: id(ExtMID), AudioLevel: id(ExtAudioLevel)}
		repair := false
		for _, c := range codecs {
			slot.PT[c.ID], slot.RTXPT[c.ID] = c.PT, c.RTX
			repair = repair || c.RTX != 0
		}
		var err *Error
		if slot.SSRC, err = a.ssrc(); err != nil {
			return n, err
		}
		if repair {
			if slot.RTX, err = a.ssrc(); err != nil {
				return n, err
			}
		}
		n.Slot = slot
	}
	return n, nil
}

// choose picks one offered codec for each of ours, in our order. Where an
// offer has several of one kind the first is taken, except that constrained
// baseline goes before plain.
func (a *answering) choose(s *Section) []Codec {
	cc := a.extension(s, ExtTransportCC) != 0
	var out []Codec
	for _, id := range a.local.Codecs {
		at := -1
		for i := range s.Codecs {
			c := &s.Codecs[i]
			if c.ID != id || slices.ContainsFunc(out, func(o Codec) bool { return o.PT == c.PT || o.ID == id }) {
				continue
			}
			if _, constrained := h264(c.Fmtp); at < 0 {
				at = i
			} else if _, before := h264(s.Codecs[at].Fmtp); id == H264Baseline && constrained && !before {
				at = i
			}
		}
		if at >= 0 {
			c := s.Codecs[at]
			c.TransportCC = c.TransportCC && cc
			out = append(out, c)
		}
	}
	return out
}

// extension is the id that section s has for a URI of ours; 0 if it is not
// agreed on.
func (a *answering) extension(s *Section, uri string) uint8 {
	if !slices.Contains(a.local.Extensions, uri) {
		return 0
	}
	switch uri {
	case ExtMID, ExtAudioLevel:
	case ExtTransportCC, ExtRID, ExtRepairedRID:
		if !s.Sends {
			return 0
		}
	default:
		return 0
	}
	for _, e := range s.Extensions {
		if e.URI == uri && (s.Sends || !e.sendOnly) {
			return e.ID
		}
	}
	return 0
}

// ssrc asks for an SSRC until it gets one that is free.
func (a *answering) ssrc() (uint32, *Error) {
	if a.local.SSRC == nil {
		return 0, refuse(0, "we have no SSRC for a slot")
	}
	for range 64 {
		if n := a.local.SSRC(); n != 0 && !a.ssrcs[n] {
			a.ssrcs[n] = true
			return n, nil
		}
	}
	return 0, refuse(0, "we found no free SSRC for a slot")
}
