package zone

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/control/pki"
	"causeway/control/statefile"
	"causeway/control/ticket"
	"causeway/control/wire"
	"causeway/router/api"
)

const issuer = "urn:causeway:cloud:test"

// site is a zone on loopback: a controller, any number of routers without media,
// and a cloud that is away but whose keys are known.
type site struct {
	t       *testing.T
	c       Config
	signer  *ticket.Signer
	zc      *ZC
	public  *httptest.Server
	stop    func()
	handler atomic.Pointer[http.Handler] // of the controller that runs now
	serial  atomic.Int64
	request atomic.Pointer[context.Context] // of the last request: ends with its connection
}

func newSite(t *testing.T, limits Limits) *site {
	t.Helper()
	dir := t.TempDir()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, c: Config{
		StateDir: dir, Zone: "east", NodeListen: "127.0.0.1:0", Limits: limits, CloudURL: "http://127.0.0.1:1", Version: "test",
		Trust: func(context.Context, string, ed25519.PublicKey) (string, error) { return issuer, nil },
	}}
	if s.signer, err = ticket.NewSigner("k1", private); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "cloud"), 0o700); err != nil {
		t.Fatal(err)
	}
	keys := map[string]any{"issuer": issuer, "keys": []wire.Key{{ID: "k1", Public: public}}}
	if err := statefile.WriteJSON(filepath.Join(dir, "cloud", "keys.json"), keys); err != nil {
		t.Fatal(err)
	}
	s.public = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		s.request.Store(&ctx)
		(*s.handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(s.public.Close)
	s.up()
	s.c.NodeListen = s.zc.NodeAddr() // where its routers look for it after a restart
	return s
}

// up starts the controller; stop stops it.
func (s *site) up() {
	s.t.Helper()
	zc, err := Open(s.t.Context(), s.c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.zc = zc
	h := zc.Handler()
	s.handler.Store(&h)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- zc.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	})
	s.t.Cleanup(s.stop)
}

// ticket makes the ticket of a participant called name; change may spoil it.
func (s *site) ticket(meeting, name string, change ...func(*wire.Ticket)) string {
	s.t.Helper()
	now := time.Now()
	t := wire.Ticket{
		ID: fmt.Sprint("t", s.serial.Add(1)), Issuer: issuer, Zone: "east", Meeting: meeting,
		Participant: wire.Participant{ID: "p-" + name, Name: name, Role: wire.RoleParticipant}, Issued: now, Expires: now.Add(time.Minute),
	}
	for _, f := range change {
		f(&t)
	}
	text, err := s.signer.Sign(t)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

const offer = "v=0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"

// answer is what came back for a request.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) problem() string {
	return wire.ReadProblem(a.status, []byte(a.body)).Code
}

// ask makes a request of the public API. fields are header names and values.
func (s *site) ask(method, path string, body io.Reader, fields ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.public.URL+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := a.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		s.t.Errorf("%s %s: no page could read this answer", method, path)
	}
	return answer{a.StatusCode, a.Header, string(b)}
}

func (s *site) join(path, token string) answer {
	s.t.Helper()
	return s.ask("POST", path, strings.NewReader(offer), "Content-Type", "application/sdp", "Authorization", "Bearer "+token)
}

// enter joins and must succeed; it returns the session's address.
func (s *site) enter(meeting, name string) string {
	s.t.Helper()
	a := s.join("/v1/meetings/"+meeting+"/sessions", s.ticket(meeting, name))
	if a.status != http.StatusCreated {
		s.t.Fatalf("%s into %s: %d %s", name, meeting, a.status, a.body)
	}
	return a.header.Get("Location")
}

func (s *site) eventually(what string, ok func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			s.t.Fatal(what)
		}
		time.Sleep(2 * time.Millisecond) // a poll, not a wait for something to be over
	}
}

// mmr is a router without media behind a real API.
type mmr struct {
	name   string
	server *api.Server
	stop   func()

	mu       sync.Mutex
	limit    int
	sessions map[string]*wire.SessionRequest
	tickets  map[string]bool
	requests []*wire.SessionRequest
	ended    []wire.EndedMeeting
	refuse   error
	hold     chan struct{} // if not nil, Join waits for it
	changed  chan struct{}
}

func (s *site) router(name string, limit int) *mmr {
	s.t.Helper()
	m := &mmr{name: name, limit: limit, sessions: map[string]*wire.SessionRequest{}, tickets: map[string]bool{}, changed: make(chan struct{}, 1)}
	dir := s.t.TempDir()
	server, err := api.Open(s.t.Context(), api.Config{
		StateDir: dir, Listen: "127.0.0.1:0", Router: m,
		// As another process would: "causeway node token".
		Token: func(context.Context) (string, error) { return JoinToken(s.c.StateDir, pki.RoleRouter, name, 0) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	m.server = server
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	m.stop = sync.OnceFunc(func() { cancel(); <-done })
	s.t.Cleanup(m.stop)
	s.eventually(name+" does not report", func() bool {
		s.zc.mu.Lock()
		defer s.zc.mu.Unlock()
		_, there := s.zc.table.Incarnation(name)
		return there
	})
	return m
}

func (m *mmr) Join(ctx context.Context, q *wire.SessionRequest) (*wire.SessionAnswer, error) {
	if m.hold != nil {
		<-m.hold
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.touch()
	switch {
	case m.refuse != nil:
		return nil, m.refuse
	case m.tickets[q.TicketID]:
		return nil, wire.NewProblem(401, wire.CodeTicketUsed, "used")
	case len(m.sessions) >= m.limit:
		return nil, wire.NewProblem(503, wire.CodeMeetingFull, "%d are in", m.limit).Retry(7 * time.Second)
	}
	var b [8]byte
	rand.Read(b[:])
	id := hex.EncodeToString(b[:])
	m.sessions[id], m.tickets[q.TicketID] = q, true
	m.requests = append(m.requests, q)
	return &wire.SessionAnswer{Session: id, Answer: "v=0\r\ns=" + m.name + "\r\n"}, nil
}

func (m *mmr) Leave(session string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.touch()
	if m.sessions[session] == nil {
		return wire.NewProblem(404, wire.CodeSessionNotFound, "none")
	}
	delete(m.sessions, session)
	return nil
}

func (m *mmr) End(meeting string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.touch()
	found := false
	for id, q := range m.sessions {
		if q.Meeting == meeting {
			delete(m.sessions, id)
			found = true
		}
	}
	if !found {
		return wire.NewProblem(404, wire.CodeMeetingNotFound, "none")
	}
	m.ended = append(m.ended, wire.EndedMeeting{Meeting: meeting, ForAll: true, Ended: time.Now()})
	return nil
}

func (m *mmr) State() ([]wire.MeetingState, []wire.EndedMeeting, int, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]*wire.MeetingState{}
	for _, q := range m.sessions {
		if all[q.Meeting] == nil {
			all[q.Meeting] = &wire.MeetingState{Meeting: q.Meeting, Generation: q.Generation, Started: time.Unix(1, 0)}
		}
		all[q.Meeting].Participants = append(all[q.Meeting].Participants, q.Participant)
	}
	var list []wire.MeetingState
	for _, s := range all {
		list = append(list, *s)
	}
	return list, append([]wire.EndedMeeting(nil), m.ended...), len(m.sessions), m.limit
}

func (m *mmr) Changed() <-chan struct{} { return m.changed }

func (m *mmr) Forget(taken []wire.EndedMeeting) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = m.ended[len(taken):]
}

func (m *mmr) touch() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

func (m *mmr) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.sessions)
}

func (m *mmr) last() *wire.SessionRequest {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.requests) == 0 {
		return nil
	}
	return m.requests[len(m.requests)-1]
}

// set changes the router and lets it report.
func (m *mmr) set(f func()) {
	m.mu.Lock()
	f()
	m.mu.Unlock()
	m.touch()
}

// reported waits until the controller has heard of n meetings.
func (s *site) reported(n int) {
	s.t.Helper()
	s.eventually(fmt.Sprint(n, " meetings are not reported"), func() bool {
		s.zc.mu.Lock()
		defer s.zc.mu.Unlock()
		t := s.zc.table.Totals()
		people := 0
		for _, id := range s.meetings() {
			if m, ok := s.zc.table.Meeting(id); ok && m.Reported {
				people++
			}
		}
		return t.Meetings == n && people == n
	})
}

// meetings lists those of every router's last state; the caller holds zc.mu.
func (s *site) meetings() []string {
	var ids []string
	for i := range 400 {
		ids = append(ids, fmt.Sprintf("meeting-%d", i))
	}
	return append(ids, "team", "other", "third")
}

func jsonOf(v any) *bytes.Reader {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return bytes.NewReader(b)
}
