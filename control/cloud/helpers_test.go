package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/control/wire"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

const password = "correct horse battery"

// house is a cloud with its two servers, and two accounts.
type house struct {
	*Cloud
	t           testing.TB
	dir         string
	clock       *clock
	http, https *httptest.Server
}

func openHouse(t testing.TB, dir string, change ...func(*Config)) *house {
	t.Helper()
	h := &house{t: t, dir: dir, clock: &clock{at: noon}}
	config := Config{StateDir: dir, PublicURL: "https://meet.example.com", Now: h.clock.now}
	for _, f := range change {
		f(&config)
	}
	c, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	h.Cloud = c
	c.hashers.memoryKiB = 64 // the cost is not what these tests are about
	h.http, h.https = httptest.NewServer(c.Handler()), httptest.NewTLSServer(c.Handler())
	t.Cleanup(h.close)
	return h
}

func (h *house) close() {
	h.http.Close()
	h.https.Close()
	h.Cloud.Close()
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := openHouse(t, t.TempDir())
	h.clock.advance(-time.Second)
	h.account("ann@example.com", "Ann") // the first account
	h.clock.advance(time.Second)
	h.account("bob@example.com", "Bob")
	return h
}

func (h *house) account(email, name string) {
	h.t.Helper()
	h.must(h.CreateAccount(context.Background(), email, name, password))
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// browser has cookies of its own.
type browser struct {
	t    testing.TB
	base string
	*http.Client
}

func newBrowser(t testing.TB, s *httptest.Server) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := *s.Client()
	c.Jar = jar
	return &browser{t, s.URL, &c}
}

func (h *house) guest() *browser { return newBrowser(h.t, h.http) }

func (h *house) signedIn(email string) *browser {
	h.t.Helper()
	b := h.guest()
	b.want(200, "", "POST", "/api/login", map[string]string{"email": email, "password": password}, nil)
	return b
}

// send sends body (a string as it is, anything else as JSON) and returns the answer.
func (b *browser) send(method, path string, body any, header ...string) (*http.Response, []byte) {
	b.t.Helper()
	var text io.Reader
	switch x := body.(type) {
	case nil:
	case string:
		text = strings.NewReader(x)
	default:
		j, err := json.Marshal(x)
		if err != nil {
			b.t.Fatal(err)
		}
		text = bytes.NewReader(j)
	}
	r, err := http.NewRequest(method, b.base+path, text)
	if err != nil {
		b.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, got
}

// want sends, and demands this status and (for a refusal) this problem code; a
// good answer is decoded into out.
func (b *browser) want(status int, code, method, path string, body, out any, header ...string) *http.Response {
	b.t.Helper()
	answer, text := b.send(method, path, body, header...)
	var p wire.Problem
	if answer.StatusCode >= 400 {
		if kind := answer.Header.Get("Content-Type"); kind != "application/problem+json" {
			b.t.Errorf("%s %s: a refusal of type %q: %s", method, path, kind, text)
		}
		json.Unmarshal(text, &p)
		if p.Type != "urn:causeway:problem:"+p.Code || p.Status != answer.StatusCode || p.Detail == "" || p.Title == "" {
			b.t.Errorf("%s %s: incomplete problem %s", method, path, text)
		}
	}
	if answer.StatusCode != status || p.Code != code {
		b.t.Errorf("%s %s: %d %s, want %d %q", method, path, answer.StatusCode, text, status, code)
		return answer
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			b.t.Errorf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return answer
}

func problem(err error) string {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// until waits for a condition.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
