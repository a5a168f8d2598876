package handshake

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/pion/sctp"
)

// messages lends the buffer for one message; a reader holds one only while it
// delivers, so idle channels hold none.
var messages = sync.Pool{New: func() any { return new([MaxMessage]byte) }}

// read delivers the channel's messages until it ends. It waits with an empty
// buffer, which pion answers with io.ErrShortBuffer as soon as a whole message
// is there, and takes a real buffer only then.
func (c *Conn) read(ch *channel) error {
	for {
		if _, _, err := ch.stream.ReadSCTP(nil); !errors.Is(err, io.ErrShortBuffer) {
			if err == nil {
				continue
			}
			return err
		}
		b := messages.Get().(*[MaxMessage]byte)
		n, kind, err := ch.stream.ReadSCTP(b[:])
		if err == nil {
			c.deliver(ch, kind, b[:n])
		}
		messages.Put(b)
		switch {
		case errors.Is(err, io.ErrShortBuffer):
			return ErrTooLarge
		case err != nil:
			return err
		}
	}
}

// deliver turns an SCTP user message into a data channel message (RFC 8831
// section 6.6). DCEP acknowledgements need nothing: our channels are reliable
// and ordered from the start.
func (c *Conn) deliver(ch *channel, kind sctp.PayloadProtocolIdentifier, b []byte) {
	text := false
	switch kind {
	case sctp.PayloadTypeWebRTCString:
		text = true
	case sctp.PayloadTypeWebRTCStringEmpty:
		text, b = true, b[:0]
	case sctp.PayloadTypeWebRTCBinary:
	case sctp.PayloadTypeWebRTCBinaryEmpty:
		b = b[:0]
	default:
		return
	}
	if c.events.Message != nil {
		c.events.Message(ch.label, text, b)
	}
}

// Send queues one message for the peer; b is copied. It never blocks: beyond
// Config.SendBuffer bytes not yet acknowledged the message is not queued and
// ErrBackpressure returned. Other errors: ErrTooLarge, ErrNoChannel, ErrClosed.
func (c *Conn) Send(label string, text bool, b []byte) error {
	if len(b) > MaxMessage {
		return ErrTooLarge
	}
	if c.ctx.Err() != nil {
		return ErrClosed
	}
	c.mu.Lock()
	ch := c.channels[label]
	c.mu.Unlock()
	if ch == nil {
		return ErrNoChannel
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.data.BufferedAmount()+uint64(len(b)) > uint64(c.config.SendBuffer) {
		return ErrBackpressure
	}
	if _, err := ch.data.WriteDataChannel(b, text); err != nil {
		return fmt.Errorf("handshake: sending on data channel %q: %w", label, err)
	}
	return nil
}
