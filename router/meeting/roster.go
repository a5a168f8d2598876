package meeting

// departed is somebody who left since the last flush.
type departed struct {
	id        string
	announced bool
}

// touch marks a member as different from what others were told.
func (m *Meeting) touch(s *member) {
	s.touched, m.rosterDirty = true, true
}

// returned takes id out of those who left since the last flush, and says
// whether others still believe that it is in.
func (m *Meeting) returned(id string) bool {
	for i, d := range m.gone {
		if d.id == id {
			m.gone = append(m.gone[:i], m.gone[i+1:]...)
			return d.announced
		}
	}
	return false
}

// flushRoster tells every open channel what changed since the last flush: one
// text, encoded once and shared, so that n joins cost n messages per flush and
// not n per join.
func (m *Meeting) flushRoster() {
	if !m.rosterDirty {
		return
	}
	m.rosterDirty = false
	var r rosterText
	for _, section := range [...]string{"joined", "changed"} {
		for _, s := range m.members {
			if s.touched && s.announced == (section == "changed") {
				r.add(section, m.appendMember(nil, s))
			}
		}
	}
	for _, d := range m.gone {
		r.add("left", appendString(nil, d.id))
	}
	for _, s := range m.members {
		if s.touched {
			s.touched, s.announced = false, true
			for _, src := range s.sources {
				src.told = true
			}
		}
	}
	m.gone = m.gone[:0]
	for _, text := range r.done() {
		m.broadcast(text)
	}
}

// welcome tells a client who it is, who is in and what its slots show. The
// client itself comes first, the others in join order.
func (m *Meeting) welcome(s *member) {
	b := make([]byte, 0, min(len(m.members)*192, maxOut)+4096)
	b = append(b, `{"type":"welcome","participant":`...)
	b = appendString(b, s.participant.ID)
	b = appendString(append(b, `,"session":`...), string(s.session))
	b = appendString(append(b, `,"role":`...), s.participant.role())
	b = appendString(append(b, `,"meeting":`...), m.id)
	b = m.appendMember(append(b, `,"participants":[`...), s)
	var rest rosterText
	for _, other := range m.members {
		switch {
		case other == s:
		case len(b) < maxOut:
			b = m.appendMember(append(b, ','), other)
		default:
			rest.add("joined", m.appendMember(nil, other))
		}
	}
	b = append(b, `],"slots":[`...)
	for i := range s.slots {
		b = appendSlot(b, &s.slots[i], i == 0)
		s.slots[i].dirty = false
	}
	m.send(s, append(b, "]}"...))
	for _, text := range rest.done() {
		m.send(s, text)
	}
}
