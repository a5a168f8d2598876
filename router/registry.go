package router

import (
	"time"

	"causeway/control/wire"
	"causeway/router/shard"
)

// admit reserves a place for a guest in a meeting, which it makes if need be, or
// says why there is none. The ticket is spent.
func (r *Router) admit(q *wire.SessionRequest, g *guest) error {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return wire.NewProblem(503, wire.CodeNoRouter, "This router is shutting down.").Retry(time.Second)
	}
	if r.isOver(q.Meeting, now) {
		return wire.NewProblem(410, wire.CodeMeetingEnded, "The host has ended this meeting.")
	}
	if r.tickets.spent(q.TicketID) {
		return wire.NewProblem(401, wire.CodeTicketUsed, "This ticket has opened a session already; ask for a new one.")
	}
	at := seat{q.Meeting, q.Participant.ID}
	if r.seats[at] == 0 && len(r.seats) >= r.config.Participants {
		return wire.NewProblem(503, wire.CodeMeetingFull, "This router takes %d participants, and all places are taken.", r.config.Participants).Retry(10 * time.Second)
	}
	if r.seats[at] >= maxSessionsPerSeat {
		return wire.NewProblem(429, wire.CodeTooManyRequests, "This participant is joining over and over.").Retry(5 * time.Second)
	}
	if !r.tickets.spend(q.TicketID, q.TicketExpires, now) {
		return wire.NewProblem(503, wire.CodeNoRouter, "This router has taken too many tickets lately.").Retry(time.Minute)
	}
	c := r.meetings[q.Meeting]
	if c == nil {
		c = newConductor(r, q.Meeting, q.Generation, r.takeRoom())
		r.meetings[q.Meeting], r.rooms[c.key] = c, c
	}
	c.expected++
	r.seats[at]++
	r.number++
	g.conductor, g.member.Number = c, r.number
	r.guests[string(g.session)], r.members[g.member.Number] = g, g
	r.stats.Joined++
	r.touch()
	return nil
}

// maxSessionsPerSeat bounds the sessions that one participant has while newer ones
// take the place of older ones.
const maxSessionsPerSeat = 4

// release gives a guest's place back; its member stays known until the handshake
// has closed.
func (r *Router) release(g *guest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.guests, string(g.session))
	at := seat{g.conductor.id, g.participant.ID}
	if r.seats[at]--; r.seats[at] <= 0 {
		delete(r.seats, at)
	}
	g.conductor.expected--
	r.touch()
}

func (r *Router) forgetMember(g *guest) {
	r.mu.Lock()
	delete(r.members, g.member.Number)
	r.mu.Unlock()
}

func (r *Router) takeRoom() shard.RoomKey {
	r.tag++
	for i, used := range r.nums {
		if !used {
			r.nums[i] = true
			return shard.RoomKey{Num: uint16(i), Tag: r.tag}
		}
	}
	r.nums = append(r.nums, true)
	return shard.RoomKey{Num: uint16(len(r.nums) - 1), Tag: r.tag}
}

// retire takes an empty meeting out of the registry, unless somebody is on the
// way into it.
func (r *Router) retire(c *conductor) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.expected > 0 {
		return false
	}
	delete(r.meetings, c.id)
	delete(r.rooms, c.key)
	r.nums[c.key.Num] = false
	r.noteEnded(wire.EndedMeeting{
		Meeting: c.id, Generation: c.generation, Ended: time.Now().UTC(), ForAll: !r.over[c.id].IsZero(),
	})
	r.touch()
	return true
}

// maxEnded bounds what waits for a controller to take it over. Past it the oldest
// goes: the controller sees from the missing meeting that it is over.
const maxEnded = 4096

func (r *Router) noteEnded(e wire.EndedMeeting) {
	if len(r.ended) >= maxEnded {
		r.ended = append(r.ended[:0], r.ended[1:]...)
	}
	r.ended = append(r.ended, e)
}

// noteOver remembers that a host ended a meeting for all, for as long as a ticket
// into it may live.
func (r *Router) noteOver(c *conductor) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, at := range r.over {
		if now.Sub(at) > wire.MaxTicketLife {
			delete(r.over, id)
		}
	}
	r.over[c.id] = now
}

func (r *Router) isOver(meeting string, now time.Time) bool {
	at, ok := r.over[meeting]
	return ok && now.Sub(at) <= wire.MaxTicketLife
}

// refused counts a join that was refused, by its problem's code.
func (r *Router) refused(code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stats.Refused == nil {
		r.stats.Refused = map[string]uint64{}
	}
	r.stats.Refused[code]++
}
