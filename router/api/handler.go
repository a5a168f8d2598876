package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"causeway/control/strictjson"
	"causeway/control/ticket"
	"causeway/control/wire"
)

// maxRequestBytes holds a request whose offer has its largest size and the
// largest share of characters that JSON writes as two.
const maxRequestBytes = 2*wire.MaxOfferBytes + 16<<10

// handler is the API. Who gets here is a controller of the zone: the TLS
// configuration lets in nobody else.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/sessions", s.open)
	mux.HandleFunc("DELETE /v1/sessions/{session}", s.leave)
	mux.HandleFunc("DELETE /v1/meetings/{meeting}", s.end)
	mux.HandleFunc("GET /v1/state", s.state)
	return mux
}

func (s *Server) open(w http.ResponseWriter, r *http.Request) {
	var in wire.SessionRequest
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		wire.WriteProblem(w, wire.NewProblem(http.StatusRequestEntityTooLarge, wire.CodeOfferTooLarge,
			"A session request takes at most %d bytes.", maxRequestBytes))
		return
	}
	if err == nil {
		err = strictjson.Unmarshal(body, &in)
	}
	if err != nil {
		wire.WriteProblem(w, bad("The body is no session request: %v.", err))
		return
	}
	if err := checkRequest(&in); err != nil {
		wire.WriteProblem(w, err)
		return
	}
	// The controller has judged the ticket by its clock, which this one may
	// differ from: counted from now, the longest life of a ticket is long enough
	// to remember it by any clock.
	in.TicketExpires = time.Now().Add(wire.MaxTicketLife)
	answer, err := s.c.Router.Join(r.Context(), &in)
	if err != nil {
		s.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(answer)
}

// checkRequest bounds every field before the router uses it, although the
// controller has done so too.
func checkRequest(in *wire.SessionRequest) error {
	p := in.Participant
	switch {
	case !ticket.ValidMeeting(in.Meeting):
		return bad("The meeting's id is not well-formed.")
	case p.ID == "" || len(p.ID) > wire.MaxIDBytes:
		return bad("The participant's id takes 1-%d bytes.", wire.MaxIDBytes)
	case p.Name == "" || len(p.Name) > wire.MaxNameBytes || !utf8.ValidString(p.Name):
		return bad("The participant's name takes 1-%d bytes of UTF-8.", wire.MaxNameBytes)
	case !p.Role.Valid():
		return bad("The role is neither %q nor %q.", wire.RoleHost, wire.RoleParticipant)
	case in.Kind != wire.KindWeb && in.Kind != wire.KindWHIP && in.Kind != wire.KindWHEP:
		return bad("The kind of session is not known.")
	case in.TicketID == "" || len(in.TicketID) > wire.MaxIDBytes:
		return bad("The ticket's id takes 1-%d bytes.", wire.MaxIDBytes)
	case in.Offer == "":
		return wire.NewProblem(http.StatusBadRequest, wire.CodeOfferInvalid, "The offer is empty.")
	case len(in.Offer) > wire.MaxOfferBytes:
		return wire.NewProblem(http.StatusRequestEntityTooLarge, wire.CodeOfferTooLarge,
			"An offer takes at most %d bytes.", wire.MaxOfferBytes)
	}
	return nil
}

func bad(format string, args ...any) error {
	return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, format, args...)
}

func (s *Server) leave(w http.ResponseWriter, r *http.Request) {
	s.done(w, s.c.Router.Leave(r.PathValue("session")))
}

func (s *Server) end(w http.ResponseWriter, r *http.Request) {
	s.done(w, s.c.Router.End(r.PathValue("meeting")))
}

func (s *Server) done(w http.ResponseWriter, err error) {
	if err != nil {
		s.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) fail(w http.ResponseWriter, err error) {
	if p := new(wire.Problem); !errors.As(err, &p) {
		s.c.Log.Error("the router failed", "error", err)
	}
	wire.WriteProblem(w, err)
}

// state answers with the report that would be sent now.
func (s *Server) state(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(s.report())
}

// report is the router's state as wire has it, without the fields that belong to
// one agent.
func (s *Server) report() *wire.RouterReport {
	meetings, ended, participants, limit := s.c.Router.State()
	api := s.c.Advertise
	if api == "" {
		api = s.Addr()
	}
	return &wire.RouterReport{
		API: api, Participants: participants, MaxParticipants: limit, Draining: s.draining.Load(),
		Meetings: meetings, Ended: ended, Version: s.c.Version,
	}
}
