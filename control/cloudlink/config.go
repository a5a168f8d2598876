package cloudlink

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Config says where the cloud is and who the zone is to it.
type Config struct {
	// Dir keeps pairing, keys and what the cloud has not acknowledged.
	Dir string
	// URL is the cloud's base address, for example "https://meet.example.com".
	// Plain http is for a cloud on this very machine only.
	URL string
	// Pin, if not empty, is the base64 SHA-256 of the SPKI that the cloud's
	// certificate must have; no authority is asked then. pki.Public.Pin makes one.
	Pin string
	// Roots judges the cloud's certificate. If nil, the system's.
	Roots *x509.CertPool
	// Controller is this controller's name in the zone.
	Controller string
	// URLs are the zone's public base addresses; see wire.LinkHello.
	URLs []string
	// Epoch is the number of this controller's leadership.
	Epoch uint64
	// Version is the program's version.
	Version string
	// End is called for each meeting that the cloud wants ended for all. It must
	// not block. It may be called again for the same meeting.
	End func(meeting string)
	// Log takes what an operator should know. If nil, nothing is logged.
	Log *slog.Logger
}

// Validate names every bad field at once.
func (c Config) Validate() error {
	var bad []error
	if c.Dir == "" {
		bad = append(bad, errors.New("cloud link: Dir is needed"))
	}
	if c.Controller == "" {
		bad = append(bad, errors.New("cloud link: Controller is needed"))
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil:
		bad = append(bad, fmt.Errorf("cloud link: %q is no base address like https://meet.example.com", c.URL))
	case u.Scheme == "http" && !loopback(u.Hostname()):
		bad = append(bad, fmt.Errorf("cloud link: %s is not on this machine and takes https", c.URL))
	}
	if c.Pin != "" {
		if b, err := base64.StdEncoding.DecodeString(c.Pin); err != nil || len(b) != sha256.Size {
			bad = append(bad, fmt.Errorf("cloud link: the pin %.60q is no base64 of a SHA-256", c.Pin))
		}
	}
	return errors.Join(bad...)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (c Config) transport() *http.Transport {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots},
	}
	if c.Pin != "" {
		t.TLSClientConfig.InsecureSkipVerify = true // the pin stands instead
		t.TLSClientConfig.VerifyConnection = func(cs tls.ConnectionState) error {
			sum := sha256.Sum256(cs.PeerCertificates[0].RawSubjectPublicKeyInfo)
			if got := base64.StdEncoding.EncodeToString(sum[:]); got != c.Pin {
				return fmt.Errorf("the cloud shows a certificate with the pin %s, not %s", got, c.Pin)
			}
			return nil
		}
	}
	return t
}
