package cloudlink

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"causeway/control/ticket"
	"causeway/control/wire"
)

// cloudFake is the cloud's end of the link.
type cloudFake struct {
	*httptest.Server
	mu      sync.Mutex
	keys    map[string]ed25519.PublicKey // by zone
	tickets []wire.Key
	issuer  string
	lastSeq uint64
	mute    bool // takes statuses without acknowledging
	conn    *websocket.Conn

	hellos   chan wire.LinkHello
	statuses chan wire.ZoneStatus
}

func newCloud(t *testing.T, start func(*httptest.Server)) *cloudFake {
	t.Helper()
	c := &cloudFake{
		keys: map[string]ed25519.PublicKey{}, issuer: "urn:cloud", hellos: make(chan wire.LinkHello, 100),
		statuses: make(chan wire.ZoneStatus, 1000),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/zones/pair", c.pair)
	mux.HandleFunc("GET /v1/zones/link", c.link)
	c.Server = httptest.NewUnstartedServer(mux)
	start(c.Server)
	t.Cleanup(func() { c.drop(); c.Close() })
	return c
}

func (c *cloudFake) pair(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code, Controller string
		PublicKey        []byte `json:"public_key"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Code != "good" || in.Controller != "zc1" {
		wire.WriteProblem(w, wire.NewProblem(403, wire.CodeForbidden, "The code is wrong."))
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys["zone-1"] = in.PublicKey
	json.NewEncoder(w).Encode(map[string]string{"zone": "zone-1", "issuer": c.issuer})
}

func (c *cloudFake) link(w http.ResponseWriter, r *http.Request) {
	token, err := ticket.Bearer(r.Header)
	if err == nil {
		_, err = ticket.VerifyLink(token, c.issuer, time.Now(), func(zone string) (ed25519.PublicKey, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.keys[zone] == nil {
				return nil, wire.NewProblem(401, wire.CodeTicketInvalid, "no such zone")
			}
			return c.keys[zone], nil
		})
	}
	if err != nil {
		wire.WriteProblem(w, err)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	m, err := receive(r.Context(), conn)
	if err != nil || m.Hello == nil {
		return
	}
	c.mu.Lock()
	c.conn = conn
	welcome := wire.LinkWelcome{Issuer: c.issuer, Keys: c.tickets, LastSeq: c.lastSeq}
	c.mu.Unlock()
	send(r.Context(), conn, wire.LinkMessage{Welcome: &welcome})
	c.hellos <- *m.Hello
	for {
		m, err := receive(r.Context(), conn)
		if err != nil {
			return
		}
		if m.Status == nil {
			continue
		}
		c.mu.Lock()
		mute := c.mute
		if !mute {
			c.lastSeq = m.Status.Seq
		}
		c.mu.Unlock()
		c.statuses <- *m.Status
		if !mute {
			send(r.Context(), conn, wire.LinkMessage{Ack: &wire.LinkAck{Epoch: m.Status.Epoch, Seq: m.Status.Seq}})
		}
	}
}

func (c *cloudFake) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.CloseNow()
	}
}

func (c *cloudFake) say(t *testing.T, m wire.LinkMessage) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := send(t.Context(), c.conn, m); err != nil {
		t.Fatal(err)
	}
}

func (c *cloudFake) config(t *testing.T) Config {
	return Config{Dir: t.TempDir(), URL: c.URL, Controller: "zc1", URLs: []string{""}, Epoch: 1, Version: "test", End: func(string) {}}
}

// paired returns a configuration whose directory is paired with c.
func (c *cloudFake) paired(t *testing.T) Config {
	t.Helper()
	config := c.config(t)
	if zone, err := Pair(t.Context(), config, "good"); err != nil || zone != "zone-1" {
		t.Fatalf("%s %v", zone, err)
	}
	return config
}

func open(t *testing.T, c Config) *Link {
	t.Helper()
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func run(t *testing.T, l *Link) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { l.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func take[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
		time.Sleep(2 * time.Millisecond) // a poll, not a wait for something to be over
	}
}

func live(id string, participants int) wire.MeetingStatus {
	return wire.MeetingStatus{Meeting: id, Live: true, Participants: participants, Since: time.Unix(1, 0).UTC()}
}

func TestStatesReachTheCloudAndKeysTheZone(t *testing.T) {
	c := newCloud(t, (*httptest.Server).Start)
	public, private, _ := ed25519.GenerateKey(nil)
	c.tickets = []wire.Key{{ID: "k1", Public: public}}
	ends := make(chan string, 10)
	config := c.paired(t)
	config.End = func(m string) { ends <- m }
	l := open(t, config)
	l.Set(live("one", 2))
	l.Totals(2, 350)
	run(t, l)
	if h := take(t, "hello", c.hellos); h.Zone != "zone-1" || h.Controller != "zc1" || h.Epoch != 1 || len(h.URLs) != 1 {
		t.Fatalf("%+v", h)
	}
	s := take(t, "status", c.statuses)
	if s.Epoch != 1 || s.Seq != 1 || len(s.Meetings) != 1 || s.Meetings[0] != live("one", 2) || s.MaxParticipants != 350 {
		t.Fatalf("%+v", s)
	}
	eventually(t, "no acknowledgement", func() bool { return l.Backlog() == 0 })
	if l.Connected() != nil || !l.HasKeys() {
		t.Fatalf("%v", l.Connected())
	}
	now := time.Now()
	signer, err := ticket.NewSigner("k1", private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signer.Sign(wire.Ticket{ID: "t1", Issuer: "urn:cloud", Zone: "zone-1", Meeting: "one", Issued: now, Expires: now.Add(time.Minute),
		Participant: wire.Participant{ID: "p", Name: "Ann", Role: wire.RoleHost}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Verifier().Verify(text); err != nil {
		t.Fatal(err)
	}
	c.say(t, wire.LinkMessage{End: &wire.LinkEnd{Meeting: "one"}})
	if m := take(t, "end", ends); m != "one" {
		t.Fatal(m)
	}
	c.say(t, wire.LinkMessage{Keys: &wire.LinkKeys{}})
	eventually(t, "old keys stay", func() bool { _, err := l.Verifier().Verify(text); return err != nil })
}

func TestTicketsVerifyWhileTheCloudIsAwayAndAfterARestart(t *testing.T) {
	c := newCloud(t, (*httptest.Server).Start)
	public, _, _ := ed25519.GenerateKey(nil)
	c.tickets = []wire.Key{{ID: "k1", Public: public}}
	config := c.paired(t)
	l := open(t, config)
	stop := run(t, l)
	take(t, "hello", c.hellos)
	eventually(t, "no keys", l.HasKeys)
	stop()
	c.Close()
	again := open(t, config)
	if !again.HasKeys() || again.Zone() != "zone-1" {
		t.Fatal("the keys were not kept")
	}
	run(t, again)
	eventually(t, "no reason is given", func() bool { return strings.Contains(again.Connected().Error(), "refused") })
}

func TestWhatWasNotAcknowledgedIsSentAgain(t *testing.T) {
	c := newCloud(t, (*httptest.Server).Start)
	c.mute = true
	l := open(t, c.paired(t))
	run(t, l)
	take(t, "hello", c.hellos)
	take(t, "totals", c.statuses)
	l.Set(live("one", 1))
	first := take(t, "status", c.statuses)
	l.Set(wire.MeetingStatus{Meeting: "one", Since: time.Unix(2, 0).UTC(), EndedForAll: true})
	take(t, "second status", c.statuses)
	c.mu.Lock()
	c.mute, c.lastSeq = false, first.Seq // as if only the first had been stored
	c.mu.Unlock()
	c.drop()
	take(t, "hello again", c.hellos)
	s := take(t, "status again", c.statuses)
	if s.Seq <= first.Seq || len(s.Meetings) != 1 || !s.Meetings[0].EndedForAll || s.Meetings[0].Live {
		t.Fatalf("%+v", s)
	}
	eventually(t, "backlog stays", func() bool { return l.Backlog() == 0 })
	if ids := l.Live(); len(ids) != 0 {
		t.Fatalf("%v", ids)
	}
}

func TestARestartRemembersWhatTheCloudHoldsForLive(t *testing.T) {
	c := newCloud(t, (*httptest.Server).Start)
	config := c.paired(t)
	l := open(t, config)
	stop := run(t, l)
	l.Set(live("one", 3), live("two", 1))
	take(t, "hello", c.hellos)
	eventually(t, "backlog stays", func() bool { return l.Backlog() == 0 })
	stop()
	config.Epoch = 2
	again := open(t, config)
	if ids := again.Live(); len(ids) != 2 {
		t.Fatalf("%v", ids)
	}
	again.Set(wire.MeetingStatus{Meeting: "two"})
	c.mu.Lock()
	c.lastSeq = 0
	c.mu.Unlock()
	for len(c.statuses) > 0 {
		<-c.statuses
	}
	run(t, again)
	s := take(t, "status", c.statuses)
	if s.Epoch != 2 || len(s.Meetings) != 2 || !s.Meetings[0].Live || s.Meetings[1].Live {
		t.Fatalf("%+v", s)
	}
}

func TestTheCloudsCertificateIsJudged(t *testing.T) {
	c := newCloud(t, (*httptest.Server).StartTLS)
	sum := sha256.Sum256(c.Certificate().RawSubjectPublicKeyInfo)
	pin := base64.StdEncoding.EncodeToString(sum[:])
	wrong := base64.StdEncoding.EncodeToString(make([]byte, 32))
	roots := c.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for name, f := range map[string]struct {
		set func(*Config)
		ok  bool
	}{
		"unknown authority": {func(c *Config) {}, false},
		"wrong pin":         {func(c *Config) { c.Pin = wrong }, false},
		"pin":               {func(c *Config) { c.Pin = pin }, true},
		"own authority":     {func(c *Config) { c.Roots = roots }, true},
	} {
		config := c.config(t)
		f.set(&config)
		if _, err := Pair(t.Context(), config, "good"); (err == nil) != f.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	config := c.config(t)
	config.Pin = pin
	if _, err := Pair(t.Context(), config, "good"); err != nil {
		t.Fatal(err)
	}
	run(t, open(t, config))
	take(t, "hello", c.hellos)
}

func TestPairingSaysWhatWentWrong(t *testing.T) {
	c := newCloud(t, (*httptest.Server).Start)
	config := c.config(t)
	if _, err := Open(config); !errors.Is(err, ErrNotPaired) {
		t.Fatal(err)
	}
	if _, err := Pair(t.Context(), config, "bad"); err == nil || !strings.Contains(err.Error(), "The code is wrong.") {
		t.Fatal(err)
	}
	if _, err := Paired(config.Dir); !errors.Is(err, ErrNotPaired) {
		t.Fatal(err)
	}
	paired := c.paired(t)
	if _, err := Pair(t.Context(), paired, "good"); err == nil || !strings.Contains(err.Error(), "paired already") {
		t.Fatal(err)
	}
	for _, url := range []string{"", "meet.example.com", "http://meet.example.com", "https://meet.example.com/path", "ftp://127.0.0.1"} {
		config.URL = url
		if err := config.Validate(); err == nil {
			t.Errorf("%q was accepted", url)
		}
	}
}

func TestAnotherCloudAtTheAddressIsNotBelieved(t *testing.T) {
	c := newCloud(t, (*httptest.Server).Start)
	config := c.paired(t)
	l := open(t, config)
	// It accepts the zone's token, but says that it is somebody else.
	other := newCloud(t, (*httptest.Server).Start)
	other.keys = c.keys
	liar := http.NewServeMux()
	liar.HandleFunc("GET /v1/zones/link", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		receive(r.Context(), conn)
		send(r.Context(), conn, wire.LinkMessage{Welcome: &wire.LinkWelcome{Issuer: "urn:other"}})
		receive(r.Context(), conn)
	})
	s := httptest.NewServer(liar)
	defer s.Close()
	l.c.URL = s.URL
	run(t, l)
	eventually(t, "believed", func() bool { return strings.Contains(l.Connected().Error(), "paired with") })
}

func TestAZoneTrustedByItsOwnProcessKeepsItsKey(t *testing.T) {
	dir := t.TempDir()
	var keys []ed25519.PublicKey
	trust := func(_ context.Context, zone string, key ed25519.PublicKey) (string, error) {
		if zone != "zone-a" {
			t.Errorf("zone %s", zone)
		}
		keys = append(keys, key)
		return "urn:cloud", nil
	}
	for _, zone := range []string{"zone-a", "zone-b"} { // the first name stays
		if err := Trust(t.Context(), dir, zone, trust); err != nil {
			t.Fatal(err)
		}
	}
	if len(keys) != 2 || !keys[0].Equal(keys[1]) {
		t.Fatalf("%v", keys)
	}
	if zone, err := Paired(dir); zone != "zone-a" || err != nil {
		t.Fatalf("%s %v", zone, err)
	}
}

func TestTheLinkSurvivesACloudThatSaysNonsense(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := newCloud(t, (*httptest.Server).Start)
	config := c.paired(t)
	config.URL = "http://" + listener.Addr().String()
	dials := make(chan struct{}, 100)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dials <- struct{}{}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for _, text := range []string{`{"welcome":{"issuer":"urn:cloud","keys":null,"last_seq":0}}`, `{"keys":{"keys":[{"kid":"x"}]}}`} {
			conn.Write(r.Context(), websocket.MessageText, []byte(text))
		}
		for err == nil {
			_, _, err = conn.Read(r.Context())
		}
	})}
	go s.Serve(listener)
	defer s.Close()
	run(t, open(t, config))
	for range 3 {
		take(t, "another attempt", dials)
	}
}
