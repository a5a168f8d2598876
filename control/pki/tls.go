package pki

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"causeway/control/wire"
)

// RenewGrace is for how long after its end a certificate still proves enough to
// be renewed: a node that was switched off over a holiday comes back by itself.
const RenewGrace = 30 * 24 * time.Hour

// ServerTLS is the configuration of an API between nodes: TLS 1.3, and only for
// holders of an unexpired certificate of this zone with one of roles.
func (c *Credentials) ServerTLS(roles ...Role) *tls.Config {
	t := c.base()
	t.ClientAuth = tls.RequireAnyClientCert
	t.VerifyConnection = func(cs tls.ConnectionState) error {
		_, err := c.verify(cs.PeerCertificates, 0, roles...)
		return err
	}
	return t
}

// EnrolServerTLS is the configuration of the controller's node API, where nodes
// knock that have no certificate yet, or one that ended up to RenewGrace ago. A
// certificate of anybody else ends the handshake; each handler calls Peer.
func (c *Credentials) EnrolServerTLS() *tls.Config {
	t := c.base()
	t.ClientAuth = tls.RequestClientCert
	t.VerifyConnection = func(cs tls.ConnectionState) error {
		if len(cs.PeerCertificates) == 0 {
			return nil
		}
		_, err := c.verify(cs.PeerCertificates, RenewGrace)
		return err
	}
	return t
}

// ClientTLS is the configuration for talking to a node of the zone that has
// that role and, unless name is empty, that name.
func (c *Credentials) ClientTLS(role Role, name string) *tls.Config {
	t := c.base()
	// Names and addresses mean nothing here; verify checks the chain and who.
	t.InsecureSkipVerify = true
	t.VerifyConnection = func(cs tls.ConnectionState) error {
		id, err := c.verify(cs.PeerCertificates, 0, role)
		if err == nil && name != "" && id.Name != name {
			err = fmt.Errorf("%v answers instead of %s", id, name)
		}
		return err
	}
	return t
}

// base presents the newest certificate, to servers and to clients. Sessions are
// not resumed: who a peer is gets proven by the certificate it holds now.
func (c *Credentials) base() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}

// verify checks a peer's chain against the zone's authority, up to grace after
// its end, and that its role is one of roles, if any are given.
func (c *Credentials) verify(chain []*x509.Certificate, grace time.Duration, roles ...Role) (Identity, error) {
	if len(chain) == 0 {
		return Identity{}, errors.New("the peer shows no certificate")
	}
	leaf, at := chain[0], c.now()
	if at.After(leaf.NotAfter) && at.Before(leaf.NotAfter.Add(grace)) {
		at = leaf.NotAfter
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: c.roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return Identity{}, fmt.Errorf("zone %s: the peer's certificate: %w", c.id.Zone, err)
	}
	id, err := IdentityOf(leaf)
	switch {
	case err != nil:
		return Identity{}, err
	case id.Zone != c.id.Zone:
		return Identity{}, fmt.Errorf("%v is not of zone %s", id, c.id.Zone)
	case len(roles) > 0 && !slices.Contains(roles, id.Role):
		return Identity{}, fmt.Errorf("%v has not the role %v that this needs", id, roles)
	}
	return id, nil
}

// Peer is who sent r over a connection of EnrolServerTLS. Its error is a
// *wire.Problem: 401 without a certificate or with one that has ended by more
// than grace, 403 for a role that is not among roles (no roles: any).
func (c *Credentials) Peer(r *http.Request, grace time.Duration, roles ...Role) (Identity, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return Identity{}, wire.NewProblem(http.StatusUnauthorized, wire.CodeForbidden,
			"This needs a node's certificate. A node gets one by joining with a token.")
	}
	leaf := r.TLS.PeerCertificates[0]
	if c.now().After(leaf.NotAfter.Add(grace)) {
		return Identity{}, wire.NewProblem(http.StatusUnauthorized, wire.CodeForbidden,
			"The node's certificate ended at %s.", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	id, err := IdentityOf(leaf)
	if err != nil || len(roles) > 0 && !slices.Contains(roles, id.Role) {
		return Identity{}, wire.NewProblem(http.StatusForbidden, wire.CodeForbidden,
			"A node with the role %q may not do this.", id.Role)
	}
	return id, nil
}
