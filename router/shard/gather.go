package shard

import "time"

const (
	// gatherTime bounds how long a turn waits for the rest of a picture.
	gatherTime = 500 * time.Microsecond
	// gatherViewers is the least number of receivers for which waiting saves more
	// than it costs.
	gatherViewers = 8
)

// gather reads on while a picture has begun and not ended. Its packets come
// within microseconds of each other, and the turn that forwards them together
// sends each receiver one run instead of one message per packet. A picture that
// is complete, or that few receive, waits for nothing.
func (s *Shard) gather() {
	if !s.expecting() {
		return
	}
	s.count.Gathered++
	start := time.Since(s.base)
	for s.batch < len(s.batches) {
		left := gatherTime - (time.Since(s.base) - start)
		if left <= 0 {
			return
		}
		s.sleeping.Store(true)
		n := 0
		if s.idle() {
			n = s.waiter.doze(left)
		}
		s.sleeping.Store(false)
		s.note(n)
		if s.idle() { // time is up, or a signal came
			return
		}
		s.takeHandovers()
		s.read()
		if !s.expecting() || s.mail.length.Load() > 0 {
			return
		}
	}
}

// expecting reports whether a source with many viewers is in the middle of a picture.
func (s *Shard) expecting() bool {
	for _, r := range s.busy {
		for _, src := range r.replica.Active() {
			if n := len(src.Pending); src.Video && src.Viewers() >= gatherViewers && n > 0 && !src.Pending[n-1].Marker {
				return true
			}
		}
	}
	return false
}
