package zone

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"causeway/control/wire"
)

// maxAddresses bounds how many addresses' rates, and maxSpent how many tickets,
// are remembered per generation: past it the older half is forgotten early.
const (
	maxAddresses = 50_000
	maxSpent     = 100_000
)

// generations is a map that forgets: what was not touched during a whole turn is
// gone after the next. It holds two maps of at most limit entries.
type generations[K comparable, V any] struct {
	turn    time.Duration
	limit   int
	turned  time.Time
	now     map[K]V
	earlier map[K]V
}

func (g *generations[K, V]) age(at time.Time) {
	if g.now != nil && at.Sub(g.turned) < g.turn && len(g.now) < g.limit {
		return
	}
	g.earlier, g.now, g.turned = g.now, map[K]V{}, at
}

func (g *generations[K, V]) get(at time.Time, k K) (V, bool) {
	g.age(at)
	v, ok := g.now[k]
	if !ok {
		if v, ok = g.earlier[k]; ok {
			g.now[k] = v
		}
	}
	return v, ok
}

func (g *generations[K, V]) put(at time.Time, k K, v V) {
	g.age(at)
	g.now[k] = v
}

// rates is a token bucket per address. Requests share it, hence the lock.
type rates struct {
	limits Limits
	mu     sync.Mutex
	all    generations[netip.Addr, *rate.Limiter]
}

func newRates(l Limits) *rates {
	r := &rates{limits: l}
	// By the end of a turn without a request, a bucket is full again anyway.
	r.all = generations[netip.Addr, *rate.Limiter]{turn: time.Minute, limit: maxAddresses}
	return r
}

func (r *rates) allow(from string) error {
	a := source(from)
	now := time.Now()
	r.mu.Lock()
	l, ok := r.all.get(now, a)
	if !ok {
		l = rate.NewLimiter(rate.Limit(r.limits.Rate), r.limits.Burst)
		r.all.put(now, a, l)
	}
	allowed := l.AllowN(now, 1)
	r.mu.Unlock()
	if !allowed {
		return wire.NewProblem(http.StatusTooManyRequests, wire.CodeTooManyRequests,
			"More than %g requests a second come from this address.", r.limits.Rate).Retry(time.Second)
	}
	return nil
}

// source is the address of host:port, for IPv6 its /64: what one person has.
func source(from string) netip.Addr {
	p, err := netip.ParseAddrPort(from)
	if err != nil {
		return netip.Addr{} // one bucket for whatever that may be
	}
	a := p.Addr().Unmap().WithZone("")
	if a.Is6() {
		if n, err := a.Prefix(64); err == nil {
			a = n.Addr()
		}
	}
	return a
}

// spent remembers tickets that have opened a session, for at least as long as
// they live. It spares routers the question; the one that must know, after a
// controller's restart too, is the router.
type spent struct {
	mu  sync.Mutex
	all generations[string, struct{}]
}

func newSpent() *spent {
	return &spent{all: generations[string, struct{}]{turn: wire.MaxTicketLife, limit: maxSpent}}
}

func (s *spent) has(ticket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.all.age(now)
	_, a := s.all.now[ticket]
	_, b := s.all.earlier[ticket]
	return a || b
}

func (s *spent) add(ticket string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.put(time.Now(), ticket, struct{}{})
}

// capped is the node API's listener: it closes a new connection at once when its
// address has maxPerAddress open, or all together maxConnections. What nodes need
// is one or two each; the rest is for nobody.
type capped struct {
	net.Listener
	mu    sync.Mutex
	open  map[string]int
	total int
}

const (
	maxPerAddress  = 512
	maxConnections = 4096
)

func (l *capped) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := conn.RemoteAddr().(*net.TCPAddr).IP.String()
		l.mu.Lock()
		room := l.total < maxConnections && l.open[from] < maxPerAddress
		if room {
			l.total++
			l.open[from]++
		}
		l.mu.Unlock()
		if room {
			return &cappedConn{Conn: conn, release: sync.OnceFunc(func() { l.release(from) })}, nil
		}
		conn.Close()
	}
}

func (l *capped) release(from string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

type cappedConn struct {
	net.Conn
	release func()
}

func (c *cappedConn) Close() error {
	c.release()
	return c.Conn.Close()
}
