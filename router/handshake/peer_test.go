package handshake

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/sctp"
)

// wire is a net.PacketConn in memory, the far end of a Conn under test. It is
// the test's own so that pion's client runs on nothing of this package.
type wire struct {
	in   chan []byte
	send func([]byte)
	done chan struct{}
	once sync.Once

	mu      sync.Mutex
	expired chan struct{}
}

func newWire(send func([]byte)) *wire {
	return &wire{in: make(chan []byte, 256), send: send, done: make(chan struct{}), expired: make(chan struct{})}
}

func (w *wire) deliver(b []byte) {
	select {
	case w.in <- append([]byte(nil), b...):
	default:
	}
}

func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	w.mu.Lock()
	expired := w.expired
	w.mu.Unlock()
	select {
	case d := <-w.in:
		return copy(b, d), &net.UDPAddr{}, nil
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	case <-w.done:
		return 0, nil, net.ErrClosed
	}
}
func (w *wire) WriteTo(b []byte, _ net.Addr) (int, error) { w.send(b); return len(b), nil }
func (w *wire) Close() error                              { w.once.Do(func() { close(w.done) }); return nil }
func (w *wire) LocalAddr() net.Addr                       { return &net.UDPAddr{} }
func (w *wire) SetDeadline(t time.Time) error             { return w.SetReadDeadline(t) }
func (w *wire) SetWriteDeadline(time.Time) error          { return nil }
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.IsZero() {
		w.expired = make(chan struct{})
	} else {
		close(w.expired)
	}
	return nil
}

// cm offers the profile that every WebRTC stack must have.
var cm = dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80)

// against starts a server Conn that expects this certificate, and a raw pion
// client with these options.
func against(t *testing.T, certificate tls.Certificate, change func(*Config), options ...dtls.ClientOption) (*side, *dtls.Conn) {
	t.Helper()
	var sum [32]byte
	if len(certificate.Certificate) > 0 {
		sum = sha256.Sum256(certificate.Certificate[0])
	}
	config := Config{Identity: identity(t), RemoteFingerprint: Fingerprint{"sha-256", sum[:]}, Data: true}
	if change != nil {
		change(&config)
	}
	server := &side{t: t}
	w := newWire(func(b []byte) { server.conn.Receive(b) })
	server.conn = Start(config, server.events(w.deliver))
	options = append([]dtls.ClientOption{
		dtls.WithInsecureSkipVerify(true),
		dtls.WithLoggerFactory(silent{}),
	}, options...)
	if len(certificate.Certificate) > 0 {
		options = append(options, dtls.WithCertificates(certificate))
	}
	client, err := dtls.ClientWithOptions(w, &net.UDPAddr{}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	c, err := selfsign.GenerateSelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAPlainDTLSClientGetsTheSameKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ours string
		server, client := against(t, certificate(t), nil, cm, dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			sum := sha256.Sum256(raw[0])
			ours = Fingerprint{"sha-256", sum[:]}.String()
			return nil
		}))
		if err := client.Handshake(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		state, _ := client.ConnectionState()
		m, err := state.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", nil, 60)
		if err != nil {
			t.Fatal(err)
		}
		k := server.keys[0]
		got := append(append(append(append([]byte(nil), k.ClientKey...), k.ServerKey...), k.ClientSalt...), k.ServerSalt...)
		if hex.EncodeToString(got) != hex.EncodeToString(m) || k.Profile != ProfileAES128CMSHA1 {
			t.Errorf("profile %#x, keys %x, want %x", k.Profile, got, m)
		}
		if want := server.conn.config.Identity.Fingerprint(); ours != want {
			t.Errorf("the certificate shown has %s, announced is %s", ours, want)
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := server.end(); !errors.Is(err, ErrPeerClosed) {
			t.Errorf("ended with %v", err)
		}
	})
}

// TestTheFirstAnswerIsACookie: RFC 6347 section 4.2.1. Until the client has
// echoed it, what goes out is smaller than what came in.
func TestTheFirstAnswerIsACookie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, nil, nil)
		synctest.Wait()
		hello, answer := client.first[0], server.first[0]
		const clientHello, helloVerifyRequest, serverHello = 1, 3, 2
		if hello[recordHeader] != clientHello || answer[recordHeader] != helloVerifyRequest {
			t.Errorf("messages %d, %d", hello[recordHeader], answer[recordHeader])
		}
		if len(answer) >= len(hello) {
			t.Errorf("%d bytes were answered with %d", len(hello), len(answer))
		}
		if server.first[1][recordHeader] != serverHello {
			t.Errorf("then came message %d", server.first[1][recordHeader])
		}
		stop(server, client)
	})
}

func TestStrangersAreRefused(t *testing.T) {
	for _, test := range []struct {
		name    string
		want    string
		is      error
		none    bool // the client shows no certificate
		change  func(*Config)
		options []dtls.ClientOption
	}{
		{name: "wrong fingerprint", is: ErrFingerprint, options: []dtls.ClientOption{cm}, change: func(c *Config) {
			c.RemoteFingerprint.Value = append([]byte(nil), c.RemoteFingerprint.Value...)
			c.RemoteFingerprint.Value[31] ^= 1
		}},
		{name: "no certificate", none: true, want: "client verification", options: []dtls.ClientOption{cm}},
		{name: "no SRTP profile in common", want: "SRTP", options: []dtls.ClientOption{
			dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_256_GCM)}},
		{name: "no SRTP at all", is: ErrProfile},
		{name: "no extended master secret", want: "xtended", options: []dtls.ClientOption{cm,
			dtls.WithExtendedMasterSecret(dtls.DisableExtendedMasterSecret)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				own := certificate(t)
				if test.none {
					own = tls.Certificate{}
				}
				server, client := against(t, own, test.change, test.options...)
				go func() { _ = client.Handshake() }()
				synctest.Wait() // the client's close would be a cause of its own
				_ = client.Close()
				synctest.Wait()
				err := server.end()
				if err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("ended with %v", err)
				}
				if len(server.keys) != 0 {
					t.Error("keys were handed out")
				}
			})
		})
	}
}

func TestTheClientChecksTheServerToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, nil, func(_, c *Config) {
			c.RemoteFingerprint = Fingerprint{"sha-384", make([]byte, 48)}
		})
		synctest.Wait()
		if err := client.end(); !errors.Is(err, ErrFingerprint) {
			t.Errorf("ended with %v", err)
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		// The alert is not authenticated, so it explains but does not end.
		if err := server.end(); !errors.Is(err, ErrDeadline) || !strings.Contains(err.Error(), "alert 42") {
			t.Errorf("the server ended with %v", err)
		}
	})
}

// TestGarbageChangesNothing throws what an outsider can forge at both sides,
// before, during and after the handshake.
func TestGarbageChangesNothing(t *testing.T) {
	record := func(kind byte, epoch uint16, seq byte, body ...byte) []byte {
		b := []byte{kind, 0xfe, 0xfd, byte(epoch >> 8), byte(epoch), 0, 0, 0, 0, 0, seq, 0, 0}
		binary.BigEndian.PutUint16(b[11:], uint16(len(body)))
		return append(b, body...)
	}
	forged := [][]byte{
		{}, {22}, make([]byte, 1200), make([]byte, maxDatagram+1),
		record(typeAlert, 0, 9, 2, 40),
		record(typeAlert, 0, 9, 1, 0), // close_notify
		record(typeAlert, 1, 9, 2, 40),
		record(typeApplicationData, 0, 9, 1, 2, 3),
		record(typeApplicationData, 1, 9, make([]byte, 40)...),
		record(typeApplicationData, 2, 9, 1),
		record(typeChangeCipherSpec, 0, 9, 7),
		record(99, 0, 9, 1), record(99, 1, 9, 1),
		record(typeHandshake, 0, 9),
		record(typeHandshake, 0, 9, 1, 0, 0, 1),
		record(typeHandshake, 0, 9, 1, 0xff, 0xff, 0xff, 0, 9, 0, 0, 0, 0, 0, 1, 7),
		record(typeHandshake, 1, 9, make([]byte, 60)...),
		record(typeHandshake, 0, 9, 1, 0, 0, 1, 0, 3, 0, 0, 2, 0, 0, 1, 7),
	}
	synctest.Test(t, func(t *testing.T) {
		var server, client *side
		var up bool
		shower := func(n int, toServer bool) bool {
			if !up {
				return false
			}
			for _, b := range forged {
				if toServer {
					server.conn.Receive(b)
				} else {
					client.conn.Receive(b)
				}
			}
			return false
		}
		up = true
		hold := make(chan struct{})
		server, client = pair(t, func(n int, toServer bool) bool { <-hold; return shower(n, toServer) }, nil)
		close(hold)
		if err := client.conn.Open("control"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		sameKeys(t, server, client, ProfileAES128GCM)
		for range 50 {
			if err := server.conn.Send("control", true, []byte("still here")); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(client.messages) != 50 {
			t.Errorf("%d of 50 messages arrived; ends %v %v", len(client.messages), server.closed, client.closed)
		}
		stop(server, client)
	})
}

func TestANinthChannelIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, nil, func(_, c *Config) { c.MaxChannels = 20 })
		for _, l := range strings.Split("abcdefghi", "") {
			if err := client.conn.Open(l); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if got := strings.Join(server.opened, ""); got != "abcdefgh" {
			t.Errorf("the server opened %q", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := strings.Join(client.gone, ""); got != "i" {
			t.Errorf("the client saw %q closed", got)
		}
		for _, l := range []string{"a", "h"} {
			if err := client.conn.Send(l, true, []byte(l)); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if len(server.messages) != 2 {
			t.Errorf("got %q", server.messages)
		}
		if err := server.conn.Open("ninth"); !errors.Is(err, ErrChannels) {
			t.Errorf("the server's own ninth: %v", err)
		}
		stop(server, client)
	})
}

func TestALabelNamesOneChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, assoc := raw(t)
		for id := range uint16(2) {
			stream, err := assoc.OpenStream(2*id, sctp.PayloadTypeWebRTCString)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.WriteSCTP(dcepOpen("control"), sctp.PayloadTypeWebRTCDCEP); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if len(server.opened) != 1 {
			t.Errorf("opened %q", server.opened)
		}
		if err := server.conn.Open("control"); !errors.Is(err, ErrLabel) {
			t.Errorf("opening it here too: %v", err)
		}
		_ = assoc.Close()
		stop(server)
	})
}

// raw runs pion's SCTP client on a raw DTLS client.
func raw(t *testing.T) (*side, *sctp.Association) {
	server, client := against(t, certificate(t), nil, cm)
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	assoc, err := sctp.ClientWithOptions(sctp.WithNetConn(client), sctp.WithLoggerFactory(silent{}), sctp.WithMaxMessageSize(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return server, assoc
}

// dcepOpen is DATA_CHANNEL_OPEN for a reliable channel (RFC 8832 section 5.1).
func dcepOpen(label string) []byte {
	return append([]byte{3, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(label)), 0, 0}, label...)
}

func TestAMessageThatIsTooLongEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, assoc := raw(t)
		stream, err := assoc.OpenStream(0, sctp.PayloadTypeWebRTCString)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.WriteSCTP(dcepOpen("control"), sctp.PayloadTypeWebRTCDCEP); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Write(make([]byte, MaxMessage+1)); err != nil {
			t.Fatal(err)
		}
		for !server.ended() {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if err := server.end(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("ended with %v", err)
		}
		_ = assoc.Close()
	})
}

func TestAPeerThatKeepsOpeningChannelsIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, assoc := raw(t)
		for id := uint16(0); id < 100 && !server.ended(); id += 2 {
			stream, err := assoc.OpenStream(id, sctp.PayloadTypeWebRTCString)
			if err != nil {
				break
			}
			_, _ = stream.WriteSCTP(dcepOpen("c"+string(rune('A'+id/2))), sctp.PayloadTypeWebRTCDCEP)
			synctest.Wait()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := server.end(); !errors.Is(err, ErrChannels) {
			t.Errorf("ended with %v", err)
		}
		if len(server.opened) != 8 {
			t.Errorf("opened %q", server.opened)
		}
		_ = assoc.Close()
	})
}

func TestAStreamThatIsNoDataChannelIsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, assoc := raw(t)
		for id, first := range [][]byte{{9}, dcepOpen(strings.Repeat("l", maxLabel+1)), dcepOpen("good")} {
			stream, err := assoc.OpenStream(uint16(2*id), sctp.PayloadTypeWebRTCString)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.WriteSCTP(first, sctp.PayloadTypeWebRTCDCEP); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if len(server.opened) != 1 || server.opened[0] != "good" {
			t.Errorf("opened %q", server.opened)
		}
		_ = assoc.Close()
		stop(server)
	})
}
