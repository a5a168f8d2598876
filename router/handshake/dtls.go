package handshake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/pion/dtls/v3"
)

const (
	// flightInterval is how long an unanswered flight waits before it is sent
	// again, doubling each time. RFC 6347 section 4.2.4.1 suggests 1 s for
	// unknown networks; ICE has just measured a reachable one.
	flightInterval = 300 * time.Millisecond
	// flightMTU leaves room for the record header, the handshake header and
	// the encryption that pion adds after it has split a message.
	flightMTU = mtu - 64
	// exporter is the label of RFC 5764 section 4.2.
	exporter = "EXTRACTOR-dtls_srtp"
	keyBytes = 16
)

// suites are forward-secret and authenticated, for our ECDSA certificate.
var suites = []dtls.CipherSuiteID{
	dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
}

// newDTLS makes the DTLS connection on the pipe, without sending anything.
// DTLS 1.2 only: pion's 1.3 is not exported yet. There is no session store,
// hence no resumption, and pion renegotiates never.
func newDTLS(c Config, p *pipe) (*dtls.Conn, error) {
	profiles := make([]dtls.SRTPProtectionProfile, len(c.Profiles))
	for i, id := range c.Profiles {
		profiles[i] = dtls.SRTPProtectionProfile(id)
	}
	options := []dtls.Option{
		dtls.WithCertificates(c.Identity.certificate),
		dtls.WithCipherSuites(suites...),
		dtls.WithSRTPProtectionProfiles(profiles...),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithVerifyPeerCertificate(c.RemoteFingerprint.verify),
		// No chain to verify: the fingerprint is the identity.
		dtls.WithInsecureSkipVerify(true),
		dtls.WithFlightInterval(flightInterval),
		dtls.WithMTU(flightMTU),
		dtls.WithLoggerFactory(silent{}),
	}
	if c.Client {
		client := make([]dtls.ClientOption, len(options))
		for i, o := range options {
			client[i] = o
		}
		return dtls.ClientWithOptions(p, peer, client...)
	}
	server := []dtls.ServerOption{
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		// The cookie exchange stays on: an answer is never longer than the
		// question until the peer has shown that it hears us.
		dtls.WithInsecureSkipVerifyHello(false),
	}
	for _, o := range options {
		server = append(server, o)
	}
	return dtls.ServerWithOptions(p, peer, server...)
}

// shake runs the handshake to its end, or to the deadline, or to Close.
func (c *Conn) shake(d *dtls.Conn) error {
	ctx, cancel := context.WithTimeoutCause(c.ctx, c.config.Deadline, ErrDeadline)
	defer cancel()
	err := d.HandshakeContext(ctx)
	switch {
	case err == nil:
	case ctx.Err() == nil:
		return fmt.Errorf("handshake: DTLS: %w", err)
	case c.pipe.alert.Load() != 0:
		return fmt.Errorf("%w (it sent alert %d, unauthenticated)", context.Cause(ctx), c.pipe.alert.Load()&0xff)
	default:
		return context.Cause(ctx)
	}
	c.pipe.established.Store(true)
	keys, err := exportKeys(d)
	if err != nil {
		return err
	}
	if c.events.Keys != nil {
		c.events.Keys(keys)
	}
	return nil
}

// exportKeys derives the SRTP keys (RFC 5764 section 4.2).
func exportKeys(d *dtls.Conn) (Keys, error) {
	profile, ok := d.SelectedSRTPProtectionProfile()
	if !ok {
		return Keys{}, ErrProfile
	}
	salt := 14
	if uint16(profile) == ProfileAES128GCM {
		salt = 12
	}
	state, ok := d.ConnectionState()
	if !ok {
		return Keys{}, errors.New("handshake: DTLS gives no state to export keys from")
	}
	m, err := state.ExportKeyingMaterial(exporter, nil, 2*keyBytes+2*salt)
	if err != nil {
		return Keys{}, fmt.Errorf("handshake: exporting SRTP keys: %w", err)
	}
	return Keys{
		Profile:    uint16(profile),
		ClientKey:  m[:keyBytes:keyBytes],
		ServerKey:  m[keyBytes : 2*keyBytes : 2*keyBytes],
		ClientSalt: m[2*keyBytes : 2*keyBytes+salt : 2*keyBytes+salt],
		ServerSalt: m[2*keyBytes+salt:],
	}, nil
}

// application is the net.Conn of application data that SCTP runs on. Unlike
// dtls.Conn its Read survives what only concerns one record, for example a
// warning alert, so that such a record does not end the association.
type application struct{ *dtls.Conn }

func (a application) Read(b []byte) (n int, err error) {
	for range 16 {
		n, err = a.Conn.Read(b)
		var timeout net.Error
		if err == nil || errors.Is(err, io.EOF) || errors.As(err, &timeout) && timeout.Timeout() {
			return n, err
		}
	}
	return n, err
}

// drain waits for the end of a session without data channels.
func drain(d *dtls.Conn) {
	b := make([]byte, 512)
	for {
		if _, err := d.Read(b); errors.Is(err, io.EOF) {
			return
		}
	}
}
