package cloudlink

import (
	"slices"

	"causeway/control/wire"
)

// maxBatch is how many meetings one ZoneStatus carries at most; with the largest
// ids it stays well below the cloud's bound for a message.
const maxBatch = 500

// outbox holds the latest state of every meeting that is live or that the cloud
// has not acknowledged. It is bounded by the meetings of the zone: one entry
// each, however long the cloud is away. Its owner is Link, under its mutex.
type outbox struct {
	entries map[string]*entry
	totals  totals
	// told are the totals in the last status; a change of them alone is worth one.
	told totals
	seq  uint64 // of the last status that was made
	// acked is the highest seq that the cloud has acknowledged.
	acked uint64
}

type totals struct{ participants, max int }

type entry struct {
	state wire.MeetingStatus
	// dirty: the state is in no status that is acknowledged or on its way.
	dirty bool
	seq   uint64 // of the status that carries the state, unless dirty
}

// set takes a state and reports whether what must survive a restart has changed:
// everything but counts.
func (o *outbox) set(s wire.MeetingStatus) bool {
	e := o.entries[s.Meeting]
	if e == nil {
		if !s.Live && !s.EndedForAll {
			return false // the cloud was never told that it is live
		}
		o.entries[s.Meeting] = &entry{state: s, dirty: true}
		return true
	}
	if e.state.Live == s.Live && e.state.EndedForAll == s.EndedForAll && e.state.Participants == s.Participants && e.state.Since.Equal(s.Since) {
		return false
	}
	grave := e.state.Live != s.Live || e.state.EndedForAll != s.EndedForAll
	e.state, e.dirty = s, true
	return grave
}

// next makes the status that is to be sent now, if there is anything to say.
func (o *outbox) next(epoch uint64) (*wire.ZoneStatus, bool) {
	var ids []string
	for id, e := range o.entries {
		if e.dirty {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 && o.totals == o.told {
		return nil, false
	}
	slices.Sort(ids)
	ids = ids[:min(len(ids), maxBatch)]
	o.seq++
	s := &wire.ZoneStatus{
		Epoch: epoch, Seq: o.seq, Participants: o.totals.participants, MaxParticipants: o.totals.max,
		Meetings: make([]wire.MeetingStatus, 0, len(ids)),
	}
	for _, id := range ids {
		e := o.entries[id]
		e.dirty, e.seq = false, o.seq
		s.Meetings = append(s.Meetings, e.state)
	}
	o.told = o.totals
	return s, true
}

// ack takes the cloud's word that it has everything up to seq, and forgets
// meetings that are over. It reports whether any was forgotten.
func (o *outbox) ack(seq uint64) bool {
	seq = min(seq, o.seq) // it cannot have what was not sent
	o.acked = max(o.acked, seq)
	forgot := false
	for id, e := range o.entries {
		if !e.dirty && e.seq <= o.acked && !e.state.Live {
			delete(o.entries, id)
			forgot = true
		}
	}
	return forgot
}

// resume begins a connection: the cloud has everything up to last, and whatever
// was sent after it may be lost.
func (o *outbox) resume(last uint64) {
	o.seq = max(o.seq, last)
	o.acked = max(o.acked, last)
	for id, e := range o.entries {
		if e.seq > last {
			e.dirty = true
		} else if !e.dirty && !e.state.Live {
			delete(o.entries, id)
		}
	}
	o.told = totals{-1, -1} // a connection begins with the totals
}

// live lists the meetings that the cloud holds, or will hold, for live.
func (o *outbox) live() (ids []string) {
	for id, e := range o.entries {
		if e.state.Live {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// states are what survives a restart.
func (o *outbox) states() []wire.MeetingStatus {
	list := make([]wire.MeetingStatus, 0, len(o.entries))
	for _, e := range o.entries {
		list = append(list, e.state)
	}
	slices.SortFunc(list, func(a, b wire.MeetingStatus) int {
		if a.Meeting < b.Meeting {
			return -1
		}
		return 1
	})
	return list
}
