//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"causeway/bench/client"
	"causeway/bench/floor"
	"causeway/bench/netns"
)

// A stage is where a router is measured: a child process on processors of its
// own, this process on the others, and between them two network namespaces
// that a veth pair joins, so that receiving is nothing that the child pays for.
// Without root, or if told so, all is on loopback; then the kernel does the
// receivers' share in the sender's time, and note says so.
type stage struct {
	server, load []int // processors
	pair         *netns.Pair
	child        *Child
	target       Target
	drain        *client.Drain
	rig          *floor.Rig
	note         string
	home         []int // the processors of this process before
	procs        int
	backlog      uint64 // drops before
}

type stageOptions struct {
	executable   string
	server, load []int
	loopback     bool
	more         []string // arguments of the child
	tickets      func(state string) (Tickets, error)
}

// openStage sets a stage up. Close it.
func openStage(ctx context.Context, o stageOptions) (*stage, error) {
	s := &stage{server: o.server, load: o.load, drain: client.NewDrain(), backlog: backlogDrops()}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stage) open(ctx context.Context, o stageOptions) (err error) {
	if err := s.pin(); err != nil {
		return err
	}
	media := "127.0.0.1:0"
	child := ChildOptions{CPUs: o.server, More: o.more}
	if s.note = "loopback was asked for"; !o.loopback {
		s.note = ""
		if s.pair, err = netns.New(netns.Config{ClientRPS: o.load}); err != nil {
			s.pair, s.note = nil, err.Error()
		}
	}
	if s.pair != nil {
		child.Within = s.pair.Server.Do
		media = s.pair.Server.Addr().String() + ":0"
	} else {
		s.note = "over loopback, where the kernel receives in the sender's time: " + s.note
	}
	child.Media = media
	if s.child, err = Start(ctx, o.executable, child); err != nil {
		return err
	}
	s.target = s.child.Target()
	s.target.HTTP = s.httpClient()
	if o.tickets != nil {
		if s.target.Tickets, err = o.tickets(s.child.state()); err != nil {
			return err
		}
	}
	return s.openRig(o.loopback || s.pair == nil)
}

// openRig makes the bare forwarder that the router is compared with, on the
// router's first processor. What it sends is dropped there as well, which costs
// less than waking another processor for it, as the router has to.
func (s *stage) openRig(loopback bool) error {
	c := floor.Config{Loopback: loopback} // the peer is the lowest other one
	if len(s.server) > 0 {
		c.CPU = s.server[0]
	}
	if len(s.load) > 0 {
		c.PeerCPU = s.load[0]
	}
	return onProcessors(slices.Concat(s.server, s.load), func() (err error) {
		s.rig, err = floor.Open(c)
		return err
	})
}

// pin ties this process to the load's processors.
func (s *stage) pin() error {
	if len(s.load) == 0 {
		return nil
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return fmt.Errorf("bench: processors of this process: %w", err)
	}
	for cpu := range 1024 {
		if set.IsSet(cpu) {
			s.home = append(s.home, cpu)
		}
	}
	for _, cpu := range slices.Concat(s.server, s.load) {
		if !set.IsSet(cpu) {
			return fmt.Errorf("bench: this process may not use processor %d", cpu)
		}
	}
	s.procs = runtime.GOMAXPROCS(len(s.load))
	return Pin(s.load)
}

// httpClient reaches the child's loopback address, wherever the child lives. Its
// requests come from several addresses in turn, as those of people do: a zone
// takes so many a second from each.
func (s *stage) httpClient() *http.Client {
	const addresses = 32
	turns := &turns{}
	for i := range addresses {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(i+1))}}
		turns.transports = append(turns.transports, &http.Transport{
			MaxIdleConnsPerHost: parallel,
			DialContext: func(ctx context.Context, network, address string) (c net.Conn, err error) {
				if s.pair == nil {
					return dialer.DialContext(ctx, network, address)
				}
				err = s.pair.Server.Do(func() error {
					c, err = dialer.DialContext(ctx, network, address)
					return err
				})
				return c, err
			},
		})
	}
	return &http.Client{Transport: turns}
}

// turns are transports that take turns.
type turns struct {
	transports []*http.Transport
	next       atomic.Uint32
}

// RoundTrip implements http.RoundTripper.
func (t *turns) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.transports[t.next.Add(1)%uint32(len(t.transports))].RoundTrip(r)
}

// CloseIdleConnections is called by http.Client's.
func (t *turns) CloseIdleConnections() {
	for _, one := range t.transports {
		one.CloseIdleConnections()
	}
}

// within is client.Config.Within.
func (s *stage) within() func(func() error) error {
	if s.pair == nil {
		return nil
	}
	return s.pair.Client.Do
}

// network is how packets go, in words.
func (s *stage) network() string {
	if s.pair == nil {
		return "loopback"
	}
	return "veth"
}

func (s *stage) close() (err error) {
	if s.rig != nil {
		err = s.rig.Close()
	}
	if t, ok := s.target.Tickets.(interface{ Close() error }); ok {
		err = errors.Join(err, t.Close())
	}
	if s.target.HTTP != nil {
		s.target.HTTP.CloseIdleConnections()
	}
	if s.child != nil {
		err = errors.Join(err, s.child.Stop())
	}
	if s.pair != nil {
		err = errors.Join(err, s.pair.Close())
	}
	s.drain.Close()
	if len(s.home) > 0 {
		err = errors.Join(err, Pin(s.home))
		runtime.GOMAXPROCS(s.procs)
	}
	return err
}

// list writes processors as taskset does.
func list(cpus []int) string {
	text := make([]string, len(cpus))
	for i, cpu := range cpus {
		text[i] = strconv.Itoa(cpu)
	}
	return strings.Join(text, ",")
}
