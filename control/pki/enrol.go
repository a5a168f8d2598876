package pki

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"causeway/control/wire"
)

// Paths of the controller's node API that this package serves and calls.
const (
	EnrolPath = "/v1/enrol"
	RenewPath = "/v1/renew"
)

const (
	maxEnrolBytes = 16 << 10
	enrolTimeout  = 10 * time.Second
)

type enrolRequest struct {
	Token  string `json:"token"` // the token's id
	Secret []byte `json:"secret"`
	CSR    []byte `json:"csr"` // PKCS #10, DER
}

type renewRequest struct {
	CSR []byte `json:"csr"`
}

type issued struct {
	Certificates [][]byte `json:"certificates"` // DER: the node's, the authority's
}

// EnrolHandler serves POST /v1/enrol: a join token of dir and a certificate
// request against a certificate. enrolled, which may refuse, is told before the
// certificate goes out; after its refusal the token is spent all the same.
func (a *Authority) EnrolHandler(dir string, enrolled func(Identity) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in enrolRequest
		if !decode(w, r, &in) {
			return
		}
		// Everything that can be wrong is checked before the token is spent.
		if _, err := checkCSR(in.CSR); err != nil {
			wire.WriteProblem(w, wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "%v", err))
			return
		}
		role, name, err := a.redeem(dir, in.Token, in.Secret)
		if errors.Is(err, ErrTokenUnknown) || errors.Is(err, ErrTokenUsed) || errors.Is(err, ErrTokenExpired) {
			err = wire.NewProblem(http.StatusForbidden, wire.CodeForbidden, "%v", err)
		}
		if err == nil {
			err = enrolled(Identity{Zone: a.zone, Role: role, Name: name})
		}
		a.answer(w, role, name, in.CSR, err)
	})
}

// RenewHandler serves POST /v1/renew: who holds a certificate of the zone, or
// held one until RenewGrace ago, gets the next. allowed may refuse.
func (a *Authority) RenewHandler(c *Credentials, allowed func(Identity) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := c.Peer(r, RenewGrace)
		if err != nil {
			wire.WriteProblem(w, err)
			return
		}
		var in renewRequest
		if !decode(w, r, &in) {
			return
		}
		if _, err := checkCSR(in.CSR); err != nil {
			wire.WriteProblem(w, wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "%v", err))
			return
		}
		a.answer(w, id.Role, id.Name, in.CSR, allowed(id))
	})
}

func (a *Authority) answer(w http.ResponseWriter, role Role, name string, csr []byte, err error) {
	var chain [][]byte
	if err == nil {
		chain, err = a.Issue(role, name, csr, 0)
	}
	if err != nil {
		wire.WriteProblem(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(issued{Certificates: chain})
}

func decode(w http.ResponseWriter, r *http.Request, v any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxEnrolBytes)).Decode(v)
	if err != nil {
		wire.WriteProblem(w, wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "The body is not the JSON object that belongs here."))
	}
	return err == nil
}

// Enrol joins a zone: it trades the token's text for a certificate and keeps it
// in dir. It talks to nobody but a controller of the zone that the token pins.
// Each address of the token is tried in turn until one answers.
func Enrol(ctx context.Context, dir, token string) (*Credentials, error) {
	t, err := ParseJoinToken(token)
	if err != nil {
		return nil, err
	}
	key, csr, err := newCSR()
	if err != nil {
		return nil, err
	}
	var authority *x509.Certificate
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: t.clientTLS(&authority)}
	client := &http.Client{Transport: transport, Timeout: enrolTimeout}
	var failed []error
	for _, address := range t.Enrol {
		out, err := post(ctx, client, address, EnrolPath, enrolRequest{Token: t.ID, Secret: t.Secret, CSR: csr})
		if err == nil {
			return keep(dir, key, out.Certificates, authority, Identity{t.Zone, t.Role, t.Name})
		}
		failed = append(failed, err)
		if p := new(wire.Problem); errors.As(err, &p) {
			break // a controller of the zone has refused; another will not differ
		}
	}
	return nil, fmt.Errorf("joining zone %s as %s %s: %w", t.Zone, t.Role, t.Name, errors.Join(failed...))
}

// clientTLS trusts exactly the controllers of the token's zone: the chain must
// hold the pinned authority, which *authority then is.
func (t JoinToken) clientTLS(authority **x509.Certificate) *tls.Config {
	verify := func(cs tls.ConnectionState) error {
		chain := cs.PeerCertificates
		if len(chain) != 2 || pin(chain[1]) != [32]byte(t.Pin) {
			return fmt.Errorf("it is not a controller of zone %s: the authority is not the one in the token", t.Zone)
		}
		c := &Credentials{id: Identity{Zone: t.Zone}, roots: x509.NewCertPool(), now: time.Now}
		c.roots.AddCert(chain[1])
		_, err := c.verify(chain, 0, RoleController)
		if err == nil {
			*authority = chain[1]
		}
		return err
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, VerifyConnection: verify}
}

func post(ctx context.Context, client *http.Client, address, path string, in any) (issued, error) {
	var out issued
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+address+path, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return out, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxEnrolBytes))
	if err != nil {
		return out, fmt.Errorf("%s: %w", address, err)
	}
	if answer.StatusCode != http.StatusOK {
		return out, fmt.Errorf("%s refuses: %w", address, wire.ReadProblem(answer.StatusCode, text))
	}
	return out, json.Unmarshal(text, &out)
}
