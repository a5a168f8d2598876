package router

import "time"

// tickets remembers which tickets have opened a session, each until it would
// have expired anyway. The MMR is where that belongs: a meeting has one MMR,
// while controllers come and go.
type tickets struct {
	used map[string]time.Time // expiry by ticket id
	next time.Time            // when to look for expired ones
}

// maxTickets bounds the memory; with so many in ten minutes the oldest rule is to
// take no more.
const maxTickets = 200_000

func (t *tickets) spent(id string) bool {
	_, ok := t.used[id]
	return ok
}

// spend notes a ticket, and reports false if there are too many to be noted.
func (t *tickets) spend(id string, expires, now time.Time) bool {
	if t.used == nil {
		t.used = map[string]time.Time{}
	}
	if now.After(t.next) || len(t.used) >= maxTickets {
		t.next = now.Add(time.Minute)
		for id, at := range t.used {
			if now.After(at) {
				delete(t.used, id)
			}
		}
	}
	if len(t.used) >= maxTickets {
		return false
	}
	t.used[id] = expires
	return true
}
