package zone

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"causeway/control/pki"
	"causeway/control/wire"
)

const (
	dialTimeout    = 2 * time.Second
	maxAnswerBytes = 4 << 20
	// perRouter is how many connections to one router may be open. Taking a
	// participant is a matter of milliseconds: in a rush of joins, waiting for one
	// of these is quicker than as many handshakes at once.
	perRouter = 8
)

// routers talks to the routers' own APIs, over connections that stay open. Each
// router has a client of its own, which accepts no other node's certificate.
type routers struct {
	creds *pki.Credentials

	mu      sync.Mutex
	clients map[string]*http.Client
}

func newRouters(creds *pki.Credentials) *routers {
	return &routers{creds: creds, clients: map[string]*http.Client{}}
}

// errUnreached says that a request certainly did not arrive.
var errUnreached = errors.New("the router cannot be reached")

func (f *routers) client(name string) *http.Client {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[name]; c != nil {
		return c
	}
	config := f.creds.ClientTLS(pki.RoleRouter, name)
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUnreached, err)
		}
		return conn, nil
	}
	c := &http.Client{Transport: &http.Transport{
		DialTLSContext: dial, MaxIdleConnsPerHost: perRouter, MaxConnsPerHost: perRouter, IdleConnTimeout: time.Minute,
	}}
	f.clients[name] = c
	return c
}

// call makes one request of a router and returns the body of its answer, if that
// is of the 200s. The error is errUnreached, the router's own *wire.Problem, or
// else leaves open whether the request arrived.
func (f *routers) call(ctx context.Context, router, api, method, path string, body any) ([]byte, error) {
	var text bytes.Buffer
	if body != nil {
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false) // an offer is full of what it would escape
		if err := e.Encode(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "https://"+api+path, &text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreached, err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := f.client(router).Do(r)
	if err != nil {
		return nil, fmt.Errorf("router %s: %w", router, err)
	}
	defer answer.Body.Close()
	out, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes))
	switch {
	case err != nil:
		return nil, fmt.Errorf("router %s: %w", router, err)
	case answer.StatusCode >= 300:
		p := wire.ReadProblem(answer.StatusCode, out)
		if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && s > 0 && s <= 3600 {
			p.RetryAfter = time.Duration(s) * time.Second
		}
		return nil, p
	}
	return out, nil
}

// join asks a router to take a participant.
func (f *routers) join(ctx context.Context, router, api string, q *wire.SessionRequest) (*wire.SessionAnswer, error) {
	out, err := f.call(ctx, router, api, http.MethodPost, "/v1/sessions", q)
	if err != nil {
		return nil, err
	}
	var a wire.SessionAnswer
	if err := json.Unmarshal(out, &a); err != nil {
		return nil, fmt.Errorf("router %s: its answer is no session: %w", router, err)
	}
	if !validSession(a.Session) || a.Answer == "" {
		return nil, fmt.Errorf("router %s: its answer is no session", router)
	}
	return &a, nil
}

// drop closes what is open to a router that is gone.
func (f *routers) drop(name string) {
	f.mu.Lock()
	c := f.clients[name]
	delete(f.clients, name)
	f.mu.Unlock()
	if c != nil {
		c.CloseIdleConnections()
	}
}

func (f *routers) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.clients {
		c.CloseIdleConnections()
	}
}

func isProblem(err error, code string) bool {
	var p *wire.Problem
	return errors.As(err, &p) && p.Code == code
}

// validSession reports whether id can stand in a path: 1-64 of the letters,
// digits, hyphens and underscores of base64url.
func validSession(id string) bool {
	if id == "" || len(id) > wire.MaxIDBytes {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
