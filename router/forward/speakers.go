package forward

// DefaultSpeakers is how many voices are forwarded at once.
const DefaultSpeakers = 3

// loudness follows one voice. Levels come as RFC 6464 gives them, dB below
// overload: 0 is the loudest, 127 silence.
type loudness struct {
	mean  int32 // of 127-level, in 1/16 dB, smoothed over about 8 packets
	heard int64 // when it was last above quietLevel
}

const (
	quietLevel  = 60           // -dBov; below it nobody speaks
	overtake    = 6 * 16       // how much louder a newcomer must be to take a place
	keepPlace   = int64(2e9)   // a voice that has been quiet for so long gives way to any
	keepLeading = int64(800e6) // and for so long, the first place
)

// Mean is the smoothed loudness of an audio source, 0 (silence) to 127.
func (s *Source) Mean() uint8 { return uint8(s.loudness.mean / 16) }

// Voiced is the instant at which s was last heard to speak, 0 for never.
func (s *Source) Voiced() int64 { return s.loudness.heard }

// hear ranks a voice by its newest packet and reports whether it is among those
// that are forwarded.
func (r *Room) hear(now int64, src *Source, level uint8) bool {
	l := &src.loudness
	loud := int32(127-min(level, 127)) * 16
	l.mean += (loud - l.mean) / 8
	if level < quietLevel {
		l.heard = now
	}
	limit := r.Speakers
	if limit <= 0 {
		limit = DefaultSpeakers
	}
	limit = min(limit, cap(r.talking))
	at := r.place(src)
	switch {
	case at > 0:
		if level < quietLevel && r.louder(now, src, r.talking[0], keepLeading) {
			r.talking[0], r.talking[at] = r.talking[at], r.talking[0]
			r.fillAll()
		}
		return true
	case at == 0:
		return true
	case len(r.talking) < limit:
		r.talking = append(r.talking, src)
		r.fillAll()
		return true
	case level >= quietLevel:
		return false
	}
	weakest := len(r.talking) - 1
	for i := weakest - 1; i >= 0; i-- {
		if r.talking[i].loudness.mean < r.talking[weakest].loudness.mean {
			weakest = i
		}
	}
	if !r.louder(now, src, r.talking[weakest], keepPlace) {
		return false
	}
	r.talking[weakest] = src
	r.fillAll()
	return true
}

func (r *Room) louder(now int64, a, b *Source, quiet int64) bool {
	return now-b.loudness.heard > quiet || a.loudness.mean > b.loudness.mean+overtake
}

func (r *Room) place(src *Source) int {
	for i, s := range r.talking {
		if s == src {
			return i
		}
	}
	return -1
}

// silence takes a voice out of the ranking.
func (r *Room) silence(src *Source) {
	if at := r.place(src); at >= 0 {
		r.talking = append(r.talking[:at], r.talking[at+1:]...)
		r.fillAll()
	}
}

func (r *Room) fillAll() {
	for _, k := range r.sinks {
		r.fillAudio(k)
	}
}

// fillAudio gives a sink's audio slots to the first of the talking, its own voice
// left out. A voice that has a slot keeps it.
func (r *Room) fillAudio(k *Sink) {
	lanes := 0
	for i := range k.Slots {
		if !k.Slots[i].Video {
			lanes++
		}
	}
	var wanted [16]*Source
	n := 0
	for _, s := range r.talking {
		if s.Owner != k.Self && n < lanes && n < len(wanted) {
			wanted[n] = s
			n++
		}
	}
	for i := range k.Slots {
		if s := k.Slots[i].source; !k.Slots[i].Video && s != nil && !contains(wanted[:n], s) {
			k.show(i, nil)
		}
	}
	free := 0
	for _, s := range wanted[:n] {
		if k.where[s.index] != 0 {
			continue
		}
		for free < len(k.Slots) && (k.Slots[free].Video || k.Slots[free].source != nil) {
			free++
		}
		if free < len(k.Slots) {
			k.show(free, s)
		}
	}
}

func contains(list []*Source, s *Source) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
