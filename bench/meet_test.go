package bench

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"causeway/control/wire"
	"causeway/router"
)

// zone is a router in this process behind a door that believes every ticket: it
// holds the name.
type zone struct{ *router.Router }

func (z zone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		if err := z.Leave(r.PathValue("session")); err != nil {
			wire.WriteProblem(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	ticket := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	offer, err := io.ReadAll(r.Body)
	if err != nil {
		wire.WriteProblem(w, err)
		return
	}
	a, err := z.Join(r.Context(), &wire.SessionRequest{
		Meeting: r.PathValue("meeting"), Generation: 1, Kind: wire.KindWeb, Offer: string(offer),
		Participant: wire.Participant{ID: "id-of-" + ticket, Name: ticket, Role: wire.RoleParticipant},
		TicketID:    ticket, TicketExpires: time.Now().Add(time.Minute),
	})
	if err != nil {
		wire.WriteProblem(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", r.URL.Path+"/"+a.Session)
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, a.Answer)
}

type namesAsTickets struct{}

func (namesAsTickets) Ticket(_ context.Context, _, name string) (string, error) { return name, nil }

// newZone serves a router that listens on loopback, and watches this process.
func newZone(t *testing.T, c router.Config) Target {
	t.Helper()
	c.Media = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	r, err := router.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /v1/meetings/{meeting}/sessions", zone{r})
	mux.Handle("DELETE /v1/meetings/{meeting}/sessions/{session}", zone{r})
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		s.Close()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return Target{URL: s.URL, Meeting: "m", Tickets: namesAsTickets{}, Server: Process(os.Getpid()), HTTP: s.Client()}
}

func TestEverybodyMeetsEverybodyAndNothingIsLost(t *testing.T) {
	target := newZone(t, router.Config{})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := Meet(ctx, target, MeetOptions{Participants: 6, Window: 2 * time.Second, Oracles: 2})
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	r.Print(&table)
	if r.Faults() != nil || r.LostBySocket != 0 {
		t.Errorf("%+v", r)
	}
	// Each picture goes to five, each sound of three to five; how many there are
	// depends on how busy the machine is.
	if r.PacketsIn < 100 || r.PacketsOut < 3*r.PacketsIn || r.P50MS <= 0 || r.CPUPerPacketUS <= 0 {
		t.Errorf("too little:\n%s", &table)
	}
	t.Logf("\n%s", &table)
}

// With every tenth datagram dropped each way, what is missing of the pictures at
// the end is less than one packet in two hundred. On a quiet machine it is one
// in two thousand.
func TestPicturesSurviveLossEachWay(t *testing.T) {
	target := newZone(t, router.Config{})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := Meet(ctx, target, MeetOptions{Participants: 4, Window: 2 * time.Second, Loss: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	lost := r.LostByRouter + r.LostBySocket - r.LostSound
	if lost*200 > r.PacketsOut || r.Repaired == 0 || r.Dropped == 0 {
		t.Errorf("%d pictures' packets lost: %+v", lost, r)
	}
	if r.LostByRouter+r.Damaged+r.Misrouted+r.Disordered+r.Stray != 0 || r.Unseen+r.Misplaced+r.Roster != 0 {
		t.Errorf("%v", r.Faults())
	}
}

func TestWhoFindsNoRoomIsCounted(t *testing.T) {
	target := newZone(t, router.Config{Participants: 3})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := Meet(ctx, target, MeetOptions{Participants: 4, Window: time.Second})
	if err != nil || r.JoinsFailed != 1 || len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "full") {
		t.Fatalf("%+v, %v", r, err)
	}
	if r.Unseen+r.Roster+r.Misplaced != 0 {
		t.Errorf("those who are in: %+v", r)
	}
}
