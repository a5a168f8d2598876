package pki

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/control/wire"
)

// zone is a controller's node API on loopback with nothing else behind it.
type zone struct {
	dir     string
	ca      *Authority
	creds   *Credentials
	address string
	ahead   atomic.Int64 // the controller's clock, nanoseconds ahead of the nodes'
}

func newZone(t *testing.T, name string) *zone {
	t.Helper()
	dir := t.TempDir()
	ca, err := CreateAuthority(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	creds, err := ca.Enrol(dir, RoleController, "zc1")
	if err != nil {
		t.Fatal(err)
	}
	allow := func(Identity) error { return nil }
	mux := http.NewServeMux()
	mux.Handle("POST "+EnrolPath, ca.EnrolHandler(dir, allow))
	mux.Handle("POST "+RenewPath, ca.RenewHandler(creds, allow))
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		id, err := creds.Peer(r, 0, RoleRouter)
		if err != nil {
			wire.WriteProblem(w, err)
			return
		}
		io.WriteString(w, id.String())
	})
	z := &zone{dir: dir, ca: ca, creds: creds}
	ca.now = func() time.Time { return time.Now().Add(time.Duration(z.ahead.Load())) }
	creds.now = ca.now
	z.address = serve(t, mux, creds.EnrolServerTLS())
	return z
}

// serve answers on a loopback port and returns host:port.
func serve(t *testing.T, h http.Handler, c *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = c
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	l, err := tls.Listen("tcp", "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return l.Addr().String()
}

func (z *zone) token(t *testing.T, role Role, name string, life time.Duration) string {
	t.Helper()
	token, err := z.ca.NewToken(z.dir, role, name, []string{z.address}, life)
	if err != nil {
		t.Fatal(err)
	}
	return token.String()
}

func (z *zone) node(t *testing.T, role Role, name string) *Credentials {
	t.Helper()
	c, err := Enrol(t.Context(), t.TempDir(), z.token(t, role, name, 0))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(c *tls.Config, address string) (int, string, error) {
	transport := &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	r, err := client.Get("https://" + address + "/who")
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}

func TestANodeJoinsWithATokenAndIsWhoTheTokenSays(t *testing.T) {
	z := newZone(t, "east")
	c := z.node(t, RoleRouter, "mmr-1")
	if got := c.Identity().String(); got != "causeway://east/mmr/mmr-1" {
		t.Fatalf("identity %s", got)
	}
	if left := time.Until(c.Expires()); left < NodeLife-time.Minute || left > NodeLife {
		t.Fatalf("lives %v", left)
	}
	status, body, err := get(c.ClientTLS(RoleController, "zc1"), z.address)
	if err != nil || status != 200 || body != "causeway://east/mmr/mmr-1" {
		t.Fatalf("%d %q %v", status, body, err)
	}
	again, err := LoadCredentials(filepath.Dir(c.path))
	if err != nil || again.Serial() != c.Serial() || again.Pin() != z.ca.Pin() {
		t.Fatalf("from disk: %v", err)
	}
	for _, f := range []string{c.path, filepath.Join(z.dir, authorityFile)} {
		if st, err := os.Stat(f); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, st.Mode(), err)
		}
	}
}

func TestATokenMakesOneNodeOnce(t *testing.T) {
	z := newZone(t, "east")
	token := z.token(t, RoleRouter, "mmr-1", 0)
	results := make(chan error, 8)
	for range cap(results) {
		dir := t.TempDir()
		go func() {
			_, err := Enrol(context.Background(), dir, token)
			results <- err
		}()
	}
	joined := 0
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			joined++
		case !strings.Contains(err.Error(), ErrTokenUsed.Error()):
			t.Errorf("refusal does not say why: %v", err)
		}
	}
	if joined != 1 {
		t.Fatalf("%d nodes from one token", joined)
	}
}

func TestATokenIsRefused(t *testing.T) {
	z, other := newZone(t, "east"), newZone(t, "west")
	parse := func(s string) JoinToken {
		j, err := ParseJoinToken(s)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	wrongSecret := parse(z.token(t, RoleRouter, "m", 0))
	wrongSecret.Secret = make([]byte, 32)
	elsewhere := parse(z.token(t, RoleRouter, "m", 0))
	elsewhere.Enrol = []string{other.address}
	renamed := parse(z.token(t, RoleRouter, "m", 0))
	renamed.Name, renamed.Role = "boss", RoleController
	for name, c := range map[string]struct{ token, want string }{
		"expired":                         {z.token(t, RoleRouter, "m", -time.Second), ErrTokenExpired.Error()},
		"wrong secret":                    {wrongSecret.String(), ErrTokenUnknown.Error()},
		"sent to another zone":            {elsewhere.String(), "not a controller of zone east"},
		"edited to another role and name": {renamed.String(), "issued certificate: it is for"},
		"no token":                        {"hello", "no join token"},
		"cut short":                       {z.token(t, RoleRouter, "m", 0)[:60], "damaged"},
	} {
		dir := t.TempDir()
		_, err := Enrol(t.Context(), dir, c.token)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := LoadCredentials(dir); !errors.Is(err, ErrNotEnrolled) {
			t.Errorf("%s left credentials: %v", name, err)
		}
	}
}

func TestAConnectionNeedsTheZoneTheRoleAndTheTime(t *testing.T) {
	z, other := newZone(t, "east"), newZone(t, "east") // same name, another authority
	mmr, foreign := z.node(t, RoleRouter, "mmr-1"), other.node(t, RoleRouter, "mmr-1")
	old := z.node(t, RoleRouter, "mmr-2")
	issueFor(t, z, old, -time.Minute)
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	api := serve(t, hello, mmr.ServerTLS(RoleController))

	if _, _, err := get(z.creds.ClientTLS(RoleRouter, "mmr-1"), api); err != nil {
		t.Fatalf("controller to its router: %v", err)
	}
	for name, c := range map[string]*tls.Config{
		"no certificate":             {InsecureSkipVerify: true},
		"router instead of zc":       mmr.ClientTLS(RoleRouter, ""),
		"zc of another authority":    {InsecureSkipVerify: true, GetClientCertificate: other.creds.base().GetClientCertificate},
		"TLS 1.2":                    {InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, GetClientCertificate: z.creds.base().GetClientCertificate},
		"answer from another name":   z.creds.ClientTLS(RoleRouter, "mmr-2"),
		"answer from another role":   z.creds.ClientTLS(RoleController, ""),
		"answer from a foreign zone": other.creds.ClientTLS(RoleRouter, ""),
	} {
		if status, _, err := get(c, api); err == nil {
			t.Errorf("%s: answered %d", name, status)
		}
	}
	for name, c := range map[string]struct {
		tls    *tls.Config
		status int // 0: the handshake fails
	}{
		"no certificate":  {&tls.Config{InsecureSkipVerify: true}, http.StatusUnauthorized},
		"zc where mmr":    {z.creds.ClientTLS(RoleController, ""), http.StatusForbidden},
		"expired":         {old.ClientTLS(RoleController, ""), http.StatusUnauthorized},
		"foreign":         {&tls.Config{InsecureSkipVerify: true, GetClientCertificate: foreign.base().GetClientCertificate}, 0},
		"router, in time": {mmr.ClientTLS(RoleController, ""), http.StatusOK},
	} {
		status, _, err := get(c.tls, z.address)
		if status != c.status || (c.status == 0) != (err != nil) {
			t.Errorf("node API, %s: %d %v", name, status, err)
		}
	}
}

// issueFor puts a certificate with that life under c's feet.
func issueFor(t *testing.T, z *zone, c *Credentials, life time.Duration) {
	t.Helper()
	err := c.Renew(t.Context(), func(_ context.Context, csr []byte) ([][]byte, error) {
		return z.ca.Issue(c.id.Role, c.id.Name, csr, life)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestACertificateThatEndedWhileTheNodeWasOffIsRenewed(t *testing.T) {
	z := newZone(t, "east")
	c := z.node(t, RoleRouter, "mmr-1")
	z.ahead.Store(int64(NodeLife + RenewGrace - time.Hour))
	if status, _, _ := get(c.ClientTLS(RoleController, ""), z.address); status != http.StatusUnauthorized {
		t.Fatalf("with an ended certificate: %d", status)
	}
	if err := c.Renew(t.Context(), c.RenewFrom([]string{"127.0.0.1:1", z.address})); err != nil {
		t.Fatal(err)
	}
	if status, _, err := get(c.ClientTLS(RoleController, ""), z.address); status != 200 {
		t.Fatalf("%d %v", status, err)
	}
	z.ahead.Add(int64(NodeLife + RenewGrace + time.Hour))
	if err := c.Renew(t.Context(), c.RenewFrom([]string{z.address})); err == nil {
		t.Fatal("renewed after the grace")
	}
}

func TestCertificatesRenewUnderARunningServer(t *testing.T) {
	z := newZone(t, "east")
	c := z.node(t, RoleRouter, "mmr-1")
	api := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), c.ServerTLS(RoleController))
	z.ca.life = 4 * time.Second // renewed at two thirds: a busy machine has over a second for it
	issueFor(t, z, c, z.ca.life)
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { c.Maintain(ctx, c.RenewFrom([]string{z.address}), slog.New(slog.DiscardHandler)) })
	defer func() { stop(); done.Wait() }()
	seen := map[string]bool{}
	for deadline := time.Now().Add(20 * time.Second); len(seen) < 3; {
		if time.Now().After(deadline) {
			t.Fatalf("%d certificates seen", len(seen))
		}
		conn, err := tls.Dial("tcp", api, z.creds.ClientTLS(RoleRouter, "mmr-1"))
		if err != nil {
			t.Fatalf("after %d certificates: %v", len(seen), err)
		}
		seen[conn.ConnectionState().PeerCertificates[0].SerialNumber.String()] = true
		conn.Close()
	}
}

func TestTheControllersOwnCertificateIsKeptUntilDue(t *testing.T) {
	z := newZone(t, "east")
	again, err := z.ca.Enrol(z.dir, RoleController, "zc1")
	if err != nil || again.Serial() != z.creds.Serial() {
		t.Fatalf("made anew: %v", err)
	}
	z.ahead.Store(int64(NodeLife * 3 / 4))
	again, err = z.ca.Enrol(z.dir, RoleController, "zc1")
	if err != nil || again.Serial() == z.creds.Serial() {
		t.Fatalf("kept past its time: %v", err)
	}
}

func TestAnAuthorityIsMadeOnceAndFoundAgain(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenAuthority(dir); !errors.Is(err, ErrNoAuthority) {
		t.Fatal(err)
	}
	a, err := CreateAuthority(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CreateAuthority(dir, ""); err == nil {
		t.Fatal("a second authority over the first")
	}
	b, err := OpenAuthority(dir)
	if err != nil || b.Pin() != a.Pin() || b.Zone() != a.Zone() {
		t.Fatalf("found %v, made %v: %v", b.Zone(), a.Zone(), err)
	}
	x, _ := a.Derive("one")
	y, _ := b.Derive("one")
	other, _ := b.Derive("two")
	if string(x) != string(y) || string(x) == string(other) || len(x) != 32 {
		t.Fatal("derived secrets")
	}
	if err := os.WriteFile(filepath.Join(dir, authorityFile), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAuthority(dir); err == nil || errors.Is(err, ErrNoAuthority) {
		t.Fatalf("damaged: %v", err)
	}
	if _, err := CreateAuthority(dir, ""); err == nil {
		t.Fatal("a damaged authority was overwritten")
	}
}
