package router

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"causeway/control/wire"
)

const patience = 15 * time.Second

func newRouter(t *testing.T, c Config) *Router {
	t.Helper()
	if c.Media == nil {
		c.Media = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

var ticketIDs atomic.Uint64

func request(meeting, participant string, kind wire.Kind, offer string) *wire.SessionRequest {
	return &wire.SessionRequest{
		Meeting: meeting, Generation: 1, Kind: kind, Offer: offer,
		Participant: wire.Participant{ID: participant, Name: strings.ToUpper(participant), Role: wire.RoleHost},
		TicketID:    fmt.Sprint("t", ticketIDs.Add(1)), TicketExpires: time.Now().Add(time.Minute),
	}
}

// person is an independent WebRTC stack: pion/webrtc.
type person struct {
	*testing.T
	pc       *webrtc.PeerConnection
	control  *webrtc.DataChannel
	session  string
	cam, mic *webrtc.TrackLocalStaticRTP

	mu       sync.Mutex
	messages []map[string]any
	media    map[string]int // packets by kind
	sizes    map[string]int
	opened   chan struct{}
}

// newPerson publishes a camera and a microphone and has n video slots and one for audio.
func newPerson(t *testing.T, publishes bool, slots int, web bool) *person {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	p := &person{T: t, pc: pc, media: map[string]int{}, sizes: map[string]int{}, opened: make(chan struct{})}
	if publishes {
		p.mic, _ = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "mic", "me")
		p.cam, _ = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "cam", "me")
		for _, track := range []webrtc.TrackLocal{p.mic, p.cam} {
			if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if slots > 0 {
		p.receive(webrtc.RTPCodecTypeAudio)
	}
	for range slots {
		p.receive(webrtc.RTPCodecTypeVideo)
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			pkt, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.media[track.Kind().String()]++
			p.sizes[track.Kind().String()] = len(pkt.Payload)
			p.mu.Unlock()
		}
	})
	if web {
		if p.control, err = pc.CreateDataChannel("control", nil); err != nil {
			t.Fatal(err)
		}
		p.control.OnMessage(func(m webrtc.DataChannelMessage) {
			var v map[string]any
			if json.Unmarshal(m.Data, &v) == nil {
				p.mu.Lock()
				p.messages = append(p.messages, v)
				p.mu.Unlock()
			}
		})
		p.control.OnOpen(func() { close(p.opened) })
	}
	return p
}

func (p *person) receive(kind webrtc.RTPCodecType) {
	if _, err := p.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		p.Fatal(err)
	}
}

func (p *person) offer() string {
	p.Helper()
	o, err := p.pc.CreateOffer(nil)
	if err != nil {
		p.Fatal(err)
	}
	if err := p.pc.SetLocalDescription(o); err != nil {
		p.Fatal(err)
	}
	return o.SDP
}

func (p *person) join(r *Router, q *wire.SessionRequest) {
	p.Helper()
	a, err := r.Join(context.Background(), q)
	if err != nil {
		p.Fatal(err)
	}
	p.session = a.Session
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.Answer}); err != nil {
		p.Fatal(err)
	}
}

// publish sends pictures and voice until the test ends.
func (p *person) publish() {
	stop := make(chan struct{})
	done := make(chan struct{})
	p.Cleanup(func() { close(stop); <-done })
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for seq := uint16(0); ; seq++ {
			payload := make([]byte, 500)
			payload[0] = 0x10 // a key frame each time
			p.cam.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: seq, Timestamp: uint32(seq) * 900}, Payload: payload})
			p.mic.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(seq) * 480}, Payload: make([]byte, 60)})
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
}

func (p *person) say(v map[string]any) {
	p.Helper()
	b, _ := json.Marshal(v)
	if err := p.control.SendText(string(b)); err != nil {
		p.Fatal(err)
	}
}

// heard returns the first message of the given type that passes ok.
func (p *person) heard(kind string, ok func(map[string]any) bool) map[string]any {
	p.Helper()
	var found map[string]any
	await(p.T, "message "+kind, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, m := range p.messages {
			if m["type"] == kind && (ok == nil || ok(m)) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (p *person) packets(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.media[kind]
}

func (p *person) size(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sizes[kind]
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time: ", what)
		}
	}
}

func code(err error) string {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return fmt.Sprint(err)
}

func TestMediaAndControlReachAnIndependentStack(t *testing.T) {
	for _, shards := range []int{1, 2} {
		t.Run(fmt.Sprint(shards, " shards"), func(t *testing.T) {
			r := newRouter(t, Config{Shards: shards})
			pub, sub, web := newPerson(t, true, 0, false), newPerson(t, false, 2, false), newPerson(t, true, 3, true)
			pub.join(r, request("m", "pub", wire.KindWHIP, pub.offer()))
			sub.join(r, request("m", "sub", wire.KindWHEP, sub.offer()))
			web.join(r, request("m", "web", wire.KindWeb, web.offer()))
			pub.publish()
			await(t, "media at the viewer", func() bool { return sub.packets("video") > 20 && sub.packets("audio") > 20 })
			await(t, "media at the page", func() bool { return web.packets("video") > 20 && web.packets("audio") > 20 })
			if v, a := sub.size("video"), sub.size("audio"); v != 500 || a != 60 {
				t.Fatalf("%d and %d bytes", v, a)
			}
			welcome := web.heard("welcome", nil)
			if welcome["participant"] != "web" || len(welcome["participants"].([]any)) == 0 {
				t.Fatalf("%v", welcome)
			}
			meetings, _, n, limit := r.State()
			if len(meetings) != 1 || len(meetings[0].Participants) != 3 || n != 3 || limit != 350 {
				t.Fatalf("%+v %d %d", meetings, n, limit)
			}
			var lost uint64
			for _, s := range r.Stats().Shards {
				lost += s.Lost()
			}
			if lost != 0 {
				t.Fatalf("%d packets lost by the router", lost)
			}
		})
	}
}

func TestAPagesSourcesFlowOnceItSaysSoAndStopWhenMuted(t *testing.T) {
	r := newRouter(t, Config{})
	web, sub := newPerson(t, true, 1, true), newPerson(t, false, 1, false)
	web.join(r, request("m", "web", wire.KindWeb, web.offer()))
	sub.join(r, request("m", "sub", wire.KindWHEP, sub.offer()))
	<-web.opened
	web.publish()
	web.say(map[string]any{"type": "source", "mid": "1", "kind": "camera", "muted": false})
	await(t, "the camera", func() bool { return sub.packets("video") > 10 })
	if sub.packets("audio") != 0 {
		t.Fatal("a muted microphone was forwarded")
	}
	web.say(map[string]any{"type": "source", "mid": "1", "kind": "camera", "muted": true, "id": 7})
	web.heard("ok", func(m map[string]any) bool { return m["id"] == 7.0 })
	r.Stats() // the shards have done what was posted
	before := sub.packets("video")
	web.say(map[string]any{"type": "source", "mid": "0", "kind": "mic", "muted": false})
	await(t, "the voice", func() bool { return sub.packets("audio") > 10 })
	if after := sub.packets("video"); after > before+5 { // what was under way
		t.Fatalf("%d pictures after the mute", after-before)
	}
}

func TestAHostEndsTheMeetingForAll(t *testing.T) {
	r := newRouter(t, Config{})
	host, other := newPerson(t, true, 1, true), newPerson(t, true, 1, true)
	host.join(r, request("m", "host", wire.KindWeb, host.offer()))
	other.join(r, request("m", "other", wire.KindWeb, other.offer()))
	<-host.opened
	<-other.opened
	other.heard("welcome", nil)
	host.say(map[string]any{"type": "end"})
	if m := other.heard("ended", nil); m["reason"] != "ended-by-host" {
		t.Fatalf("%v", m)
	}
	var ended []wire.EndedMeeting
	await(t, "the meeting's end", func() bool {
		var meetings []wire.MeetingState
		meetings, ended, _, _ = r.State()
		return len(meetings) == 0 && len(ended) == 1
	})
	if !ended[0].ForAll || ended[0].Meeting != "m" {
		t.Fatalf("%+v", ended)
	}
	late := newPerson(t, true, 1, true)
	if _, err := r.Join(context.Background(), request("m", "late", wire.KindWeb, late.offer())); code(err) != wire.CodeMeetingEnded {
		t.Fatal(err)
	}
	r.Forget(ended)
	if _, ended, _, _ := r.State(); len(ended) != 0 {
		t.Fatalf("%+v", ended)
	}
}

func TestTheLastToLeaveClosesTheMeetingAndItMayOpenAgain(t *testing.T) {
	r := newRouter(t, Config{})
	a := newPerson(t, true, 0, false)
	a.join(r, request("m", "a", wire.KindWHIP, a.offer()))
	if err := r.Leave(a.session); err != nil {
		t.Fatal(err)
	}
	await(t, "empty", func() bool { m, e, n, _ := r.State(); return len(m) == 0 && len(e) == 1 && n == 0 && !e[0].ForAll })
	if err := r.Leave(a.session); code(err) != wire.CodeSessionNotFound {
		t.Fatal(err)
	}
	b := newPerson(t, true, 0, false)
	b.join(r, request("m", "b", wire.KindWHIP, b.offer()))
}

func TestOneMoreThanTheLimitIsRefusedAndNobodyElseTouched(t *testing.T) {
	r := newRouter(t, Config{Participants: 2})
	pub, sub := newPerson(t, true, 0, false), newPerson(t, false, 1, false)
	pub.join(r, request("m", "pub", wire.KindWHIP, pub.offer()))
	sub.join(r, request("m", "sub", wire.KindWHEP, sub.offer()))
	pub.publish()
	await(t, "media", func() bool { return sub.packets("video") > 10 })
	extra := newPerson(t, false, 1, false)
	q := request("other", "extra", wire.KindWHEP, extra.offer())
	_, err := r.Join(context.Background(), q)
	var p *wire.Problem
	if !errors.As(err, &p) || p.Code != wire.CodeMeetingFull || p.Status != 503 || p.RetryAfter == 0 {
		t.Fatal(err)
	}
	before := sub.packets("video")
	await(t, "media goes on", func() bool { return sub.packets("video") > before+10 })
	r.Leave(sub.session)
	await(t, "a free place", func() bool { _, _, n, _ := r.State(); return n == 1 })
	extra.join(r, q) // the refusal did not spend the ticket
}

func TestAParticipantThatJoinsAgainReplacesItsOlderSession(t *testing.T) {
	r := newRouter(t, Config{Participants: 1})
	old, again := newPerson(t, true, 1, true), newPerson(t, true, 1, true)
	old.join(r, request("m", "a", wire.KindWeb, old.offer()))
	<-old.opened
	old.heard("welcome", nil)
	again.join(r, request("m", "a", wire.KindWeb, again.offer()))
	if m := old.heard("ended", nil); m["reason"] != "replaced" {
		t.Fatalf("%v", m)
	}
	again.heard("welcome", nil)
	await(t, "one participant", func() bool { _, _, n, _ := r.State(); return n == 1 })
}

func TestATicketOpensOneSession(t *testing.T) {
	r := newRouter(t, Config{})
	a, b := newPerson(t, true, 0, false), newPerson(t, true, 0, false)
	q := request("m", "a", wire.KindWHIP, a.offer())
	a.join(r, q)
	q.Offer = b.offer()
	if _, err := r.Join(context.Background(), q); code(err) != wire.CodeTicketUsed {
		t.Fatal(err)
	}
}

func TestUnusableRequestsAreRefusedByName(t *testing.T) {
	r := newRouter(t, Config{})
	good := newPerson(t, true, 1, true).offer()
	view := newPerson(t, false, 1, false).offer()
	without := func(s string) string {
		var lines []string
		for _, l := range strings.SplitAfter(good, "\r\n") {
			if !strings.HasPrefix(l, s) {
				lines = append(lines, l)
			}
		}
		return strings.Join(lines, "")
	}
	for name, c := range map[string]struct {
		change func(*wire.SessionRequest)
		want   string
	}{
		"no SDP":             {func(q *wire.SessionRequest) { q.Offer = "hello" }, wire.CodeOfferInvalid},
		"empty":              {func(q *wire.SessionRequest) { q.Offer = "" }, wire.CodeOfferInvalid},
		"no ICE":             {func(q *wire.SessionRequest) { q.Offer = without("a=ice-ufrag") }, wire.CodeOfferInvalid},
		"no DTLS":            {func(q *wire.SessionRequest) { q.Offer = without("a=fingerprint") }, wire.CodeOfferInvalid},
		"1 MB":               {func(q *wire.SessionRequest) { q.Offer = good + strings.Repeat("a=x:y\r\n", 150_000) }, wire.CodeOfferTooLarge},
		"no name":            {func(q *wire.SessionRequest) { q.Participant.Name = "" }, wire.CodeBadRequest},
		"a path as meeting":  {func(q *wire.SessionRequest) { q.Meeting = "../m" }, wire.CodeBadRequest},
		"unknown role":       {func(q *wire.SessionRequest) { q.Participant.Role = "king" }, wire.CodeBadRequest},
		"unknown kind":       {func(q *wire.SessionRequest) { q.Kind = "fax" }, wire.CodeBadRequest},
		"WHIP that receives": {func(q *wire.SessionRequest) { q.Kind, q.Offer = wire.KindWHIP, view }, wire.CodeOfferUnacceptable},
	} {
		q := request("m", "a", wire.KindWeb, good)
		c.change(q)
		if _, err := r.Join(context.Background(), q); code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m, _, n, _ := r.State(); len(m) != 0 || n != 0 {
		t.Fatalf("%d meetings, %d participants", len(m), n)
	}
}

func TestCloseTellsEverybodyAndLeavesNothingRunning(t *testing.T) {
	r := newRouter(t, Config{})
	a := newPerson(t, true, 1, true)
	q := request("m", "a", wire.KindWeb, a.offer())
	a.join(r, q)
	<-a.opened
	a.heard("welcome", nil)
	done := make(chan struct{})
	go func() { r.Close(); close(done) }()
	if m := a.heard("ended", nil); m["reason"] != "shutdown" {
		t.Fatalf("%v", m)
	}
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("Close hangs")
	}
	if _, err := r.Join(context.Background(), q); code(err) != wire.CodeNoRouter {
		t.Fatal(err)
	}
}
