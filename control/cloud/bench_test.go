package cloud

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// BenchmarkAPI is what people at the door cost: the look at the meeting, and
// the ticket. It goes through the handler, without a socket.
func BenchmarkAPI(b *testing.B) {
	h := newHouse(b)
	h.live("zone-1")
	h.ticketsByAddress = newLimiter(1<<30, time.Nanosecond)
	m, err := h.CreateMeeting(b.Context(), "ann@example.com", "Plan")
	h.must(err)
	handler := h.Handler()
	for _, c := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"meeting", "GET", "/api/meetings/" + m.ID, "", 200},
		{"ticket", "POST", "/api/meetings/" + m.ID + "/tickets", `{"name":"Zoë"}`, 201},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), c.method, c.path, strings.NewReader(c.body))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != c.status {
					b.Fatal(w.Code, http.StatusText(w.Code), w.Body)
				}
			}
		})
	}
}
