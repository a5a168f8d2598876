package cloud

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"causeway/control/wire"
)

// links is who is connected now: at most one link per controller of a zone. It
// owns the map and, of each link, room; both behind its lock. Nothing waits
// while the lock is held.
type links struct {
	mu     sync.Mutex
	zones  map[string]map[string]*link // zone, controller: those that said hello
	all    map[*link]struct{}          // those that are being served
	closed bool
	served sync.WaitGroup
}

func newLinks() *links {
	return &links{zones: map[string]map[string]*link{}, all: map[*link]struct{}{}}
}

// enter admits the goroutine that serves l; false if the cloud is closing.
func (s *links) enter(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.all[l] = struct{}{}
	s.served.Add(1)
	return true
}

func (s *links) leave(l *link) {
	s.mu.Lock()
	delete(s.all, l)
	s.mu.Unlock()
	s.served.Done()
}

// join makes l the link of its controller, in the place of an older one, and
// puts first into its queue before anything else can be there.
func (s *links) join(l *link, first func() wire.LinkMessage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.zones[l.zone] == nil {
		s.zones[l.zone] = map[string]*link{}
	}
	if old := s.zones[l.zone][l.controller]; old != nil {
		old.end(websocket.StatusGoingAway, "replaced by a newer link of this controller")
	}
	s.zones[l.zone][l.controller] = l
	l.tell(first())
	return true
}

func (s *links) part(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.zones[l.zone][l.controller] == l {
		delete(s.zones[l.zone], l.controller)
		if len(s.zones[l.zone]) == 0 {
			delete(s.zones, l.zone)
		}
	}
}

// report notes how full the zone of l says it is.
func (s *links) report(l *link, participants, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.room = most - participants
}

func (s *links) connected(zone string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.zones[zone]) > 0
}

// count is how many zones are connected.
func (s *links) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.zones)
}

// roomiest is the connected zone with most room for participants, as far as
// they have said; of equal ones the first by name.
func (s *links) roomiest() (zone string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	best := 0
	for id, controllers := range s.zones {
		for _, l := range controllers {
			if !ok || l.room > best || l.room == best && id < zone {
				zone, best, ok = id, l.room, true
			}
		}
	}
	return zone, ok
}

// urls are the zone's public addresses, those of its leading controller first.
func (s *links) urls(zone string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*link, 0, 2)
	for _, l := range s.zones[zone] {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *link) int {
		return cmp.Or(-cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.controller, b.controller))
	})
	urls := []string{}
	for _, l := range all {
		for _, u := range l.urls {
			if !slices.Contains(urls, u) {
				urls = append(urls, u)
			}
		}
	}
	return urls
}

func (s *links) tellEnd(zone, meeting string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.zones[zone] {
		l.tell(wire.LinkMessage{End: &wire.LinkEnd{Meeting: meeting}})
	}
}

func (s *links) tellKeys(keys []wire.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, controllers := range s.zones {
		for _, l := range controllers {
			l.tell(wire.LinkMessage{Keys: &wire.LinkKeys{Keys: keys}})
		}
	}
}

// drop ends the links of a zone.
func (s *links) drop(zone, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.zones[zone] {
		l.end(websocket.StatusPolicyViolation, why)
	}
}

// close ends all links and waits for their goroutines: two seconds for a clean
// good-bye, then without.
func (s *links) close() {
	s.mu.Lock()
	s.closed = true
	all := slices.Collect(maps.Keys(s.all))
	s.mu.Unlock()
	for _, l := range all {
		l.end(websocket.StatusGoingAway, stopping)
	}
	patience := time.AfterFunc(2*time.Second, func() {
		for _, l := range all {
			l.cut()
		}
	})
	defer patience.Stop()
	s.served.Wait()
}
