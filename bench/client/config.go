package client

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"causeway/router/handshake"
)

// Door is the kind of session that a client opens.
type Door string

const (
	Web  Door = "web"  // publishes, receives and has a control channel
	WHIP Door = "whip" // publishes only
	WHEP Door = "whep" // receives only
)

// Config says what a client does. URL, Meeting and Ticket are required.
type Config struct {
	// URL is the zone's base address, for example "http://127.0.0.1:8080".
	URL     string
	Meeting string
	Ticket  string
	// Door is how it comes in. If empty, Web.
	Door Door
	// Run tells the packets of one measurement from those of all others, and
	// Number this client from the others in it.
	Run, Number uint32
	// VideoRate is what it publishes in bits per second, RTP payloads counted.
	// If zero, no picture.
	VideoRate int
	// FrameRate is in pictures per second. If zero, 30.
	FrameRate int
	// Audio makes it publish sound, 50 packets a second.
	Audio bool
	// Level is the loudness of its sound at an instant, in -dBov (RFC 6464).
	// If nil, constant quiet, 127.
	Level func(at time.Time) uint8
	// VideoSlots and AudioSlots are how many receiving lanes it offers.
	VideoSlots, AudioSlots int
	// Loss makes it drop this share of the media datagrams that it sends and of
	// those that it receives, 0 to 1, RTCP and resends included.
	Loss float64
	// Oracle makes it encrypt and decrypt with pion/srtp, not with our own
	// package: dearer, and independent of what it measures.
	Oracle bool
	// Identity is its DTLS certificate. If nil, a new one.
	Identity *handshake.Identity
	// HTTP is the client for joining and leaving. If nil, http.DefaultClient.
	HTTP *http.Client
	// ReceiveBuffer is that of its socket in bytes. If zero, 4 MiB.
	ReceiveBuffer int
	// Within runs a function where the socket is to be opened, for example on a
	// thread of another network namespace. If nil, here.
	Within func(open func() error) error
	// Paused lets Publish say that it publishes, but nothing is sent before
	// Resume.
	Paused bool
	// Drain takes the media that it is sent, once the session is up, instead of
	// this client: then it costs next to nothing, sees nothing, and does not ask
	// for what is missing. Sound and pictures of its own are not affected.
	Drain *Drain
}

const (
	maxVideoSlots = 100 // an offer has at most 128 sections
	maxAudioSlots = 16
)

func (c Config) withDefaults() (Config, error) {
	if c.Door == "" {
		c.Door = Web
	}
	if c.FrameRate == 0 {
		c.FrameRate = 30
	}
	if c.HTTP == nil {
		c.HTTP = http.DefaultClient
	}
	if c.ReceiveBuffer == 0 {
		c.ReceiveBuffer = 4 << 20
	}
	if c.Within == nil {
		c.Within = func(open func() error) error { return open() }
	}
	if c.Level == nil {
		c.Level = func(time.Time) uint8 { return 127 }
	}
	if c.Identity == nil {
		identity, err := handshake.NewIdentity()
		if err != nil {
			return c, fmt.Errorf("client: no DTLS identity: %w", err)
		}
		c.Identity = identity
	}
	return c, c.validate()
}

func (c *Config) validate() error {
	var bad []error
	check := func(ok bool, text string) {
		if !ok {
			bad = append(bad, errors.New("client: "+text))
		}
	}
	publishes, receives := c.VideoRate > 0 || c.Audio, c.VideoSlots+c.AudioSlots > 0
	check(c.URL != "" && c.Meeting != "" && c.Ticket != "", "URL, Meeting and Ticket are required")
	check(c.Door == Web || c.Door == WHIP || c.Door == WHEP, "Door has to be web, whip or whep")
	check(c.Door != WHIP || publishes && !receives, "a WHIP client publishes and does not receive")
	check(c.Door != WHEP || receives && !publishes, "a WHEP client receives and does not publish")
	check(c.VideoRate >= 0 && c.VideoRate <= 50e6, "VideoRate has to be 0 to 50,000,000 bit/s")
	check(c.FrameRate >= 1 && c.FrameRate <= 120, "FrameRate has to be 1 to 120")
	check(c.Loss >= 0 && c.Loss < 1, "Loss has to be from 0 to less than 1")
	check(c.VideoSlots >= 0 && c.VideoSlots <= maxVideoSlots, fmt.Sprintf("VideoSlots has to be 0 to %d", maxVideoSlots))
	check(c.AudioSlots >= 0 && c.AudioSlots <= maxAudioSlots, fmt.Sprintf("AudioSlots has to be 0 to %d", maxAudioSlots))
	return errors.Join(bad...)
}
