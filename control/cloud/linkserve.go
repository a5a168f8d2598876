package cloud

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"causeway/control/cloud/store"
	"causeway/control/strictjson"
	"causeway/control/ticket"
	"causeway/control/wire"
)

// Bounds of what a zone says.
const (
	maxURLs         = 8
	maxCounter      = 1 << 62 // epochs and sequence numbers: SQL has no unsigned type
	maxParticipants = 1 << 24
)

// stopping is the reason of a close frame when the cloud ends.
const stopping = "the cloud is stopping"

// refused is why the cloud closes a link: the zone said what it must not.
type refused string

func (r refused) Error() string { return string(r) }

// openLink answers GET /v1/zones/link: a WebSocket, if the zone's own key signed
// the bearer token.
func (c *Cloud) openLink(w http.ResponseWriter, r *http.Request) error {
	token, err := ticket.Bearer(r.Header)
	var zone string
	if err == nil {
		zone, err = ticket.VerifyLink(token, c.issuer, c.now(), c.zoneKey(r.Context()))
	}
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return err
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return nil // Accept has answered
	}
	defer conn.CloseNow()
	l := newLink(zone, conn)
	defer l.cut()
	if !c.links.enter(l) {
		conn.Close(websocket.StatusGoingAway, stopping)
		return nil
	}
	defer c.links.leave(l)
	c.serve(l)
	return nil
}

func (c *Cloud) zoneKey(ctx context.Context) func(string) (ed25519.PublicKey, error) {
	return func(zone string) (ed25519.PublicKey, error) {
		z, err := c.store.Zone(ctx, zone)
		if errors.Is(err, store.ErrNotFound) {
			err = wire.NewProblem(http.StatusUnauthorized, wire.CodeTicketInvalid,
				"This cloud has no such zone. Pair the zone again.")
		}
		return z.PublicKey, err
	}
}

// serve runs l until it is over.
func (c *Cloud) serve(l *link) {
	var others sync.WaitGroup
	others.Go(l.write)
	others.Go(func() { l.ping(c.linkPing) })
	err := c.read(l)
	switch bad := refused(""); {
	case errors.As(err, &bad):
		c.log.Warn("zone link refused", "zone", l.zone, "controller", l.controller, "why", bad)
		l.end(websocket.StatusPolicyViolation, string(bad))
	case websocket.CloseStatus(err) != -1 || errors.Is(err, errGone):
		l.end(websocket.StatusNormalClosure, "the controller closed it")
	default:
		c.log.Error("zone link failed", "zone", l.zone, "controller", l.controller, "error", err)
		l.end(websocket.StatusInternalError, "internal error")
	}
	c.links.part(l)
	others.Wait()
	if l.controller != "" {
		c.log.Info("zone disconnected", "zone", l.zone, "controller", l.controller, "why", l.why)
	}
}

// errGone: the connection ended without a word.
var errGone = errors.New("the connection is gone")

// read takes what the zone sends, in order, until it is gone or refused.
func (c *Cloud) read(l *link) error {
	hello, cancel := context.WithTimeout(l.reading, linkHello)
	defer cancel()
	m, err := next(hello, l)
	if err != nil {
		return err
	}
	if m.Hello == nil {
		return refused("a hello is needed first")
	}
	if err := c.greet(l, m.Hello); err != nil {
		return err
	}
	for {
		m, err := next(l.reading, l)
		if err != nil {
			return err
		}
		switch {
		case m.Hello != nil:
			return refused("a second hello")
		case m.Status != nil:
			if err := c.take(l, m.Status); err != nil {
				return err
			}
		}
		// What this version does not know, a later one may say.
	}
}

// next reads one message.
func next(ctx context.Context, l *link) (m wire.LinkMessage, err error) {
	kind, text, err := l.conn.Read(ctx)
	switch {
	case websocket.CloseStatus(err) != -1:
		return m, err
	case err != nil:
		return m, errGone // also a message beyond the limit: the library closes with 1009
	case kind != websocket.MessageText:
		return m, refused("messages are text")
	}
	return decode(text)
}

// decode reads a message that says at most one thing.
func decode(text []byte) (m wire.LinkMessage, err error) {
	if err := strictjson.Unmarshal(text, &m); err != nil {
		return m, refused(err.Error())
	}
	set := 0
	for _, is := range []bool{m.Hello != nil, m.Welcome != nil, m.Status != nil, m.Ack != nil, m.Keys != nil, m.End != nil} {
		if is {
			set++
		}
	}
	if set > 1 {
		return m, refused("a message says one thing")
	}
	return m, nil
}

// greet answers a Hello, and makes l the zone's link.
func (c *Cloud) greet(l *link, h *wire.LinkHello) error {
	if err := checkHello(l.zone, h); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	last, err := c.store.OpenEpoch(ctx, l.zone, h.Epoch, c.now())
	if err != nil {
		return staleOr(err)
	}
	unended, err := c.store.Unended(ctx, l.zone)
	if err != nil {
		return err
	}
	l.controller, l.epoch, l.urls = h.Controller, h.Epoch, h.URLs
	if !c.links.join(l, func() wire.LinkMessage {
		return wire.LinkMessage{Welcome: &wire.LinkWelcome{Issuer: c.issuer, Keys: c.keys.Load().public, LastSeq: last}}
	}) {
		return errGone
	}
	c.log.Info("zone connected", "zone", l.zone, "controller", l.controller, "epoch", l.epoch, "version", h.Version)
	for _, meeting := range unended {
		l.answer(wire.LinkMessage{End: &wire.LinkEnd{Meeting: meeting}})
	}
	return nil
}

func checkHello(zone string, h *wire.LinkHello) error {
	switch {
	case h.Zone != zone:
		return refused("the hello names another zone than the token")
	case h.Epoch > maxCounter:
		return refused("the epoch is too large")
	case len(h.URLs) > maxURLs || slices.ContainsFunc(h.URLs, func(u string) bool { return u != "" && !validBase(u) }):
		return refused(fmt.Sprintf("urls are at most %d bases like https://zc1.example.com", maxURLs))
	case len(h.Version) > wire.MaxIDBytes:
		return refused("the version is too long")
	}
	if name, err := ticket.CleanText("controller", h.Controller, wire.MaxIDBytes); err != nil || name != h.Controller {
		return refused("the controller needs a name of 1 to 64 bytes")
	}
	return nil
}

// storeTime bounds how long a link waits for the store.
const storeTime = 15 * time.Second

// take stores a Status, then acknowledges it.
func (c *Cloud) take(l *link, s *wire.ZoneStatus) error {
	if err := checkStatus(s); err != nil {
		c.metrics.reports.WithLabelValues("bad").Inc()
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	taken, err := c.store.TakeStatus(ctx, l.zone, s, c.now())
	if err != nil {
		if errors.Is(err, store.ErrStale) {
			c.metrics.reports.WithLabelValues("stale").Inc()
		}
		return staleOr(err)
	}
	c.metrics.foreign.Add(float64(taken.Foreign))
	if taken.Repeated {
		c.metrics.reports.WithLabelValues("repeated").Inc()
	} else {
		c.metrics.reports.WithLabelValues("taken").Inc()
		c.links.report(l, s.Participants, s.MaxParticipants)
	}
	l.answer(wire.LinkMessage{Ack: &wire.LinkAck{Epoch: s.Epoch, Seq: s.Seq}})
	for _, meeting := range taken.EndAgain {
		l.answer(wire.LinkMessage{End: &wire.LinkEnd{Meeting: meeting}})
	}
	return nil
}

func checkStatus(s *wire.ZoneStatus) error {
	if s.Epoch > maxCounter || s.Seq > maxCounter || !plausible(s.Participants) || !plausible(s.MaxParticipants) {
		return refused("the status holds a number that cannot be")
	}
	for i := range s.Meetings {
		if m := &s.Meetings[i]; !ticket.ValidMeeting(m.Meeting) || !plausible(m.Participants) {
			return refused("the status holds a meeting that cannot be")
		}
	}
	return nil
}

func plausible(n int) bool { return n >= 0 && n <= maxParticipants }

// staleOr words the store's refusals for the zone.
func staleOr(err error) error {
	switch {
	case errors.Is(err, store.ErrStale):
		return refused("stale epoch: another controller of this zone has a higher one")
	case errors.Is(err, store.ErrNotFound):
		return refused("this zone is not paired any more")
	}
	return err
}
