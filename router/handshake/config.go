package handshake

import (
	"errors"
	"fmt"
	"time"
)

// SRTP protection profiles (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
const (
	ProfileAES128CMSHA1 uint16 = 0x0001 // SRTP_AES128_CM_HMAC_SHA1_80
	ProfileAES128GCM    uint16 = 0x0007 // SRTP_AEAD_AES_128_GCM
)

// Bounds that no configuration lifts.
const (
	// MaxMessage is the longest data channel message, each way, in bytes. An
	// SDP answer says so in a=max-message-size.
	MaxMessage = 64 << 10
	// maxLabel is the longest label of a data channel, in bytes.
	maxLabel = 128
	// maxRefusals is how many channels beyond its cap a peer may try before
	// the session ends.
	maxRefusals = 16
	// mtu bounds every UDP payload that leaves here, in bytes.
	mtu = 1200
	// linger is how long Close waits for sent messages to be acknowledged.
	linger = time.Second
)

// Why a Conn ended, or why it did not do what it was asked. Test with errors.Is.
var (
	ErrFingerprint  = errors.New("handshake: the peer's certificate does not have the fingerprint that its SDP announced")
	ErrProfile      = errors.New("handshake: the peer negotiated no SRTP protection profile")
	ErrDeadline     = errors.New("handshake: the peer did not finish the DTLS handshake in time")
	ErrPeerClosed   = errors.New("handshake: the peer closed the session")
	ErrLabel        = errors.New("handshake: a data channel with this label is open already")
	ErrChannels     = errors.New("handshake: too many data channels")
	ErrTooLarge     = fmt.Errorf("handshake: a data channel message is longer than %d bytes", MaxMessage)
	ErrBackpressure = errors.New("handshake: the peer takes messages slower than they are sent; this one was not queued")
	ErrNoChannel    = errors.New("handshake: no data channel with this label is open")
	ErrClosed       = errors.New("handshake: the session is closed")
)

// Events are the calls that a Conn makes from its own goroutines. None may
// block or wait for the Conn; nil fields are skipped. Datagram calls do not overlap each other, nor
// do the Message calls of one channel; otherwise calls are concurrent. After
// Closed there are none.
type Events struct {
	// Datagram is one UDP payload of at most 1,200 bytes for the peer,
	// borrowed until return.
	Datagram func(b []byte)
	// Keys comes once, when the peer is authenticated.
	Keys func(Keys)
	// Channel says that Send now takes this label, whoever opened it.
	Channel func(label string)
	// Message is one message of a channel, borrowed until return.
	Message func(label string, text bool, b []byte)
	// ChannelClosed says that Send no longer takes this label though the
	// session goes on.
	ChannelClosed func(label string)
	// Closed comes once and last. err is nil after Close, otherwise the cause.
	Closed func(err error)
}

// Keys are the SRTP master keys and salts of both directions (RFC 5764
// section 4.2): 16-byte keys; salts of 14 bytes (AES-CM) or 12 (GCM). Client
// and Server are the DTLS roles. The receiver owns the slices.
type Keys struct {
	Profile               uint16
	ClientKey, ClientSalt []byte
	ServerKey, ServerSalt []byte
}

// Config says who we are, whom we expect and what we allow.
type Config struct {
	// Identity is ours. Required.
	Identity *Identity
	// RemoteFingerprint is the certificate that the peer must show. Required.
	RemoteFingerprint Fingerprint
	// Client makes this the DTLS and SCTP client: the load generator's side.
	// A router is the server (a=setup:passive).
	Client bool
	// Data runs SCTP inside DTLS. Without it application records are ignored.
	Data bool
	// Deadline bounds the DTLS handshake, from Start. If zero, 30 s.
	Deadline time.Duration
	// MaxChannels bounds the data channels open at once. If zero, 8.
	MaxChannels int
	// SendBuffer bounds the bytes of one channel that wait for the peer's
	// acknowledgement; Send refuses what would exceed it. If zero, 256 KiB.
	SendBuffer int
	// Profiles are the SRTP profiles that we take, best first. If nil, GCM,
	// then AES-CM with HMAC-SHA1-80.
	Profiles []uint16
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	if c.Deadline == 0 {
		c.Deadline = 30 * time.Second
	}
	if c.MaxChannels == 0 {
		c.MaxChannels = 8
	}
	if c.SendBuffer == 0 {
		c.SendBuffer = 256 << 10
	}
	if c.Profiles == nil {
		c.Profiles = []uint16{ProfileAES128GCM, ProfileAES128CMSHA1}
	}
	return c
}

// validate names every bad field at once.
func (c Config) validate() error {
	var bad []error
	if c.Identity == nil {
		bad = append(bad, errors.New("handshake: Config.Identity is missing"))
	}
	if err := c.RemoteFingerprint.Validate(); err != nil {
		bad = append(bad, err)
	}
	if c.Deadline < 0 || c.MaxChannels < 0 || c.SendBuffer < 0 {
		bad = append(bad, errors.New("handshake: Config.Deadline, MaxChannels and SendBuffer are not negative"))
	}
	for _, p := range c.Profiles {
		if p != ProfileAES128GCM && p != ProfileAES128CMSHA1 {
			bad = append(bad, fmt.Errorf("handshake: SRTP profile 0x%04x is neither 0x0007 nor 0x0001", p))
		}
	}
	return errors.Join(bad...)
}
