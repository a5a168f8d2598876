package shard

import (
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"causeway/router/udp"
)

// Group is all shards of a process.
type Group struct {
	base   time.Time
	shards []*Shard
	events chan Event
	local  []netip.AddrPort
}

// NewGroup opens every shard's sockets and starts the loops.
func NewGroup(c Config) (*Group, error) {
	g, err := build(c)
	if err != nil {
		return nil, err
	}
	for _, s := range g.shards {
		go s.loop()
	}
	return g, nil
}

// build is NewGroup without the loops.
func build(c Config) (*Group, error) {
	if c.Shards == 0 {
		c.Shards = runtime.GOMAXPROCS(0)
	}
	if c.Shards < 1 || c.Shards > MaxShards {
		return nil, fmt.Errorf("%w, not %d", errShards, c.Shards)
	}
	if c.History == 0 {
		c.History = 16 << 20
	}
	if c.SocketBuffer == 0 {
		c.SocketBuffer = 4 << 20
	}
	if err := checkPins(c.Pin); err != nil {
		return nil, err
	}
	g := &Group{base: time.Now(), events: make(chan Event, 4096)}
	sockets, err := g.listen(&c)
	if err != nil {
		return nil, err
	}
	for i := range c.Shards {
		s, err := newShard(i, &c, g, sockets[i][0], sockets[i][1:])
		if err != nil {
			g.abandon(sockets)
			return nil, err
		}
		g.shards = append(g.shards, s)
	}
	g.connect()
	return g, nil
}

// listen binds every address once per shard. The first shard's sockets decide
// the port.
func (g *Group) listen(c *Config) ([][]*udp.Socket, error) {
	sockets := make([][]*udp.Socket, c.Shards)
	o := udp.Options{
		ReusePort: c.Shards > 1, ReceiveBuffer: c.SocketBuffer, SendBuffer: c.SocketBuffer, NoGSO: c.NoGSO, NoGRO: c.NoGRO,
	}
	g.local = append([]netip.AddrPort(nil), c.Listen...)
	for i := range c.Shards {
		for k := range g.local {
			if g.local[k].Port() == 0 && k > 0 {
				g.local[k] = netip.AddrPortFrom(g.local[k].Addr(), g.local[0].Port())
			}
			sock, err := udp.Listen(g.local[k], o)
			if err != nil {
				g.abandon(sockets)
				return nil, err
			}
			g.local[k] = sock.LocalAddr()
			sockets[i] = append(sockets[i], sock)
		}
	}
	return sockets, nil
}

func (g *Group) abandon(sockets [][]*udp.Socket) {
	for _, list := range sockets {
		for _, s := range list {
			s.Close()
		}
	}
}

func (g *Group) connect() {
	n := len(g.shards)
	for _, s := range g.shards {
		s.in, s.out = make([]*ring, n), make([]*ring, n)
	}
	for i, a := range g.shards {
		for k, b := range g.shards {
			if i != k {
				r := newRing(ringBytes)
				a.out[k], b.in[i] = r, r
			}
		}
	}
}

// Local lists the bound addresses, in the order of Config.Listen.
func (g *Group) Local() []netip.AddrPort { return g.local }

// Len is how many shards there are.
func (g *Group) Len() int { return len(g.shards) }

// Shard is the i-th of them.
func (g *Group) Shard(i int) *Shard { return g.shards[i] }

// Events is where shards tell what they notice. Somebody must read it.
func (g *Group) Events() <-chan Event { return g.events }

// Post hands a command to every shard. A command that the shards share must not
// change what it closes over.
func (g *Group) Post(c Command) {
	for _, s := range g.shards {
		s.Post(c)
	}
}

// Snapshots copies every shard's counters.
func (g *Group) Snapshots() []Counters {
	list := make([]Counters, len(g.shards))
	for i, s := range g.shards {
		list[i] = s.Snapshot()
	}
	return list
}

// Close stops the loops and closes the sockets and the events channel. What was
// posted before is done first.
func (g *Group) Close() {
	for _, s := range g.shards {
		s.Post(func(s *Shard) { s.stopping = true })
	}
	for _, s := range g.shards {
		<-s.done
	}
	close(g.events)
}

func checkPins(pin []int) error {
	if len(pin) == 0 {
		return nil
	}
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return fmt.Errorf("shard: sched_getaffinity: %w", err)
	}
	for _, cpu := range pin {
		if cpu < 0 || !allowed.IsSet(cpu) {
			return fmt.Errorf("shard: CPU %d is not one that this process may use", cpu)
		}
	}
	return nil
}
