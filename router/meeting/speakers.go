package meeting

import (
	"math"
	"slices"
)

// Who speaks, and who speaks most, from the levels of microphones. A voice counts once it
// has been loud in two reports running, and until it has been quiet for a
// while; the dominant speaker changes only when another has clearly been louder
// for some time, or has the floor alone.

// Level is how loud a source was since the last report: in -dBov as RFC 6464
// has it, 0 the loudest and 127 silence. Sources that are not reported are
// silent.
type Level struct {
	Source SourceID
	Level  uint8
}

const (
	quiet         = 55         // -dBov; anything less loud is not speech
	talkHold      = 600 * msec // speaking lasts so long past the last loud report
	challengeHold = 700 * msec // so long a challenger has to lead
	challengeBy   = 5          // dB
	speakersEvery = 250 * msec // at most so often clients are told
	maxSpeakers   = 8          // told at once
)

// talk is one member's voice.
type talk struct {
	loudAt     int64 // last loud report
	loud       int   // loud reports running
	score      int   // smoothed loudness, 0 to 127, times 16
	active     bool  // in speakers.active
	speaking   bool
	dominantAt int64 // when it last became dominant; orders pictures
}

// speakers is the meeting's view of all voices.
type speakers struct {
	active     []*member // recently loud, in the order in which they began
	dominant   *member   // stays after silence, until another speaks or it leaves
	challenger *member
	since      int64  // when challenger began to lead
	dirty      bool   // differs from what clients know
	told       int64  // when they were last told
	text       []byte // what they were last told; nil: nothing yet
}

// Speakers reports levels. The owner calls it about ten times a second while
// anybody is audible.
func (m *Meeting) Speakers(now int64, levels []Level) {
	if m.ended {
		return
	}
	sp := &m.speakers
	for _, s := range sp.active {
		s.talk.score = s.talk.score * 3 / 4
	}
	for _, l := range levels {
		src := m.sources[l.Source]
		if src == nil || src.muted || src.kind != Mic || l.Level > quiet {
			continue
		}
		t := &src.owner.talk
		if !t.active {
			t.active = true
			sp.active = append(sp.active, src.owner)
		} else if t.loudAt == now {
			continue
		}
		t.loudAt = now
		t.loud++
		t.score += (127 - int(l.Level)) * 16 / 4
		if t.loud >= 2 && !t.speaking {
			t.speaking, sp.dirty = true, true
		}
	}
	for _, s := range sp.active {
		if s.talk.loudAt != now {
			s.talk.loud = 0
		}
	}
	m.settle(now)
}

// hush drops voices that have been quiet for long enough.
func (m *Meeting) hush(now int64) {
	sp := &m.speakers
	sp.active = slices.DeleteFunc(sp.active, func(s *member) bool {
		if now < s.talk.loudAt+talkHold {
			return false
		}
		sp.dirty = sp.dirty || s.talk.speaking
		s.talk = talk{dominantAt: s.talk.dominantAt}
		return true
	})
}

// elect keeps or changes the dominant speaker.
func (m *Meeting) elect(now int64) {
	sp := &m.speakers
	var best *member
	for _, s := range sp.active {
		if s.talk.speaking && (best == nil || s.talk.score > best.talk.score) {
			best = s
		}
	}
	d := sp.dominant
	switch {
	case best == nil || best == d:
		sp.challenger = nil
		return
	case d == nil || !d.talk.speaking:
		// nobody holds the floor
	case best.talk.score < d.talk.score+challengeBy*16:
		sp.challenger = nil
		return
	case best != sp.challenger:
		sp.challenger, sp.since = best, now
		return
	case now < sp.since+challengeHold:
		return
	}
	sp.dominant, sp.challenger, sp.dirty = best, nil, true
	best.talk.dominantAt = now
	m.videoDirty = true
}

// hand replaces old by s in all that is known of voices; nil forgets it.
func (sp *speakers) hand(old, s *member) {
	if old.talk.speaking || sp.dominant == old && s == nil {
		sp.dirty = true
	}
	if i := slices.Index(sp.active, old); i >= 0 {
		sp.active = slices.Delete(sp.active, i, i+1)
	}
	if sp.dominant == old {
		sp.dominant = s
	}
	if sp.challenger == old {
		sp.challenger = nil
	}
}

// due is the instant of the next change that needs no input.
func (sp *speakers) due(m *Meeting) int64 {
	next := int64(math.MaxInt64)
	for _, s := range sp.active {
		next = min(next, s.talk.loudAt+talkHold)
	}
	if sp.dirty {
		next = min(next, sp.told+speakersEvery)
	}
	return next
}

// tellSpeakers tells clients who speaks, if that changed.
func (m *Meeting) tellSpeakers(now int64) {
	sp := &m.speakers
	if !sp.dirty || now < sp.told+speakersEvery {
		return
	}
	sp.dirty, sp.told = false, now
	b := []byte(`{"type":"speakers","participants":[`)
	n := 0
	for _, s := range sp.active {
		if s.talk.speaking && n < maxSpeakers {
			if n > 0 {
				b = append(b, ',')
			}
			b = appendString(b, s.participant.ID)
			n++
		}
	}
	b = append(b, ']')
	if sp.dominant != nil {
		b = appendString(append(b, `,"dominant":`...), sp.dominant.participant.ID)
	}
	sp.text = append(b, '}')
	m.broadcast(sp.text)
}
