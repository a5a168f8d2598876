package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"causeway/control/statefile"
)

const (
	publicFile = "https.pem"
	publicLife = 365 * 24 * time.Hour
	// publicMargin is how long before its end a generated certificate is made anew.
	publicMargin = 30 * 24 * time.Hour
	maxNames     = 100
)

// Public is the generated certificate of a public HTTPS address, for operators
// who bring none: self-signed for one year and renewed by itself, always for the
// same key, so that what pins the key stays valid. Browsers warn of it. Safe for
// concurrent use.
type Public struct {
	path string
	now  func() time.Time

	mu    sync.Mutex // held for a renewal once a year, and briefly otherwise
	names []string
	cert  *tls.Certificate
}

// OpenPublic takes up the certificate kept in dir, and makes it anew if there is
// none, if it is not for exactly names, or if its end is near. Names are host
// names and IP addresses; at least one is needed.
func OpenPublic(dir string, names []string) (*Public, error) {
	names = slices.Clone(names)
	for i, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			names[i] = ip.String()
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 || len(names) > maxNames || names[0] == "" {
		return nil, fmt.Errorf("a public certificate takes 1-%d names, not %q", maxNames, names)
	}
	p := &Public{path: filepath.Join(dir, publicFile), now: time.Now, names: names}
	text, err := os.ReadFile(p.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		key, chain, err := parsePEM(text)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", p.path, err)
		}
		p.cert = certificate(key, chain)
	}
	if _, err := p.current(); err != nil {
		return nil, err
	}
	return p, nil
}

// GetCertificate is the hook of tls.Config. A renewal that fails (a full disk)
// leaves the certificate before it in use until that has ended.
func (p *Public) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.current() }

// TLS is a server configuration with this certificate: TLS 1.2 and 1.3, HTTP/2
// and HTTP/1.1.
func (p *Public) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: p.GetCertificate,
	}
}

// Pin is the SHA-256 of the certificate's SPKI in base64, as Chromium's
// --ignore-certificate-errors-spki-list and the zone link's pin take it.
func (p *Public) Pin() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := sha256.Sum256(p.cert.Leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (p *Public) current() (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.cert != nil && now.Before(p.cert.Leaf.NotAfter.Add(-publicMargin)) && slices.Equal(p.names, namesOf(p.cert.Leaf)) {
		return p.cert, nil
	}
	fresh, err := p.make(now)
	if err == nil {
		p.cert = fresh
		return fresh, nil
	}
	if p.cert != nil && now.Before(p.cert.Leaf.NotAfter) && slices.Equal(p.names, namesOf(p.cert.Leaf)) {
		return p.cert, nil
	}
	return nil, err
}

func (p *Public) make(now time.Time) (*tls.Certificate, error) {
	var key *ecdsa.PrivateKey
	var err error
	if p.cert != nil {
		key = p.cert.PrivateKey.(*ecdsa.PrivateKey) // parsePEM and this function make no other
	} else if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Causeway"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(publicLife), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range p.names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("public certificate for %q: %w", p.names, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	text, err := encodePEM(key, der)
	if err != nil {
		return nil, err
	}
	return certificate(key, []*x509.Certificate{leaf}), statefile.Write(p.path, text)
}

func namesOf(cert *x509.Certificate) []string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	slices.Sort(names)
	return names
}
