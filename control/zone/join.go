package zone

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"causeway/control/cloudlink"
	"causeway/control/ticket"
	"causeway/control/wire"
	"causeway/control/zone/placement"
)

// join lets one participant in: ticket and offer against a session and answer.
func (z *ZC) join(d door, w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	t, offer, err := z.readJoin(d, w, r)
	var answer *wire.SessionAnswer
	if err == nil {
		// What has been begun is finished without the caller: a router that was
		// asked and not heard would count as gone.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), joinTimeout)
		defer cancel()
		answer, err = z.admit(ctx, &wire.SessionRequest{
			Meeting: t.Meeting, Epoch: z.memory.Epoch, Participant: t.Participant, Kind: d.kind,
			TicketID: t.ID, TicketExpires: t.Expires, Offer: offer,
		})
	}
	if err != nil {
		z.fail(w, string(d.kind), err)
		return
	}
	if r.Context().Err() != nil { // nobody will ever use it
		z.late.Go(func() { z.endSession(t.Meeting, answer.Session) })
		return
	}
	z.metrics.requests.WithLabelValues(string(d.kind), "ok").Inc()
	z.metrics.join.Observe(time.Since(began).Seconds())
	h := w.Header()
	h.Set("Content-Type", typeSDP)
	h.Set("Cache-Control", "no-store")
	h.Set("Location", strings.NewReplacer("{meeting}", t.Meeting, "{session}", answer.Session).Replace(d.session))
	if d.standard() {
		h.Set("ETag", z.tags.tag(t.Meeting, answer.Session, ufragOf(offer)))
		h.Set("Accept-Patch", typeFragment)
	}
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, answer.Answer)
}

// readJoin checks a request in the order of what a check costs: nobody without a
// ticket gets the controller to keep an offer.
func (z *ZC) readJoin(d door, w http.ResponseWriter, r *http.Request) (t wire.Ticket, offer string, err error) {
	meeting := r.PathValue("meeting")
	if !ticket.ValidMeeting(meeting) {
		return t, "", wire.NewProblem(http.StatusNotFound, wire.CodeMeetingNotFound, "There is no meeting with this id.")
	}
	if err := wantType(w, r, typeSDP, "Accept-Post"); err != nil {
		return t, "", err
	}
	if r.ContentLength > wire.MaxOfferBytes {
		if r.Header.Get("Expect") == "" { // else the client waits to be told, and is
			drain(r)
		}
		return t, "", tooLarge(wire.MaxOfferBytes)
	}
	if t, err = z.verify(r, meeting); err != nil {
		return t, "", err
	}
	body, err := readBody(r, wire.MaxOfferBytes)
	if err != nil {
		return t, "", err
	}
	if len(body) == 0 {
		return t, "", wire.NewProblem(http.StatusBadRequest, wire.CodeOfferInvalid, "The offer is empty.")
	}
	return t, string(body), nil
}

// verify checks the request's ticket.
func (z *ZC) verify(r *http.Request, meeting string) (t wire.Ticket, err error) {
	token, err := ticket.Bearer(r.Header)
	if err != nil {
		return t, err
	}
	if z.link == nil || !z.link.HasKeys() {
		if z.link == nil {
			err = cloudlink.ErrNotPaired
		} else {
			err = errors.New("the cloud has not sent the keys that verify tickets")
		}
		return t, wire.NewProblem(http.StatusServiceUnavailable, wire.CodeZoneAway, "No ticket can be verified: %v.", err).Retry(time.Second)
	}
	if t, err = z.link.Verifier().VerifyFor(meeting, token); err != nil {
		return t, err
	}
	if z.spent.has(t.ID) {
		return t, wire.NewProblem(http.StatusUnauthorized, wire.CodeTicketUsed, "This ticket has opened a session already; ask for a new one.")
	}
	return t, nil
}

// maxTries is how many routers are tried for a new meeting.
const maxTries = 3

// admit finds the meeting's router and asks it. Where a meeting is new and a
// router has no room or is not there, the next is asked.
func (z *ZC) admit(ctx context.Context, q *wire.SessionRequest) (*wire.SessionAnswer, error) {
	var failed error
	for range maxTries {
		z.mu.Lock()
		b, err := z.table.Admit(z.now(), q.Meeting)
		z.mu.Unlock()
		if err != nil {
			var refusal *placement.Refusal
			if !errors.As(err, &refusal) {
				return nil, err
			}
			z.metrics.refusals.WithLabelValues(string(refusal.Limit)).Inc()
			if failed != nil && refusal.Limit != placement.Ended {
				return nil, failed // what the routers said says more
			}
			return nil, refused(refusal)
		}
		q.Generation = b.Generation
		answer, err := z.routers.join(ctx, b.Router, b.API, q)
		outcome := outcomeOf(err)
		z.mu.Lock()
		z.table.Done(z.now(), b, outcome)
		z.mu.Unlock()
		switch outcome {
		case placement.Accepted:
			z.spent.add(q.TicketID)
			return answer, nil
		case placement.Refused:
			return nil, z.passOn(b.Router, err)
		case placement.Full:
			failed = err
		case placement.Unreached, placement.Unanswered:
			z.c.Log.Warn("router does not take a participant", "router", b.Router, "meeting", q.Meeting, "error", err)
			failed = wire.NewProblem(http.StatusServiceUnavailable, wire.CodeNoRouter,
				"The meeting's media router does not answer.").Retry(time.Second)
		}
		if !b.New || outcome == placement.Unanswered {
			return nil, failed
		}
	}
	return nil, failed
}

func outcomeOf(err error) placement.Outcome {
	var p *wire.Problem
	switch {
	case err == nil:
		return placement.Accepted
	case isProblem(err, wire.CodeMeetingFull):
		return placement.Full
	case errors.As(err, &p):
		return placement.Refused
	case errors.Is(err, errUnreached):
		return placement.Unreached
	}
	return placement.Unanswered
}

// passOn hands a router's refusal to the participant, unless it is about the
// controller.
func (z *ZC) passOn(router string, err error) error {
	if isProblem(err, wire.CodeForbidden) || isProblem(err, wire.CodeInternal) || isProblem(err, wire.CodeBadRequest) {
		z.c.Log.Error("router refuses the controller", "router", router, "error", err)
		return wire.NewProblem(http.StatusInternalServerError, wire.CodeInternal, "The media router could not do it. The zone's log says why.")
	}
	return err
}

// refused words a refusal of placement for the participant.
func refused(r *placement.Refusal) error {
	away := func(format string, args ...any) error {
		return wire.NewProblem(http.StatusServiceUnavailable, wire.CodeNoRouter, format, args...).Retry(time.Second)
	}
	full := func(code, format string, args ...any) error {
		return wire.NewProblem(http.StatusServiceUnavailable, code, format, args...).Retry(30 * time.Second)
	}
	switch r.Limit {
	case placement.Ended:
		return wire.NewProblem(http.StatusGone, wire.CodeMeetingEnded, "A host has ended this meeting for all.")
	case placement.Meetings:
		return full(wire.CodeZoneFull, "This controller hosts its limit of %d meetings.", r.Value)
	case placement.Participants:
		return full(wire.CodeMeetingFull, "The zone's media routers have their limit of %d participants.", r.Value)
	case placement.Starting:
		return away("The controller has just started and waits for its media routers.")
	case placement.Draining:
		return away("Every media router is being emptied and takes no new meeting.")
	case placement.Unreachable:
		return away("No media router answers.")
	}
	return away("No media router is there.")
}

// leave ends a session: whoever knows its address may.
func (z *ZC) leave(d door, w http.ResponseWriter, r *http.Request) {
	if err := z.endSession(r.PathValue("meeting"), r.PathValue("session")); err != nil {
		z.fail(w, string(d.kind), err)
		return
	}
	z.metrics.requests.WithLabelValues(string(d.kind), "left").Inc()
	w.WriteHeader(d.deleted)
}

// endSession ends one session.
func (z *ZC) endSession(meeting, session string) error {
	m, err := z.find(meeting, session)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	_, err = z.routers.call(ctx, m.Router, m.API, http.MethodDelete, "/v1/sessions/"+session, nil)
	switch p := new(wire.Problem); {
	case err == nil || isProblem(err, wire.CodeSessionNotFound):
		return err
	case errors.As(err, &p):
		return z.passOn(m.Router, err)
	}
	z.c.Log.Warn("router does not end a session", "router", m.Router, "error", err)
	return wire.NewProblem(http.StatusServiceUnavailable, wire.CodeNoRouter, "The meeting's media router does not answer.").Retry(time.Second)
}

// find returns the meeting of a session's address.
func (z *ZC) find(meeting, session string) (placement.Meeting, error) {
	z.mu.Lock()
	m, there := z.table.Meeting(meeting)
	complete := z.table.Complete(z.now())
	z.mu.Unlock()
	switch {
	case there && validSession(session):
		return m, nil
	case !there && !complete:
		return m, refused(&placement.Refusal{Limit: placement.Starting})
	}
	return m, wire.NewProblem(http.StatusNotFound, wire.CodeSessionNotFound, "There is no such session; it may have ended.")
}

// wantType refuses a body of another media type, and says which one is wanted.
func wantType(w http.ResponseWriter, r *http.Request, want, header string) error {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && got == want {
		return nil
	}
	w.Header().Set(header, want)
	return wire.NewProblem(http.StatusUnsupportedMediaType, wire.CodeMediaType, "The body must be of the type %s.", want)
}

func tooLarge(limit int) error {
	return wire.NewProblem(http.StatusRequestEntityTooLarge, wire.CodeOfferTooLarge, "The body may have %d bytes.", limit)
}

func readBody(r *http.Request, limit int) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "The body did not arrive whole.")
	case len(body) > limit:
		drain(r)
		return nil, tooLarge(limit)
	}
	return body, nil
}

// drain reads on for a while, so that a client in the middle of a body that is
// too large gets to read the refusal instead of a broken connection.
func drain(r *http.Request) { io.CopyN(io.Discard, r.Body, 2<<20) }
