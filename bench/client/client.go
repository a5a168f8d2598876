package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"causeway/router/handshake"
)

// Client is one participant that is in. Make it with Join.
type Client struct {
	config   Config
	location string
	joinTime time.Duration

	socket    *socket
	agent     *agent
	handshake *handshake.Conn
	receiver  *receiver
	publisher *publisher
	control   *control

	stop   chan struct{} // closed by Close: the writer ends
	closed chan struct{} // closed when the handshake has ended
	read   chan struct{} // closed when the reader has ended

	mu  sync.Mutex
	err error // why the session ended, if it did by itself
}

// Join comes in: posts the offer, finds a path, shakes hands, and waits for the
// welcome on "control" if the door has one. ctx bounds the joining only. A
// refusal by HTTP wraps *wire.Problem.
func Join(ctx context.Context, config Config) (*Client, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	c := &Client{
		config: config, control: newControl(),
		stop: make(chan struct{}), closed: make(chan struct{}), read: make(chan struct{}),
	}
	o := newOffer(&c.config)
	text, location, err := post(ctx, &c.config, o.sdp(config.Identity.Fingerprint()))
	if err != nil {
		return nil, err
	}
	c.location = location
	a, err := readAnswer(text, o)
	if err == nil {
		c.agent = newAgent(a, o)
		c.socket, err = c.agent.connect(ctx, a.candidates, &c.config)
	}
	if err != nil {
		return nil, errors.Join(err, leave(&c.config, location))
	}
	c.receiver = newReceiver(&c.config, o, a)
	c.publisher = newPublisher(&c.config, o, a, c.socket, c.agent, c.receiver)
	if err := c.shake(ctx, a); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.joinTime = time.Since(begin)
	return c, nil
}

// shake runs DTLS, and SCTP up to the welcome.
func (c *Client) shake(ctx context.Context, a *answer) error {
	keys, opened := make(chan handshake.Keys, 1), make(chan struct{}, 1)
	c.handshake = handshake.Start(handshake.Config{
		Identity: c.config.Identity, RemoteFingerprint: a.fingerprint, Client: true, Data: c.config.Door == Web,
	}, handshake.Events{
		Datagram: func(b []byte) { c.socket.Write(b) }, // DTLS repeats what gets lost
		Keys:     func(k handshake.Keys) { keys <- k },
		Channel: func(label string) {
			select {
			case opened <- struct{}{}:
			default:
			}
		},
		Message: func(_ string, _ bool, b []byte) { c.control.receive(b) },
		Closed: func(err error) {
			c.fail(err)
			close(c.closed)
		},
	})
	go c.reader()
	select {
	case k := <-keys:
		cipher, err := newCipher(k, c.config.Oracle)
		if err != nil {
			return err
		}
		c.receiver.mu.Lock()
		c.receiver.cipher = cipher
		c.receiver.mu.Unlock()
		c.publisher.cipher = cipher
		go c.publisher.run(c.stop)
	case <-c.closed:
		return fmt.Errorf("client: no handshake: %w", c.Err())
	case <-ctx.Done():
		return fmt.Errorf("client: no handshake: %w", ctx.Err())
	}
	if c.config.Drain != nil {
		if err := c.config.Drain.attach(c.socket); err != nil {
			return err
		}
	}
	if c.config.Door != Web {
		return nil
	}
	if err := c.handshake.Open("control"); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	select {
	case <-c.control.welcome:
		return nil
	case <-c.closed:
		return fmt.Errorf("client: no welcome: %w", c.Err())
	case <-ctx.Done():
		return fmt.Errorf("client: no welcome: %w", ctx.Err())
	}
}

// reader takes datagrams until the socket is closed.
func (c *Client) reader() {
	defer close(c.read)
	consent := time.Now()
	for {
		err := c.socket.read(func(b []byte, at int64) {
			switch {
			case len(b) == 0:
			case b[0] < 4: // RFC 7983
				if c.agent.accepts(b) {
					consent = time.Now()
				}
			case b[0] >= 20 && b[0] < 64:
				c.handshake.Receive(b)
			case b[0] >= 128 && b[0] < 192:
				c.receiver.media(b, at)
			}
		})
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		if time.Since(consent) > consentTime {
			c.fail(errors.New("client: the server stopped answering consent checks"))
			c.handshake.Close()
		}
	}
}

func (c *Client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

// Err is why the session ended by itself; nil while it goes on.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// JoinTime is how long Join took, from the offer to the welcome (or to the
// keys, without a control channel).
func (c *Client) JoinTime() time.Duration { return c.joinTime }

// Publish starts or stops sending, and says so on "control".
func (c *Client) Publish(on bool) error {
	c.publisher.keyFrame.Store(true)
	c.publisher.on.Store(on && !c.config.Paused)
	mid := 0
	for _, s := range []struct {
		there bool
		kind  string
	}{{c.config.Audio, "mic"}, {c.config.VideoRate > 0, "camera"}} {
		if !s.there {
			continue
		}
		if c.config.Door == Web {
			text := fmt.Sprintf(`{"type":"source","mid":"%d","kind":%q,"muted":%v}`, mid, s.kind, !on)
			if err := c.Say(text); err != nil {
				return err
			}
		}
		mid++
	}
	return nil
}

// Pause stops sending without saying so.
func (c *Client) Pause() { c.publisher.on.Store(false) }

// Resume ends a Pause.
func (c *Client) Resume() { c.publisher.on.Store(true) }

// Pace makes everything that is published come so many times as often as the
// Config says, from now on: 1 at first, more than 0.
func (c *Client) Pace(factor float64) {
	c.publisher.pace.Store(math.Float64bits(factor))
	select {
	case c.publisher.wake <- struct{}{}:
	default:
	}
}

// Say sends one text on "control".
func (c *Client) Say(text string) error {
	if err := c.handshake.Send("control", true, []byte(text)); err != nil {
		return fmt.Errorf("client: control: %w", err)
	}
	return nil
}

// Figures is what was counted since Join.
func (c *Client) Figures() Figures {
	f, _ := c.receiver.snapshot()
	c.publisher.mu.Lock()
	f = f.Add(c.publisher.figures)
	c.publisher.mu.Unlock()
	if n, err := c.socket.drops(); err == nil {
		f.SocketDrops = n
	}
	return f
}

// Shown is what each lane has received, by the index of its section in the
// offer, which is its mid.
func (c *Client) Shown() map[int][]Shown {
	_, shown := c.receiver.snapshot()
	return shown
}

// Published is the counter of the last packet of each track, 0 if none.
func (c *Client) Published() (audio, video uint64) {
	c.publisher.mu.Lock()
	defer c.publisher.mu.Unlock()
	return c.publisher.lastAudio, c.publisher.lastVideo
}

// Latency adds the delays seen since the last call, in microseconds from just
// before the publisher's send to the arrival at this machine's socket, to h.
func (c *Client) Latency(h *hdrhistogram.Histogram) {
	c.receiver.mu.Lock()
	defer c.receiver.mu.Unlock()
	h.Merge(c.receiver.latency)
	c.receiver.latency.Reset()
}

// Roster is who is in, by id, as far as "control" told.
func (c *Client) Roster() map[string]Person {
	c.control.mu.Lock()
	defer c.control.mu.Unlock()
	return maps.Clone(c.control.people)
}

// Placements is what "control" told of the video lanes, by mid.
func (c *Client) Placements() map[string]Placement {
	c.control.mu.Lock()
	defer c.control.mu.Unlock()
	return maps.Clone(c.control.slots)
}

// Refused is the last error that "control" told, if any.
func (c *Client) Refused() error {
	c.control.mu.Lock()
	defer c.control.mu.Unlock()
	return c.control.refused
}

// Close leaves: deletes the session, ends DTLS and frees everything.
func (c *Client) Close() error {
	err := leave(&c.config, c.location)
	if c.handshake != nil {
		c.handshake.Close()
		select {
		case <-c.closed:
		case <-time.After(3 * time.Second):
		}
	}
	close(c.stop)
	c.socket.Close()
	if c.handshake != nil {
		<-c.read
	}
	if c.publisher.cipher != nil {
		<-c.publisher.done
	}
	return err
}
