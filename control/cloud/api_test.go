package cloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/control/cloud/store"
	"causeway/control/ticket"
	"causeway/control/wire"
)

// admission is the answer to a request for a ticket.
type admission struct {
	Ticket      string
	Seat        string
	Participant wire.Participant
	Meeting     struct{ ID, Title string }
	ZoneURLs    []string `json:"zone_urls"`
}

func (b *browser) newMeeting(title string) Meeting {
	b.t.Helper()
	var m Meeting
	b.want(201, "", "POST", "/api/meetings", map[string]string{"title": title}, &m)
	return m
}

func (b *browser) admit(meeting, name, seat string) admission {
	b.t.Helper()
	var a admission
	b.want(201, "", "POST", "/api/meetings/"+meeting+"/tickets", map[string]string{"name": name, "seat": seat}, &a)
	return a
}

func (h *house) verifier(zone string) *ticket.Verifier {
	h.t.Helper()
	v, err := ticket.NewVerifier(zone, h.Issuer(), h.clock.now)
	h.must(err)
	h.must(v.Replace(h.keys.Load().public))
	return v
}

func TestSigningInIsRememberedUntilSigningOut(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		b      *browser
		cookie string
		secure bool
	}{
		{newBrowser(t, h.https), "__Host-causeway", true},
		{newBrowser(t, h.http), "causeway-loopback", false},
	} {
		b := c.b
		b.want(401, wire.CodeSignedOut, "GET", "/api/me", nil, nil)
		var in, me struct{ Account Account }
		answer := b.want(200, "", "POST", "/api/login", map[string]string{"email": " ANN@example.com ", "password": password}, &in)
		if in.Account.Email != "ann@example.com" || in.Account.Name != "Ann" || in.Account.ID == "" {
			t.Errorf("signed in as %+v", in)
		}
		cookies := answer.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("cookies %v", cookies)
		}
		k := cookies[0]
		if k.Name != c.cookie || k.Secure != c.secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || len(k.Value) != 43 {
			t.Errorf("cookie %v", k)
		}
		if b.want(200, "", "GET", "/api/me", nil, &me); me != in {
			t.Errorf("me %+v", me)
		}
		b.want(204, "", "POST", "/api/logout", nil, nil)
		b.want(401, wire.CodeSignedOut, "GET", "/api/me", nil, nil)
		b.want(204, "", "POST", "/api/logout", nil, nil)
		// The cookie itself is worth nothing any more.
		b.want(401, wire.CodeSignedOut, "GET", "/api/me", nil, nil, "Cookie", k.Name+"="+k.Value)
	}
}

func TestACookieOfPlainHTTPIsNotTakenOverHTTPS(t *testing.T) {
	h := newHouse(t)
	plain := h.signedIn("ann@example.com")
	u, _ := url.Parse(plain.base)
	value := plain.Jar.Cookies(u)[0].Value
	secure := newBrowser(t, h.https)
	secure.want(401, wire.CodeSignedOut, "GET", "/api/me", nil, nil, "Cookie", loopbackCookie+"="+value)
	newBrowser(t, h.http).want(401, wire.CodeSignedOut, "GET", "/api/me", nil, nil, "Cookie", secureCookie+"="+value)
}

func TestALoginEndsInTime(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("ann@example.com")
	h.clock.advance(30*24*time.Hour - time.Second)
	b.want(200, "", "GET", "/api/me", nil, nil)
	h.clock.advance(time.Second)
	b.want(401, wire.CodeSignedOut, "GET", "/api/me", nil, nil)
}

func TestTheAnswerDoesNotRevealWhoHasAnAccount(t *testing.T) {
	h := newHouse(t)
	b := h.guest()
	var seen []string
	for _, email := range []string{"ann@example.com", "nobody@example.com", "", "not an address", strings.Repeat("x", 300)} {
		answer, text := b.send("POST", "/api/login", map[string]string{"email": email, "password": "wrong password"})
		answer.Header.Del("Date")
		if answer.StatusCode != 401 || len(answer.Cookies()) != 0 {
			t.Errorf("%q: %d", email, answer.StatusCode)
		}
		seen = append(seen, fmt.Sprint(answer.Header, string(text)))
	}
	if seen = slices.Compact(seen); len(seen) != 1 {
		t.Errorf("answers differ: %q", seen)
	}
	// And so when the guessing is limited.
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		for range 9 {
			b.send("POST", "/api/login", map[string]string{"email": email, "password": "wrong password"})
		}
		b.want(429, wire.CodeTooManyRequests, "POST", "/api/login", map[string]string{"email": email, "password": "wrong password"}, nil)
	}
}

func TestGuessingIsLimitedAndRecovers(t *testing.T) {
	h := newHouse(t)
	b := h.guest()
	login := func(status int, code, email, word string) *http.Response {
		return b.want(status, code, "POST", "/api/login", map[string]string{"email": email, "password": word}, nil)
	}
	for range 10 {
		login(401, wire.CodeLoginFailed, "ann@example.com", "wrong")
	}
	answer := login(429, wire.CodeTooManyRequests, "ann@example.com", password)
	if answer.Header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After %q", answer.Header.Get("Retry-After"))
	}
	for range 12 { // signing in rightly does not use up the account's attempts
		login(200, "", "bob@example.com", password)
	}
	h.clock.advance(30 * time.Second)
	login(200, "", "ann@example.com", password)
	// One address of the network, whatever accounts it names.
	for i := range 30 {
		b.send("POST", "/api/login", map[string]string{"email": fmt.Sprint(i), "password": ""})
	}
	login(429, wire.CodeTooManyRequests, "bob@example.com", password)
}

func TestMeetNow(t *testing.T) {
	h := newHouse(t)
	ann := h.signedIn("ann@example.com")
	first := ann.newMeeting("")
	h.clock.advance(time.Second)
	second := ann.newMeeting(" Plan ")
	want := Meeting{ID: second.ID, Title: "Plan", JoinURL: "https://meet.example.com/m/" + second.ID, Host: true, HostName: "Ann",
		State: "open", Created: noon.Add(time.Second), Expires: noon.Add(time.Second + 30*24*time.Hour)}
	if second != want {
		t.Errorf("got  %+v\nwant %+v", second, want)
	}
	if first.Title != "Meeting with Ann" || !ticket.ValidMeeting(first.ID) || len(first.ID) != 14 {
		t.Errorf("got %+v", first)
	}
	var list struct{ Meetings []Meeting }
	ann.want(200, "", "GET", "/api/meetings", nil, &list)
	if !slices.Equal(list.Meetings, []Meeting{second, first}) {
		t.Errorf("list %+v", list)
	}
	ann.want(201, "", "POST", "/api/meetings", nil, nil) // no body is no title
	h.guest().want(401, wire.CodeSignedOut, "GET", "/api/meetings", nil, nil)
	h.guest().want(401, wire.CodeSignedOut, "POST", "/api/meetings", map[string]string{}, nil)
	answer, text := h.signedIn("bob@example.com").send("GET", "/api/meetings", nil)
	if answer.StatusCode != 200 || strings.TrimSpace(string(text)) != `{"meetings":[]}` {
		t.Errorf("Bob's: %s", text)
	}
}

func TestAGuestNeedsTheLinkAndANameOnly(t *testing.T) {
	h := newHouse(t)
	h.live("zone-1")
	m := h.signedIn("ann@example.com").newMeeting("Plan")
	guest := h.guest()
	var card map[string]any
	guest.want(200, "", "GET", "/api/meetings/"+m.ID, nil, &card)
	want := map[string]any{"id": m.ID, "title": "Plan", "host_name": "Ann", "state": "open", "live": false, "participants": 0.0, "you_host": false}
	if fmt.Sprint(card) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", card, want)
	}

	a := guest.admit(m.ID, " Zoë ", "")
	if a.Participant.Name != "Zoë" || a.Participant.Role != wire.RoleParticipant || a.Meeting.ID != m.ID || a.Meeting.Title != "Plan" || !slices.Equal(a.ZoneURLs, []string{""}) {
		t.Errorf("got %+v", a)
	}
	got, err := h.verifier("zone-1").VerifyFor(m.ID, a.Ticket)
	if err != nil {
		t.Fatal(err)
	}
	if got.Participant != a.Participant || got.Issuer != h.Issuer() || !got.Issued.Equal(noon) || !got.Expires.Equal(noon.Add(10*time.Minute)) || got.ID == "" {
		t.Errorf("ticket %+v", got)
	}

	again := guest.admit(m.ID, "Zoë 2", a.Seat)
	if again.Participant.ID != a.Participant.ID || again.Participant.Name != "Zoë 2" || again.Ticket == a.Ticket {
		t.Errorf("after a reload %+v", again.Participant)
	}
	if other := guest.admit(m.ID, "Zoë", ""); other.Participant.ID == a.Participant.ID {
		t.Error("without a seat the same participant")
	}
}

func TestTheOwnerAndOnlyTheOwnerIsHost(t *testing.T) {
	h := newHouse(t)
	h.live("zone-1")
	ann, bob := h.signedIn("ann@example.com"), h.signedIn("bob@example.com")
	m, other := ann.newMeeting("Plan"), ann.newMeeting("Other")
	host := ann.admit(m.ID, "Ann", "")
	if host.Participant.Role != wire.RoleHost {
		t.Errorf("Ann is %s", host.Participant.Role)
	}
	var card struct {
		YouHost bool `json:"you_host"`
	}
	if ann.want(200, "", "GET", "/api/meetings/"+m.ID, nil, &card); !card.YouHost {
		t.Error("Ann does not see that she is host")
	}
	if bob.want(200, "", "GET", "/api/meetings/"+m.ID, nil, &card); card.YouHost {
		t.Error("Bob sees himself as host")
	}
	guest := bob.admit(m.ID, "Ann", "")
	if guest.Participant.Role != wire.RoleParticipant {
		t.Error("Bob is host under Ann's name")
	}
	// The host's seat keeps the role, in its own meeting only.
	if a := h.guest().admit(m.ID, "Ann", host.Seat); a.Participant != host.Participant {
		t.Errorf("Ann again %+v", a.Participant)
	}
	if a := h.guest().admit(other.ID, "Ann", host.Seat); a.Participant.Role != wire.RoleParticipant || a.Participant.ID == host.Participant.ID {
		t.Errorf("a seat of another meeting %+v", a.Participant)
	}
	for i := range host.Seat { // no seat can be made from another
		forged := []byte(guest.Seat)
		forged[i] = host.Seat[i]
		if string(forged) == guest.Seat {
			continue
		}
		if id, role, ok := h.seats.open(m.ID, string(forged)); ok {
			t.Fatalf("a forged seat opens as %s %s", id, role)
		}
	}
	// The guest's seat in the owner's browser becomes a host's.
	if a := ann.admit(m.ID, "Ann", guest.Seat); a.Participant.Role != wire.RoleHost || a.Participant.ID != guest.Participant.ID {
		t.Errorf("got %+v", a.Participant)
	}
}

func TestNobodyEndsAnothersMeeting(t *testing.T) {
	h := newHouse(t)
	z := h.live("zone-1")
	ann, bob := h.signedIn("ann@example.com"), h.signedIn("bob@example.com")
	m := ann.newMeeting("Plan")
	host := ann.admit(m.ID, "Ann", "")
	path := "/api/meetings/" + m.ID
	h.guest().want(401, wire.CodeSignedOut, "POST", path+"/end", nil, nil)
	bob.want(403, wire.CodeForbidden, "POST", path+"/end", nil, nil)
	bob.want(403, wire.CodeForbidden, "POST", path+"/end", nil, nil, "Authorization", "Bearer "+host.Ticket)
	bob.want(404, wire.CodeMeetingNotFound, "POST", "/api/meetings/no-such-one/end", nil, nil)
	// A meeting that is nobody's has no owner either.
	h.must(h.store.AddMeeting(t.Context(), store.Meeting{ID: "nobodys", Created: noon}))
	bob.want(403, wire.CodeForbidden, "POST", "/api/meetings/nobodys/end", nil, nil)

	ann.want(204, "", "POST", path+"/end", nil, nil)
	ann.want(204, "", "POST", path+"/end", nil, nil)
	if end := z.hear(); end.End == nil || end.End.Meeting != m.ID {
		t.Errorf("the zone heard %+v", end)
	}
	for _, b := range []*browser{ann, bob, h.guest()} {
		b.want(410, wire.CodeMeetingEnded, "POST", path+"/tickets", map[string]string{"name": "x", "seat": host.Seat}, nil)
	}
	var card struct{ State string }
	if bob.want(200, "", "GET", path, nil, &card); card.State != "ended" {
		t.Errorf("state %q", card.State)
	}
}

func TestALinkExpiresAfterItsLastUse(t *testing.T) {
	h := newHouse(t)
	z := h.live("zone-1")
	m := h.signedIn("ann@example.com").newMeeting("Plan")
	path := "/api/meetings/" + m.ID
	guest := h.guest()
	month := 30 * 24 * time.Hour
	h.clock.advance(month)
	guest.admit(m.ID, "Zoë", "") // the last moment, and a new month
	h.clock.advance(month)
	guest.admit(m.ID, "Zoë", "")
	z.report(1, 1, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 1})
	h.clock.advance(month + time.Second)
	guest.admit(m.ID, "Zoë", "") // for as long as people are in it, it is in use
	z.report(1, 2, wire.MeetingStatus{Meeting: m.ID})
	h.clock.advance(month + time.Second)
	guest.want(410, wire.CodeMeetingExpired, "POST", path+"/tickets", map[string]string{"name": "x"}, nil)
	var card struct{ State string }
	if guest.want(200, "", "GET", path, nil, &card); card.State != "expired" {
		t.Errorf("state %q", card.State)
	}
}

func TestEveryRefusalIsAProblemWithItsCode(t *testing.T) {
	h := newHouse(t)
	h.live("zone-1")
	ann, guest := h.signedIn("ann@example.com"), h.guest()
	m := ann.newMeeting("Plan")
	tickets := "/api/meetings/" + m.ID + "/tickets"
	name := map[string]string{"name": "Zoë"}
	long := strings.Repeat("x", maxBody)
	for _, c := range []struct {
		status       int
		code         string
		method, path string
		body         any
		header       []string
	}{
		{404, wire.CodeNotFound, "GET", "/", nil, nil},
		{404, wire.CodeNotFound, "GET", "/api", nil, nil},
		{404, wire.CodeNotFound, "POST", "/api/nothing", name, nil},
		{405, wire.CodeMethod, "GET", "/api/login", nil, nil},
		{405, wire.CodeMethod, "DELETE", "/api/meetings/" + m.ID, nil, nil},
		{405, wire.CodeMethod, "POST", "/v1/keys", nil, nil},
		{404, wire.CodeMeetingNotFound, "GET", "/api/meetings/abcd-efgh-jkmn", nil, nil},
		{404, wire.CodeMeetingNotFound, "GET", "/api/meetings/ABC", nil, nil},
		{404, wire.CodeMeetingNotFound, "GET", "/api/meetings/%2e%2e%2f", nil, nil},
		{404, wire.CodeMeetingNotFound, "GET", "/api/meetings/' OR 1=1 --", nil, nil},
		{404, wire.CodeMeetingNotFound, "POST", "/api/meetings/abcd-efgh-jkmn/tickets", name, nil},
		{400, wire.CodeBadRequest, "POST", tickets, `{`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, ``, nil},
		{400, wire.CodeBadRequest, "POST", tickets, `[]`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, `null`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, `{"name":7}`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, `{"name":"a","name":"b"}`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, `{"name":"a","role":"host"}`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, `{"name":"a"}{}`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, "{\"name\":\"\xff\"}", nil},
		{400, wire.CodeBadRequest, "POST", tickets, `{"name":"  "}`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, `{"name":"a\nb"}`, nil},
		{400, wire.CodeBadRequest, "POST", tickets, map[string]string{"name": strings.Repeat("x", 129)}, nil},
		{413, wire.CodeBadRequest, "POST", tickets, map[string]string{"name": long}, nil},
		{415, wire.CodeMediaType, "POST", tickets, "name=a", []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{415, wire.CodeMediaType, "POST", tickets, `{}`, []string{"Content-Type", "text/plain"}},
		{403, wire.CodeForbidden, "POST", tickets, name, []string{"Origin", "https://evil.example"}},
		{403, wire.CodeForbidden, "POST", tickets, name, []string{"Origin", "null"}},
		{403, wire.CodeForbidden, "POST", "/api/logout", nil, []string{"Sec-Fetch-Site", "cross-site"}},
		{403, wire.CodeForbidden, "POST", "/api/meetings", map[string]string{}, []string{"Sec-Fetch-Site", "same-site"}},
		{403, wire.CodeForbidden, "POST", "/api/login", map[string]string{}, []string{"Origin", "https://evil.example"}},
		{400, wire.CodeBadRequest, "POST", "/api/meetings", map[string]string{"title": strings.Repeat("x", 201)}, nil},
		{400, wire.CodeBadRequest, "POST", "/api/meetings", map[string]string{"title": "a\x00b"}, nil},
		{400, wire.CodeBadRequest, "POST", "/v1/zones/pair", map[string]any{"code": "x", "public_key": []byte("short"), "controller": "zc"}, nil},
		{400, wire.CodeBadRequest, "POST", "/v1/zones/pair", map[string]any{"code": "x", "public_key": make([]byte, 32), "controller": ""}, nil},
		{400, wire.CodeBadRequest, "POST", "/v1/zones/pair", map[string]any{"code": "x", "public_key": "%", "controller": "zc"}, nil},
		{403, wire.CodeForbidden, "POST", "/v1/zones/pair", map[string]any{"code": "x", "public_key": make([]byte, 32), "controller": "zc"}, nil},
		{401, wire.CodeTicketMissing, "GET", "/v1/zones/link", nil, nil},
		{401, wire.CodeTicketInvalid, "GET", "/v1/zones/link", nil, []string{"Authorization", "Bearer x"}},
	} {
		answer := ann.want(c.status, c.code, c.method, c.path, c.body, nil, c.header...)
		if c.status == 405 && answer.Header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow header", c.method, c.path)
		}
	}
	ann.want(201, "", "POST", tickets, name, nil, "Origin", ann.base)
	ann.want(201, "", "POST", tickets, name, nil, "Origin", "https://meet.example.com") // the public address, behind a proxy
	guest.want(200, "", "GET", "/v1/keys", nil, nil, "Origin", "https://evil.example")

	for range 400 {
		guest.send("POST", tickets, "x")
	}
	guest.want(429, wire.CodeTooManyRequests, "POST", tickets, name, nil)
}

func TestNoTicketWithoutTheZone(t *testing.T) {
	h := newHouse(t)
	ann := h.signedIn("ann@example.com")
	m := ann.newMeeting("Plan")
	tickets := "/api/meetings/" + m.ID + "/tickets"
	name := map[string]string{"name": "Zoë"}
	away := func() {
		t.Helper()
		if answer := ann.want(503, wire.CodeZoneAway, "POST", tickets, name, nil); answer.Header.Get("Retry-After") != "5" {
			t.Errorf("Retry-After %q", answer.Header.Get("Retry-After"))
		}
	}
	away()
	h.trust("zone-1")
	away()
	z, _ := h.connect("zone-1", 1, "https://zc1.example.com", "https://zc2.example.com:8443")
	if a := ann.admit(m.ID, "Ann", ""); !slices.Equal(a.ZoneURLs, []string{"https://zc1.example.com", "https://zc2.example.com:8443"}) {
		t.Errorf("zone_urls %q", a.ZoneURLs)
	}
	z.report(1, 1, wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 2})
	z.conn.CloseNow()
	until(t, "the cloud notices", func() bool { return h.links.count() == 0 })
	away()

	// Another zone does not take over what may still be going on in this one...
	h.live("zone-2")
	away()
	h.clock.advance(24 * time.Hour)
	away()
	// ... and does when it is over and no ticket for it is left.
	z, _ = h.connect("zone-1", 1, "")
	z.report(1, 2, wire.MeetingStatus{Meeting: m.ID})
	ann.admit(m.ID, "Ann", "")
	z.conn.CloseNow()
	until(t, "the cloud notices", func() bool { return h.links.count() == 1 })
	h.clock.advance(settled - time.Second)
	away()
	h.clock.advance(time.Second)
	a := ann.admit(m.ID, "Ann", "")
	if _, err := h.verifier("zone-2").Verify(a.Ticket); err != nil {
		t.Error(err)
	}
}

func TestPasswordsAreNotTakenInTheClearFromAfar(t *testing.T) {
	for _, c := range []struct {
		remote string
		ok     bool
	}{{"127.0.0.1:1", true}, {"[::1]:1", true}, {"192.0.2.1:1", false}, {"[2001:db8::1]:1", false}, {"", false}} {
		r, _ := http.NewRequest("POST", "/api/login", nil)
		r.RemoteAddr = c.remote
		if private(r) != c.ok {
			t.Errorf("%q: %v", c.remote, !c.ok)
		}
	}
}

func TestKeysAreAJWKSet(t *testing.T) {
	h := newHouse(t)
	var set struct{ Keys []map[string]string }
	answer := h.guest().want(200, "", "GET", "/v1/keys", nil, &set)
	if answer.Header.Get("Content-Type") != "application/jwk-set+json" || answer.Header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("headers %v", answer.Header)
	}
	if len(set.Keys) != 1 || set.Keys[0]["kty"] != "OKP" || set.Keys[0]["crv"] != "Ed25519" || set.Keys[0]["alg"] != "EdDSA" || len(set.Keys[0]["x"]) != 43 {
		t.Errorf("keys %v", set.Keys)
	}
	if _, has := set.Keys[0]["d"]; has {
		t.Error("a private key is served")
	}
	if answer, text := h.guest().send("HEAD", "/v1/keys", nil); answer.StatusCode != 200 || len(text) != 0 {
		t.Errorf("HEAD: %d %s", answer.StatusCode, text)
	}
}

func TestAnswersAreNotCached(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/api/me", "/api/meetings", "/api/nothing"} {
		answer, text := h.guest().send("GET", path, nil)
		if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("X-Content-Type-Options") != "nosniff" || !json.Valid(text) {
			t.Errorf("%s: %v", path, answer.Header)
		}
	}
}
