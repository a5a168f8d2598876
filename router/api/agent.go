package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"causeway/control/pki"
	"causeway/control/wire"
)

// ReportPath is where controllers take reports.
const ReportPath = "/v1/nodes/report"

// Pace of reports: once reportEvery, at once on change but not within
// reportGap of the one before, and none waits longer than reportTimeout.
// A controller counts a router as gone after three seconds without one.
const (
	reportEvery   = time.Second
	reportGap     = 20 * time.Millisecond
	reportTimeout = 1500 * time.Millisecond
	readyFor      = 3 * time.Second
)

// agent reports to one controller. Its goroutine, run, owns everything but what
// mu guards.
type agent struct {
	s           *Server
	address     string
	incarnation string
	seq         uint64
	client      *http.Client
	serial      string        // the certificate that the open connection has shown
	changed     chan struct{} // holds one signal

	mu    sync.Mutex
	taken time.Time // when the controller last took a report
	err   error     // why it did not take the last one
}

func newAgent(s *Server, address, incarnation string) *agent {
	transport := &http.Transport{
		TLSClientConfig: s.creds.ClientTLS(pki.RoleController, ""), MaxIdleConns: 1, MaxConnsPerHost: 1,
		TLSHandshakeTimeout: reportTimeout,
	}
	return &agent{
		s: s, address: address, incarnation: incarnation, changed: make(chan struct{}, 1),
		client: &http.Client{Transport: transport, Timeout: reportTimeout},
	}
}

func newIncarnation() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func (a *agent) run(ctx context.Context) {
	defer a.client.CloseIdleConnections()
	for ctx.Err() == nil {
		err := a.send(ctx)
		a.note(ctx, err)
		wait(ctx, reportGap, nil)
		wait(ctx, reportEvery-reportGap, a.changed)
	}
}

// wait returns after d, or when ctx ends or early signals.
func wait(ctx context.Context, d time.Duration, early <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-early:
	}
}

// send makes one report and lets the router forget the ended meetings in it that
// the controller has taken over.
func (a *agent) send(ctx context.Context) error {
	if serial := a.s.creds.Serial(); serial != a.serial {
		a.client.CloseIdleConnections() // it has shown a certificate that ends sooner
		a.serial = serial
	}
	report := a.s.report()
	a.seq++
	report.Incarnation, report.Seq = a.incarnation, a.seq
	body, err := json.Marshal(report)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+a.address+ReportPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s refuses the report: %w", a.address, wire.ReadProblem(answer.StatusCode, text))
	}
	var out wire.ReportAnswer
	if err := json.Unmarshal(text, &out); err != nil {
		return fmt.Errorf("%s: %w", a.address, err)
	}
	if out.Taken == report.Seq && len(report.Ended) > 0 {
		a.s.c.Router.Forget(report.Ended)
	}
	return nil
}

// note remembers what came of a report and logs when that changes.
func (a *agent) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	a.mu.Lock()
	before, first := a.err, a.taken.IsZero()
	a.err = err
	if err == nil {
		a.taken = time.Now()
	}
	a.mu.Unlock()
	switch {
	case err != nil && (before == nil):
		a.s.c.Log.Warn("controller does not take reports", "controller", a.address, "error", err)
	case err == nil && (before != nil || first):
		a.s.c.Log.Info("controller takes reports", "controller", a.address)
	}
}

func (a *agent) ready() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !a.taken.IsZero() && time.Since(a.taken) < readyFor:
		return nil
	case a.err != nil:
		return a.err
	}
	return fmt.Errorf("controller %s has not taken a report yet", a.address)
}
