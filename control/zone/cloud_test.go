package zone

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"causeway/control/cloud"
	"causeway/control/wire"
)

// sky is a cloud on loopback that can be stopped and started.
type sky struct {
	t      *testing.T
	dir    string
	cloud  *cloud.Cloud
	server *httptest.Server
	http   atomic.Pointer[http.Handler]
	client *http.Client // signed in
}

func newSky(t *testing.T) *sky {
	t.Helper()
	k := &sky{t: t, dir: t.TempDir()}
	k.up()
	k.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*k.http.Load()).ServeHTTP(w, r) }))
	t.Cleanup(func() { k.down(); k.server.Close() })
	email, password, _, err := k.cloud.EnsureFirstAccount(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	k.client = &http.Client{Jar: jar}
	if status, text := k.ask("POST", "/api/login", map[string]string{"email": email, "password": password}); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	return k
}

func (k *sky) up() {
	k.t.Helper()
	c, err := cloud.Open(k.t.Context(), cloud.Config{StateDir: k.dir})
	if err != nil {
		k.t.Fatal(err)
	}
	k.cloud = c
	h := c.Handler()
	k.http.Store(&h)
}

func (k *sky) down() {
	away := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	k.http.Store(&away)
	k.cloud.Close()
}

func (k *sky) ask(method, path string, body any) (int, string) {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), method, k.server.URL+path, jsonOf(body))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", k.server.URL)
	a, err := k.client.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer a.Body.Close()
	text, _ := io.ReadAll(a.Body)
	return a.StatusCode, string(text)
}

// meeting is what the cloud says of a meeting.
type meeting struct {
	ID           string `json:"id"`
	State        string `json:"state"`
	Live         bool   `json:"live"`
	Participants int    `json:"participants"`
}

func (k *sky) meeting(method, path string) (m meeting) {
	k.t.Helper()
	status, text := k.ask(method, path, map[string]string{})
	if err := json.Unmarshal([]byte(text), &m); err != nil || status >= 300 {
		k.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return m
}

// under puts a site's controller under a cloud.
func (s *site) under(k *sky, change func(*Config)) {
	s.t.Helper()
	s.stop()
	s.c.StateDir, s.c.CloudURL, s.c.Zone, s.c.PublicURLs = s.t.TempDir(), k.server.URL, "", []string{""}
	change(&s.c)
	s.up()
}

func TestAZoneUnderARealCloud(t *testing.T) {
	for name, pair := range map[string]func(k *sky, c *Config){
		"by a code": func(k *sky, c *Config) {
			c.Trust = nil
			code, _, err := k.cloud.NewPairingCode(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.PairingCode = code
		},
		"by trust": func(k *sky, c *Config) {
			c.Trust = func(ctx context.Context, zone string, key ed25519.PublicKey) (string, error) {
				return k.cloud.Issuer(), k.cloud.TrustZone(ctx, zone, key)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := newSky(t), newSite(t, Limits{})
			s.under(k, func(c *Config) { pair(k, c) })
			m := s.router("mmr-1", 350)
			s.eventually("not ready", func() bool { return s.zc.Ready() == nil && s.zc.link.Connected() == nil })
			made := k.meeting("POST", "/api/meetings")
			enter := func(who string) answer {
				text, _, err := k.cloud.MintTicket(t.Context(), made.ID, who, wire.RoleParticipant)
				if err != nil {
					t.Fatal(err)
				}
				return s.join("/v1/meetings/"+made.ID+"/sessions", text)
			}
			if a := enter("Ann"); a.status != 201 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			seen := func(live bool, participants int) func() bool {
				return func() bool {
					now := k.meeting("GET", "/api/meetings/"+made.ID)
					return now.Live == live && now.Participants == participants
				}
			}
			s.eventually("the cloud does not see it", seen(true, 1))

			late, _, err := k.cloud.MintTicket(t.Context(), made.ID, "Bob", wire.RoleHost)
			if err != nil {
				t.Fatal(err)
			}
			k.down()
			s.eventually("nobody notices that the cloud is away", func() bool { return s.zc.link.Connected() != nil })
			if a := s.join("/whip/"+made.ID, late); a.status != 201 {
				t.Fatalf("while the cloud is away: %d %s", a.status, a.body)
			}
			s.stop()
			if s.c.Trust != nil { // one process: the cloud is there before its zone
				k.up()
			}
			s.up()
			s.eventually("the meeting is not found", func() bool { return s.zc.Ready() == nil })
			if s.c.Trust == nil {
				k.up()
			}
			s.eventually("the cloud does not catch up", seen(true, 2))

			if status, text := k.ask("POST", "/api/meetings/"+made.ID+"/end", nil); status != 204 {
				t.Fatalf("%d %s", status, text)
			}
			s.eventually("the router still hosts it", func() bool { return m.count() == 0 })
			s.eventually("the cloud holds it for live", seen(false, 0))
			if a := s.join("/whip/"+made.ID, late); a.status != 410 && a.status != 401 || strings.Contains(a.body, "ticket-invalid") {
				t.Fatalf("%d %s", a.status, a.body)
			}
		})
	}
}
