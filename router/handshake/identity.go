package handshake

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// lifetime is how long an Identity's certificate is valid. WebRTC peers
// compare fingerprints and do not look at it; the process ends long before.
const lifetime = 10 * 365 * 24 * time.Hour

// Identity is the self-signed certificate that a process shows to all its
// peers: ECDSA P-256, known by its fingerprint alone (RFC 8122, RFC 8827
// section 6.5). It is made per process and never stored. Safe for concurrent
// use.
type Identity struct {
	certificate tls.Certificate
	fingerprint Fingerprint
}

// NewIdentity makes a key and its certificate.
func NewIdentity() (*Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("handshake: making a DTLS key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("handshake: making a certificate's serial number: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "causeway"},
		NotBefore:    now.Add(-24 * time.Hour),
		NotAfter:     now.Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("handshake: signing the DTLS certificate: %w", err)
	}
	sum := sha256.Sum256(der)
	return &Identity{
		certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		fingerprint: Fingerprint{Algorithm: "sha-256", Value: sum[:]},
	}, nil
}

// Fingerprint is the value of the SDP attribute a=fingerprint:
// "sha-256 AA:BB:…".
func (i *Identity) Fingerprint() string { return i.fingerprint.String() }

// Digest is the same, for programs.
func (i *Identity) Digest() Fingerprint { return i.fingerprint }

// Fingerprint is a certificate's digest, as SDP carries it (RFC 8122 section 5).
type Fingerprint struct {
	Algorithm string // "sha-256", "sha-384" or "sha-512"
	Value     []byte // the digest: 32, 48 or 64 bytes
}

// String is the SDP form: the algorithm, a space, upper-case hexadecimal
// bytes with colons.
func (f Fingerprint) String() string {
	var b strings.Builder
	b.WriteString(f.Algorithm)
	for i, v := range f.Value {
		sep := byte(':')
		if i == 0 {
			sep = ' '
		}
		b.WriteByte(sep)
		fmt.Fprintf(&b, "%02X", v)
	}
	return b.String()
}

// Validate says why f cannot identify a peer; nil if it can.
func (f Fingerprint) Validate() error {
	size, known := map[string]int{"sha-256": 32, "sha-384": 48, "sha-512": 64}[f.Algorithm]
	switch {
	case !known:
		return fmt.Errorf("handshake: fingerprint algorithm %q is none of sha-256, sha-384, sha-512", f.Algorithm)
	case len(f.Value) != size:
		return fmt.Errorf("handshake: a %s fingerprint has %d bytes, not %d", f.Algorithm, size, len(f.Value))
	}
	return nil
}

// matches compares f with the digest of a certificate, in constant time.
func (f Fingerprint) matches(der []byte) bool {
	var sum []byte
	switch f.Algorithm {
	case "sha-256":
		s := sha256.Sum256(der)
		sum = s[:]
	case "sha-384":
		s := sha512.Sum384(der)
		sum = s[:]
	case "sha-512":
		s := sha512.Sum512(der)
		sum = s[:]
	default:
		return false
	}
	return subtle.ConstantTimeCompare(sum, f.Value) == 1
}

// verify is what DTLS asks about the peer's certificates: only the first
// counts, and only its fingerprint.
func (f Fingerprint) verify(certificates [][]byte, _ [][]*x509.Certificate) error {
	if len(certificates) == 0 {
		return errors.New("handshake: the peer showed no certificate")
	}
	if !f.matches(certificates[0]) {
		return ErrFingerprint
	}
	return nil
}
