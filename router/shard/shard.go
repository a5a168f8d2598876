package shard

import (
	"errors"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"causeway/router/forward"
	"causeway/router/rtcp"
	"causeway/router/rtp"
	"causeway/router/stun"
	"causeway/router/udp"
)

// Config says how to make a Group.
type Config struct {
	// Shards is how many to run. If zero, one per CPU that the process may use.
	Shards int
	// Listen are the local addresses; every shard binds each of them. A port of
	// zero in the first is chosen by the kernel and used for all.
	Listen []netip.AddrPort
	// Pin ties shard i to CPU Pin[i % len(Pin)]. If empty, the kernel places the threads.
	Pin []int
	// History is the size in bytes of each shard's log for resends. If zero, 16 MiB.
	// It is touched only as far as traffic needs it.
	History int
	// Speakers is how many voices of a meeting are forwarded. If zero, forward.DefaultSpeakers.
	Speakers int
	// NoGSO and NoGRO leave the kernel's segmentation offloads alone.
	NoGSO, NoGRO bool
	// SocketBuffer is asked of the kernel for both directions, in bytes. If zero, 4 MiB.
	SocketBuffer int
}

// MaxShards bounds the shards of a process: masks of shards are 64 bits.
const MaxShards = 64

// readBatches is how many recvmmsg batches a turn reads at most before it forwards.
const readBatches = 4

// Shard is one packet loop. See the package comment for who owns what.
type Shard struct {
	index  int
	config *Config
	group  *Group
	base   time.Time // of the monotonic clock; now counts from it
	wall   int64     // Unix nanoseconds at base, for NTP
	now    int64     // of the present turn

	waiter   waiter
	sleeping atomic.Bool
	mail     mailbox
	in, out  []*ring // by the other shard's index; nil for itself
	events   chan<- Event
	backlog  []Event // what the events channel had no room for
	done     chan struct{}
	stopping bool

	sockets []*udp.Socket
	writers []*udp.Writer
	batches [readBatches]*udp.ReadBatch
	ready   []bool // sockets that epoll named
	first   int    // where read begins
	batch   int    // the next unused batch of the turn

	table   *table
	members map[string]*Member // by local user name fragment
	peers   map[uint32]*peer   // by member number
	rooms   []*room            // by number
	busy    []*room            // with packets in this turn
	urgent  []*peer            // with fresh gaps
	touched uint64             // other shards that got records in this turn
	history *forward.History
	count   Counters

	lastMedia, nextTick int64
	brisk               bool // datagrams come within dozeTime of each other

	// Scratch space of a turn.
	run      [maxCommands]Command
	message  stun.Message
	header   rtp.Header
	media    forward.Packet
	resend   forward.Packet
	identity forward.Out
	reply    []byte
	report   []byte
	room2k   [2048]byte
	missing  [96]uint16
	blocks   [8]rtcp.ReportBlock
}

const (
	activeTick = int64(20e6)
	idleTick   = int64(500e6)
	mediaIdle  = int64(2e9) // after so long without media, ticks slow down
)

func newShard(index int, c *Config, g *Group, ready *udp.Socket, rest []*udp.Socket) (*Shard, error) {
	s := &Shard{
		index: index, config: c, group: g, base: g.base, wall: g.base.UnixNano(), events: g.events,
		table: newTable(), members: map[string]*Member{}, peers: map[uint32]*peer{},
		history: forward.NewHistory(c.History), done: make(chan struct{}),
		busy: make([]*room, 0, 1024), urgent: make([]*peer, 0, 1024),
		reply: make([]byte, 0, 512), report: make([]byte, 0, 2048),
	}
	s.mail.init()
	s.sockets = append([]*udp.Socket{ready}, rest...)
	s.ready = make([]bool, len(s.sockets))
	for i := range s.batches {
		s.batches[i] = udp.NewReadBatch(ready)
	}
	for _, sock := range s.sockets {
		s.writers = append(s.writers, udp.NewWriter(sock))
	}
	return s, s.waiter.open(s.sockets)
}

// loop runs turns until a command stops it.
func (s *Shard) loop() {
	defer close(s.done)
	if pin := s.config.Pin; len(pin) > 0 {
		runtime.LockOSThread() // for good: the thread ends with the loop, and its affinity with it
		var set unix.CPUSet
		set.Set(pin[s.index%len(pin)])
		unix.SchedSetaffinity(0, &set) // Validate checked that the CPU is allowed
	}
	for !s.stopping {
		s.wait()
		s.turn()
	}
	s.close()
}

// turn is a packet's journey; the package comment says what each step does.
func (s *Shard) turn() {
	s.now = int64(time.Since(s.base))
	s.count.Turns++
	s.commands()
	s.batch = 0
	s.takeHandovers()
	s.read()
	s.gather()
	s.fanOut()
	s.urge()
	s.tick()
	s.flush()
}

// idle reports whether mailbox, rings and sockets are empty as far as is known.
func (s *Shard) idle() bool {
	for _, r := range s.in {
		if r != nil && !r.empty() {
			return false
		}
	}
	for _, ready := range s.ready {
		if ready {
			return false
		}
	}
	return s.mail.length.Load() == 0
}

// Post hands a command to the shard. It waits while the mailbox is full and
// reports false if the shard has stopped.
func (s *Shard) Post(c Command) bool {
	ok, wake := s.mail.put(c)
	if wake {
		s.rouse()
	}
	return ok
}

// rouse wakes a shard that sleeps in epoll.
func (s *Shard) rouse() {
	if s.sleeping.CompareAndSwap(true, false) {
		s.waiter.wake()
	}
}

func (s *Shard) commands() {
	n, _ := s.mail.take(s.run[:])
	for i := range s.run[:n] {
		s.run[i](s)
		s.run[i] = nil
	}
}

// flush sends what is still in the egress rings and wakes the shards that got
// something.
func (s *Shard) flush() {
	for _, w := range s.writers {
		w.Flush()
	}
	for to := 0; s.touched != 0; to++ {
		if bit := uint64(1) << to; s.touched&bit != 0 {
			s.touched &^= bit
			s.out[to].publish()
			s.group.shards[to].rouse()
		}
	}
}

// tell passes an event outwards. Events are rare; the ones that find no room wait
// here, and nothing is lost.
func (s *Shard) tell(e Event) {
	e.Shard = s.index
	if len(s.backlog) == 0 {
		select {
		case s.events <- e:
			return
		default:
		}
	}
	s.backlog = append(s.backlog, e)
}

func (s *Shard) retell() {
	for len(s.backlog) > 0 {
		select {
		case s.events <- s.backlog[0]:
			s.backlog = append(s.backlog[:0], s.backlog[1:]...)
		default:
			return
		}
	}
}

func (s *Shard) close() {
	s.mail.close()
	for _, sock := range s.sockets {
		sock.Close()
	}
	s.waiter.close()
}

var errShards = errors.New("shard: between 1 and 64 shards are possible")
