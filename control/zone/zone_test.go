package zone

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"causeway/control/cloudlink"
	"causeway/control/pki"
	"causeway/control/wire"
)

func TestAMeetingHasOneRouterAndNewOnesSpread(t *testing.T) {
	s := newSite(t, Limits{})
	one, two := s.router("mmr-1", 350), s.router("mmr-2", 350)
	for i := range 6 {
		s.enter(fmt.Sprintf("meeting-%d", i), "Ann")
	}
	if one.count() != 3 || two.count() != 3 {
		t.Fatalf("%d and %d", one.count(), two.count())
	}
	for range 4 {
		s.enter("meeting-0", "Bob")
	}
	if one.count()+two.count() != 10 || one.count() != 7 && two.count() != 7 {
		t.Fatalf("%d and %d", one.count(), two.count())
	}
}

func TestTheMeetingAfterTheLastOneIsRefusedAndNobodyIsTouched(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	for i := range 250 {
		s.enter(fmt.Sprintf("meeting-%d", i), "Ann")
	}
	a := s.join("/v1/meetings/other/sessions", s.ticket("other", "Zoe"))
	if a.status != 503 || a.problem() != wire.CodeZoneFull || !strings.Contains(a.body, "250") || a.header.Get("Retry-After") == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if m.count() != 250 {
		t.Fatalf("%d sessions", m.count())
	}
	s.enter("meeting-7", "Bob") // who meets already still admits
	s.reported(250)
	if a := s.join("/v1/meetings/other/sessions", s.ticket("other", "Zoe")); a.status != 503 {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestAFullRouterRefusesAndSaysSo(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 3)
	for range 3 {
		s.enter("team", "Ann")
	}
	a := s.join("/whip/team", s.ticket("team", "Zoe"))
	if a.status != 503 || a.problem() != wire.CodeMeetingFull || a.header.Get("Retry-After") != "7" || !strings.Contains(a.body, "3 are in") {
		t.Fatalf("%d %s %v", a.status, a.body, a.header)
	}
	s.reported(1)
	if a := s.join("/whip/other", s.ticket("other", "Zoe")); a.status != 503 || a.problem() != wire.CodeMeetingFull || !strings.Contains(a.body, "limit of 3 participants") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if m.count() != 3 {
		t.Fatalf("%d", m.count())
	}
	roomy := s.router("mmr-2", 10)
	s.enter("other", "Zoe")
	if roomy.count() != 1 {
		t.Fatal("the router with room was not used")
	}
}

func TestARouterThatFillsUpUnawaresIsPassedOver(t *testing.T) {
	s := newSite(t, Limits{})
	full, roomy := s.router("mmr-1", 350), s.router("mmr-2", 350)
	full.mu.Lock()
	full.limit = 0 // and has not reported it
	full.mu.Unlock()
	s.enter("team", "Ann")
	if full.count() != 0 || roomy.count() != 1 {
		t.Fatal("the next router was not tried")
	}
}

func TestAMeetingOutlivesItsRouter(t *testing.T) {
	s := newSite(t, Limits{})
	one, two := s.router("mmr-1", 350), s.router("mmr-2", 350)
	s.enter("team", "Ann")
	home, spare := one, two
	if two.count() == 1 {
		home, spare = two, one
	}
	s.reported(1)
	home.stop()
	if a := s.join("/whip/team", s.ticket("team", "Bob")); a.status != 503 || a.problem() != wire.CodeNoRouter || a.header.Get("Retry-After") != "1" {
		t.Fatalf("before anybody can know: %d %s", a.status, a.body)
	}
	s.enter("other", "Cid") // nobody else waits for that
	began := time.Now()
	s.eventually("the meeting did not move", func() bool {
		return s.join("/v1/meetings/team/sessions", s.ticket("team", "Ann")).status == 201
	})
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	if q := spare.last(); q.Meeting != "team" || q.Generation != 2 {
		t.Fatalf("%+v", q)
	}
}

func TestARestartedControllerFindsTheMeetings(t *testing.T) {
	s := newSite(t, Limits{Meetings: 2})
	m := s.router("mmr-1", 350)
	location := s.enter("team", "Ann")
	s.enter("other", "Bob")
	used := s.ticket("team", "Eve")
	if a := s.join("/whip/team", used); a.status != 201 {
		t.Fatal(a.status)
	}
	epoch := m.last().Epoch
	s.stop()
	if m.count() != 3 {
		t.Fatal("the controller's death was noticed")
	}
	s.up()
	if s.zc.Zone() != "east" {
		t.Fatal(s.zc.Zone())
	}
	if a := s.join("/whip/third", s.ticket("third", "Cid")); a.status != 503 || a.problem() != wire.CodeNoRouter || a.header.Get("Retry-After") != "1" {
		t.Fatalf("a new meeting before the routers have reported: %d %s", a.status, a.body)
	}
	if a := s.ask("DELETE", location, nil); a.status != 503 && a.status != 204 {
		t.Fatalf("a session that may be there: %d %s", a.status, a.body)
	}
	s.reported(2)
	if a := s.join("/whip/third", s.ticket("third", "Cid")); a.status != 503 || a.problem() != wire.CodeZoneFull {
		t.Fatalf("the meetings found count: %d %s", a.status, a.body)
	}
	if a := s.join("/whip/team", used); a.status != 401 || a.problem() != wire.CodeTicketUsed {
		t.Fatalf("a replayed ticket: %d %s", a.status, a.body)
	}
	s.enter("team", "Dee")
	if q := m.last(); q.Epoch <= epoch || q.Generation != 1 {
		t.Fatalf("%+v after epoch %d", q, epoch)
	}
}

func TestAMeetingEndedByItsHostAdmitsNobodyAlsoAfterARestart(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	s.enter("team", "Ann")
	s.reported(1)
	if err := m.End("team"); err != nil {
		t.Fatal(err)
	}
	over := func(when string) {
		s.eventually(when, func() bool {
			a := s.join("/whip/team", s.ticket("team", "Bob"))
			return a.status == 410 && a.problem() == wire.CodeMeetingEnded
		})
	}
	over("open after its end")
	s.eventually("the router was not told that its news has arrived", func() bool {
		_, ended, _, _ := m.State()
		return len(ended) == 0
	})
	s.stop()
	s.up()
	over("open after a restart")
}

func TestTheCloudEndsAMeeting(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	s.enter("team", "Ann")
	s.reported(1)
	s.zc.endMeeting("team")
	s.zc.endMeeting("team") // it may say so again
	s.zc.endMeeting("never-there")
	s.eventually("the router still hosts it", func() bool { return m.count() == 0 })
	if a := s.join("/whip/team", s.ticket("team", "Bob")); a.status != 410 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.eventually("the cloud is not told", func() bool { return s.zc.link.Backlog() == 2 && len(s.zc.link.Live()) == 0 })
}

func TestTheCloudHearsOfMeetingsThatEndedWhileNoControllerRan(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	s.enter("team", "Ann")
	s.reported(1)
	s.eventually("not published", func() bool { return len(s.zc.link.Live()) == 1 })
	s.stop()
	m.stop() // and with it the meeting
	s.up()
	if live := s.zc.link.Live(); len(live) != 1 {
		t.Fatalf("%v", live)
	}
	s.eventually("the cloud holds it for live", func() bool { return len(s.zc.link.Live()) == 0 })
}

func TestAGuestWhoGoesAwayWhileJoiningLeavesNothingBehind(t *testing.T) {
	s := newSite(t, Limits{})
	m := s.router("mmr-1", 350)
	m.hold = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", s.public.URL+"/whip/team", strings.NewReader(offer))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	r.Header.Set("Authorization", "Bearer "+s.ticket("team", "Ann"))
	gone := make(chan struct{})
	go func() { http.DefaultClient.Do(r); close(gone) }()
	s.eventually("not placed", func() bool {
		s.zc.mu.Lock()
		defer s.zc.mu.Unlock()
		_, there := s.zc.table.Meeting("team")
		return there
	})
	cancel()
	<-gone
	s.eventually("the server does not notice", func() bool { return (*s.request.Load()).Err() != nil })
	m.hold <- struct{}{}
	s.eventually("the session stays", func() bool { return m.last() != nil && m.count() == 0 })
}

func TestJoinsAtOnceAllGetIn(t *testing.T) {
	s := newSite(t, Limits{})
	routers := []*mmr{s.router("mmr-1", 350), s.router("mmr-2", 350)}
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			meeting := fmt.Sprintf("meeting-%d", i%6)
			if a := s.join("/whip/"+meeting, s.ticket(meeting, "Ann")); a.status != 201 {
				t.Errorf("%s: %d %s", meeting, a.status, a.body)
			}
		})
	}
	all.Wait()
	homes := map[string]string{}
	for _, m := range routers {
		for _, q := range m.requests {
			if home := homes[q.Meeting]; home != "" && home != m.name {
				t.Fatalf("%s lives on %s and on %s", q.Meeting, home, m.name)
			}
			homes[q.Meeting] = m.name
		}
	}
}

func TestAStateDirectoryServesOneController(t *testing.T) {
	s := newSite(t, Limits{})
	if _, err := Open(t.Context(), s.c); err == nil || !strings.Contains(err.Error(), "another controller runs") {
		t.Fatal(err)
	}
	if _, err := JoinToken(t.TempDir(), pki.RoleRouter, "m", 0); !errors.Is(err, pki.ErrNoAuthority) {
		t.Fatal(err)
	}
	if _, err := s.zc.JoinToken(pki.RoleRouter, "Not A Name"); err == nil {
		t.Fatal("a token for no name")
	}
}

func TestReadySaysWhatIsMissing(t *testing.T) {
	s := newSite(t, Limits{})
	if err := s.zc.Ready(); err == nil || !strings.Contains(err.Error(), "no router") {
		t.Fatal(err)
	}
	m := s.router("mmr-1", 350)
	if err := s.zc.Ready(); err != nil {
		t.Fatal(err)
	}
	m.server.SetDraining(true)
	s.eventually("ready with nothing but a draining router", func() bool { return s.zc.Ready() != nil })
	if a := s.join("/whip/team", s.ticket("team", "Ann")); a.status != 503 || !strings.Contains(a.body, "emptied") {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestAZoneWithoutACloudVerifiesNoTicket(t *testing.T) {
	zc, err := Open(t.Context(), Config{StateDir: t.TempDir(), NodeListen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer zc.Close()
	if err := zc.Ready(); !errors.Is(err, cloudlink.ErrNotPaired) {
		t.Fatal(err)
	}
	s := newSite(t, Limits{})
	h := zc.Handler()
	s.handler.Store(&h)
	if a := s.join("/whip/team", s.ticket("team", "Ann")); a.status != 503 || a.problem() != wire.CodeZoneAway {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestBadConfigurationIsNamedAtOnce(t *testing.T) {
	_, err := Open(t.Context(), Config{NodeListen: "nowhere", Controller: "ZC 1", Limits: Limits{Meetings: -1}, PairingCode: "x"})
	for _, want := range []string{"StateDir", "nowhere", "ZC 1", "limits", "CloudURL"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
}

func TestMetricsCountWhatHappens(t *testing.T) {
	s := newSite(t, Limits{})
	s.router("mmr-1", 350)
	s.enter("team", "Ann")
	s.join("/whip/team", "x")
	r := prometheus.NewPedanticRegistry()
	s.zc.Register(r)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "causeway_zone_") || f.GetHelp() == "" {
			t.Errorf("%s", f.GetName())
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				found[l.GetValue()] = true
			}
		}
	}
	if len(families) < 12 || !found["ok"] || !found["web"] || !found[wire.CodeTicketInvalid] {
		t.Fatalf("%d families, %v", len(families), found)
	}
}
