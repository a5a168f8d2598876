package handshake

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// queueLength is how many datagrams may wait for the DTLS goroutine. When
	// it is full the newest is dropped; DTLS and SCTP repeat what they need.
	queueLength = 64
	// maxDatagram is the longest datagram taken, in bytes; longer ones are
	// dropped. It is more than any path's MTU that WebRTC stacks use.
	maxDatagram = 2048
)

// packet is one datagram in the queue.
type packet struct {
	n int
	b [maxDatagram]byte
}

var packets = sync.Pool{New: func() any { return new(packet) }}

// pipe is the net.PacketConn between the shard and pion/dtls. It never
// blocks the shard, and writing never blocks at all.
type pipe struct {
	in          chan *packet
	out         func([]byte)
	established atomic.Bool   // nothing plaintext passes any more
	alert       atomic.Uint32 // last plaintext alert seen, or 0
	closed      chan struct{}

	mu      sync.Mutex // guards expired's replacement and finished
	expired chan struct{}

	writing  sync.Mutex // keeps out from being called after close returned
	finished bool
}

func newPipe(out func([]byte)) *pipe {
	return &pipe{
		in:      make(chan *packet, queueLength),
		out:     out,
		closed:  make(chan struct{}),
		expired: make(chan struct{}),
	}
}

// put copies a datagram into the queue. It reports false if it was dropped:
// nothing in it passed the filter, it is too long, or the queue is full.
func (p *pipe) put(b []byte) bool {
	if len(b) > maxDatagram {
		return false
	}
	pkt := packets.Get().(*packet)
	var alert uint16
	pkt.n, alert = filter(pkt.b[:], b, p.established.Load())
	if alert != 0 {
		p.alert.Store(uint32(alert))
	}
	if pkt.n == 0 {
		packets.Put(pkt)
		return false
	}
	select {
	case p.in <- pkt:
		return true
	default:
		packets.Put(pkt)
		return false
	}
}

// ReadFrom implements net.PacketConn.
func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) {
	p.mu.Lock()
	expired := p.expired
	p.mu.Unlock()
	select {
	case pkt := <-p.in:
		n := copy(b, pkt.b[:pkt.n])
		packets.Put(pkt)
		return n, peer, nil
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	case <-p.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements net.PacketConn: the event Datagram.
func (p *pipe) WriteTo(b []byte, _ net.Addr) (int, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	if p.finished {
		return 0, net.ErrClosed
	}
	p.out(b)
	return len(b), nil
}

// Close implements net.PacketConn. After it nothing is read or written.
func (p *pipe) Close() error {
	p.writing.Lock()
	defer p.writing.Unlock()
	if !p.finished {
		p.finished = true
		close(p.closed)
	}
	return nil
}

// SetReadDeadline implements net.PacketConn as far as pion uses it: an
// instant in the past interrupts readers, zero lets them wait again.
func (p *pipe) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case t.IsZero():
		select {
		case <-p.expired:
			p.expired = make(chan struct{})
		default:
		}
	case !t.After(time.Now()):
		select {
		case <-p.expired:
		default:
			close(p.expired)
		}
	default:
		return errors.New("handshake: a pipe has no read deadline in the future")
	}
	return nil
}

// SetWriteDeadline implements net.PacketConn; writing does not wait.
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline implements net.PacketConn.
func (p *pipe) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// LocalAddr implements net.PacketConn.
func (p *pipe) LocalAddr() net.Addr { return peer }

// peer stands for the one address on the other side; the shard knows the real
// one, and it may change under ICE.
var peer net.Addr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
