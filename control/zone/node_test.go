package zone

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway/control/pki"
	"causeway/control/wire"
)

func client(t *testing.T, c *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: c}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}
}

func send(t *testing.T, c *http.Client, s *site, body any) (int, string) {
	t.Helper()
	var reader io.Reader = jsonOf(body)
	if text, ok := body.(string); ok {
		reader = strings.NewReader(text)
	}
	a, err := c.Post("https://"+s.zc.NodeAddr()+"/v1/nodes/report", "application/json", reader)
	if err != nil {
		return 0, err.Error()
	}
	defer a.Body.Close()
	b, _ := io.ReadAll(a.Body)
	return a.StatusCode, string(b)
}

func (s *site) enrol(role pki.Role, name string) *pki.Credentials {
	s.t.Helper()
	token, err := s.zc.JoinToken(role, name)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := pki.Enrol(s.t.Context(), s.t.TempDir(), token)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func TestOnlyRoutersOfTheZoneReport(t *testing.T) {
	s, elsewhere := newSite(t, Limits{}), newSite(t, Limits{})
	router, foreign := s.enrol(pki.RoleRouter, "mmr-1"), elsewhere.enrol(pki.RoleRouter, "mmr-1")
	report := wire.RouterReport{Incarnation: "i", Seq: 1, API: ":8820", MaxParticipants: 350}
	blind := func(c *pki.Credentials) *tls.Config {
		return &tls.Config{InsecureSkipVerify: true, GetClientCertificate: c.ClientTLS(pki.RoleController, "").GetClientCertificate}
	}
	for name, c := range map[string]struct {
		tls    *tls.Config
		status int // 0: no answer
	}{
		"a router":             {router.ClientTLS(pki.RoleController, "zc1"), 200},
		"no certificate":       {&tls.Config{InsecureSkipVerify: true}, 401},
		"a controller":         {s.enrol(pki.RoleController, "zc2").ClientTLS(pki.RoleController, ""), 403},
		"another zone's":       {blind(foreign), 0},
		"who expects another":  {router.ClientTLS(pki.RoleController, "zc9"), 0},
		"who expects a router": {router.ClientTLS(pki.RoleRouter, ""), 0},
	} {
		if status, body := send(t, client(t, c.tls), s, report); status != c.status {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	s.zc.mu.Lock()
	totals := s.zc.table.Totals()
	s.zc.mu.Unlock()
	if totals.Routers != 1 || totals.MaxParticipants != 350 {
		t.Fatalf("%+v", totals)
	}
}

func TestABadReportChangesNothing(t *testing.T) {
	s := newSite(t, Limits{})
	c := client(t, s.enrol(pki.RoleRouter, "mmr-1").ClientTLS(pki.RoleController, ""))
	good := func(f func(*wire.RouterReport)) wire.RouterReport {
		r := wire.RouterReport{Incarnation: "i", Seq: 1, API: ":8820", MaxParticipants: 350}
		f(&r)
		return r
	}
	for name, body := range map[string]any{
		"no JSON":          "hello",
		"keys twice":       `{"seq":1,"seq":2}`,
		"no incarnation":   good(func(r *wire.RouterReport) { r.Incarnation = "" }),
		"negative":         good(func(r *wire.RouterReport) { r.Participants = -1 }),
		"beyond belief":    good(func(r *wire.RouterReport) { r.MaxParticipants = 1 << 30 }),
		"no address":       good(func(r *wire.RouterReport) { r.API = "here" }),
		"meeting's id":     good(func(r *wire.RouterReport) { r.Meetings = []wire.MeetingState{{Meeting: "../x"}} }),
		"meeting twice":    good(func(r *wire.RouterReport) { r.Meetings = []wire.MeetingState{{Meeting: "abc"}, {Meeting: "abc"}} }),
		"ended meeting id": good(func(r *wire.RouterReport) { r.Ended = []wire.EndedMeeting{{Meeting: "A"}} }),
		"too large":        `{"incarnation":"` + strings.Repeat("x", maxReportBytes) + `"}`,
	} {
		if status, text := send(t, c, s, body); status != 400 && status != 0 || status == 0 && name != "too large" {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	s.zc.mu.Lock()
	defer s.zc.mu.Unlock()
	if s.zc.table.Totals().Routers != 0 {
		t.Fatal("a router is there")
	}
}

func TestTheAnswerToAReportSaysWhatWasTaken(t *testing.T) {
	s := newSite(t, Limits{Routers: 1})
	c := client(t, s.enrol(pki.RoleRouter, "mmr-1").ClientTLS(pki.RoleController, ""))
	report := wire.RouterReport{Incarnation: "i", Seq: 4, API: ":8820", MaxParticipants: 350, Ended: []wire.EndedMeeting{{Meeting: "team", ForAll: true}}}
	status, body := send(t, c, s, report)
	var a wire.ReportAnswer
	if err := json.Unmarshal([]byte(body), &a); status != 200 || err != nil || a.Taken != 4 || a.Epoch != 1 {
		t.Fatalf("%d %s %v", status, body, err)
	}
	if over := s.zc.memory.Over; len(over) != 1 {
		t.Fatalf("not kept: %v", over)
	}
	second := client(t, s.enrol(pki.RoleRouter, "mmr-2").ClientTLS(pki.RoleController, ""))
	if status, body := send(t, second, s, report); status != 503 || !strings.Contains(body, "1 routers") {
		t.Fatalf("%d %s", status, body)
	}
}
