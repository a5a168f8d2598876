//go:build linux && (amd64 || arm64)

package floor

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"causeway/bench/netns"
)

// place is where packets go and come from: the two ends of a veth pair, of which
// the far one drops what arrives, or loopback with a socket that does.
type place struct {
	kind  string                // "veth" or "loopback"
	words string                // the same for people
	note  string                // why it is not the better one
	first unix.RawSockaddrInet4 // of the destinations
	pair  *netns.Pair           // nil on loopback
	sink  int                   // on loopback, otherwise -1
}

const firstPort = 20_000 // of the destinations

func newPlace(c Config) (*place, error) {
	p, why := &place{sink: -1}, "asked for"
	if !c.Loopback {
		config, where := netns.Config{ClientDrops: true}, "that"
		if c.Steer && c.PeerCPU >= 0 {
			config.ClientRPS = []int{c.PeerCPU}
			where = fmt.Sprintf("where CPU %d", c.PeerCPU)
		}
		pair, err := netns.New(config)
		if err == nil {
			p.kind, p.pair = "veth", pair
			p.words = "veth to a namespace " + where + " drops at ingress"
			p.first = raw(netip.AddrPortFrom(pair.Client.Addr(), firstPort))
			return p, nil
		}
		why = err.Error()
	}
	p.kind, p.words, p.note = "loopback", "loopback to a socket whose filter drops", "packets go over loopback instead of a device: "+why
	if err := p.openSink(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// openSink makes the one socket that all addresses of loopback lead to.
func (p *place) openSink() (err error) {
	if p.sink, err = socket(netip.AddrPortFrom(netip.IPv4Unspecified(), 0)); err != nil {
		return err
	}
	// "Accept 0 bytes", which is to drop; and UDP_GRO, lest the kernel cut runs
	// up before the filter sees them.
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	if err := unix.SetsockoptSockFprog(p.sink, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]}); err != nil {
		return fmt.Errorf("floor: dropping filter: %w", err)
	}
	_ = unix.SetsockoptInt(p.sink, unix.SOL_UDP, unix.UDP_GRO, 1) // older kernels have neither this nor runs
	p.first, err = nameOf(p.sink)
	return err
}

// to lists n destinations: ports of the far end, or, since on loopback one
// socket takes all, addresses.
func (p *place) to(n int) []unix.RawSockaddrInet4 {
	list := make([]unix.RawSockaddrInet4, n)
	for i := range list {
		list[i] = p.first
		if p.pair == nil {
			list[i].Addr = [4]byte{127, 1, byte(i >> 8), byte(i)}
		} else {
			setPort(&list[i], uint16(firstPort+i))
		}
	}
	return list
}

// near opens a socket at the measured end.
func (p *place) near() (fd int, err error) {
	if p.pair == nil {
		return socket(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0))
	}
	return within(p.pair.Server)
}

// far opens one at the other end.
func (p *place) far() (fd int, err error) {
	if p.pair == nil {
		return p.near()
	}
	return within(p.pair.Client)
}

func within(n *netns.Namespace) (fd int, err error) {
	err = n.Do(func() (err error) {
		fd, err = socket(netip.AddrPortFrom(n.Addr(), 0))
		return err
	})
	return fd, err
}

func (p *place) close() error {
	if p.sink >= 0 {
		unix.Close(p.sink)
	}
	if p.pair != nil {
		return p.pair.Close()
	}
	return nil
}
