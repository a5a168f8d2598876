package zone

import (
	"errors"
	"net/http"
	"strings"

	"causeway/control/wire"
)

// Media types of the public API.
const (
	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag" // RFC 8840
)

// Handler is the public API: whatever lies below /v1/meetings/, /whip/ and
// /whep/. It needs no cookie and answers any origin: what counts is the ticket.
func (z *ZC) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, d := range []door{
		{kind: wire.KindWeb, endpoint: "/v1/meetings/{meeting}/sessions", session: "/v1/meetings/{meeting}/sessions/{session}", deleted: http.StatusNoContent},
		{kind: wire.KindWHIP, endpoint: "/whip/{meeting}", session: "/whip/{meeting}/{session}", deleted: http.StatusOK},
		{kind: wire.KindWHEP, endpoint: "/whep/{meeting}", session: "/whep/{meeting}/{session}", deleted: http.StatusOK},
	} {
		mux.HandleFunc(d.endpoint, func(w http.ResponseWriter, r *http.Request) { z.endpoint(d, w, r) })
		mux.HandleFunc(d.session, func(w http.ResponseWriter, r *http.Request) { z.session(d, w, r) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		z.fail(w, "other", wire.NewProblem(http.StatusNotFound, wire.CodeNotFound, "There is nothing at this address."))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowOrigin(w.Header(), r)
		if err := z.rates.allow(r.RemoteAddr); err != nil {
			z.fail(w, "other", err)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// door is one of the three ways in.
type door struct {
	kind              wire.Kind
	endpoint, session string // patterns
	deleted           int    // status after DELETE
}

// standard reports whether d speaks WHIP or WHEP.
func (d door) standard() bool { return d.kind != wire.KindWeb }

// allowOrigin lets pages of every origin use the API. The cloud's page comes
// from elsewhere, and the zone may be on a private network.
func allowOrigin(h http.Header, r *http.Request) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, Link, ETag, Retry-After, Accept-Patch, Accept-Post, WWW-Authenticate")
	if r.Method != http.MethodOptions {
		return
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
	h.Set("Access-Control-Max-Age", "86400")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
}

// endpoint is where sessions are made: POST an offer.
func (z *ZC) endpoint(d door, w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		z.join(d, w, r)
	case http.MethodOptions: // RFC 9725 §4.2
		w.Header().Set("Allow", allowed(d, "POST"))
		w.Header().Set("Accept-Post", typeSDP)
		w.WriteHeader(http.StatusOK)
	case http.MethodGet, http.MethodHead: // RFC 9725 §4.1: there is no representation
		if d.standard() {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fallthrough
	default:
		z.notAllowed(w, d, "POST")
	}
}

// session is one session: DELETE ends it, PATCH brings candidates.
func (z *ZC) session(d door, w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodDelete:
		z.leave(d, w, r)
	case http.MethodPatch:
		if d.standard() {
			z.patch(d, w, r)
			return
		}
		z.notAllowed(w, d, "DELETE")
	case http.MethodOptions:
		w.Header().Set("Allow", allowed(d, "DELETE"))
		if d.standard() {
			w.Header().Set("Accept-Patch", typeFragment) // RFC 5789 §3.1
			w.Header().Set("Accept-Post", typeSDP)
		}
		w.WriteHeader(http.StatusOK)
	case http.MethodGet, http.MethodHead:
		if d.standard() {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fallthrough
	default:
		z.notAllowed(w, d, "DELETE")
	}
}

func allowed(d door, method string) string {
	list := []string{method, "OPTIONS"}
	if d.standard() {
		list = append(list, "GET", "HEAD")
		if method == "DELETE" {
			list = append(list, "PATCH")
		}
	}
	return strings.Join(list, ", ")
}

func (z *ZC) notAllowed(w http.ResponseWriter, d door, method string) {
	w.Header().Set("Allow", allowed(d, method))
	z.fail(w, string(d.kind), wire.NewProblem(http.StatusMethodNotAllowed, wire.CodeMethod,
		"This address takes %s.", allowed(d, method)))
}

// fail answers with err, counts it, and logs it if it is nobody's refusal.
func (z *ZC) fail(w http.ResponseWriter, at string, err error) {
	code := wire.CodeInternal
	var p *wire.Problem
	if errors.As(err, &p) {
		code = p.Code
		if p.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
	} else {
		z.c.Log.Error("request failed", "door", at, "error", err)
	}
	z.metrics.requests.WithLabelValues(at, code).Inc()
	wire.WriteProblem(w, err)
}
