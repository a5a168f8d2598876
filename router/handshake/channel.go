package handshake

import (
	"errors"
	"fmt"
	"sync"

	"github.com/pion/datachannel"
	"github.com/pion/dtls/v3"
	"github.com/pion/sctp"
)

const (
	// sctpMTU leaves room for a DTLS record's header, nonce and tag in mtu,
	// and is a multiple of four as SCTP pads.
	sctpMTU = (mtu - 13 - 8 - 16) &^ 3
	// receiveBuffer is the window that we announce, in bytes: two messages of
	// the greatest size. What a peer makes us keep is bounded by it.
	receiveBuffer = 2 * MaxMessage
	// maxFragments bounds the pieces kept per stream, whatever their size.
	maxFragments = 1024
	// maxRTO bounds the pause between retransmissions, in milliseconds, so
	// that control messages flow soon after an outage; consent freshness, not
	// SCTP, decides when a peer is gone.
	maxRTO = 4000
)

// channel is one open data channel.
type channel struct {
	label  string
	stream *sctp.Stream
	data   *datachannel.DataChannel
	mu     sync.Mutex // makes the check of the queue and its growth one step
}

// data runs SCTP on the DTLS connection until it ends.
func (c *Conn) data(d *dtls.Conn) {
	assoc, err := c.associate(application{d})
	if err != nil {
		return
	}
	c.mu.Lock()
	c.assoc = assoc
	waiting := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	for _, label := range waiting {
		_ = c.open(assoc, label)
	}
	for {
		stream, err := assoc.AcceptStream()
		if err != nil {
			break
		}
		c.accept(stream)
	}
	_ = assoc.Close()
}

// associate brings SCTP up (RFC 8831). Message interleaving stays off: its
// reassembly is bounded by messages, not by their fragments.
func (c *Conn) associate(on application) (*sctp.Association, error) {
	options := []sctp.AssociationOption{
		sctp.WithNetConn(on),
		sctp.WithLoggerFactory(silent{}),
		sctp.WithName("sctp"),
		sctp.WithEnableInterleaving(false),
		sctp.WithMTU(sctpMTU),
		sctp.WithMaxReceiveBufferSize(receiveBuffer),
		sctp.WithMaxMessageSize(MaxMessage),
		sctp.WithMaxReassemblyQueueEntries(maxFragments),
		sctp.WithRTOMax(maxRTO),
	}
	if c.config.Client {
		client := make([]sctp.ClientOption, len(options))
		for i, o := range options {
			client[i] = o
		}
		return sctp.ClientContext(c.ctx, client...)
	}
	server := make([]sctp.ServerOption, len(options))
	for i, o := range options {
		server[i] = o
	}
	return sctp.ServerWithOptions(server...)
}

// accept gives a stream that the peer opened a channel's place and a reader,
// or resets it.
func (c *Conn) accept(stream *sctp.Stream) {
	if !c.admit() {
		_ = stream.Close()
		return
	}
	go func() {
		defer c.release()
		// This holds 8 KiB until the stream's DATA_CHANNEL_OPEN is there.
		dc, err := datachannel.Server(stream, &datachannel.Config{LoggerFactory: silent{}})
		if err != nil || len(dc.Label) > maxLabel {
			_ = stream.Close()
			return
		}
		ch := &channel{label: dc.Label, stream: stream, data: dc}
		if !c.enter(ch) {
			_ = stream.Close()
			return
		}
		c.serve(ch)
	}()
}

// admit takes a place for a channel that the peer opens. A peer that keeps on
// asking after refusals ends its session.
func (c *Conn) admit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.take()
	if errors.Is(err, ErrChannels) {
		c.refused++
		if c.refused > maxRefusals {
			c.end(ErrChannels)
		}
	}
	return err == nil
}

// take takes a channel's place; mu is held. Each place is given back by one
// call of release.
func (c *Conn) take() error {
	switch {
	case c.ctx.Err() != nil:
		return ErrClosed
	case c.places >= c.config.MaxChannels:
		return ErrChannels
	}
	c.places++
	c.readers.Add(1)
	return nil
}

// release gives a channel's place back: the last thing that its reader does.
func (c *Conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.places--
	c.readers.Done()
}

// Open asks for a reliable, ordered data channel. Events.Channel says when it
// is there; Open may be called as soon as Start has returned. Errors:
// ErrLabel, ErrChannels, ErrClosed, or a label that is too long.
func (c *Conn) Open(label string) error {
	if len(label) > maxLabel {
		return fmt.Errorf("handshake: a data channel's label has at most %d bytes, not %d", maxLabel, len(label))
	}
	assoc, err := c.reserve(label)
	if err != nil || assoc == nil {
		return err
	}
	return c.open(assoc, label)
}

// reserve takes a place and a label. Without an association yet the label
// waits for it, and the result is nil.
func (c *Conn) reserve(label string) (*sctp.Association, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.channels[label]; taken {
		return nil, ErrLabel
	}
	if err := c.take(); err != nil {
		return nil, err
	}
	c.channels[label] = nil
	if c.assoc == nil {
		c.waiting = append(c.waiting, label)
	}
	return c.assoc, nil
}

// open sends DATA_CHANNEL_OPEN and starts the reader, in a place and under a
// label already taken. A channel may carry messages at once (RFC 8832
// section 6).
func (c *Conn) open(assoc *sctp.Association, label string) error {
	c.mu.Lock()
	id := c.nextID
	c.nextID += 2
	c.mu.Unlock()
	stream, err := assoc.OpenStream(id, sctp.PayloadTypeWebRTCBinary)
	var dc *datachannel.DataChannel
	if err == nil {
		dc, err = datachannel.Client(stream, &datachannel.Config{Label: label, LoggerFactory: silent{}})
	}
	if err != nil {
		c.forget(label)
		c.release()
		return fmt.Errorf("handshake: opening data channel %q: %w", label, err)
	}
	ch := &channel{label: label, stream: stream, data: dc}
	c.mu.Lock()
	c.channels[label] = ch
	c.mu.Unlock()
	go func() {
		defer c.release()
		c.serve(ch)
	}()
	return nil
}

// enter puts a channel that the peer opened under its label. It reports false
// if there is one already: a label names one channel.
func (c *Conn) enter(ch *channel) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.channels[ch.label]; taken {
		return false
	}
	c.channels[ch.label] = ch
	return true
}

func (c *Conn) forget(label string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.channels, label)
}

// serve announces a channel, reads it to its end and forgets it.
func (c *Conn) serve(ch *channel) {
	if c.events.Channel != nil {
		c.events.Channel(ch.label)
	}
	if err := c.read(ch); errors.Is(err, ErrTooLarge) {
		c.end(err)
	}
	_ = ch.stream.Close()
	c.forget(ch.label)
	if c.events.ChannelClosed != nil && c.ctx.Err() == nil {
		c.events.ChannelClosed(ch.label)
	}
}
