package meeting

import (
	"strconv"
	"time"
)

// Codes of "error" messages.
const (
	codeForbidden  = "forbidden"
	codeBadRequest = "bad-request"
	codeNotFound   = "not-found"
	codeTooMany    = "too-many"
)

// refusal is a request that was not done. Detail is one sentence for people.
type refusal struct{ code, detail string }

// bucket is a token bucket: messageRate a second, messageBurst at once.
type bucket struct {
	tokens  float64
	at      int64
	refused int64 // when a refusal was last told
}

func (b *bucket) take(now int64) bool {
	if now > b.at {
		b.tokens = min(messageBurst, b.tokens+float64(now-b.at)*messageRate/float64(time.Second))
		b.at = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// Receive takes one text that a session's client sent on "control". Who speaks
// is known from the session alone; nothing in the text can change it.
func (m *Meeting) Receive(now int64, id Session, text []byte) {
	s := m.sessions[id]
	if s == nil {
		return
	}
	if !s.bucket.take(now) {
		// Not even read. A flood gets few answers.
		if now-s.bucket.refused >= flushEvery {
			s.bucket.refused = now
			m.answer(s, nil, &refusal{codeTooMany, "Too many messages; this one was ignored."})
		}
		return
	}
	var r request
	if len(text) > maxMessage {
		m.answer(s, nil, &refusal{codeBadRequest, "The message is longer than 64 KiB."})
		return
	}
	if err := decode(text, &r); err != nil {
		m.answer(s, r.ID, &refusal{codeBadRequest, "Not understood: " + err.Error() + "."})
		return
	}
	m.obey(s, &r)
	m.settle(now)
}

// obey does what one request asks. Requests that close the asking session are
// answered before they are done.
func (m *Meeting) obey(s *member, r *request) {
	var no *refusal
	switch r.Type {
	case "source":
		no = m.changeSource(s, r)
	case "view":
		no = m.changeView(s, r)
	case "leave":
		m.answer(s, r.ID, nil)
		m.dismiss(s, ReasonLeft)
		return
	case "end", "mute", "remove":
		if !s.participant.Host {
			no = &refusal{codeForbidden, "Only a host may do that."}
			break
		}
		if r.Type == "end" {
			m.answer(s, r.ID, nil)
			m.end(ReasonEndedByHost)
			return
		}
		no = m.control(s, r)
	default:
		no = &refusal{codeBadRequest, "Unknown type of message."}
	}
	m.answer(s, r.ID, no)
}

// changeSource says what one of the client's own lanes carries now.
func (m *Meeting) changeSource(s *member, r *request) *refusal {
	if r.MID == nil || r.Kind == nil && r.Muted == nil {
		return &refusal{codeBadRequest, `"source" needs "mid", and "kind" or "muted".`}
	}
	for _, src := range s.sources {
		if src.mid != *r.MID {
			continue
		}
		kind := src.kind
		if r.Kind != nil {
			k, ok := parseSourceKind(*r.Kind)
			if !ok || k.Video() != src.kind.Video() {
				return &refusal{codeBadRequest, "That lane cannot carry that kind of source."}
			}
			kind = k
		}
		if kind != src.kind {
			src.kind, m.videoDirty = kind, m.videoDirty || kind.Video()
			m.touch(s)
		}
		if r.Muted != nil {
			m.mute(src, *r.Muted)
		}
		return nil
	}
	return &refusal{codeNotFound, "None of your published lanes has that mid."}
}

// mute silences or opens a source, and reports whether that was a change.
func (m *Meeting) mute(src *source, muted bool) bool {
	if src.muted == muted {
		return false
	}
	src.muted = muted
	m.touch(src.owner)
	m.emit(Effect{Kind: Mute, Source: src.id, Muted: muted})
	if src.kind.Video() {
		m.videoDirty = true
		if !muted {
			m.emit(Effect{Kind: KeyFrame, Source: src.id}) // its subscribers missed what was dropped
		}
	}
	return true
}

// changeView says what a client wants to see. Unknown, own and muted sources
// are kept in the list but take no slot; they may be there again later.
func (m *Meeting) changeView(s *member, r *request) *refusal {
	auto := r.Auto != nil && *r.Auto
	if auto == r.HasSources {
		return &refusal{codeBadRequest, `"view" needs either "sources" or "auto": true.`}
	}
	s.manual, s.view = !auto, r.Sources
	m.refillOne(s)
	return nil
}

// control does what only hosts may: mute and remove others.
func (m *Meeting) control(host *member, r *request) *refusal {
	if r.Participant == nil {
		return &refusal{codeBadRequest, `"` + r.Type + `" needs "participant".`}
	}
	target := m.people[*r.Participant]
	if target == nil {
		return &refusal{codeNotFound, "That participant is not in the meeting."}
	}
	if r.Type == "remove" {
		if target == host {
			return &refusal{codeBadRequest, `To go yourself, send "leave".`}
		}
		m.dismiss(target, ReasonRemoved)
		return nil
	}
	if r.Kind == nil {
		return &refusal{codeBadRequest, `"mute" needs "kind".`}
	}
	kind, ok := parseSourceKind(*r.Kind)
	if !ok {
		return &refusal{codeBadRequest, "Unknown kind of source."}
	}
	found, changed := false, false
	for _, src := range target.sources {
		if src.kind == kind {
			found = true
			changed = m.mute(src, true) || changed
		}
	}
	if !found {
		return &refusal{codeNotFound, "That participant has no such source."}
	}
	if changed && target != host {
		m.send(target, mutedMessage(kind, host.participant.Name))
	}
	return nil
}

// answer tells a client how its request ended. Success is told only to who
// numbered the request.
func (m *Meeting) answer(s *member, id *int64, no *refusal) {
	if no == nil && id == nil {
		return
	}
	b := []byte(`{"type":"ok"`)
	if no != nil {
		b = []byte(`{"type":"error"`)
	}
	if id != nil {
		b = strconv.AppendInt(append(b, `,"id":`...), *id, 10)
	}
	if no != nil {
		b = appendString(append(b, `,"code":`...), no.code)
		b = appendString(append(b, `,"detail":`...), no.detail)
	}
	m.send(s, append(b, '}'))
}

func parseSourceKind(s string) (SourceKind, bool) {
	for k, name := range sourceKinds {
		if s == name {
			return SourceKind(k), true
		}
	}
	return 0, false
}
