package router

import (
	"runtime"

	"causeway/router/shard"
)

// Stats is what the router has done since it started, and what it holds now.
type Stats struct {
	Meetings     int
	Participants int // sessions of different participants, connecting ones included
	Limit        int
	Goroutines   int

	Joined  uint64            // sessions admitted
	Refused map[string]uint64 // joins refused, by problem code

	Shards []shard.Counters
}

// Stats gathers the figures. It asks every shard, in the shard's own time.
func (r *Router) Stats() Stats {
	r.mu.Lock()
	s := r.stats
	s.Refused = make(map[string]uint64, len(r.stats.Refused))
	for code, n := range r.stats.Refused {
		s.Refused[code] = n
	}
	s.Meetings, s.Participants, s.Limit = len(r.meetings), len(r.seats), r.config.Participants
	r.mu.Unlock()
	s.Goroutines = runtime.NumGoroutine()
	s.Shards = r.group.Snapshots()
	return s
}
