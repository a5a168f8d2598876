package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"causeway/control/strictjson"
	"causeway/control/wire"
)

// maxBody bounds every body of the API, in bytes.
const maxBody = 16 << 10

// handler answers a request, or returns why not: a *wire.Problem for the
// caller, anything else for the log.
type handler func(w http.ResponseWriter, r *http.Request) error

// Handler serves the API: /api/… for pages and scripts, /v1/keys and /v1/zones/…
// for zones. Everything else is a problem not-found.
func (c *Cloud) Handler() http.Handler {
	mux := http.NewServeMux()
	for path, methods := range map[string]map[string]handler{
		"/api/login":                 {"POST": c.login},
		"/api/logout":                {"POST": c.logout},
		"/api/me":                    {"GET": c.getMe},
		"/api/meetings":              {"GET": c.getMeetings, "POST": c.postMeeting},
		"/api/meetings/{id}":         {"GET": c.getMeeting},
		"/api/meetings/{id}/tickets": {"POST": c.postTicket},
		"/api/meetings/{id}/end":     {"POST": c.postEnd},
		"/v1/keys":                   {"GET": c.getKeys},
		"/v1/zones/pair":             {"POST": c.pairZone},
		"/v1/zones/link":             {"GET": c.openLink},
	} {
		mux.Handle(path, c.route(path, methods))
	}
	mux.Handle("/", c.route("other", nil))
	return mux
}

// route picks the method's handler, guards unsafe methods against other
// origins, and turns errors into problem details.
func (c *Cloud) route(route string, methods map[string]handler) http.Handler {
	allowed := []string{}
	for m := range methods {
		allowed = append(allowed, m)
		if m == "GET" {
			allowed = append(allowed, "HEAD")
		}
	}
	slices.Sort(allowed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		h := methods[r.Method]
		if h == nil && r.Method == http.MethodHead {
			h = methods["GET"]
		}
		var err error
		switch {
		case methods == nil:
			err = wire.NewProblem(http.StatusNotFound, wire.CodeNotFound, "There is nothing at this address.")
		case h == nil:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			err = wire.NewProblem(http.StatusMethodNotAllowed, wire.CodeMethod, "This address takes %s.", strings.Join(allowed, ", "))
		case c.origins.Check(r) != nil:
			err = wire.NewProblem(http.StatusForbidden, wire.CodeForbidden, "This request comes from another site's page.")
		default:
			err = h(counted, r)
		}
		if err != nil {
			c.fail(counted, r, route, err)
		}
		c.metrics.requests.WithLabelValues(route, strconv.Itoa(counted.status)).Inc()
	})
}

func (c *Cloud) fail(w http.ResponseWriter, r *http.Request, route string, err error) {
	var p *wire.Problem
	if !errors.As(err, &p) && !errors.Is(err, context.Canceled) {
		c.log.Error("request failed", "method", r.Method, "route", route, "error", err)
	}
	wire.WriteProblem(w, err)
}

// statusWriter remembers the status. Unwrap lets http.ResponseController
// through, which the WebSocket needs.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answer writes v as JSON; mediaType "" means application/json.
func answer(w http.ResponseWriter, status int, mediaType string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if mediaType == "" {
		mediaType = "application/json"
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	w.Write(append(text, '\n')) // a caller who is gone needs no answer
	return nil
}

// readJSON decodes the request's body into v, a pointer to a struct: one JSON
// object of known fields, none twice, of at most maxBody bytes.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return wire.NewProblem(http.StatusUnsupportedMediaType, wire.CodeMediaType, "Send the body as application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return wire.NewProblem(http.StatusRequestEntityTooLarge, wire.CodeBadRequest, "The body has more than %d bytes.", maxBody)
	}
	if err != nil {
		return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "The body ended too early.")
	}
	if err := strictjson.UnmarshalKnown(body, v); err != nil {
		return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "The body is refused: %v.", err)
	}
	return nil
}
