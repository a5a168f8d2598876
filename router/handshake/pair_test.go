package handshake

import (
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// side is one end of a test link: a Conn and everything that it reported.
type side struct {
	t    *testing.T
	conn *Conn

	mu        sync.Mutex
	keys      []Keys
	opened    []string
	gone      []string
	messages  []string
	closed    []error
	sent      int // datagrams out
	first     [][]byte
	late      bool // an event came after Closed
	onMessage func(s *side, label string)
}

// events reports to s and hands each datagram to deliver.
func (s *side) events(deliver func([]byte)) Events {
	record := func(f func()) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.closed) > 0 {
			s.late = true
		}
		f()
	}
	return Events{
		Datagram: func(b []byte) {
			record(func() {
				s.sent++
				if len(s.first) < 8 {
					s.first = append(s.first, append([]byte(nil), b...))
				}
				if len(b) > mtu {
					s.t.Errorf("a datagram of %d bytes left; the MTU is %d", len(b), mtu)
				}
			})
			deliver(b)
		},
		Keys:          func(k Keys) { record(func() { s.keys = append(s.keys, k) }) },
		Channel:       func(l string) { record(func() { s.opened = append(s.opened, l) }) },
		ChannelClosed: func(l string) { record(func() { s.gone = append(s.gone, l) }) },
		Message: func(l string, text bool, b []byte) {
			kind := "binary"
			if text {
				kind = "text"
			}
			m := string(b)
			if len(m) > 64 {
				m = m[:8] + "…"
			}
			record(func() { s.messages = append(s.messages, l+" "+kind+" "+m) })
			if s.onMessage != nil {
				s.onMessage(s, l)
			}
		},
		Closed: func(err error) { record(func() { s.closed = append(s.closed, err) }) },
	}
}

// end returns the cause that Closed gave, and fails unless it came once.
func (s *side) end() error {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.closed) != 1 {
		s.t.Fatalf("Closed came %d times", len(s.closed))
	}
	if s.late {
		s.t.Error("an event came after Closed")
	}
	return s.closed[0]
}

func (s *side) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.closed) > 0
}

// counts are how many channels opened and how many messages came so far.
func (s *side) counts() (opened, messages int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.opened), len(s.messages)
}

func identity(t testing.TB) *Identity {
	t.Helper()
	i, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// lossy says whether the nth datagram of a direction gets through.
type lossy func(n int, toServer bool) bool

// pair connects a server and a client. drop may be nil; change may adapt both
// configurations before they start.
func pair(t *testing.T, drop lossy, change func(server, client *Config)) (server, client *side) {
	t.Helper()
	serverID, clientID := identity(t), identity(t)
	sc := Config{Identity: serverID, RemoteFingerprint: clientID.fingerprint, Data: true}
	cc := Config{Identity: clientID, RemoteFingerprint: serverID.fingerprint, Data: true, Client: true}
	if change != nil {
		change(&sc, &cc)
	}
	server, client = &side{t: t}, &side{t: t}
	link := func(to **Conn, toServer bool, ready <-chan struct{}) func([]byte) {
		n := 0
		return func(b []byte) {
			<-ready
			n++
			if drop == nil || !drop(n, toServer) {
				(*to).Receive(b)
			}
		}
	}
	ready := make(chan struct{})
	server.conn = Start(sc, server.events(link(&client.conn, false, ready)))
	client.conn = Start(cc, client.events(link(&server.conn, true, ready)))
	close(ready)
	return server, client
}

// stop closes both sides and waits for their ends.
func stop(sides ...*side) {
	for _, s := range sides {
		s.conn.Close()
	}
	for _, s := range sides {
		for !s.ended() {
			time.Sleep(time.Second) // virtual
			synctest.Wait()
		}
	}
}

// sameKeys fails unless both sides exported the same keys of this profile.
func sameKeys(t *testing.T, a, b *side, profile uint16) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(a.keys) != 1 || len(b.keys) != 1 {
		t.Fatalf("keys came %d and %d times; ends: %v, %v", len(a.keys), len(b.keys), a.closed, b.closed)
	}
	text := func(k Keys) string {
		return strings.Join([]string{
			hex.EncodeToString(k.ClientKey), hex.EncodeToString(k.ClientSalt),
			hex.EncodeToString(k.ServerKey), hex.EncodeToString(k.ServerSalt),
		}, " ")
	}
	if a.keys[0].Profile != profile || b.keys[0].Profile != profile {
		t.Errorf("profiles %#x and %#x, want %#x", a.keys[0].Profile, b.keys[0].Profile, profile)
	}
	if text(a.keys[0]) != text(b.keys[0]) {
		t.Errorf("keys differ: %s, %s", text(a.keys[0]), text(b.keys[0]))
	}
}
