package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base32"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"causeway/control/statefile"
)

// NodeLife is how long a node's certificate lives. Nodes renew at two thirds.
const NodeLife = 24 * time.Hour

const (
	authorityFile = "ca.pem"
	authorityLife = 10 * 365 * 24 * time.Hour
)

// Authority is a zone's certificate authority: an ECDSA P-256 key and its
// self-signed certificate, in one file of the controller's state directory
// that only its owner can read. It is safe for concurrent use.
type Authority struct {
	zone string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	// life is NodeLife, shorter in tests.
	life time.Duration
	now  func() time.Time
}

// ErrNoAuthority says that a state directory holds no zone.
var ErrNoAuthority = errors.New("no zone has been made here yet")

// OpenAuthority reads the authority kept in dir. It returns ErrNoAuthority,
// wrapped, if there is none.
func OpenAuthority(dir string) (*Authority, error) {
	path := filepath.Join(dir, authorityFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoAuthority)
	}
	if err != nil {
		return nil, err
	}
	key, chain, err := parsePEM(b)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	cert := chain[0]
	if !cert.IsCA || len(cert.URIs) != 1 || cert.URIs[0].Scheme != scheme {
		return nil, fmt.Errorf("%s is damaged: its certificate is no zone's authority", path)
	}
	return &Authority{zone: cert.URIs[0].Host, cert: cert, key: key, life: NodeLife, now: time.Now}, nil
}

// CreateAuthority makes the authority of a new zone in dir and refuses if dir
// holds one. An empty zone gets a random id.
func CreateAuthority(dir, zone string) (*Authority, error) {
	if zone == "" {
		zone = "z" + randomName(8)
	}
	if err := CheckName(zone); err != nil {
		return nil, err
	}
	if _, err := OpenAuthority(dir); !errors.Is(err, ErrNoAuthority) {
		return nil, fmt.Errorf("%s holds a zone's authority already", dir)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Causeway zone " + zone},
		URIs:      []*url.URL{{Scheme: scheme, Host: zone}},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	text, err := encodePEM(key, der)
	if err != nil {
		return nil, err
	}
	if err := statefile.Write(filepath.Join(dir, authorityFile), text); err != nil {
		return nil, err
	}
	return OpenAuthority(dir)
}

// Zone is the zone's id, which stands in every certificate of it.
func (a *Authority) Zone() string { return a.zone }

// Pin is the SHA-256 of the authority's public key (SPKI), by which a node that
// joins recognises its zone.
func (a *Authority) Pin() [32]byte { return pin(a.cert) }

// Derive makes a 32-byte secret that every holder of the authority's key agrees
// on and nobody else knows, one per label (HKDF-SHA256, RFC 5869).
func (a *Authority) Derive(label string) ([]byte, error) {
	secret, err := a.key.Bytes()
	if err != nil {
		return nil, err
	}
	return hkdf.Key(sha256.New, secret, nil, "causeway "+a.zone+" "+label, 32)
}

// Issue makes a certificate for the holder of csr's key, as node name with that
// role, and returns it with the authority's own: DER, leaf first. Of the
// request only the key is used, and its proof of possession. life is NodeLife
// if zero.
func (a *Authority) Issue(role Role, name string, csr []byte, life time.Duration) ([][]byte, error) {
	id := Identity{Zone: a.zone, Role: role, Name: name}
	if err := id.Check(); err != nil {
		return nil, err
	}
	public, err := checkCSR(csr)
	if err != nil {
		return nil, err
	}
	if life == 0 {
		life = a.life
	}
	start, end := a.now(), a.now().Add(life)
	if life < 0 { // over already: tests want one
		start, life = end, -life
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name}, URIs: []*url.URL{id.url()},
		// Backdated, so that a node whose clock is late can use it at once.
		NotBefore: start.Add(-life / 12), NotAfter: end,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		return nil, err
	}
	return [][]byte{der, a.cert.Raw}, nil
}

// checkCSR returns the key of a request that proves possession of it.
func checkCSR(der []byte) (*ecdsa.PublicKey, error) {
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	public, ok := csr.PublicKey.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, errors.New("certificate request: its key is not ECDSA P-256")
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	return public, nil
}

// newCSR makes a key and a request that proves possession of it.
func newCSR() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	return key, csr, err
}

func pin(cert *x509.Certificate) [32]byte { return sha256.Sum256(cert.RawSubjectPublicKeyInfo) }

func serial() *big.Int {
	var b [16]byte
	rand.Read(b[:])
	b[0] &= 0x7f // RFC 5280 §4.1.2.2: positive, at most 20 octets
	return new(big.Int).SetBytes(b[:])
}

func randomName(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// encodePEM writes a key and its chain as one text, so that one rename replaces
// both.
func encodePEM(key *ecdsa.PrivateKey, chain ...[]byte) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for _, c := range chain {
		pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c})
	}
	return b.Bytes(), nil
}

// parsePEM reads what encodePEM wrote: a key and at least one certificate, the
// first of which is the key's.
func parsePEM(text []byte) (*ecdsa.PrivateKey, []*x509.Certificate, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, nil, errors.New("it does not begin with a private key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, errors.New("its key is not ECDSA")
	}
	var chain []*x509.Certificate
	for block, rest = pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, err
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 || !key.PublicKey.Equal(chain[0].PublicKey) {
		return nil, nil, errors.New("it holds no certificate of its key")
	}
	return key, chain, nil
}
