package cloudlink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"causeway/control/strictjson"
	"causeway/control/ticket"
	"causeway/control/wire"
)

// Pace and bounds of the link.
const (
	backoffFirst = 250 * time.Millisecond
	backoffMax   = 10 * time.Second
	helloTimeout = 10 * time.Second
	writeTimeout = 10 * time.Second
	pingEvery    = 10 * time.Second
	pingTimeout  = 10 * time.Second
	// statusGap lets states that change together travel together.
	statusGap  = 100 * time.Millisecond
	maxMessage = 1 << 20
	maxSeq     = 1 << 62
)

// jitter spreads reconnects of many zones: between half and all of d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// connect opens the link once and serves it until it ends; the error says why.
//
// This goroutine reads; a second one writes statuses; a third pings. All end
// together.
func (l *Link) connect(ctx context.Context) error {
	token, err := ticket.SignLink(l.pairing.Zone, l.pairing.Issuer, l.key, time.Now())
	if err != nil {
		return err
	}
	transport := l.c.transport()
	defer transport.CloseIdleConnections()
	dial, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	conn, answer, err := websocket.Dial(dial, l.c.URL+"/v1/zones/link", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport, CheckRedirect: refuseRedirect},
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		if answer != nil && answer.StatusCode == http.StatusUnauthorized {
			return fmt.Errorf("the cloud does not accept the zone's key (is the zone paired with it, and are both clocks right?): %w", err)
		}
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxMessage)
	if err := l.greet(dial, conn); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ended := make(chan struct{}, 2)
	go func() { stop(l.write(ctx, conn)); ended <- struct{}{} }()
	go func() { stop(ping(ctx, conn)); ended <- struct{}{} }()
	err = l.read(ctx, conn)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	stop(err)
	conn.Close(websocket.StatusNormalClosure, "")
	<-ended
	<-ended
	return err
}

// greet says Hello and takes the Welcome.
func (l *Link) greet(ctx context.Context, conn *websocket.Conn) error {
	urls := l.c.URLs
	if urls == nil {
		urls = []string{}
	}
	err := send(ctx, conn, wire.LinkMessage{Hello: &wire.LinkHello{
		Zone: l.pairing.Zone, Controller: l.c.Controller, Epoch: l.c.Epoch, URLs: urls, Version: l.c.Version,
	}})
	if err != nil {
		return err
	}
	m, err := receive(ctx, conn)
	if err != nil {
		return err
	}
	switch {
	case m.Welcome == nil:
		return errors.New("the cloud does not answer with a welcome")
	case m.Welcome.Issuer != l.pairing.Issuer:
		return fmt.Errorf("the cloud is %q, but the zone is paired with %q", m.Welcome.Issuer, l.pairing.Issuer)
	case m.Welcome.LastSeq > maxSeq:
		return fmt.Errorf("the cloud names a status %d, which cannot be", m.Welcome.LastSeq)
	}
	if err := l.takeKeys(m.Welcome.Keys); err != nil {
		return err
	}
	l.mu.Lock()
	l.out.resume(m.Welcome.LastSeq)
	l.connected, l.err = true, nil
	l.mu.Unlock()
	l.signal()
	l.c.Log.Info("cloud connected", "cloud", l.c.URL, "zone", l.pairing.Zone, "epoch", l.c.Epoch, "keys", len(m.Welcome.Keys))
	return nil
}

func (l *Link) read(ctx context.Context, conn *websocket.Conn) error {
	for {
		m, err := receive(ctx, conn)
		switch {
		case err != nil:
			return err
		case m.Ack != nil && m.Ack.Epoch == l.c.Epoch:
			l.mu.Lock()
			l.grave = l.out.ack(m.Ack.Seq) || l.grave
			l.mu.Unlock()
		case m.Keys != nil:
			if err := l.takeKeys(m.Keys.Keys); err != nil {
				return err
			}
		case m.End != nil && ticket.ValidMeeting(m.End.Meeting):
			l.c.End(m.End.Meeting)
		}
		// What this version does not know, a later one may say.
	}
}

// write sends what the outbox has, whenever it has something.
func (l *Link) write(ctx context.Context, conn *websocket.Conn) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
		}
		for {
			l.mu.Lock()
			status, any := l.out.next(l.c.Epoch)
			l.mu.Unlock()
			if !any {
				break
			}
			if err := send(ctx, conn, wire.LinkMessage{Status: status}); err != nil {
				return err
			}
		}
		timer := time.NewTimer(statusGap)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// ping notices a cloud that is gone without a word.
func ping(ctx context.Context, conn *websocket.Conn) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		bounded, cancel := context.WithTimeout(ctx, pingTimeout)
		err := conn.Ping(bounded)
		cancel()
		if err != nil {
			return fmt.Errorf("the cloud does not answer: %w", err)
		}
	}
}

func send(ctx context.Context, conn *websocket.Conn, m wire.LinkMessage) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, text)
}

func receive(ctx context.Context, conn *websocket.Conn) (m wire.LinkMessage, err error) {
	kind, text, err := conn.Read(ctx)
	switch {
	case err != nil:
		return m, err
	case kind != websocket.MessageText:
		return m, errors.New("the cloud sent a message that is no text")
	}
	return m, strictjson.Unmarshal(text, &m)
}
