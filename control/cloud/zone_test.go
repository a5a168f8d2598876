package cloud

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"causeway/control/ticket"
	"causeway/control/wire"
)

func keyFrom(seed string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(sum[:])
}

func (h *house) trust(zone string) {
	h.t.Helper()
	h.must(h.TrustZone(context.Background(), zone, keyFrom(zone).Public().(ed25519.PublicKey)))
}

// zone is a controller's end of a link.
type zone struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens a link with a token; a refusal is returned as its answer.
func (h *house) dial(token string) (*zone, *http.Response) {
	h.t.Helper()
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	conn, answer, err := websocket.Dial(h.t.Context(), h.http.URL+"/v1/zones/link", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		return nil, answer
	}
	conn.SetReadLimit(1 << 20)
	h.t.Cleanup(func() { conn.CloseNow() })
	return &zone{h.t, conn}, answer
}

func (h *house) token(zone string) string {
	h.t.Helper()
	token, err := ticket.SignLink(zone, h.Issuer(), keyFrom(zone), h.clock.now())
	h.must(err)
	return token
}

// connect opens the link of a trusted zone and says hello.
func (h *house) connect(name string, epoch uint64, urls ...string) (*zone, *wire.LinkWelcome) {
	h.t.Helper()
	z, answer := h.dial(h.token(name))
	if z == nil {
		h.t.Fatalf("link refused: %v", answer)
	}
	z.say(wire.LinkMessage{Hello: &wire.LinkHello{Zone: name, Controller: "zc-1", Epoch: epoch, URLs: urls, Version: "test"}})
	m := z.hear()
	if m.Welcome == nil {
		h.t.Fatalf("no welcome: %+v", m)
	}
	return z, m.Welcome
}

// live has a trusted, connected zone that serves the cloud's own origin.
func (h *house) live(name string) *zone {
	h.t.Helper()
	h.trust(name)
	z, _ := h.connect(name, 1, "")
	return z
}

func (z *zone) say(m wire.LinkMessage) {
	z.t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		z.t.Fatal(err)
	}
	z.write(websocket.MessageText, text)
}

func (z *zone) write(kind websocket.MessageType, text []byte) {
	z.t.Helper()
	if err := z.conn.Write(z.t.Context(), kind, text); err != nil {
		z.t.Fatal(err)
	}
}

func (z *zone) hear() (m wire.LinkMessage) {
	z.t.Helper()
	ctx, cancel := context.WithTimeout(z.t.Context(), 10*time.Second)
	defer cancel()
	_, text, err := z.conn.Read(ctx)
	if err != nil {
		z.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		z.t.Fatal(err)
	}
	return m
}

// closed waits until the cloud closes the link and returns how.
func (z *zone) closed() (websocket.StatusCode, string) {
	z.t.Helper()
	ctx, cancel := context.WithTimeout(z.t.Context(), 10*time.Second)
	defer cancel()
	for {
		_, _, err := z.conn.Read(ctx)
		if err == nil {
			continue
		}
		var e websocket.CloseError
		if errors.As(err, &e) {
			return e.Code, e.Reason
		}
		return -1, err.Error()
	}
}

// report sends a status and waits for its acknowledgement; what comes before or
// right behind it (End) is returned by later calls of hear.
func (z *zone) report(epoch, seq uint64, meetings ...wire.MeetingStatus) {
	z.t.Helper()
	for i := range meetings {
		meetings[i].Since = noon
	}
	z.say(wire.LinkMessage{Status: &wire.ZoneStatus{Epoch: epoch, Seq: seq, Meetings: meetings, MaxParticipants: 350}})
	if m := z.hear(); m.Ack == nil || m.Ack.Epoch != epoch || m.Ack.Seq != seq {
		z.t.Fatalf("want the acknowledgement of %d/%d, got %+v", epoch, seq, m)
	}
}
