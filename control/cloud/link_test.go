package cloud

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"causeway/control/ticket"
	"causeway/control/wire"
)

func TestOnlyAPairedZonesKeyOpensALink(t *testing.T) {
	h := newHouse(t)
	h.trust("zone-1")
	h.trust("zone-2")
	now := h.clock.now()
	sign := func(zone, issuer, key string, at time.Time) string {
		token, err := ticket.SignLink(zone, issuer, keyFrom(key), at)
		h.must(err)
		return token
	}
	participants, _, err := h.MintTicket(t.Context(), "abc", "x", wire.RoleHost)
	h.must(err)
	for _, c := range []struct{ name, token, code string }{
		{"none", "", wire.CodeTicketMissing},
		{"garbage", "x.y.z", wire.CodeTicketInvalid},
		{"a participant's ticket", participants, wire.CodeTicketInvalid},
		{"an unknown zone", sign("zone-9", h.Issuer(), "zone-9", now), wire.CodeTicketInvalid},
		{"another zone's key", sign("zone-1", h.Issuer(), "zone-2", now), wire.CodeTicketInvalid},
		{"for another cloud", sign("zone-1", "urn:other", "zone-1", now), wire.CodeTicketInvalid},
		{"an old one", sign("zone-1", h.Issuer(), "zone-1", now.Add(-time.Hour)), wire.CodeTicketExpired},
	} {
		z, answer := h.dial(c.token)
		if z != nil {
			t.Errorf("%s: taken", c.name)
			continue
		}
		body := make([]byte, 1024)
		n, _ := answer.Body.Read(body)
		if p := wire.ReadProblem(answer.StatusCode, body[:n]); answer.StatusCode != 401 || p.Code != c.code || answer.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d %s", c.name, answer.StatusCode, body[:n])
		}
	}
	h.guest().want(401, wire.CodeTicketMissing, "GET", "/v1/zones/link", nil, nil)
	if answer, _ := h.guest().send("GET", "/v1/zones/link", nil, "Authorization", "Bearer "+h.token("zone-1")); answer.StatusCode != 426 {
		t.Errorf("no WebSocket: %d", answer.StatusCode)
	}
}

func TestALinkWelcomesResumesAndAcknowledges(t *testing.T) {
	h := newHouse(t)
	h.trust("zone-1")
	m := h.signedIn("ann@example.com").newMeeting("Plan")
	z, w := h.connect("zone-1", 7, "")
	if w.Issuer != h.Issuer() || w.LastSeq != 0 || len(w.Keys) != 1 || len(w.Keys[0].Public) != ed25519.PublicKeySize {
		t.Errorf("welcome %+v", w)
	}
	h.guest().admit(m.ID, "Zoë", "") // gives the meeting to the zone
	z.report(7, 1, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 2})
	z.report(7, 9, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 3}) // a gap is no harm
	z.report(7, 5, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 4}) // acknowledged, not taken
	var card struct {
		Live         bool
		Participants int
	}
	if h.guest().want(200, "", "GET", "/api/meetings/"+m.ID, nil, &card); !card.Live || card.Participants != 3 {
		t.Errorf("the page sees %+v", card)
	}
	var list struct{ Meetings []Meeting }
	if h.signedIn("ann@example.com").want(200, "", "GET", "/api/meetings", nil, &list); !list.Meetings[0].Live || list.Meetings[0].Participants != 3 {
		t.Errorf("the list has %+v", list.Meetings[0])
	}

	// The same controller again takes the older link's place.
	again, w := h.connect("zone-1", 7, "https://new.example.com")
	if w.LastSeq != 9 {
		t.Errorf("resumes at %d", w.LastSeq)
	}
	if code, why := z.closed(); code != websocket.StatusGoingAway || !strings.Contains(why, "replaced") {
		t.Errorf("the older link: %d %q", code, why)
	}
	if a := h.guest().admit(m.ID, "Zoë", ""); len(a.ZoneURLs) != 1 || a.ZoneURLs[0] != "https://new.example.com" {
		t.Errorf("zone_urls %q", a.ZoneURLs)
	}
	again.report(7, 10, wire.MeetingStatus{Meeting: m.ID})
	if h.guest().want(200, "", "GET", "/api/meetings/"+m.ID, nil, &card); card.Live || card.Participants != 0 {
		t.Errorf("the page sees %+v", card)
	}
}

func TestStaleWritersAreRefused(t *testing.T) {
	h := newHouse(t)
	h.trust("zone-1")
	m := h.signedIn("ann@example.com").newMeeting("Plan")
	old, _ := h.connect("zone-1", 1, "https://old.example.com")
	h.guest().admit(m.ID, "Zoë", "")
	token := h.token("zone-1")
	leader, _ := h.dial(token)
	leader.say(wire.LinkMessage{Hello: &wire.LinkHello{Zone: "zone-1", Controller: "zc-2", Epoch: 2, URLs: []string{"https://new.example.com"}}})
	if w := leader.hear(); w.Welcome == nil || w.Welcome.LastSeq != 0 {
		t.Fatalf("got %+v", w)
	}
	// Both controllers' addresses, the leader's first.
	if a := h.guest().admit(m.ID, "Zoë", ""); fmt.Sprint(a.ZoneURLs) != "[https://new.example.com https://old.example.com]" {
		t.Errorf("zone_urls %q", a.ZoneURLs)
	}
	leader.report(2, 1, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 5})
	old.say(wire.LinkMessage{Status: &wire.ZoneStatus{Epoch: 1, Seq: 99, Meetings: []wire.MeetingStatus{{Meeting: m.ID}}}})
	if code, why := old.closed(); code != websocket.StatusPolicyViolation || !strings.Contains(why, "stale epoch") {
		t.Errorf("an old epoch's report: %d %q", code, why)
	}
	back, _ := h.dial(h.token("zone-1"))
	back.say(wire.LinkMessage{Hello: &wire.LinkHello{Zone: "zone-1", Controller: "zc-1", Epoch: 1}})
	if code, why := back.closed(); code != websocket.StatusPolicyViolation || !strings.Contains(why, "stale epoch") {
		t.Errorf("an old epoch's hello: %d %q", code, why)
	}
	var card struct{ Participants int }
	if h.guest().want(200, "", "GET", "/api/meetings/"+m.ID, nil, &card); card.Participants != 5 {
		t.Errorf("the page sees %+v", card)
	}
	// A controller may be elected while it is connected.
	leader.report(3, 1, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 6})
	if h.guest().want(200, "", "GET", "/api/meetings/"+m.ID, nil, &card); card.Participants != 6 {
		t.Errorf("the page sees %+v", card)
	}
}

func TestAZoneSpeaksForItsOwnMeetingsOnly(t *testing.T) {
	h := newHouse(t)
	ann := h.signedIn("ann@example.com")
	mine, unplaced := ann.newMeeting("Mine"), ann.newMeeting("Unplaced")
	h.live("zone-1")
	h.guest().admit(mine.ID, "Zoë", "")
	other := h.live("zone-2")
	for i, id := range []string{mine.ID, unplaced.ID, "no-such-meeting"} {
		other.report(1, uint64(i+1), wire.MeetingStatus{Meeting: id, Live: true, Participants: 9, EndedForAll: i%2 == 0})
	}
	for _, m := range []Meeting{mine, unplaced} {
		var card struct {
			State        string
			Participants int
		}
		if h.guest().want(200, "", "GET", "/api/meetings/"+m.ID, nil, &card); card.State != "open" || card.Participants != 0 {
			t.Errorf("another zone changed %s: %+v", m.Title, card)
		}
	}
	// Nor does a zone speak under another's name.
	z, _ := h.dial(h.token("zone-2"))
	z.say(wire.LinkMessage{Hello: &wire.LinkHello{Zone: "zone-1", Controller: "zc", Epoch: 9}})
	if code, why := z.closed(); code != websocket.StatusPolicyViolation || !strings.Contains(why, "another zone") {
		t.Errorf("another's name: %d %q", code, why)
	}
}

func TestAnEndReachesAZoneThatWasAway(t *testing.T) {
	h := newHouse(t)
	ann := h.signedIn("ann@example.com")
	m := ann.newMeeting("Plan")
	z := h.live("zone-1")
	ann.admit(m.ID, "Ann", "")
	z.report(1, 1, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 2})
	z.conn.CloseNow()
	until(t, "the cloud notices", func() bool { return h.links.count() == 0 })
	ann.want(204, "", "POST", "/api/meetings/"+m.ID+"/end", nil, nil)
	z, _ = h.connect("zone-1", 1, "")
	if end := z.hear(); end.End == nil || end.End.Meeting != m.ID {
		t.Errorf("heard %+v", end)
	}
	// Somebody with an old ticket opened it again: it is ended again.
	z.report(1, 2, wire.MeetingStatus{Meeting: m.ID})
	z.report(1, 3, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 1})
	if end := z.hear(); end.End == nil || end.End.Meeting != m.ID {
		t.Errorf("heard %+v", end)
	}
}

func TestAnEndInTheZoneIsAnEndInTheCloud(t *testing.T) {
	h := newHouse(t)
	m := h.signedIn("ann@example.com").newMeeting("Plan")
	z := h.live("zone-1")
	h.guest().admit(m.ID, "Zoë", "")
	z.report(1, 1, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 2})
	z.report(1, 2, wire.MeetingStatus{Meeting: m.ID, EndedForAll: true})
	h.guest().want(410, wire.CodeMeetingEnded, "POST", "/api/meetings/"+m.ID+"/tickets", map[string]string{"name": "x"}, nil)
}

func TestBadMessagesEndTheLinkAndNothingElse(t *testing.T) {
	h := newHouse(t)
	m := h.signedIn("ann@example.com").newMeeting("Plan")
	good := h.live("zone-1")
	h.guest().admit(m.ID, "Zoë", "")
	hello := `{"hello":{"zone":"zone-2","controller":"zc","epoch":1,"urls":[""],"version":"t"}}`
	status := func(inside string) string { return `{"status":{"epoch":1,"seq":1,` + inside + `}}` }
	h.trust("zone-2")
	for _, c := range []struct {
		name  string
		texts []string
		code  websocket.StatusCode
	}{
		{"no JSON", []string{`{`}, 1008},
		{"not an object", []string{`null`}, 1008},
		{"nothing first", []string{`{}`}, 1008},
		{"a status first", []string{status(`"meetings":[]`)}, 1008},
		{"a key twice", []string{`{"hello":{"zone":"zone-2","zone":"zone-2"}}`}, 1008},
		{"two things", []string{`{"hello":{"zone":"zone-2"},"status":{}}`}, 1008},
		{"a second hello", []string{hello, hello}, 1008},
		{"no controller", []string{`{"hello":{"zone":"zone-2","epoch":1}}`}, 1008},
		{"a bad address", []string{strings.Replace(hello, `[""]`, `["javascript:alert(1)"]`, 1)}, 1008},
		{"an address with a path", []string{strings.Replace(hello, `[""]`, `["https://a/b"]`, 1)}, 1008},
		{"many addresses", []string{strings.Replace(hello, `[""]`, `["","","","","","","","",""]`, 1)}, 1008},
		{"a negative epoch", []string{strings.Replace(hello, `"epoch":1`, `"epoch":-1`, 1)}, 1008},
		{"a huge epoch", []string{strings.Replace(hello, `"epoch":1`, `"epoch":18446744073709551615`, 1)}, 1008},
		{"a meeting that cannot be", []string{hello, status(`"meetings":[{"meeting":"../x"}]`)}, 1008},
		{"fewer than nobody", []string{hello, status(`"meetings":[{"meeting":"abc","participants":-1}]`)}, 1008},
		{"a zone fuller than full", []string{hello, status(`"participants":99999999999`)}, 1008},
		{"a message without end", []string{hello, strings.Repeat(" ", linkMessageBytes+1)}, 1009},
	} {
		z, answer := h.dial(h.token("zone-2"))
		if z == nil {
			t.Fatalf("%s: %v", c.name, answer)
		}
		for _, text := range c.texts {
			if err := z.conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
				break // the cloud was faster
			}
		}
		if code, why := z.closed(); code != c.code {
			t.Errorf("%s: closed with %d %q", c.name, code, why)
		}
	}
	z, _ := h.dial(h.token("zone-2"))
	z.write(websocket.MessageBinary, []byte(hello))
	if code, _ := z.closed(); code != websocket.StatusPolicyViolation {
		t.Errorf("binary: %d", code)
	}
	// What a later version may say is passed over.
	z, _ = h.connect("zone-2", 1, "")
	z.write(websocket.MessageText, []byte(`{"news":{"a":1}}`))
	z.report(1, 1)
	// The other zone's link has not noticed anything.
	good.report(1, 1, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 1})
}

func TestASilentZoneCountsAsAway(t *testing.T) {
	h := newHouse(t)
	h.linkPing = 20 * time.Millisecond
	h.live("zone-1") // nobody reads on its end, so no pong is sent
	until(t, "the silent link ends", func() bool { return h.links.count() == 0 })
	z, _ := h.connect("zone-1", 1, "")
	reading, stop := context.WithCancel(t.Context())
	defer stop()
	z.conn.CloseRead(reading) // answers pings
	from := time.Now()
	until(t, "many pings", func() bool { return time.Since(from) > 10*h.linkPing })
	if h.links.count() != 1 {
		t.Error("a zone that answers was dropped")
	}
}

func TestAReplacedKeyEndsTheZonesLinks(t *testing.T) {
	h := newHouse(t)
	z := h.live("zone-1")
	h.must(h.TrustZone(t.Context(), "zone-1", keyFrom("new").Public().(ed25519.PublicKey)))
	if code, why := z.closed(); code != websocket.StatusPolicyViolation || !strings.Contains(why, "key") {
		t.Errorf("closed with %d %q", code, why)
	}
	if z, _ := h.dial(h.token("zone-1")); z != nil {
		t.Error("the old key still opens a link")
	}
	for _, bad := range []struct {
		zone string
		key  ed25519.PublicKey
	}{{"Zone 1", make([]byte, 32)}, {"zone-1", nil}, {"zone-2", keyFrom("new").Public().(ed25519.PublicKey)}} {
		if err := h.TrustZone(t.Context(), bad.zone, bad.key); problem(err) != wire.CodeBadRequest {
			t.Errorf("%q: %v", bad.zone, err)
		}
	}
}

func TestAStoppingCloudSaysGoodBye(t *testing.T) {
	h := newHouse(t)
	z := h.live("zone-1")
	silent, _ := h.dial(h.token("zone-1")) // has not said hello
	closed := make(chan error, 1)
	go func() { closed <- h.Cloud.Close() }()
	for _, z := range []*zone{z, silent} {
		if code, why := z.closed(); code != websocket.StatusGoingAway {
			t.Errorf("silent %v: closed with %d %q", z == silent, code, why)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestAZonePairsWithACodeOnce(t *testing.T) {
	h := newHouse(t)
	code, expires, err := h.NewPairingCode(t.Context())
	h.must(err)
	if !expires.Equal(noon.Add(time.Hour)) {
		t.Errorf("expires %v", expires)
	}
	ask := func(code, key string) map[string]any {
		return map[string]any{"code": code, "public_key": keyFrom(key).Public(), "controller": "zc-1"}
	}
	var paired struct{ Zone, Issuer string }
	b := h.guest()
	b.want(403, wire.CodeForbidden, "POST", "/v1/zones/pair", ask("wrong-code-here", "k"), nil)
	b.want(200, "", "POST", "/v1/zones/pair", ask(strings.ToUpper(strings.ReplaceAll(code, "-", " ")), "k"), &paired)
	if !ticket.ValidMeeting(paired.Zone) || paired.Issuer != h.Issuer() {
		t.Errorf("paired %+v", paired)
	}
	first := paired
	b.want(200, "", "POST", "/v1/zones/pair", ask(code, "k"), &paired)
	if paired != first {
		t.Errorf("after a lost answer %+v", paired)
	}
	b.want(403, wire.CodeForbidden, "POST", "/v1/zones/pair", ask(code, "thief"), nil)
	token, err := ticket.SignLink(first.Zone, first.Issuer, keyFrom("k"), h.clock.now())
	h.must(err)
	if z, answer := h.dial(token); z == nil {
		t.Errorf("the paired zone's link: %v", answer)
	}
	late, _, err := h.NewPairingCode(t.Context())
	h.must(err)
	h.clock.advance(time.Hour)
	b.want(403, wire.CodeForbidden, "POST", "/v1/zones/pair", ask(late, "k2"), nil)
	for range 10 {
		b.send("POST", "/v1/zones/pair", ask("guess", "thief"))
	}
	b.want(429, wire.CodeTooManyRequests, "POST", "/v1/zones/pair", ask("guess", "thief"), nil)
}
