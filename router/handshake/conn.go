package handshake

import (
	"context"
	"errors"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/sctp"
)

// errLocal is the cause of an end that Close asked for.
var errLocal = errors.New("handshake: closed here")

// Conn is one peer's DTLS session. Its methods may be called from any
// goroutine and never block.
type Conn struct {
	config Config
	events Events
	pipe   *pipe
	ctx    context.Context // ends with the cause of the session's end
	end    context.CancelCauseFunc

	readers sync.WaitGroup // counts places; all are given back before Closed

	mu       sync.Mutex // guards what follows; held for table work only
	assoc    *sctp.Association
	channels map[string]*channel // by label; nil while Open is at it
	waiting  []string            // labels that Open asked for before SCTP was up
	places   int                 // channels open or opening
	refused  int                 // channels turned away so far
	nextID   uint16              // the next stream that Open takes (RFC 8832 section 6)
}

// Start begins a handshake. A bad Config ends it at once: Closed says why.
func Start(c Config, e Events) *Conn {
	c = c.withDefaults()
	conn := &Conn{config: c, events: e, channels: map[string]*channel{}}
	out := e.Datagram
	if out == nil {
		out = func([]byte) {}
	}
	conn.pipe = newPipe(out)
	if !c.Client {
		conn.nextID = 1
	}
	conn.ctx, conn.end = context.WithCancelCause(context.Background())
	go conn.run()
	return conn
}

// Receive takes one datagram from the peer; b is copied. It reports false if
// the datagram was dropped: it holds no acceptable DTLS record, or 64
// datagrams are waiting already. It neither blocks nor allocates in the
// steady state, so a shard may call it.
func (c *Conn) Receive(datagram []byte) bool { return c.pipe.put(datagram) }

// Close ends the session: messages already sent get up to one second to be
// acknowledged, then the peer is told. It returns at once; Closed follows.
// Until then the peer's datagrams must go on reaching Receive. Calling it
// again does nothing.
func (c *Conn) Close() { c.end(errLocal) }

// run owns the session from Start to Closed.
func (c *Conn) run() {
	err := c.live()
	_ = c.pipe.Close()
	c.mu.Lock()
	c.end(err) // with the lock held, so that no place is taken after this
	waiting := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	for range waiting {
		c.release()
	}
	c.readers.Wait()
	if errors.Is(err, errLocal) {
		err = nil
	}
	if c.events.Closed != nil {
		c.events.Closed(err)
	}
}

// live runs the handshake and what comes after, and returns why it ended.
func (c *Conn) live() error {
	if err := c.config.validate(); err != nil {
		return err
	}
	d, err := newDTLS(c.config, c.pipe)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := c.shake(d); err != nil {
		return err
	}
	wound := make(chan struct{})
	stop := context.AfterFunc(c.ctx, func() {
		defer close(wound)
		c.wind(d)
	})
	defer func() {
		if !stop() {
			<-wound
		}
	}()
	if c.config.Data {
		c.data(d)
	} else {
		drain(d)
	}
	if cause := context.Cause(c.ctx); cause != nil {
		return cause
	}
	return ErrPeerClosed
}

// wind closes an established session from our side. Only after Close are
// there messages worth waiting for; after an offence there are not.
func (c *Conn) wind(d *dtls.Conn) {
	c.mu.Lock()
	assoc := c.assoc
	c.mu.Unlock()
	if assoc != nil && errors.Is(context.Cause(c.ctx), errLocal) {
		ctx, cancel := context.WithTimeout(context.Background(), linger)
		_ = assoc.Shutdown(ctx)
		cancel()
	}
	_ = d.Close()
}
