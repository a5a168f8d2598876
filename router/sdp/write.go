package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// writer collects the lines of an answer.
type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\r\n", args...) }

// write composes the answer (RFC 8829 section 5.3).
func (a *answering) write() string {
	w := &writer{}
	w.line("v=0")
	w.line("o=causeway %d 2 IN IP4 127.0.0.1", a.local.SessionID&^(1<<63))
	w.line("s=-")
	w.line("t=0 0")
	w.line("a=ice-lite")
	if a.offer.Bundle != nil {
		w.line("a=group:BUNDLE%s", a.bundle())
	}
	w.line("a=msid-semantic: WMS *")
	for i := range a.sections {
		s, n := &a.offer.Sections[i], &a.sections[i]
		if n.Refused != "" {
			reject(w, s)
			continue
		}
		a.open(w, s, n)
		a.transport(w, i)
		if n.Data {
			w.line("a=sctp-port:5000")
			w.line("a=max-message-size:%d", a.local.MaxMessage)
		} else {
			a.rtpSection(w, s, n, i)
		}
	}
	return w.String()
}

// bundle lists the accepted mids, the tagged section's first.
func (a *answering) bundle() string {
	var b strings.Builder
	b.WriteString(" " + a.sections[a.tag].MID)
	for i, n := range a.sections {
		if i != a.tag && n.Refused == "" {
			b.WriteString(" " + n.MID)
		}
	}
	return b.String()
}

// reject answers a section with port 0 (RFC 3264 section 6).
func reject(w *writer, s *Section) {
	w.line("m=%s 0 %s %s", s.media, s.proto, s.format)
	w.line("c=IN IP4 0.0.0.0")
	if s.MID != "" {
		w.line("a=mid:%s", s.MID)
	}
	w.line("a=inactive")
}

// open writes the m= and c= lines. All bundled sections name the one address.
func (a *answering) open(w *writer, s *Section, n *Negotiated) {
	first := a.local.Candidates[0]
	formats := " webrtc-datachannel"
	if !n.Data {
		formats = ""
		for _, c := range n.codecs {
			formats += " " + strconv.Itoa(int(c.PT))
			if c.RTX != 0 {
				formats += " " + strconv.Itoa(int(c.RTX))
			}
		}
	}
	w.line("m=%s %d %s%s", s.media, first.Port(), s.proto, formats)
	w.line("c=IN %s", address(first))
	w.line("a=mid:%s", s.MID)
}

func address(a netip.AddrPort) string {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return "IP4 " + ip.String()
	}
	return "IP6 " + ip.String()
}

// transport writes ICE and DTLS. Every section has them, for clients that look
// only there; the candidates stand in the tagged one.
func (a *answering) transport(w *writer, i int) {
	l := &a.local
	w.line("a=ice-ufrag:%s", l.Ufrag)
	w.line("a=ice-pwd:%s", l.Pwd)
	w.line("a=fingerprint:%s", l.Fingerprint)
	if a.offer.Setup == "passive" {
		w.line("a=setup:active")
	} else {
		w.line("a=setup:passive")
	}
	if i != a.tag {
		return
	}
	for j, c := range l.Candidates {
		w.line("a=candidate:%d 1 udp %d %s %d typ host", j+1, priority(j), c.Addr().Unmap(), c.Port())
	}
	w.line("a=end-of-candidates")
}

// priority of the nth host candidate (RFC 8445 section 5.1.2.1), component 1.
func priority(n int) uint32 { return 126<<24 | uint32(65535-min(n, 65535))<<8 | 255 }

// rtpSection writes what an audio or video section has beyond its transport.
func (a *answering) rtpSection(w *writer, s *Section, n *Negotiated, i int) {
	switch {
	case n.Publish != nil && n.Slot != nil:
		w.line("a=sendrecv")
	case n.Publish != nil:
		w.line("a=recvonly")
	case n.Slot != nil:
		w.line("a=sendonly")
	default:
		w.line("a=inactive")
	}
	w.line("a=rtcp-mux")
	if s.reduced {
		w.line("a=rtcp-rsize")
	}
	for _, e := range s.Extensions {
		if a.extension(s, e.URI) == e.ID {
			direction := ""
			if e.sendOnly {
				direction = "/recvonly"
			}
			w.line("a=extmap:%d%s %s", e.ID, direction, e.URI)
		}
	}
	start := 0
	if n.Publish != nil {
		start = a.local.StartBitrate
	}
	for _, c := range n.codecs {
		c.write(w, start)
	}
	if n.Publish != nil {
		n.Publish.simulcast(w)
	}
	if n.Slot != nil {
		n.Slot.write(w, a.local, i)
	}
}

// write describes an accepted codec and its RTX.
func (c *Codec) write(w *writer, start int) {
	w.line("a=rtpmap:%d %s", c.PT, c.ID.encoding())
	for _, fb := range []struct {
		on   bool
		kind string
	}{
		{c.REMB, "goog-remb"}, {c.TransportCC, "transport-cc"}, {c.FIR, "ccm fir"}, {c.NACK, "nack"}, {c.PLI, "nack pli"},
	} {
		if fb.on {
			w.line("a=rtcp-fb:%d %s", c.PT, fb.kind)
		}
	}
	if f := c.format(start); f != "" {
		w.line("a=fmtp:%d %s", c.PT, f)
	}
	if c.RTX != 0 {
		w.line("a=rtpmap:%d rtx/%d", c.RTX, c.ClockRate)
		w.line("a=fmtp:%d apt=%d", c.RTX, c.PT)
	}
}

// simulcast accepts the layers that negotiate has kept (RFC 8853).
func (p *Publish) simulcast(w *writer) {
	var rids []string
	for _, e := range p.Sources {
		if e.RID != "" {
			rids = append(rids, e.RID)
			w.line("a=rid:%s recv", e.RID)
		}
	}
	if len(rids) > 0 {
		w.line("a=simulcast:recv %s", strings.Join(rids, ";"))
	}
}

// write declares the slot's SSRCs (RFC 5576) and its stream.
func (s *Slot) write(w *writer, l Local, i int) {
	stream := l.Stream
	if stream == "" {
		stream = fmt.Sprintf("slot-%d", i)
	}
	w.line("a=msid:%s slot-%d", stream, i)
	cname := fmt.Sprintf("causeway-%x", l.SessionID)
	if s.RTX != 0 {
		w.line("a=ssrc-group:FID %d %d", s.SSRC, s.RTX)
	}
	w.line("a=ssrc:%d cname:%s", s.SSRC, cname)
	if s.RTX != 0 {
		w.line("a=ssrc:%d cname:%s", s.RTX, cname)
	}
}
