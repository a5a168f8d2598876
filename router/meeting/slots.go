package meeting

import (
	"cmp"
	"math"
	"slices"
)

// lost marks, in source.wanted, a source that has to leave its slot.
const lost = math.MaxUint64

// shows reports whether src may be put into a slot: a picture that is neither
// muted nor still unknown to the clients.
func (src *source) shows() bool { return src.kind.Video() && !src.muted && src.told }

// vacate empties every slot that shows src. Clients are told at the next flush.
func (m *Meeting) vacate(src *source) {
	if !src.told {
		return
	}
	for _, s := range m.members {
		for i := range s.slots {
			if s.slots[i].source == src {
				m.assign(s, i, nil)
			}
		}
	}
}

func (m *Meeting) assign(s *member, i int, src *source) {
	sl := &s.slots[i]
	sl.source, sl.dirty = src, true
	e := Effect{Kind: Assign, Session: s.session, Slot: sl.lane}
	if src != nil {
		e.Source = src.id
	}
	m.emit(e)
}

// refillAll gives every subscriber's slots the sources that it should see now,
// and asks each newly shown source for a key frame, once.
func (m *Meeting) refillAll() {
	if !m.videoDirty {
		return
	}
	m.videoDirty = false
	m.rank()
	first := len(m.effects)
	for _, s := range m.members {
		m.refill(s)
	}
	m.askKeyFrames(first)
	for _, s := range m.members {
		m.tellSlots(s)
	}
}

// refillOne is refillAll for one subscriber whose wishes changed.
func (m *Meeting) refillOne(s *member) {
	if !s.manual {
		m.rank()
	}
	first := len(m.effects)
	m.refill(s)
	m.askKeyFrames(first)
	m.tellSlots(s)
}

// rank orders what everybody sees unless they say otherwise: screens, then who
// spoke last, then who came first.
func (m *Meeting) rank() {
	m.ranked = m.ranked[:0]
	for _, s := range m.members {
		for _, src := range s.sources {
			if src.shows() {
				m.ranked = append(m.ranked, src)
			}
		}
	}
	slices.SortStableFunc(m.ranked, func(a, b *source) int {
		if a.kind != b.kind {
			return cmp.Compare(b.kind, a.kind) // Screen > Camera
		}
		return cmp.Compare(b.owner.talk.dominantAt, a.owner.talk.dominantAt)
	})
}

// refill puts the wanted sources into one subscriber's slots. A source that is
// shown already keeps its slot while it is wanted, so that pictures do not jump.
func (m *Meeting) refill(s *member) {
	if len(s.slots) == 0 {
		return
	}
	m.round++
	var room [maxSlots]*source
	wanted := room[:0]
	want := func(src *source) {
		if src != nil && src.owner != s && src.shows() && src.wanted != m.round && len(wanted) < len(s.slots) {
			src.wanted = m.round
			wanted = append(wanted, src)
		}
	}
	if s.manual {
		for _, id := range s.view {
			want(m.sources[id])
		}
	} else {
		for _, src := range m.ranked {
			if len(wanted) == len(s.slots) {
				break
			}
			want(src)
		}
	}
	m.place(s, wanted)
}

// place puts wanted, all of this round, into the slots of s.
func (m *Meeting) place(s *member, wanted []*source) {
	for i := range s.slots {
		if src := s.slots[i].source; src != nil && src.wanted == m.round {
			src.wanted = 0 // has its slot
		} else if src != nil {
			src.wanted = lost
		}
	}
	for i := range s.slots {
		src := s.slots[i].source
		if src != nil && src.wanted != lost {
			continue
		}
		for len(wanted) > 0 && wanted[0].wanted == 0 {
			wanted = wanted[1:]
		}
		switch {
		case len(wanted) > 0:
			m.assign(s, i, wanted[0])
			wanted = wanted[1:]
		case src != nil:
			m.assign(s, i, nil)
		}
	}
}

// askKeyFrames asks every source in the Assign effects from index first on for
// a key frame, each once.
func (m *Meeting) askKeyFrames(first int) {
	m.round++
	for i, end := first, len(m.effects); i < end; i++ {
		src := m.sources[m.effects[i].Source]
		if m.effects[i].Kind == Assign && src != nil && src.wanted != m.round {
			src.wanted = m.round
			m.emit(Effect{Kind: KeyFrame, Source: src.id})
		}
	}
}

// tellSlots tells a client which of its slots changed.
func (m *Meeting) tellSlots(s *member) {
	if !s.open {
		return // the welcome will say it all
	}
	b, first := []byte(nil), true
	for i := range s.slots {
		if sl := &s.slots[i]; sl.dirty {
			if first {
				b = append(b, `{"type":"slots","slots":[`...)
			}
			b = appendSlot(b, sl, first)
			sl.dirty, first = false, false
		}
	}
	if b != nil {
		m.send(s, append(b, "]}"...))
	}
}
