package api

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway/control/pki"
	"causeway/control/wire"
)

// controller is the node API of a zone, reduced to what an MMR sees of it.
type controller struct {
	dir     string
	ca      *pki.Authority
	creds   *pki.Credentials
	address string
	reports chan *wire.RouterReport // every report, with its reporter's name as Version
	answers chan int                // status of the next answers; 200 if empty
}

func newController(t *testing.T) *controller {
	t.Helper()
	z := &controller{dir: t.TempDir(), reports: make(chan *wire.RouterReport, 1000), answers: make(chan int, 100)}
	var err error
	if z.ca, err = pki.CreateAuthority(z.dir, ""); err != nil {
		t.Fatal(err)
	}
	if z.creds, err = z.ca.Enrol(z.dir, pki.RoleController, "zc1"); err != nil {
		t.Fatal(err)
	}
	z.serve(t, "127.0.0.1:0")
	return z
}

func (z *controller) serve(t *testing.T, address string) *http.Server {
	t.Helper()
	allow := func(pki.Identity) error { return nil }
	mux := http.NewServeMux()
	mux.Handle("POST "+pki.EnrolPath, z.ca.EnrolHandler(z.dir, allow))
	mux.Handle("POST "+pki.RenewPath, z.ca.RenewHandler(z.creds, allow))
	mux.HandleFunc("POST "+ReportPath, z.report)
	s := &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	z.address = l.Addr().String()
	go s.Serve(tls.NewListener(l, z.creds.EnrolServerTLS()))
	t.Cleanup(func() { s.Close() })
	return s
}

func (z *controller) report(w http.ResponseWriter, r *http.Request) {
	id, err := z.creds.Peer(r, 0, pki.RoleRouter)
	if err != nil {
		wire.WriteProblem(w, err)
		return
	}
	var in wire.RouterReport
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		wire.WriteProblem(w, err)
		return
	}
	select {
	case status := <-z.answers:
		wire.WriteProblem(w, wire.NewProblem(status, wire.CodeInternal, "not now"))
		return
	default:
	}
	in.Version = id.Name
	z.reports <- &in
	json.NewEncoder(w).Encode(wire.ReportAnswer{Epoch: 1, Taken: in.Seq})
}

func (z *controller) token(t *testing.T, role pki.Role, name string) string {
	t.Helper()
	token, err := z.ca.NewToken(z.dir, role, name, []string{z.address}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return token.String()
}

// client talks to the router called name with the given credentials.
func (z *controller) client(t *testing.T, c *pki.Credentials, name string) *http.Client {
	return clientWith(t, c.ClientTLS(pki.RoleRouter, name))
}

// blind talks to whoever answers, with c's certificate or none.
func blind(t *testing.T, c *pki.Credentials) *http.Client {
	config := &tls.Config{InsecureSkipVerify: true}
	if c != nil {
		config.GetClientCertificate = c.ClientTLS(pki.RoleRouter, "").GetClientCertificate
	}
	return clientWith(t, config)
}

func clientWith(t *testing.T, c *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: c}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}
}

// next returns the first report that fits, within a deadline.
func (z *controller) next(t *testing.T, what string, fits func(*wire.RouterReport) bool) *wire.RouterReport {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case r := <-z.reports:
			if fits(r) {
				return r
			}
		case <-deadline:
			t.Fatalf("no report: %s", what)
		}
	}
}

func TestReportsComeAtOnceOnChangeAndOnceASecondOtherwise(t *testing.T) {
	z := newController(t)
	r := &routerFake{changed: make(chan struct{}, 1)}
	s, _ := start(t, z, r)
	first := z.next(t, "first", func(*wire.RouterReport) bool { return true })
	if first.Version != "mmr-1" || first.API != s.Addr() || first.MaxParticipants != 350 || first.Incarnation == "" {
		t.Fatalf("%+v", first)
	}
	changed := time.Now()
	r.set(func() { r.meetings = []wire.MeetingState{{Meeting: "team", Generation: 1}} })
	second := z.next(t, "meeting", func(x *wire.RouterReport) bool { return len(x.Meetings) == 1 })
	if after := time.Since(changed); after > 500*time.Millisecond {
		t.Errorf("the change was reported after %v", after)
	}
	third := z.next(t, "once a second", func(*wire.RouterReport) bool { return true })
	if !(first.Seq < second.Seq && second.Seq < third.Seq) || third.Incarnation != first.Incarnation {
		t.Fatalf("%d %d %d", first.Seq, second.Seq, third.Seq)
	}
	s.SetDraining(true)
	z.next(t, "draining", func(x *wire.RouterReport) bool { return x.Draining })
	if err := s.Ready(); err != nil {
		t.Fatal(err)
	}
}

func TestEndedMeetingsAreReportedUntilAControllerHasTakenThem(t *testing.T) {
	z := newController(t)
	r := &routerFake{changed: make(chan struct{}, 1), ended: []wire.EndedMeeting{{Meeting: "one", ForAll: true}}}
	for range 3 {
		z.answers <- http.StatusServiceUnavailable
	}
	start(t, z, r)
	got := z.next(t, "ended", func(x *wire.RouterReport) bool { return len(x.Ended) > 0 })
	if got.Seq < 4 || !got.Ended[0].ForAll {
		t.Fatalf("%+v", got)
	}
	z.next(t, "forgotten", func(x *wire.RouterReport) bool { return len(x.Ended) == 0 })
}

func TestARouterFindsItsControllerAgain(t *testing.T) {
	z := newController(t)
	dir := t.TempDir()
	open := func() *Server {
		s, err := Open(t.Context(), Config{
			StateDir: dir, Listen: "127.0.0.1:0", Router: &routerFake{changed: make(chan struct{}, 1)},
			Token: func(context.Context) (string, error) { return z.token(t, pki.RoleRouter, "mmr-1"), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if err := s.Ready(); err == nil {
		t.Fatal("ready before any report")
	}
	stop := run(t, s)
	one := z.next(t, "first process", func(*wire.RouterReport) bool { return true })
	stop()

	s, err := Open(t.Context(), Config{StateDir: dir, Listen: "127.0.0.1:0", Router: &routerFake{changed: make(chan struct{}, 1)}})
	if err != nil {
		t.Fatalf("a node that has joined needs no token: %v", err)
	}
	run(t, s)
	z.next(t, "second process", func(x *wire.RouterReport) bool { return x.Incarnation != one.Incarnation && x.Version == "mmr-1" })
}

func TestJoiningSaysWhatIsMissing(t *testing.T) {
	z := newController(t)
	r := &routerFake{changed: make(chan struct{}, 1)}
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"nothing":      {Config{}, "StateDir is needed"},
		"no token":     {Config{StateDir: t.TempDir(), Router: r}, "has not joined a zone"},
		"wrong role":   {Config{StateDir: t.TempDir(), Router: r, Token: func(context.Context) (string, error) { return z.token(t, pki.RoleController, "zc2"), nil }}, "not a mmr"},
		"bad address":  {Config{StateDir: t.TempDir(), Router: r, Listen: "nowhere"}, "no host:port"},
		"rubbish":      {Config{StateDir: t.TempDir(), Router: r, Token: func(context.Context) (string, error) { return "x", nil }}, "no join token"},
		"port is used": {Config{StateDir: t.TempDir(), Router: r, Listen: z.address, Token: func(context.Context) (string, error) { return z.token(t, pki.RoleRouter, "m"), nil }}, "in use"},
	} {
		if _, err := Open(t.Context(), c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
