package ticket

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"causeway/control/wire"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// keyFrom is a key pair that is the same in every run.
func keyFrom(seed string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(sum[:])
}

func newSigner(t testing.TB, id string) *Signer {
	t.Helper()
	s, err := NewSigner(id, keyFrom(id))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newVerifier(t testing.TB, now time.Time, keys ...wire.Key) *Verifier {
	t.Helper()
	v, err := NewVerifier("zone-1", "https://cloud.example", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Replace(keys); err != nil {
		t.Fatal(err)
	}
	return v
}

func goodTicket() wire.Ticket {
	return wire.Ticket{
		ID: "t-1", Issuer: "https://cloud.example", Zone: "zone-1", Meeting: "abcd-efgh-jkmn",
		Participant: wire.Participant{ID: "p-1", Name: "Zoë 👩‍🚀", Role: wire.RoleHost},
		Issued:      noon, Expires: noon.Add(10 * time.Minute),
	}
}

// forge signs any header and claims: what an attacker with or without a key could send.
func forge(t testing.TB, key ed25519.PrivateKey, header, payload string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))
}

func code(err error) string {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func TestWhatIsSignedIsWhatIsVerified(t *testing.T) {
	s := newSigner(t, "k1")
	token, err := s.Sign(goodTicket())
	if err != nil {
		t.Fatal(err)
	}
	got, err := newVerifier(t, noon.Add(9*time.Minute), s.Key()).VerifyFor("abcd-efgh-jkmn", token)
	if err != nil {
		t.Fatal(err)
	}
	if got != goodTicket() {
		t.Errorf("got  %+v\nwant %+v", got, goodTicket())
	}
}

func TestEachRefusalHasItsCode(t *testing.T) {
	s := newSigner(t, "k1")
	token, err := s.Sign(goodTicket())
	if err != nil {
		t.Fatal(err)
	}
	stranger := newSigner(t, "k2")
	foreign, _ := stranger.Sign(goodTicket())
	impostor, _ := NewSigner("k1", keyFrom("k2"))
	forged, _ := impostor.Sign(goodTicket())
	otherZone := goodTicket()
	otherZone.Zone = "zone-2"
	wrongZone, _ := s.Sign(otherZone)
	otherIssuer := goodTicket()
	otherIssuer.Issuer = "https://other.example"
	wrongIssuer, _ := s.Sign(otherIssuer)

	for _, c := range []struct {
		name, token string
		now         time.Time
		want        string
	}{
		{"none", "", noon, wire.CodeTicketMissing},
		{"garbage", "abc", noon, wire.CodeTicketInvalid},
		{"two parts", "a.b", noon, wire.CodeTicketInvalid},
		{"too large", token + strings.Repeat("A", MaxBytes), noon, wire.CodeTicketInvalid},
		{"line end inside", token[:10] + "\n" + token[10:], noon, wire.CodeTicketInvalid},
		{"padding", token + "==", noon, wire.CodeTicketInvalid},
		{"unknown key", foreign, noon, wire.CodeTicketInvalid},
		{"another's signature under a known key id", forged, noon, wire.CodeTicketInvalid},
		{"another issuer", wrongIssuer, noon, wire.CodeTicketInvalid},
		{"another zone", wrongZone, noon, wire.CodeTicketWrongZone},
		{"issued in the future", token, noon.Add(-ClockSkew - time.Second), wire.CodeTicketInvalid},
		{"just expired", token, noon.Add(10 * time.Minute), wire.CodeTicketExpired},
		{"signature of a changed ticket", token[:40] + "A" + token[41:], noon, wire.CodeTicketInvalid},
	} {
		if _, err := newVerifier(t, c.now, s.Key()).Verify(c.token); code(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := newVerifier(t, noon, s.Key()).VerifyFor("other-meeting", token); code(err) != wire.CodeTicketWrongMeeting {
		t.Errorf("another meeting: %v", err)
	}
	if _, err := newVerifier(t, noon.Add(-ClockSkew), s.Key()).Verify(token); err != nil {
		t.Errorf("a clock within the accepted skew: %v", err)
	}
}

func TestEveryClaimIsNeededAndBounded(t *testing.T) {
	s, key := newSigner(t, "k1"), keyFrom("k1")
	v := newVerifier(t, noon, s.Key())
	base := map[string]any{
		"jti": "t-1", "iss": "https://cloud.example", "aud": "zone-1", "sub": "p-1", "meeting": "abc",
		"name": "Zoë", "role": "host", "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(),
	}
	const header = `{"alg":"EdDSA","typ":"ticket+jwt","kid":"k1"}`
	sign := func(m map[string]any) string {
		payload, _ := json.Marshal(m)
		return forge(t, key, header, string(payload))
	}
	if _, err := v.Verify(sign(base)); err != nil {
		t.Fatalf("the base itself: %v", err)
	}
	for name := range base {
		m := maps.Clone(base)
		delete(m, name)
		if _, err := v.Verify(sign(m)); code(err) != wire.CodeTicketInvalid {
			t.Errorf("without %q: %v", name, err)
		}
		m[name] = nil
		if _, err := v.Verify(sign(m)); code(err) != wire.CodeTicketInvalid {
			t.Errorf("with %q null: %v", name, err)
		}
	}
	long := strings.Repeat("x", 300)
	for name, bad := range map[string][]any{
		"jti":     {long, "", 7, []string{"a"}},
		"iss":     {long, 7},
		"aud":     {[]string{"zone-1", "zone-2"}, []string{}, 7},
		"sub":     {long, 7},
		"meeting": {long, "ABC", "a--b", "-ab", "ab-", "ab", "a/b", "../x"},
		"name":    {long, " Zoë", "a\nb", "\u202eabc", "\u200d", ""},
		"role":    {"owner", "Host", 7},
		"iat":     {"noon", 1e300, -1e300, noon.Unix() - 541, noon.Unix() + 61},
		"exp":     {"noon", 1e300, -1e300, noon.Unix() + 601, noon.Unix() - 1},
		"nbf":     {noon.Unix()},
	} {
		for _, value := range bad {
			m := maps.Clone(base)
			m[name] = value
			if _, err := v.Verify(sign(m)); code(err) != wire.CodeTicketInvalid {
				t.Errorf("%q = %v: %v", name, value, err)
			}
		}
	}
	m := maps.Clone(base)
	m["later"] = "an unknown claim is ignored (RFC 7519 section 4)"
	if _, err := v.Verify(sign(m)); err != nil {
		t.Errorf("unknown claim: %v", err)
	}
}

func TestAlgorithmAndTypeComeFromOurListNotFromTheToken(t *testing.T) {
	s, key := newSigner(t, "k1"), keyFrom("k1")
	v := newVerifier(t, noon, s.Key())
	const payload = `{"jti":"t","iss":"https://cloud.example","aud":"zone-1","sub":"p","meeting":"abc","name":"Z","role":"host","iat":1772366400,"exp":1772366460}`
	if _, err := v.Verify(forge(t, key, `{"alg":"EdDSA","typ":"ticket+jwt","kid":"k1"}`, payload)); err != nil {
		t.Fatalf("the payload itself: %v", err)
	}
	for _, header := range []string{
		`{"alg":"none","typ":"ticket+jwt","kid":"k1"}`,
		`{"alg":"HS256","typ":"ticket+jwt","kid":"k1"}`,
		`{"alg":"eddsa","typ":"ticket+jwt","kid":"k1"}`,
		`{"alg":["EdDSA"],"typ":"ticket+jwt","kid":"k1"}`,
		`{"typ":"ticket+jwt","kid":"k1"}`,
		`{"alg":"EdDSA","typ":"JWT","kid":"k1"}`,
		`{"alg":"EdDSA","typ":"zone-link+jwt","kid":"k1"}`,
		`{"alg":"EdDSA","kid":"k1"}`,
		`{"alg":"EdDSA","typ":"ticket+jwt"}`,
		`{"alg":"EdDSA","typ":"ticket+jwt","kid":7}`,
		`{"alg":"EdDSA","typ":"ticket+jwt","kid":"k1","crit":["exp"]}`,
		`{"alg":"none","alg":"EdDSA","typ":"ticket+jwt","kid":"k1"}`,
		`[]`, `null`, `{`,
	} {
		if _, err := v.Verify(forge(t, key, header, payload)); code(err) != wire.CodeTicketInvalid {
			t.Errorf("header %s: %v", header, err)
		}
	}
	for _, bad := range []string{
		strings.Replace(payload, `"role":"host"`, `"role":"participant","role":"host"`, 1),
		strings.Replace(payload, `"role":"host"`, `"role":"participant","ROLE":"host"`, 1),
		payload + `{}`, `null`, `[]`, ``,
	} {
		if _, err := v.Verify(forge(t, key, `{"alg":"EdDSA","typ":"ticket+jwt","kid":"k1"}`, bad)); code(err) != wire.CodeTicketInvalid {
			t.Errorf("payload %s: %v", bad, err)
		}
	}
	// The public key as an HMAC secret: the classic confusion.
	hmac := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{})
	hmac.Header["kid"], hmac.Header["typ"] = "k1", typeTicket
	token, _ := hmac.SignedString([]byte(s.Key().Public))
	if _, err := v.Verify(token); code(err) != wire.CodeTicketInvalid {
		t.Errorf("HMAC with the public key: %v", err)
	}
}

func TestKeysAreReplacedWhileOthersVerify(t *testing.T) {
	s1, s2 := newSigner(t, "k1"), newSigner(t, "k2")
	v := newVerifier(t, noon, s1.Key())
	t1, _ := s1.Sign(goodTicket())
	t2, _ := s2.Sign(goodTicket())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if _, err := v.Verify(t1); err != nil {
					t.Errorf("the key that stays: %v", err)
				}
			}
		})
	}
	for range 50 {
		if err := v.Replace([]wire.Key{s1.Key(), s2.Key()}); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if _, err := v.Verify(t2); err != nil {
		t.Errorf("the new key: %v", err)
	}
	if err := v.Replace([]wire.Key{{ID: "k3", Public: []byte("short")}}); err == nil {
		t.Error("a key of the wrong length was taken")
	}
	if err := v.Replace([]wire.Key{s1.Key(), s1.Key()}); err == nil {
		t.Error("two keys of one id were taken")
	}
	if _, err := v.Verify(t2); err != nil {
		t.Errorf("after a refused replacement: %v", err)
	}
	if err := v.Replace([]wire.Key{s2.Key()}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t1); code(err) != wire.CodeTicketInvalid {
		t.Errorf("a withdrawn key: %v", err)
	}
}

func TestSignRefusesWhatVerifyWouldRefuse(t *testing.T) {
	s := newSigner(t, "k1")
	for name, spoil := range map[string]func(*wire.Ticket){
		"no id":      func(x *wire.Ticket) { x.ID = "" },
		"no zone":    func(x *wire.Ticket) { x.Zone = "" },
		"no issuer":  func(x *wire.Ticket) { x.Issuer = "" },
		"no meeting": func(x *wire.Ticket) { x.Meeting = "" },
		"no person":  func(x *wire.Ticket) { x.Participant.ID = "" },
		"no name":    func(x *wire.Ticket) { x.Participant.Name = "" },
		"bad role":   func(x *wire.Ticket) { x.Participant.Role = "king" },
		"too long":   func(x *wire.Ticket) { x.Expires = x.Issued.Add(wire.MaxTicketLife + time.Second) },
		"dead":       func(x *wire.Ticket) { x.Expires = x.Issued },
	} {
		x := goodTicket()
		spoil(&x)
		if _, err := s.Sign(x); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestBearerTakesExactlyOneToken(t *testing.T) {
	h := func(values ...string) http.Header { return http.Header{"Authorization": values} }
	for _, c := range []struct {
		h           http.Header
		token, code string
	}{
		{h("Bearer abc"), "abc", ""},
		{h("bearer  abc "), "abc", ""},
		{http.Header{}, "", wire.CodeTicketMissing},
		{h("Bearer"), "", wire.CodeTicketInvalid},
		{h("Bearer "), "", wire.CodeTicketInvalid},
		{h("Basic abc"), "", wire.CodeTicketInvalid},
		{h("Bearer a", "Bearer b"), "", wire.CodeTicketInvalid},
	} {
		token, err := Bearer(c.h)
		if token != c.token || code(err) != c.code {
			t.Errorf("%v: %q, %v", c.h, token, err)
		}
	}
}
