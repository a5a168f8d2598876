package cloud

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"causeway/control/wire"
)

// FuzzBodies sends bodies of any shape to every address that takes one: the
// answer is a good one or complete problem details, never an internal error.
func FuzzBodies(f *testing.F) {
	h := newHouse(f)
	m, err := h.CreateMeeting(f.Context(), "ann@example.com", "Plan")
	h.must(err)
	paths := []string{"/api/login", "/api/meetings", "/api/meetings/" + m.ID + "/tickets", "/api/meetings/" + m.ID + "/end", "/v1/zones/pair"}
	for i, body := range []string{
		`{"email":"ann@example.com","password":"x"}`, `{"title":"Plan"}`, `{"name":"Zoë","seat":"AAAA"}`, `{}`,
		`{"code":"abcd-efgh-jkmn","public_key":"AAAA","controller":"zc"}`, `{"name":"a","NAME":"b"}`, `[[[[`, "\xff", `{"name":null}`,
	} {
		f.Add(uint8(i), body)
	}
	handler := h.Handler()
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		r := httptest.NewRequest("POST", paths[int(which)%len(paths)], strings.NewReader(body))
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code < 300 {
			return
		}
		p := wire.ReadProblem(w.Code, w.Body.Bytes())
		if w.Code >= 500 && p.Code != wire.CodeZoneAway || p.Type != "urn:causeway:problem:"+p.Code || p.Detail == "" || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %q: %d %s", r.URL.Path, body, w.Code, w.Body)
		}
	})
}

func FuzzSeatsCannotBeMade(f *testing.F) {
	key := seatKey(hash("key"))
	good, err := key.seat("abc", wire.Participant{ID: "00112233445566778899", Role: wire.RoleParticipant})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("")
	f.Add(strings.Repeat("A", len(good)))
	f.Fuzz(func(t *testing.T, seat string) {
		id, role, ok := key.open("abc", seat)
		if ok != (seat == good) || ok && (id != "00112233445566778899" || role != wire.RoleParticipant) {
			t.Fatalf("%q opens as %q %q", seat, id, role)
		}
	})
}

// FuzzLinkMessages feeds the far end of a link: whatever a zone says, it is
// taken or the link is refused.
func FuzzLinkMessages(f *testing.F) {
	for _, text := range []string{
		`{"hello":{"zone":"z","controller":"c","epoch":1,"urls":[""],"version":"1"}}`,
		`{"status":{"epoch":1,"seq":1,"meetings":[{"meeting":"abc","live":true,"participants":1,"since":"2026-03-01T12:00:00Z"}]}}`,
		`{}`, `{"ack":{}}`, `null`, `{"status":{"seq":1e99}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := decode(text)
		if err != nil {
			return
		}
		if m.Hello != nil {
			checkHello("z", m.Hello)
		}
		if m.Status != nil && checkStatus(m.Status) == nil {
			if m.Status.Epoch > maxCounter || m.Status.Participants < 0 {
				t.Fatalf("taken: %+v", m.Status)
			}
		}
	})
}
