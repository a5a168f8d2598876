package pki

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"
)

// Issuer asks an authority for the next certificate of the key in csr (PKCS #10,
// DER) and returns the chain, leaf first.
type Issuer func(ctx context.Context, csr []byte) ([][]byte, error)

// Renewing pace: a renewal that fails is tried again after retryFirst, doubling
// up to retryMax. The clock is looked at every lookEvery, because a machine that
// was suspended finds its timers late and its certificate old.
const (
	retryFirst = 2 * time.Second
	retryMax   = 5 * time.Minute
	lookEvery  = time.Minute
)

// Maintain renews the certificate at two thirds of its life, and at once if
// that is over, until ctx ends. A failure is logged and tried again; the old
// certificate is presented meanwhile.
func (c *Credentials) Maintain(ctx context.Context, issue Issuer, log *slog.Logger) {
	retry := retryFirst
	for {
		wait := lookEvery
		if left := c.due().Sub(c.now()); left > 0 {
			wait = min(wait, left)
		} else if err := c.Renew(ctx, issue); err == nil {
			retry = retryFirst
			log.Info("certificate renewed", "node", c.id.String(), "expires", c.Expires())
			continue
		} else if ctx.Err() == nil {
			log.Warn("certificate not renewed", "node", c.id.String(), "expires", c.Expires(), "error", err)
			wait = retry/2 + rand.N(retry)
			retry = min(2*retry, retryMax)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// Renew gets the next certificate now, for a fresh key.
func (c *Credentials) Renew(ctx context.Context, issue Issuer) error {
	key, csr, err := newCSR()
	if err != nil {
		return err
	}
	chain, err := issue(ctx, csr)
	if err != nil {
		return err
	}
	certs, err := parseChain(key, chain, c.authority, c.id)
	if err != nil {
		return err
	}
	return c.install(key, certs)
}

// Issuer issues certificates of the identity that c has, without a network: for
// the process that holds the authority.
func (a *Authority) Issuer(c *Credentials) Issuer {
	return func(_ context.Context, csr []byte) ([][]byte, error) {
		return a.Issue(c.id.Role, c.id.Name, csr, 0)
	}
}

// RenewFrom asks the controllers whose node APIs are at addresses (host:port),
// one after the other.
func (c *Credentials) RenewFrom(addresses []string) Issuer {
	return func(ctx context.Context, csr []byte) ([][]byte, error) {
		transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: c.ClientTLS(RoleController, "")}
		client := &http.Client{Transport: transport, Timeout: enrolTimeout}
		failed := []error{errors.New("no controller has renewed it")}
		for _, address := range addresses {
			out, err := post(ctx, client, address, RenewPath, renewRequest{CSR: csr})
			if err == nil {
				return out.Certificates, nil
			}
			failed = append(failed, err)
		}
		return nil, errors.Join(failed...)
	}
}
