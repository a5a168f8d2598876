package zone

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"causeway/control/pki"
	"causeway/control/wire"
)

// maxFragmentBytes bounds the body of a PATCH: 32 candidates and then some.
const maxFragmentBytes = 16 << 10

// patch answers a PATCH of a WHIP or WHEP session (RFC 9725 §4.3, and the same in
// draft-ietf-wish-whep §4.3).
//
// Candidates: the router is an ICE-lite agent, which learns addresses from
// authenticated checks alone, so a well-formed fragment of the same ICE session
// is taken note of by 204 and nothing else. ICE restarts are not supported: 422.
//
// The controller keeps no session. The entity-tag that it made of meeting,
// session and ICE username fragment tells it which session and which ICE session
// a request means.
func (z *ZC) patch(d door, w http.ResponseWriter, r *http.Request) {
	err := z.checkPatch(w, r)
	if err != nil {
		z.fail(w, string(d.kind), err)
		return
	}
	z.metrics.requests.WithLabelValues(string(d.kind), "patched").Inc()
	w.WriteHeader(http.StatusNoContent)
}

func (z *ZC) checkPatch(w http.ResponseWriter, r *http.Request) error {
	if err := wantType(w, r, typeFragment, "Accept-Patch"); err != nil {
		return err
	}
	body, err := readBody(r, maxFragmentBytes)
	if err != nil {
		return err
	}
	fragment := string(body)
	if !strings.HasPrefix(fragment, "a=") && !strings.HasPrefix(fragment, "m=") {
		return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "The body is no SDP fragment.")
	}
	meeting, session := r.PathValue("meeting"), r.PathValue("session")
	if _, err := z.find(meeting, session); err != nil {
		return err
	}
	match := r.Header.Get("If-Match")
	own, same := z.tags.matches(match, meeting, session, ufragOf(fragment))
	switch {
	case match == "": // RFC 6585 §3
		return wire.NewProblem(http.StatusPreconditionRequired, wire.CodeBadRequest, "Send the session's ETag as If-Match.")
	case same:
		return nil
	case own, strings.TrimSpace(match) == "*":
		return wire.NewProblem(http.StatusUnprocessableEntity, wire.CodeOfferUnacceptable,
			"ICE restarts are not supported: post a new offer instead. The session goes on as it is.")
	}
	return wire.NewProblem(http.StatusPreconditionFailed, wire.CodeBadRequest, "If-Match is not this session's ETag.")
}

// tagger makes entity-tags: one half names the session, the other its ICE
// session, each under a key that every controller of the zone can derive.
type tagger struct{ key []byte }

func newTagger(a *pki.Authority) (tagger, error) {
	key, err := a.Derive("session tags")
	return tagger{key}, err
}

const halfTag = 16 // characters: 96 bits

func (t tagger) half(parts ...string) string {
	h := hmac.New(sha256.New, t.key)
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))[:halfTag]
}

// tag is a strong entity-tag, quotes included.
func (t tagger) tag(meeting, session, ufrag string) string {
	return `"` + t.half(meeting, session) + t.half(meeting, session, ufrag) + `"`
}

// matches compares an If-Match header: own says that it names this session, same
// that it names this ICE session too. A fragment that names no ICE session means
// the one of the tag.
func (t tagger) matches(header, meeting, session, ufrag string) (own, same bool) {
	first, full := t.half(meeting, session), t.half(meeting, session, ufrag)
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if len(tag) != 2*halfTag+2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
			continue
		}
		tag = tag[1 : len(tag)-1]
		if hmac.Equal([]byte(tag[:halfTag]), []byte(first)) {
			own = true
			same = same || ufrag == "" || hmac.Equal([]byte(tag[halfTag:]), []byte(full))
		}
	}
	return own, same
}

// ufragOf returns the first ICE username fragment of an SDP text, or "".
func ufragOf(sdp string) string {
	for line := range strings.Lines(sdp) {
		if u, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok {
			return strings.TrimRight(u, "\r\n ")
		}
	}
	return ""
}
