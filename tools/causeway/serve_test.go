package main

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAHeaderThatNeverEndsIsRefused(t *testing.T) {
	address := serving(t, http.NotFoundHandler())
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	go conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10)))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestEveryServerHasItsTimeouts(t *testing.T) {
	s := newServer(nil, nil, slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout != 5*time.Second || s.MaxHeaderBytes != 16<<10 {
		t.Errorf("header bounds: %v, %d bytes", s.ReadHeaderTimeout, s.MaxHeaderBytes)
	}
	for name, d := range map[string]time.Duration{"read": s.ReadTimeout, "write": s.WriteTimeout, "idle": s.IdleTimeout} {
		if d <= 0 || d > 5*time.Minute {
			t.Errorf("%s timeout: %v", name, d)
		}
	}
}

func TestARequestUnderWayIsAnsweredBeforeTheServerStops(t *testing.T) {
	l, err := listen("http", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	arrived, goOn := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-goOn
		w.Write([]byte("done"))
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, newServer(handler, nil, slog.New(slog.DiscardHandler))) }()
	answered := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + l.Addr().String())
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				err = errors.New(resp.Status)
			}
		}
		answered <- err
	}()
	<-arrived
	stop()
	close(goOn)
	if err := <-answered; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the stop: %v", err)
	}
}

// serving answers with h on a loopback address until the test is over.
func serving(t *testing.T, h http.Handler) string {
	t.Helper()
	l, err := listen("http", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(h, nil, slog.New(slog.DiscardHandler))
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}
