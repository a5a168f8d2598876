package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"causeway/control/statefile"
)

const credentialsFile = "node.pem"

// ErrNotEnrolled says that a state directory holds no node's certificate.
var ErrNotEnrolled = errors.New("this node has not joined a zone")

// Credentials are a node's certificate, its key, and the authority by which it
// judges others, kept in one file of its state directory. Certificates change
// underneath while connections run: every TLS configuration made from here
// always presents the newest. Safe for concurrent use.
type Credentials struct {
	path      string
	id        Identity
	authority *x509.Certificate
	roots     *x509.CertPool
	now       func() time.Time

	current atomic.Pointer[tls.Certificate]
	write   sync.Mutex // one renewal writes the file at a time
}

// LoadCredentials reads what an enrolment left in dir. It returns
// ErrNotEnrolled, wrapped, if there is nothing. An expired certificate loads:
// it may still be good for a renewal.
func LoadCredentials(dir string) (*Credentials, error) {
	path := filepath.Join(dir, credentialsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNotEnrolled)
	}
	if err != nil {
		return nil, err
	}
	key, chain, err := parsePEM(text)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	c, err := newCredentials(dir, key, chain)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return c, nil
}

// newCredentials makes credentials of a chain (leaf, authority) without writing
// them.
func newCredentials(dir string, key *ecdsa.PrivateKey, chain []*x509.Certificate) (*Credentials, error) {
	if len(chain) != 2 || !chain[1].IsCA {
		return nil, errors.New("it is not a node's certificate followed by its zone's authority")
	}
	id, err := IdentityOf(chain[0])
	if err != nil {
		return nil, err
	}
	c := &Credentials{
		path: filepath.Join(dir, credentialsFile), id: id, authority: chain[1],
		roots: x509.NewCertPool(), now: time.Now,
	}
	c.roots.AddCert(chain[1])
	if err := chain[0].CheckSignatureFrom(chain[1]); err != nil {
		return nil, err
	}
	c.current.Store(certificate(key, chain))
	return c, nil
}

// Enrol makes or takes up the credentials of the authority's own process, kept
// in dir: a controller needs nobody's token. What is kept is used again unless
// it is for another identity or due for renewal.
func (a *Authority) Enrol(dir string, role Role, name string) (*Credentials, error) {
	want := Identity{Zone: a.zone, Role: role, Name: name}
	c, err := LoadCredentials(dir)
	if err == nil && c.id == want && c.authority.Equal(a.cert) && a.now().Before(c.due()) {
		return c, nil
	}
	if err != nil && !errors.Is(err, ErrNotEnrolled) {
		return nil, err
	}
	key, csr, err := newCSR()
	if err != nil {
		return nil, err
	}
	chain, err := a.Issue(role, name, csr, 0)
	if err != nil {
		return nil, err
	}
	return keep(dir, key, chain, a.cert, want)
}

// keep checks a chain that was issued to key and writes it to dir.
func keep(dir string, key *ecdsa.PrivateKey, chain [][]byte, authority *x509.Certificate, want Identity) (*Credentials, error) {
	certs, err := parseChain(key, chain, authority, want)
	if err != nil {
		return nil, err
	}
	c, err := newCredentials(dir, key, certs)
	if err != nil {
		return nil, err
	}
	if err := c.install(key, certs); err != nil {
		return nil, err
	}
	return c, nil
}

// parseChain checks that chain is a certificate of key for the wanted identity,
// followed by the expected authority.
func parseChain(key *ecdsa.PrivateKey, chain [][]byte, authority *x509.Certificate, want Identity) ([]*x509.Certificate, error) {
	if len(chain) != 2 || !bytes.Equal(chain[1], authority.Raw) {
		return nil, errors.New("issued certificate: it is not followed by the zone's own authority")
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, fmt.Errorf("issued certificate: %w", err)
	}
	if err := leaf.CheckSignatureFrom(authority); err != nil {
		return nil, fmt.Errorf("issued certificate: %w", err)
	}
	if id, err := IdentityOf(leaf); err != nil || id != want {
		return nil, fmt.Errorf("issued certificate: it is for %v instead of %v", id, want)
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return nil, errors.New("issued certificate: it is for another key")
	}
	return []*x509.Certificate{leaf, authority}, nil
}

// install writes a checked chain, then presents it from the next handshake on.
func (c *Credentials) install(key *ecdsa.PrivateKey, chain []*x509.Certificate) error {
	c.write.Lock()
	defer c.write.Unlock()
	text, err := encodePEM(key, chain[0].Raw, chain[1].Raw)
	if err != nil {
		return err
	}
	if err := statefile.Write(c.path, text); err != nil {
		return err
	}
	c.current.Store(certificate(key, chain))
	return nil
}

func certificate(key *ecdsa.PrivateKey, chain []*x509.Certificate) *tls.Certificate {
	t := &tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, cert := range chain {
		t.Certificate = append(t.Certificate, cert.Raw)
	}
	return t
}

// Identity is who the node is; it never changes.
func (c *Credentials) Identity() Identity { return c.id }

// Pin is the SHA-256 of the zone authority's SPKI.
func (c *Credentials) Pin() [32]byte { return pin(c.authority) }

// Expires is when the present certificate ends.
func (c *Credentials) Expires() time.Time { return c.current.Load().Leaf.NotAfter }

// Serial tells one certificate from the next.
func (c *Credentials) Serial() string { return c.current.Load().Leaf.SerialNumber.String() }

// due is when the present certificate wants renewal: at two thirds of its life.
func (c *Credentials) due() time.Time {
	leaf := c.current.Load().Leaf
	return leaf.NotAfter.Add(-leaf.NotAfter.Sub(leaf.NotBefore) / 3)
}
