package pki

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Role is what a node is in its zone; each API of the zone demands one.
type Role string

const (
	// RoleController is a zone controller (ZC).
	RoleController Role = "zc"
	// RoleRouter is a multimedia router (MMR).
	RoleRouter Role = "mmr"
)

// Valid reports whether r is a role of a zone.
func (r Role) Valid() bool { return r == RoleController || r == RoleRouter }

// Identity is who a node is.
type Identity struct {
	Zone string
	Role Role
	Name string
}

const scheme = "causeway"

var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)

// CheckName says whether name may name a zone or a node: 1-63 lower-case
// letters, digits, dots and hyphens, as in a host name.
func CheckName(name string) error {
	if !namePattern.MatchString(name) {
		return fmt.Errorf("%.80q is no name for a node or zone: it takes 1-63 lower-case letters, digits, dots and hyphens", name)
	}
	return nil
}

// Check reports what is wrong with id, if anything.
func (id Identity) Check() error {
	if !id.Role.Valid() {
		return fmt.Errorf("%.80q is no role: it is %s or %s", id.Role, RoleController, RoleRouter)
	}
	return errors.Join(CheckName(id.Zone), CheckName(id.Name))
}

// String is the URI in the certificate: causeway://ZONE/ROLE/NAME.
func (id Identity) String() string {
	return scheme + "://" + id.Zone + "/" + string(id.Role) + "/" + id.Name
}

func (id Identity) url() *url.URL {
	return &url.URL{Scheme: scheme, Host: id.Zone, Path: "/" + string(id.Role) + "/" + id.Name}
}

// IdentityOf reads the identity of a certificate. It trusts nothing: the caller
// has verified the chain.
func IdentityOf(cert *x509.Certificate) (Identity, error) {
	if len(cert.URIs) != 1 {
		return Identity{}, fmt.Errorf("certificate names %d identities instead of one", len(cert.URIs))
	}
	return parseIdentity(cert.URIs[0])
}

func parseIdentity(u *url.URL) (Identity, error) {
	parts := strings.Split(u.Path, "/")
	if u.Scheme != scheme || len(parts) != 3 || parts[0] != "" {
		return Identity{}, fmt.Errorf("%.120q is not of the form %s://ZONE/ROLE/NAME", u, scheme)
	}
	id := Identity{Zone: u.Host, Role: Role(parts[1]), Name: parts[2]}
	if err := id.Check(); err != nil {
		return Identity{}, err
	}
	if u.String() != id.String() { // no user, port, query or fragment
		return Identity{}, fmt.Errorf("%.120q is not of the form %s://ZONE/ROLE/NAME", u, scheme)
	}
	return id, nil
}
