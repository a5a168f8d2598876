package meeting

import (
	"strconv"
	"unicode/utf8"
)

// What the router says on "control". Every text is one JSON object.

func (p Participant) role() string {
	if p.Host {
		return "host"
	}
	return "participant"
}

// appendMember appends {"id","name","role","kind","sources":[…],"joined_ms"}.
func (m *Meeting) appendMember(b []byte, s *member) []byte {
	b = appendString(append(b, `{"id":`...), s.participant.ID)
	b = appendString(append(b, `,"name":`...), s.participant.Name)
	b = appendString(append(b, `,"role":`...), s.participant.role())
	b = appendString(append(b, `,"kind":`...), s.kind.String())
	b = append(b, `,"sources":[`...)
	for i, src := range s.sources {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(append(b, `{"id":`...), uint64(src.id), 10)
		b = appendString(append(b, `,"kind":`...), src.kind.String())
		b = append(strconv.AppendBool(append(b, `,"muted":`...), src.muted), '}')
	}
	b = strconv.AppendInt(append(b, `],"joined_ms":`...), (s.joined-m.start)/msec, 10)
	return append(b, '}')
}

// appendSlot appends {"mid","kind","source"[,"participant"]}.
func appendSlot(b []byte, sl *slot, first bool) []byte {
	if !first {
		b = append(b, ',')
	}
	b = appendString(append(b, `{"mid":`...), sl.mid)
	b = append(b, `,"kind":"video","source":`...)
	if sl.source == nil {
		return append(b, "0}"...)
	}
	b = strconv.AppendUint(b, uint64(sl.source.id), 10)
	b = appendString(append(b, `,"participant":`...), sl.source.owner.participant.ID)
	return append(b, '}')
}

func endedMessage(reason string) []byte {
	return append(appendString([]byte(`{"type":"ended","reason":`), reason), '}')
}

func mutedMessage(kind SourceKind, by string) []byte {
	b := appendString([]byte(`{"type":"muted","kind":`), kind.String())
	return append(appendString(append(b, `,"by":`...), by), '}')
}

// rosterText gathers a roster delta into as few texts as its bounds allow.
type rosterText struct {
	texts   [][]byte
	text    []byte // open: lacks "]}"
	section string // of the open array
}

// add puts one encoded entry under section. Entries of one section come in a row.
func (r *rosterText) add(section string, entry []byte) {
	if len(r.text)+len(entry) > maxOut {
		r.close()
	}
	switch {
	case r.text == nil:
		r.text = append(r.text, `{"type":"roster","`+section+`":[`...)
	case r.section != section:
		r.text = append(r.text, `],"`+section+`":[`...)
	default:
		r.text = append(r.text, ',')
	}
	r.section, r.text = section, append(r.text, entry...)
}

func (r *rosterText) close() {
	if r.text != nil {
		r.texts = append(r.texts, append(r.text, "]}"...))
		r.text = nil
	}
}

func (r *rosterText) done() [][]byte {
	r.close()
	return r.texts
}

// appendString appends s as a JSON string (RFC 8259 section 7). Bytes that are
// no UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20 || r == 0x7F:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
