package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/control/pki"
	"causeway/control/wire"
)

// routerFake is a router without media.
type routerFake struct {
	mu       sync.Mutex
	joined   []*wire.SessionRequest
	meetings []wire.MeetingState
	ended    []wire.EndedMeeting
	refuse   error
	changed  chan struct{}
}

func (r *routerFake) Join(_ context.Context, q *wire.SessionRequest) (*wire.SessionAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return nil, r.refuse
	}
	r.joined = append(r.joined, q)
	return &wire.SessionAnswer{Session: "s1", Answer: "v=0\r\n"}, nil
}

func (r *routerFake) Leave(session string) error {
	if session != "s1" {
		return wire.NewProblem(404, wire.CodeSessionNotFound, "none")
	}
	return nil
}

func (r *routerFake) End(meeting string) error {
	if meeting != "team" {
		return wire.NewProblem(404, wire.CodeMeetingNotFound, "none")
	}
	return nil
}

func (r *routerFake) State() ([]wire.MeetingState, []wire.EndedMeeting, int, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.meetings, r.ended, len(r.joined), 350
}

func (r *routerFake) Changed() <-chan struct{} { return r.changed }

func (r *routerFake) Forget(taken []wire.EndedMeeting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = r.ended[len(taken):]
}

func (r *routerFake) set(f func()) {
	r.mu.Lock()
	f()
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// start runs an MMR's API against a controller and returns a client that is the
// controller.
func start(t *testing.T, z *controller, r *routerFake) (*Server, *http.Client) {
	t.Helper()
	s, err := Open(t.Context(), Config{
		StateDir: t.TempDir(), Listen: "127.0.0.1:0", Router: r, Version: "test",
		Token: func(context.Context) (string, error) { return z.token(t, pki.RoleRouter, "mmr-1"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s)
	return s, z.client(t, z.creds, "mmr-1")
}

func run(t *testing.T, s *Server) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func request() *wire.SessionRequest {
	return &wire.SessionRequest{
		Meeting: "team", Generation: 1, Epoch: 1, Kind: wire.KindWeb, Offer: "v=0\r\n",
		Participant: wire.Participant{ID: "p1", Name: "Ann", Role: wire.RoleHost},
		TicketID:    "t1", TicketExpires: time.Now().Add(time.Minute),
	}
}

func call(t *testing.T, c *http.Client, method, url string, body any) (int, string) {
	t.Helper()
	text, raw := body.(string)
	if !raw && body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	q, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

func TestAControllerBringsAndEndsSessions(t *testing.T) {
	r := &routerFake{changed: make(chan struct{}, 1)}
	s, zc := start(t, newController(t), r)
	base := "https://" + s.Addr()
	status, body := call(t, zc, "POST", base+"/v1/sessions", request())
	var answer wire.SessionAnswer
	if err := json.Unmarshal([]byte(body), &answer); status != 201 || err != nil || answer.Session != "s1" {
		t.Fatalf("%d %s %v", status, body, err)
	}
	if got := r.joined[0]; got.Meeting != "team" || got.Participant.Name != "Ann" || time.Until(got.TicketExpires) < 9*time.Minute {
		t.Fatalf("%+v", got)
	}
	for _, c := range []struct {
		method, path, contains string
		status                 int
	}{
		{"DELETE", "/v1/sessions/s1", "", 204},
		{"DELETE", "/v1/sessions/s2", wire.CodeSessionNotFound, 404},
		{"DELETE", "/v1/meetings/team", "", 204},
		{"DELETE", "/v1/meetings/other", wire.CodeMeetingNotFound, 404},
		{"GET", "/v1/state", `"max_participants":350`, 200},
		{"PUT", "/v1/sessions", "", 405},
		{"GET", "/", "", 404},
	} {
		status, body := call(t, zc, c.method, base+c.path, nil)
		if status != c.status || !strings.Contains(body, c.contains) {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, body)
		}
	}
}

func TestWhatTheRouterRefusesComesBackAsItSaidIt(t *testing.T) {
	r := &routerFake{changed: make(chan struct{}, 1)}
	s, zc := start(t, newController(t), r)
	for _, c := range []struct {
		refuse error
		status int
		code   string
	}{
		{wire.NewProblem(503, wire.CodeMeetingFull, "350 are in"), 503, wire.CodeMeetingFull},
		{wire.NewProblem(401, wire.CodeTicketUsed, "used"), 401, wire.CodeTicketUsed},
		{errors.New("a secret of the house"), 500, wire.CodeInternal},
	} {
		r.set(func() { r.refuse = c.refuse })
		status, body := call(t, zc, "POST", "https://"+s.Addr()+"/v1/sessions", request())
		if status != c.status || !strings.Contains(body, c.code) || strings.Contains(body, "secret") {
			t.Errorf("%v: %d %s", c.refuse, status, body)
		}
	}
}

func TestABadSessionRequestDoesNotReachTheRouter(t *testing.T) {
	r := &routerFake{changed: make(chan struct{}, 1)}
	s, zc := start(t, newController(t), r)
	with := func(f func(*wire.SessionRequest)) *wire.SessionRequest {
		q := request()
		f(q)
		return q
	}
	for name, c := range map[string]struct {
		body   any
		status int
	}{
		"no JSON":       {"v=0", 400},
		"keys twice":    {`{"meeting":"team","meeting":"team"}`, 400},
		"meeting":       {with(func(q *wire.SessionRequest) { q.Meeting = "../etc" }), 400},
		"participant":   {with(func(q *wire.SessionRequest) { q.Participant.ID = "" }), 400},
		"name too long": {with(func(q *wire.SessionRequest) { q.Participant.Name = strings.Repeat("n", 129) }), 400},
		"role":          {with(func(q *wire.SessionRequest) { q.Participant.Role = "god" }), 400},
		"kind":          {with(func(q *wire.SessionRequest) { q.Kind = "fax" }), 400},
		"ticket":        {with(func(q *wire.SessionRequest) { q.TicketID = "" }), 400},
		"no offer":      {with(func(q *wire.SessionRequest) { q.Offer = "" }), 400},
		"large offer":   {with(func(q *wire.SessionRequest) { q.Offer = strings.Repeat("a", wire.MaxOfferBytes+1) }), 413},
		"huge":          {strings.Repeat(" ", maxRequestBytes+1), 413},
	} {
		if status, body := call(t, zc, "POST", "https://"+s.Addr()+"/v1/sessions", c.body); status != c.status {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if len(r.joined) > 0 {
		t.Fatalf("%d reached the router", len(r.joined))
	}
	largest := request()
	largest.Offer = strings.Repeat("\r\n", wire.MaxOfferBytes/2)
	if status, body := call(t, zc, "POST", "https://"+s.Addr()+"/v1/sessions", largest); status != 201 {
		t.Fatalf("the largest offer: %d %s", status, body)
	}
}

func TestNobodyButAControllerOfTheZoneIsAnswered(t *testing.T) {
	z, foreign := newController(t), newController(t)
	s, _ := start(t, z, &routerFake{changed: make(chan struct{}, 1)})
	other, err := pki.Enrol(t.Context(), t.TempDir(), z.token(t, pki.RoleRouter, "mmr-2"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*http.Client{
		"another router":        z.client(t, other, ""),
		"controller elsewhere":  blind(t, foreign.creds),
		"nobody in particular":  blind(t, nil),
		"expects another name":  z.client(t, z.creds, "mmr-2"),
		"plain HTTP controller": {},
	} {
		scheme := "https://"
		if name == "plain HTTP controller" {
			scheme = "http://"
		}
		answer, err := c.Get(scheme + s.Addr() + "/v1/state")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode != http.StatusBadRequest || scheme != "http://" {
				t.Errorf("%s: answered %d", name, answer.StatusCode)
			}
		}
	}
}
