package zone

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"causeway/control/ticket"
	"causeway/control/wire"
)

func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"incarnation":"i","seq":1,"api":":8820","participants":1,"max_participants":350,"draining":false,"meetings":[{"meeting":"abc","generation":1}]}`))
	f.Add([]byte(`{"api":"[::]:1"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/v1/nodes/report", bytes.NewReader(body))
		in, err := readReport(w, r)
		if err != nil {
			return
		}
		for _, m := range in.Meetings {
			if !ticket.ValidMeeting(m.Meeting) {
				t.Fatalf("%q passed for a meeting", m.Meeting)
			}
		}
		if in.Incarnation == "" || in.Participants < 0 || strings.HasPrefix(in.API, ":") {
			t.Fatalf("%+v", in)
		}
	})
}

func FuzzFragment(f *testing.F) {
	f.Add("a=ice-ufrag:EsAw\r\na=ice-pwd:x\r\n", `"abc", "def"`)
	f.Add("m=audio", "*")
	f.Fuzz(func(t *testing.T, fragment, match string) {
		g := tagger{key: make([]byte, 32)}
		u := ufragOf(fragment)
		if strings.ContainsAny(u, "\r\n") && !strings.Contains(u, "\r") {
			t.Fatalf("%q spans lines", u)
		}
		if own, same := g.matches(match, "team", "s", u); same && !own {
			t.Fatal("the same ICE session of another session")
		}
		if own, same := g.matches(g.tag("team", "s", u), "team", "s", u); !own || !same {
			t.Fatal("its own tag does not match")
		}
		if own, _ := g.matches(g.tag("team", "s", u), "team", "other", u); own {
			t.Fatal("another session's tag matches")
		}
	})
}

func FuzzSource(f *testing.F) {
	f.Add("192.0.2.1:1")
	f.Add("[fe80::1%eth0]:1")
	f.Fuzz(func(t *testing.T, s string) {
		a := source(s)
		if a.IsValid() && a.Zone() != "" {
			t.Fatalf("%v", a)
		}
		_ = validSession(s)
		_, _ = resolve(s, "192.0.2.1:5")
		_ = wire.MaxIDBytes
	})
}
