package zone

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway/control/ticket"
	"causeway/control/wire"
)

func TestAParticipantIsLetInWithATicket(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	a := s.join("/v1/meetings/team/sessions", s.ticket("team", "Ann"))
	if a.status != http.StatusCreated || a.header.Get("Content-Type") != "application/sdp" || a.body != "v=0\r\ns=mmr-1\r\n" {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	location := a.header.Get("Location")
	if !strings.HasPrefix(location, "/v1/meetings/team/sessions/") || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%v", a.header)
	}
	q := m.last()
	if q.Meeting != "team" || q.Kind != wire.KindWeb || q.Participant.Name != "Ann" || q.Offer != offer || q.Generation != 1 || q.Epoch != 1 || q.TicketID == "" {
		t.Fatalf("%+v", q)
	}
	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		if a := s.ask("DELETE", location, nil); a.status != want {
			t.Fatalf("leaving: %d %s", a.status, a.body)
		}
	}
	if m.count() != 0 {
		t.Fatal("the session is still there")
	}
}

func TestWHIPAndWHEP(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	for _, kind := range []wire.Kind{wire.KindWHIP, wire.KindWHEP} {
		endpoint := "/" + string(kind) + "/team"
		o := s.ask("OPTIONS", endpoint, nil, "Origin", "https://a.example", "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Private-Network", "true")
		if o.status != http.StatusOK || o.header.Get("Accept-Post") != "application/sdp" ||
			!strings.Contains(o.header.Get("Access-Control-Allow-Headers"), "Authorization") ||
			!strings.Contains(o.header.Get("Access-Control-Allow-Methods"), "PATCH") ||
			o.header.Get("Access-Control-Allow-Private-Network") != "true" {
			t.Fatalf("OPTIONS: %d %v", o.status, o.header)
		}
		a := s.join(endpoint, s.ticket("team", string(kind)))
		location, tag := a.header.Get("Location"), a.header.Get("ETag")
		if a.status != http.StatusCreated || !strings.HasPrefix(location, endpoint+"/") || len(tag) < 10 || tag[0] != '"' || m.last().Kind != kind {
			t.Fatalf("%d %v", a.status, a.header)
		}
		if !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "Location") {
			t.Errorf("%v", a.header)
		}
		for _, path := range []string{endpoint, location} {
			if a := s.ask("GET", path, nil); a.status != http.StatusNoContent || a.body != "" {
				t.Errorf("GET %s: %d", path, a.status)
			}
			if a := s.ask("PUT", path, nil); a.status != http.StatusMethodNotAllowed || a.problem() != wire.CodeMethod || a.header.Get("Allow") == "" {
				t.Errorf("PUT %s: %d %s", path, a.status, a.body)
			}
		}
		if o := s.ask("OPTIONS", location, nil); o.status != http.StatusOK || o.header.Get("Accept-Patch") != typeFragment {
			t.Errorf("OPTIONS: %d %v", o.status, o.header)
		}
		// RFC 9725 §4.2: an entity-tag is of no account when a session ends.
		if a := s.ask("DELETE", location, nil, "If-Match", `"stale"`); a.status != http.StatusOK {
			t.Errorf("DELETE: %d %s", a.status, a.body)
		}
		if a := s.ask("DELETE", location, nil); a.status != http.StatusNotFound || a.problem() != wire.CodeSessionNotFound {
			t.Errorf("DELETE again: %d %s", a.status, a.body)
		}
	}
}

func TestCandidatesAreTakenNoteOfAndRestartsAreNot(t *testing.T) {
	s := newSite(t, Limits{})
	s.router("mmr-1", 350)
	a, other := s.join("/whip/team", s.ticket("team", "Cam")), s.join("/whip/team", s.ticket("team", "Mic"))
	location, tag := a.header.Get("Location"), a.header.Get("ETag")
	if tag == other.header.Get("ETag") {
		t.Fatal("two sessions, one entity-tag")
	}
	const same = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=candidate:1 1 udp 2130706431 192.0.2.1 61764 typ host\r\n"
	const fresh = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"
	for name, c := range map[string]struct {
		path, kind, match, body string
		status                  int
	}{
		"candidates":               {location, typeFragment, tag, same, 204},
		"one tag of several":       {location, typeFragment, `"x", ` + tag, same, 204},
		"without username":         {location, typeFragment, tag, "a=end-of-candidates\r\n", 204},
		"no tag":                   {location, typeFragment, "", same, 428},
		"another session's tag":    {location, typeFragment, other.header.Get("ETag"), same, 412},
		"a tag out of the air":     {location, typeFragment, `"abcdefabcdefabcdabcdefabcdefabcd"`, same, 412},
		"restart":                  {location, typeFragment, "*", fresh, 422},
		"restart under a tag":      {location, typeFragment, tag, fresh, 422},
		"another type":             {location, "application/sdp", tag, same, 415},
		"no fragment":              {location, typeFragment, tag, "hello", 400},
		"empty":                    {location, typeFragment, tag, "", 400},
		"too large":                {location, typeFragment, tag, "a=" + strings.Repeat("x", maxFragmentBytes), 413},
		"meeting that is not here": {"/whip/nowhere/abc", typeFragment, tag, same, 404},
		"no id of a session":       {"/whip/team/a.b", typeFragment, tag, same, 404},
	} {
		fields := []string{"Content-Type", c.kind}
		if c.match != "" {
			fields = append(fields, "If-Match", c.match)
		}
		a := s.ask("PATCH", c.path, strings.NewReader(c.body), fields...)
		if a.status != c.status || a.header.Get("ETag") != "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := s.ask("PATCH", s.enter("team", "Ann"), strings.NewReader(same), "Content-Type", typeFragment); a.status != 405 {
		t.Errorf("the page's door: %d", a.status)
	}
	if a := s.ask("DELETE", location, nil); a.status != 200 {
		t.Errorf("the session did not go on: %d", a.status)
	}
}

func TestWhoIsNotLetInHearsWhy(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	other, err := ticket.NewSigner("k1", ed25519.NewKeyFromSeed(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	ours := s.signer
	s.signer = other
	forged := s.ticket("team", "Eve")
	s.signer = ours
	used := s.ticket("team", "Ann")
	if a := s.join("/whip/team", used); a.status != 201 {
		t.Fatalf("%d", a.status)
	}
	spent := s.ticket("team", "Bob", func(t *wire.Ticket) { t.ID = "known-to-the-router" })
	m.set(func() { m.tickets["known-to-the-router"] = true })
	past := func(t *wire.Ticket) { t.Issued = t.Issued.Add(-time.Hour); t.Expires = t.Issued.Add(time.Minute) }
	good := func() string { return "Bearer " + s.ticket("team", "Ann") }
	sdp := []string{"Content-Type", "application/sdp"}
	big := strings.Repeat("a", 1<<20)
	for name, c := range map[string]struct {
		path   string
		body   io.Reader
		fields []string
		status int
		code   string
	}{
		"no ticket":         {"/whip/team", strings.NewReader(offer), sdp, 401, wire.CodeTicketMissing},
		"no bearer":         {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Basic x"), 401, wire.CodeTicketInvalid},
		"rubbish":           {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Bearer a.b.c"), 401, wire.CodeTicketInvalid},
		"forged":            {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Bearer "+forged), 401, wire.CodeTicketInvalid},
		"expired":           {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Bearer "+s.ticket("team", "A", past)), 401, wire.CodeTicketExpired},
		"of another zone":   {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Bearer "+s.ticket("team", "A", func(t *wire.Ticket) { t.Zone = "west" })), 401, wire.CodeTicketWrongZone},
		"of another cloud":  {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Bearer "+s.ticket("team", "A", func(t *wire.Ticket) { t.Issuer = "urn:else" })), 401, wire.CodeTicketInvalid},
		"another meeting":   {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Bearer "+s.ticket("other", "A")), 403, wire.CodeTicketWrongMeeting},
		"used":              {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Bearer "+used), 401, wire.CodeTicketUsed},
		"used at the MMR":   {"/whip/team", strings.NewReader(offer), append(sdp, "Authorization", "Bearer "+spent), 401, wire.CodeTicketUsed},
		"no type":           {"/whip/team", strings.NewReader(offer), []string{"Authorization", good()}, 415, wire.CodeMediaType},
		"JSON":              {"/whip/team", strings.NewReader("{}"), []string{"Content-Type", "application/json", "Authorization", good()}, 415, wire.CodeMediaType},
		"1 MB":              {"/whip/team", strings.NewReader(big), append(sdp, "Authorization", good()), 413, wire.CodeOfferTooLarge},
		"1 MB, unannounced": {"/whip/team", io.MultiReader(strings.NewReader(big)), append(sdp, "Authorization", good()), 413, wire.CodeOfferTooLarge},
		"1 MB, no ticket":   {"/whip/team", bytes.NewReader([]byte(big)), sdp, 413, wire.CodeOfferTooLarge},
		"empty":             {"/whip/team", strings.NewReader(""), append(sdp, "Authorization", good()), 400, wire.CodeOfferInvalid},
		"no meeting's id":   {"/whip/-x-", strings.NewReader(offer), append(sdp, "Authorization", good()), 404, wire.CodeMeetingNotFound},
		"no door":           {"/v1/meetings/team", strings.NewReader(offer), append(sdp, "Authorization", good()), 404, wire.CodeNotFound},
	} {
		a := s.ask("POST", c.path, c.body, c.fields...)
		if a.status != c.status || a.problem() != c.code || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if (a.status == 401) != (a.header.Get("WWW-Authenticate") == "Bearer") {
			t.Errorf("%s: %v", name, a.header)
		}
	}
	if a := s.ask("POST", "/whip/team", strings.NewReader(offer), "Content-Type", "application/SDP; charset=utf-8", "Authorization", good()); a.status != 201 {
		t.Errorf("a type in other words: %d %s", a.status, a.body)
	}
	if m.count() != 2 {
		t.Fatalf("%d sessions", m.count())
	}
}

func TestWhatTheRouterSaysOfAnOfferIsPassedOn(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	for _, c := range []struct {
		refuse *wire.Problem
		status int
		code   string
	}{
		{wire.NewProblem(400, wire.CodeOfferInvalid, "line 3"), 400, wire.CodeOfferInvalid},
		{wire.NewProblem(422, wire.CodeOfferUnacceptable, "no codec"), 422, wire.CodeOfferUnacceptable},
		{wire.NewProblem(410, wire.CodeMeetingEnded, "over"), 410, wire.CodeMeetingEnded},
		{wire.NewProblem(403, wire.CodeForbidden, "you are no controller"), 500, wire.CodeInternal},
	} {
		m.set(func() { m.refuse = c.refuse })
		if a := s.join("/whip/team", s.ticket("team", "Ann")); a.status != c.status || a.problem() != c.code || strings.Contains(a.body, "controller") {
			t.Errorf("%v: %d %s", c.refuse, a.status, a.body)
		}
	}
}

func TestOneAddressCannotAskForever(t *testing.T) {
	s := newSite(t, Limits{Rate: 1, Burst: 5})
	last := answer{}
	for range 7 {
		last = s.ask("GET", "/whip/team", nil)
	}
	if last.status != 429 || last.problem() != wire.CodeTooManyRequests || last.header.Get("Retry-After") != "1" {
		t.Fatalf("%d %s", last.status, last.body)
	}
	if source("[2001:db8::1]:5") != source("[2001:db8::ffff:1]:9") || source("192.0.2.1:1") == source("192.0.2.2:1") {
		t.Fatal("whose bucket is whose")
	}
}
