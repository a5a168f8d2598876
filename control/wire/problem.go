package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Problem is an error as HTTP callers see it: problem details (RFC 9457),
// served as application/problem+json. Code is stable and meant for programs;
// Detail is one sentence for people and never holds a secret.
type Problem struct {
	Type       string        `json:"type"` // "urn:causeway:problem:" + Code
	Title      string        `json:"title"`
	Status     int           `json:"status"`
	Code       string        `json:"code"`
	Detail     string        `json:"detail,omitempty"`
	RetryAfter time.Duration `json:"-"` // sent as the Retry-After header, whole seconds
}

// Codes of problems. Pages and scripts match on these.
const (
	CodeBadRequest         = "bad-request"          // 400
	CodeOfferInvalid       = "offer-invalid"        // 400: malformed SDP, no ICE, no DTLS
	CodeOfferTooLarge      = "offer-too-large"      // 413
	CodeOfferUnacceptable  = "offer-unacceptable"   // 422: well-formed, but nothing in common
	CodeMediaType          = "media-type"           // 415
	CodeMethod             = "method-not-allowed"   // 405
	CodeTicketMissing      = "ticket-missing"       // 401
	CodeTicketInvalid      = "ticket-invalid"       // 401
	CodeTicketExpired      = "ticket-expired"       // 401
	CodeTicketUsed         = "ticket-used"          // 401
	CodeTicketWrongZone    = "ticket-wrong-zone"    // 401
	CodeTicketWrongMeeting = "ticket-wrong-meeting" // 403
	CodeForbidden          = "forbidden"            // 403
	CodeNotFound           = "not-found"            // 404
	CodeMeetingNotFound    = "meeting-not-found"    // 404
	CodeSessionNotFound    = "session-not-found"    // 404
	CodeMeetingEnded       = "meeting-ended"        // 410
	CodeMeetingExpired     = "meeting-expired"      // 410: the link's time is over
	CodeMeetingFull        = "meeting-full"         // 503: the MMR has no room for one more participant
	CodeZoneFull           = "zone-full"            // 503: the controller has no room for one more meeting
	CodeNoRouter           = "no-router"            // 503: no MMR is there to take it
	CodeNotLeader          = "not-leader"           // 503 + Retry-After
	CodeZoneAway           = "zone-away"            // 503: the cloud has no link to the zone
	CodeTooManyRequests    = "too-many-requests"    // 429 + Retry-After
	CodeSignedOut          = "signed-out"           // 401
	CodeLoginFailed        = "login-failed"         // 401
	CodeInternal           = "internal"             // 500
)

var titles = map[string]string{
	CodeBadRequest: "Bad request", CodeOfferInvalid: "The offer is not usable SDP",
	CodeOfferTooLarge: "The offer is too large", CodeOfferUnacceptable: "Nothing in the offer can be accepted",
	CodeMediaType: "Unsupported media type", CodeMethod: "Method not allowed",
	CodeTicketMissing: "A ticket is needed", CodeTicketInvalid: "The ticket is not valid",
	CodeTicketExpired: "The ticket has expired", CodeTicketUsed: "The ticket was used already",
	CodeTicketWrongZone: "The ticket is for another zone", CodeTicketWrongMeeting: "The ticket is for another meeting",
	CodeForbidden: "Forbidden", CodeNotFound: "Not found", CodeMeetingNotFound: "No such meeting",
	CodeSessionNotFound: "No such session", CodeMeetingEnded: "The meeting has ended",
	CodeMeetingExpired: "The meeting's link has expired", CodeMeetingFull: "The meeting is full",
	CodeZoneFull: "No room for another meeting", CodeNoRouter: "No media router is available",
	CodeNotLeader: "Another controller leads", CodeZoneAway: "The zone is away",
	CodeTooManyRequests: "Too many requests", CodeSignedOut: "Signed out",
	CodeLoginFailed: "Sign-in failed", CodeInternal: "Internal error",
}

// NewProblem makes a problem with the title that belongs to code.
func NewProblem(status int, code, format string, args ...any) *Problem {
	return &Problem{
		Type: "urn:causeway:problem:" + code, Title: titles[code], Status: status, Code: code,
		Detail: fmt.Sprintf(format, args...),
	}
}

// Retry sets after how long the caller may try again.
func (p *Problem) Retry(after time.Duration) *Problem {
	p.RetryAfter = after
	return p
}

// Error makes a Problem an error, so that it travels through ordinary returns.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// WriteProblem answers a request with err. An error that is no *Problem becomes
// "internal" without its text, which may hold what callers must not see: log it.
func WriteProblem(w http.ResponseWriter, err error) {
	var p *Problem
	if !errors.As(err, &p) {
		p = NewProblem(http.StatusInternalServerError, CodeInternal, "Something went wrong on the server. Its log says what.")
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// ReadProblem turns the body of a refused request back into a *Problem.
// A body that is no problem details becomes one from the status alone.
func ReadProblem(status int, body []byte) *Problem {
	var p Problem
	if json.Unmarshal(body, &p) != nil || p.Code == "" {
		return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: CodeInternal}
	}
	p.Status = status
	return &p
}
