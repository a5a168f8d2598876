package client

import (
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"

	"causeway/router/handshake"
	"causeway/router/meeting"
	"causeway/router/rtp"
	"causeway/router/srtp"
	"causeway/router/stun"
)

// fake is a server of one meeting, small and slow: HTTP, ICE-lite, DTLS and a
// relay that rewrites what a slot needs, driven by the real state machine. One
// lock guards it all. It loses packets on request.
type fake struct {
	t        *testing.T
	http     *httptest.Server
	conn     *net.UDPConn
	identity *handshake.Identity

	mu       sync.Mutex
	meeting  *meeting.Meeting
	sessions map[string]*fakeSession // by our ufrag
	byAddr   map[netip.AddrPort]*fakeSession
	sources  map[meeting.SourceID]*fakeSource
	loseIn   func(seq uint16) bool // publishers' video
	loseOut  func(seq uint16) bool // slots' video
	nacksIn  int
	deleted  int
}

type fakeSession struct {
	id, pwd string
	key     *stun.Key
	addr    netip.AddrPort
	conn    *handshake.Conn
	sealer  *srtp.Sealer
	opener  *srtp.Opener
	streams map[uint32]*srtp.Stream
	lanes   map[uint32]*fakeSource // sources by SSRC, RTX included
	slots   []*fakeSlot
}

type fakeSource struct {
	session   *fakeSession
	ssrc, rtx uint32
	video     bool
	highest   uint16
	started   bool
}

type fakeSlot struct {
	ssrc, rtx uint32
	video     bool
	source    *fakeSource
	waiting   bool // for a key frame
	seq       uint16
	rtxSeq    uint16
	first     [4]uint32 // of the source: seq, ts, picture, tl0
	kept      map[uint16][]byte
}

func newFake(t *testing.T) *fake {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	identity, err := handshake.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{
		t: t, conn: conn, identity: identity, meeting: meeting.New("m", meeting.Config{}),
		sessions: map[string]*fakeSession{}, byAddr: map[netip.AddrPort]*fakeSession{}, sources: map[meeting.SourceID]*fakeSource{},
	}
	f.http = httptest.NewServer(http.HandlerFunc(f.serve))
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.read()
	}()
	t.Cleanup(func() {
		f.http.Close()
		conn.Close()
		<-done
	})
	return f
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		f.mu.Lock()
		f.deleted++
		f.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ticket of ")
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"code":"ticket-missing","title":"A ticket is needed"}`)
		return
	}
	text, _ := io.ReadAll(r.Body)
	var offer sdp.SessionDescription
	if err := offer.UnmarshalString(string(text)); err != nil {
		f.t.Errorf("offer: %v", err)
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", r.URL.Path+"/session")
	w.WriteHeader(http.StatusCreated)
	kind := meeting.Web
	if strings.HasPrefix(r.URL.Path, "/whip/") {
		kind = meeting.WHIP
	} else if strings.HasPrefix(r.URL.Path, "/whep/") {
		kind = meeting.WHEP
	}
	io.WriteString(w, f.join(name, kind, &offer))
}

func (f *fake) join(name string, kind meeting.Kind, offer *sdp.SessionDescription) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &fakeSession{id: token(8), pwd: token(24), streams: map[uint32]*srtp.Stream{}, lanes: map[uint32]*fakeSource{}}
	s.key = stun.NewKey(s.pwd)
	j := meeting.Joining{Session: meeting.Session(s.id), Kind: kind, Participant: meeting.Participant{ID: name, Name: name}}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=fingerprint:%s", f.identity.Fingerprint())
	var published []*fakeSource
	for i, m := range offer.MediaDescriptions {
		line("m=%s 9 %s %s\r\nc=IN IP4 0.0.0.0\r\na=mid:%d\r\na=setup:passive\r\na=ice-ufrag:%s\r\na=ice-pwd:%s",
			m.MediaName.Media, strings.Join(m.MediaName.Protos, "/"), strings.Join(m.MediaName.Formats, " "), i, s.id, s.pwd)
		line("a=candidate:1 1 udp 1 %s %d typ host", f.address().Addr(), f.address().Port())
		lane := meeting.Lane{MID: fmt.Sprint(i), Video: m.MediaName.Media == "video"}
		if _, sends := m.Attribute("sendonly"); sends {
			src := &fakeSource{session: s, video: lane.Video}
			group, _ := m.Attribute("ssrc-group")
			fmt.Sscanf(group, "FID %d %d", &src.ssrc, &src.rtx)
			if one, _ := m.Attribute("ssrc"); src.ssrc == 0 {
				fmt.Sscanf(one, "%d", &src.ssrc)
			}
			s.lanes[src.ssrc], s.lanes[src.rtx] = src, src
			published = append(published, src)
			j.Publishes = append(j.Publishes, lane)
			line("a=recvonly\r\na=extmap:1 %s", uriLevel)
		} else if m.MediaName.Media != "application" {
			slot := &fakeSlot{ssrc: uint32(1000 + 2*i), video: lane.Video, kept: map[uint16][]byte{}, seq: 65000}
			line("a=sendonly\r\na=ssrc:%d cname:x", slot.ssrc)
			if lane.Video {
				slot.rtx = slot.ssrc + 1
				line("a=ssrc-group:FID %d %d", slot.ssrc, slot.rtx)
			}
			s.slots = append(s.slots, slot)
			j.Slots = append(j.Slots, lane)
		}
	}
	f.sessions[s.id] = s
	fingerprint, _ := offer.MediaDescriptions[0].Attribute("fingerprint")
	s.conn = handshake.Start(handshake.Config{Identity: f.identity, RemoteFingerprint: parseFingerprint(fingerprint), Data: kind == meeting.Web}, f.events(s))
	if err := f.meeting.Join(f.now(), j); err != nil {
		f.t.Errorf("join: %v", err)
	}
	f.obey(published)
	return b.String()
}

func parseFingerprint(text string) handshake.Fingerprint {
	algorithm, value, _ := strings.Cut(text, " ")
	raw, _ := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
	return handshake.Fingerprint{Algorithm: algorithm, Value: raw}
}

func (f *fake) address() netip.AddrPort { return f.conn.LocalAddr().(*net.UDPAddr).AddrPort() }
func (f *fake) now() int64              { return time.Now().UnixNano() }

func (f *fake) events(s *fakeSession) handshake.Events {
	return handshake.Events{
		Datagram: func(b []byte) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.conn.WriteToUDPAddrPort(b, s.addr)
		},
		Keys: func(k handshake.Keys) {
			f.mu.Lock()
			defer f.mu.Unlock()
			s.sealer, _ = srtp.NewSealer(srtp.Profile(k.Profile), k.ServerKey, k.ServerSalt)
			s.opener, _ = srtp.NewOpener(srtp.Profile(k.Profile), k.ClientKey, k.ClientSalt)
		},
		Channel: func(string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.meeting.Channel(f.now(), meeting.Session(s.id))
			f.obey(nil)
		},
		Message: func(_ string, _ bool, b []byte) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.meeting.Receive(f.now(), meeting.Session(s.id), b)
			f.obey(nil)
		},
	}
}

// obey does what the meeting asks.
func (f *fake) obey(published []*fakeSource) {
	for _, e := range f.meeting.Effects() {
		s := f.sessions[string(e.Session)]
		switch e.Kind {
		case meeting.Send:
			s.conn.Send("control", true, e.Data)
		case meeting.Publish:
			f.sources[e.Source] = published[e.Slot]
		case meeting.Unpublish:
			delete(f.sources, e.Source)
		case meeting.Assign:
			s.slots[e.Slot].source, s.slots[e.Slot].waiting = f.sources[e.Source], true
		case meeting.KeyFrame:
			src := f.sources[e.Source]
			f.rtcp(src.session, &rtcp.PictureLossIndication{MediaSSRC: src.ssrc})
		}
	}
}

func (f *fake) rtcp(s *fakeSession, p rtcp.Packet) {
	if s.sealer == nil {
		return
	}
	b, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1}, p})
	out := make([]byte, len(b)+40)
	f.conn.WriteToUDPAddrPort(out[:s.sealer.SealRTCP(out, b)], s.addr)
}

func (f *fake) read() {
	b := make([]byte, 2000)
	for {
		n, from, err := f.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.datagram(b[:n], from)
		f.meeting.Tick(f.now())
		f.obey(nil)
		f.mu.Unlock()
	}
}

func (f *fake) datagram(b []byte, from netip.AddrPort) {
	if stun.Is(b) {
		var m stun.Message
		if stun.Parse(b, &m) != nil {
			f.t.Error("a bad check")
			return
		}
		ufrag, _, _ := stun.SplitUsername(m.Username)
		s := f.sessions[string(ufrag)]
		if s == nil || !m.Verify(b, s.key) || !m.UseCandidate || !m.Controlling {
			f.t.Error("a check without credentials")
			return
		}
		s.addr, f.byAddr[from] = from, s
		f.conn.WriteToUDPAddrPort(stun.AppendBindingSuccess(nil, m.TransactionID, from, s.key), from)
		return
	}
	s := f.byAddr[from]
	switch {
	case s == nil:
		f.t.Error("a stranger")
	case b[0] < 64:
		s.conn.Receive(b)
	case s.opener == nil:
	case b[1] >= 192 && b[1] <= 223:
		f.feedback(s, b)
	default:
		f.media(s, b)
	}
}

func (f *fake) feedback(s *fakeSession, b []byte) {
	n, err := s.opener.OpenRTCP(b)
	packets, err2 := rtcp.Unmarshal(b[:n])
	if err != nil || err2 != nil {
		f.t.Errorf("RTCP: %v, %v", err, err2)
	}
	for _, p := range packets {
		nack, ok := p.(*rtcp.TransportLayerNack)
		if !ok {
			continue
		}
		for _, slot := range s.slots {
			for _, pair := range nack.Nacks {
				for _, seq := range pair.PacketList() {
					if kept := slot.kept[seq]; slot.ssrc == nack.MediaSSRC && kept != nil {
						slot.rtxSeq++
						head := make([]byte, 14)
						rtp.Put(head, false, ptVP8RTX, slot.rtxSeq, 0, slot.rtx)
						f.seal(s, head[:12], append([]byte{byte(seq >> 8), byte(seq)}, kept[12:]...), uint64(slot.rtxSeq))
					}
				}
			}
		}
	}
}

func (f *fake) seal(s *fakeSession, head, payload []byte, index uint64) {
	out := make([]byte, 1500)
	f.conn.WriteToUDPAddrPort(out[:s.sealer.SealRTP(out, head, payload, index)], s.addr)
}

func (f *fake) media(s *fakeSession, b []byte) {
	var h rtp.Header
	if err := rtp.Parse(b, &h); err != nil {
		f.t.Errorf("RTP: %v", err)
		return
	}
	src, st := s.lanes[h.SSRC], s.streams[h.SSRC]
	if st == nil {
		st = &srtp.Stream{}
		s.streams[h.SSRC] = st
	}
	if src == nil || src.video && h.SSRC == src.ssrc && f.loseIn != nil && f.loseIn(h.Seq) {
		return
	}
	n, _, err := s.opener.OpenRTP(st, b, h.Size)
	if err != nil {
		f.t.Errorf("SRTP: %v", err)
		return
	}
	payload, seq := b[h.Size:n], h.Seq
	if h.SSRC == src.rtx {
		seq, payload = uint16(payload[0])<<8|uint16(payload[1]), payload[2:]
	} else {
		for missing := src.highest + 1; src.started && src.video && missing != seq; missing++ {
			f.nacksIn++
			f.rtcp(s, &rtcp.TransportLayerNack{MediaSSRC: src.ssrc, Nacks: []rtcp.NackPair{{PacketID: missing}}})
		}
		src.started, src.highest = true, seq
	}
	if !src.video {
		return
	}
	for _, to := range f.sessions {
		for _, slot := range to.slots {
			if slot.source == src && to.sealer != nil {
				f.relay(to, slot, &h, seq, payload)
			}
		}
	}
}

// relay sends one packet in a slot, under the slot's own numbers. A slot is
// given a source once.
func (f *fake) relay(to *fakeSession, slot *fakeSlot, h *rtp.Header, seq uint16, payload []byte) {
	var d rtp.VP8
	if rtp.ParseVP8(payload, &d) != nil {
		f.t.Error("no VP8")
		return
	}
	if slot.waiting {
		if !d.KeyFrame {
			return
		}
		slot.waiting = false
		slot.first = [4]uint32{uint32(seq), h.TS, uint32(d.PictureID), uint32(d.TL0)}
	}
	payload = append([]byte(nil), payload...)
	d.Patch(payload, (d.PictureID-uint16(slot.first[2]))&0x7FFF, d.TL0-uint8(slot.first[3]))
	number := slot.seq + seq - uint16(slot.first[0])
	head := make([]byte, 12)
	rtp.Put(head, h.Marker, ptVP8, number, h.TS-slot.first[1], slot.ssrc)
	slot.kept[number] = append(append([]byte(nil), head...), payload...)
	delete(slot.kept, number-2000)
	if f.loseOut != nil && f.loseOut(number) {
		return
	}
	index := uint64(number)
	if number < slot.seq {
		index |= 1 << 16
	}
	f.seal(to, head, payload, index)
}
