package cloud

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"causeway/control/ticket"
	"causeway/control/wire"
)

func TestASecondStartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	h := openHouse(t, dir)
	email, first, created, err := h.EnsureFirstAccount(t.Context())
	if err != nil || !created || len(first) < 20 {
		t.Fatalf("%q %q %v %v", email, first, created, err)
	}
	ready, created, err := h.EnsureMeeting(t.Context(), "")
	if err != nil || !created {
		t.Fatalf("%+v %v", ready, err)
	}
	z := h.live("zone-1")
	b := h.guest()
	b.want(200, "", "POST", "/api/login", map[string]string{"email": email, "password": first}, nil)
	seat := b.admit(ready.ID, "Ann", "")
	z.report(1, 4, wire.MeetingStatus{Meeting: ready.ID, Live: true, Participants: 2})
	issuer, keys := h.Issuer(), h.keys.Load().public
	h.close()

	h = openHouse(t, dir)
	if h.Issuer() != issuer || fmt.Sprint(h.keys.Load().public) != fmt.Sprint(keys) {
		t.Error("another issuer or other keys")
	}
	email2, again, created, err := h.EnsureFirstAccount(t.Context())
	if email2 != email || again != first || created || err != nil {
		t.Errorf("%q %q %v %v", email2, again, created, err)
	}
	m, created, err := h.EnsureMeeting(t.Context(), "")
	if err != nil || created || m.ID != ready.ID || !m.Host || !m.Live || m.Participants != 2 {
		t.Errorf("%+v %v %v", m, created, err)
	}
	b.base = h.http.URL
	b.want(200, "", "GET", "/api/me", nil, nil) // the cookie is good (cookies know no ports)
	_, w := h.connect("zone-1", 1, "")
	if w.LastSeq != 4 {
		t.Errorf("the zone resumes at %d", w.LastSeq)
	}
	if a := h.guest().admit(ready.ID, "Ann", seat.Seat); a.Participant != seat.Participant {
		t.Errorf("got %+v, want %+v", a.Participant, seat.Participant)
	}
	if err := h.Ready(); err != nil {
		t.Error(err)
	}
}

func TestTheGeneratedPasswordIsShownUntilItIsChanged(t *testing.T) {
	h := openHouse(t, t.TempDir())
	email, generated, _, err := h.EnsureFirstAccount(t.Context())
	h.must(err)
	path := filepath.Join(h.dir, firstFile)
	info, err := os.Stat(path)
	h.must(err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	h.clock.advance(time.Second)
	h.account("second@example.com", "Second")
	if _, shown, _, err := h.EnsureFirstAccount(t.Context()); shown != generated || err != nil {
		t.Errorf("%q, %v", shown, err)
	}
	h.must(h.SetPassword(t.Context(), "second@example.com", "another long one"))
	if _, err := os.Stat(path); err != nil {
		t.Errorf("gone with another account's password: %v", err)
	}
	b := h.guest()
	b.want(200, "", "POST", "/api/login", map[string]string{"email": email, "password": generated}, nil)
	h.must(h.SetPassword(t.Context(), email, "another long one"))
	if _, shown, created, err := h.EnsureFirstAccount(t.Context()); shown != "" || created || err != nil {
		t.Errorf("%q, %v, %v", shown, created, err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	b.want(401, wire.CodeSignedOut, "GET", "/api/me", nil, nil)
	b.want(401, wire.CodeLoginFailed, "POST", "/api/login", map[string]string{"email": email, "password": generated}, nil)
	b.want(200, "", "POST", "/api/login", map[string]string{"email": email, "password": "another long one"}, nil)
}

func TestAccountsThatCannotBeAreRefused(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ email, name, password string }{
		{"ann@example.com", "Ann", password},
		{"ANN@example.com", "Ann", password},
		{"not an address", "Ann", password},
		{"Ann <new@example.com>", "Ann", password},
		{"new@example.com", " ", password},
		{"new@example.com", "Ann", "short"},
		{"new@example.com", "Ann", strings.Repeat("x", maxPassword+1)},
	} {
		if err := h.CreateAccount(t.Context(), c.email, c.name, c.password); problem(err) != wire.CodeBadRequest {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := h.SetPassword(t.Context(), "nobody@example.com", password); problem(err) != wire.CodeNotFound {
		t.Error(err)
	}
	if _, err := h.CreateMeeting(t.Context(), "nobody@example.com", "x"); problem(err) != wire.CodeNotFound {
		t.Error(err)
	}
	m, err := h.CreateMeeting(t.Context(), "bob@example.com", "Plan")
	if err != nil || !m.Host || m.HostName != "Bob" || m.Title != "Plan" || m.JoinURL != "https://meet.example.com/m/"+m.ID {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestTheReadyMeetingIsReplacedWhenItHasEnded(t *testing.T) {
	h := newHouse(t)
	first, _, err := h.EnsureMeeting(t.Context(), "")
	h.must(err)
	h.signedIn("ann@example.com").want(204, "", "POST", "/api/meetings/"+first.ID+"/end", nil, nil)
	second, created, err := h.EnsureMeeting(t.Context(), "")
	if err != nil || !created || second.ID == first.ID {
		t.Errorf("%+v %v %v", second, created, err)
	}
	h.clock.advance(31 * 24 * time.Hour)
	third, created, err := h.EnsureMeeting(t.Context(), "")
	if err != nil || !created || third.ID == second.ID {
		t.Errorf("%+v %v %v", third, created, err)
	}
	named, created, err := h.EnsureMeeting(t.Context(), "my-room")
	if err != nil || !created || named.ID != "my-room" || named.HostName != "Ann" {
		t.Errorf("%+v %v %v", named, created, err)
	}
	if _, created, err = h.EnsureMeeting(t.Context(), "my-room"); created || err != nil {
		t.Errorf("%v %v", created, err)
	}
	if _, _, err = h.EnsureMeeting(t.Context(), "My Room"); problem(err) != wire.CodeBadRequest {
		t.Errorf("%v", err)
	}
}

func TestASecondProcessMintsTicketsThatTheZoneTakes(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	other, err := Open(ctx, Config{StateDir: h.dir, Now: h.clock.now})
	h.must(err)
	defer other.Close()
	if _, _, err := other.MintTicket(ctx, "abc", "Zoë", wire.RoleHost); problem(err) != wire.CodeZoneAway {
		t.Errorf("without any zone: %v", err)
	}
	h.live("zone-1")
	token, minted, err := other.MintTicket(ctx, "script-made", " Zoë ", wire.RoleHost)
	h.must(err)
	got, err := h.verifier("zone-1").VerifyFor("script-made", token)
	if err != nil || got != minted || got.Participant.Name != "Zoë" || got.Participant.Role != wire.RoleHost {
		t.Errorf("%+v, %v", got, err)
	}
	// The meeting it made is there for everybody, and the first account's.
	h.guest().admit("script-made", "Guest", "")
	var list struct{ Meetings []Meeting }
	h.signedIn("ann@example.com").want(200, "", "GET", "/api/meetings", nil, &list)
	if !slices.ContainsFunc(list.Meetings, func(m Meeting) bool { return m.ID == "script-made" && m.Host }) {
		t.Errorf("Ann has %+v", list.Meetings)
	}
	for _, c := range []struct {
		meeting, name string
		role          wire.Role
		want          string
	}{
		{"Not An Id", "x", wire.RoleHost, wire.CodeBadRequest},
		{"", "x", wire.RoleHost, wire.CodeMeetingNotFound},
		{"abc", "", wire.RoleHost, wire.CodeBadRequest},
		{"abc", "x", "king", wire.CodeBadRequest},
	} {
		if _, _, err := other.MintTicket(ctx, c.meeting, c.name, c.role); problem(err) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	h.signedIn("ann@example.com").want(204, "", "POST", "/api/meetings/script-made/end", nil, nil)
	if _, _, err := other.MintTicket(ctx, "script-made", "x", wire.RoleHost); problem(err) != wire.CodeMeetingEnded {
		t.Errorf("an ended meeting: %v", err)
	}
}

func TestKeysRotateWithoutATicketBeingRefused(t *testing.T) {
	h := newHouse(t)
	z := h.live("zone-1")
	m := h.signedIn("ann@example.com").newMeeting("Plan")
	v, err := ticket.NewVerifier("zone-1", h.Issuer(), h.clock.now)
	h.must(err)
	h.must(v.Replace(h.keys.Load().public)) // what the zone had from its Welcome
	hold := h.guest().admit(m.ID, "Zoë", "").Ticket
	verify := func(token string) {
		t.Helper()
		if _, err := v.Verify(token); err != nil {
			t.Error(err)
		}
	}
	verify(hold)
	h.must(h.refreshKeys(t.Context()))
	if n := len(h.keys.Load().public); n != 1 {
		t.Errorf("%d keys before their time", n)
	}

	h.clock.advance(30 * 24 * time.Hour)
	h.must(h.refreshKeys(t.Context()))
	news := z.hear()
	if news.Keys == nil || len(news.Keys.Keys) != 2 {
		t.Fatalf("the zone heard %+v", news)
	}
	verify(h.guest().admit(m.ID, "Zoë", "").Ticket) // still the old key: not every zone has the new one
	h.must(v.Replace(news.Keys.Keys))
	h.clock.advance(keyLead)
	hold = h.guest().admit(m.ID, "Zoë", "").Ticket
	verify(hold)
	h.clock.advance(wire.MaxTicketLife - time.Second)
	h.must(h.refreshKeys(t.Context()))
	verify(hold)
	h.clock.advance(2 * ticket.ClockSkew)
	h.must(h.refreshKeys(t.Context()))
	news = z.hear()
	if news.Keys == nil || len(news.Keys.Keys) != 1 {
		t.Fatalf("the zone heard %+v", news)
	}
	h.must(v.Replace(news.Keys.Keys))
	verify(h.guest().admit(m.ID, "Zoë", "").Ticket)
}

func TestWhatCannotRunIsNamedAtOnce(t *testing.T) {
	_, err := Open(t.Context(), Config{PublicURL: "meet.example.com/x", TicketLife: time.Hour, MeetingLife: time.Second})
	for _, field := range []string{"StateDir", "PublicURL", "TicketLife", "MeetingLife"} {
		if err == nil || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err = Open(t.Context(), Config{StateDir: "/proc/nothing-here"})
	if err == nil || !strings.Contains(err.Error(), "cannot be written") || !strings.Contains(err.Error(), "give this user write access") {
		t.Error(err)
	}
}

func TestTheConfiguredIssuerAndAddressAreUsed(t *testing.T) {
	dir := t.TempDir()
	h := openHouse(t, dir, func(c *Config) { c.Issuer, c.PublicURL = "https://cloud.example", "" })
	h.account("ann@example.com", "Ann")
	if h.Issuer() != "https://cloud.example" {
		t.Error(h.Issuer())
	}
	if m := h.signedIn("ann@example.com").newMeeting("x"); m.JoinURL != h.http.URL+"/m/"+m.ID {
		t.Error(m.JoinURL)
	}
	other, err := Open(t.Context(), Config{StateDir: dir})
	h.must(err)
	defer other.Close()
	if other.Issuer() != "https://cloud.example" {
		t.Errorf("the second process is %s", other.Issuer())
	}
}

func TestReadyFailsWhenTheStoreDoes(t *testing.T) {
	h := newHouse(t)
	h.must(h.Ready())
	h.must(h.store.Close())
	if h.Ready() == nil {
		t.Error("ready without a store")
	}
	h.guest().want(500, wire.CodeInternal, "GET", "/api/meetings/abc", nil, nil)
}

func TestWhatHappensIsCounted(t *testing.T) {
	h := newHouse(t)
	r := prometheus.NewPedanticRegistry()
	h.must(h.Register(r))
	if err := h.Register(r); err == nil {
		t.Error("registered twice")
	}
	z := h.live("zone-1")
	h.signedIn("ann@example.com")
	h.guest().send("POST", "/api/login", map[string]string{"email": "x"})
	z.report(1, 1, wire.MeetingStatus{Meeting: "abc", Live: true})
	z.report(1, 1)
	_, _, err := h.MintTicket(context.Background(), "abc", "x", wire.RoleHost)
	h.must(err)
	families, err := r.Gather()
	h.must(err)
	var got []string
	for _, f := range families {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetValue())
			}
			got = append(got, fmt.Sprint(strings.TrimPrefix(f.GetName(), "causeway_cloud_"), labels, m.GetCounter().GetValue()+m.GetGauge().GetValue()))
		}
	}
	want := []string{
		"foreign_meetings_total[] 1",
		"logins_total[failed] 1", "logins_total[ok] 1",
		"requests_total[/api/login 200] 1", "requests_total[/api/login 401] 1",
		"tickets_total[host] 1",
		"zone_reports_total[repeated] 1", "zone_reports_total[taken] 1",
		"zones_connected[] 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
