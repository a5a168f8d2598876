package cloud

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"causeway/control/cloud/store"
	"causeway/control/wire"
)

// Names of the login cookie. Over HTTPS the prefix makes browsers insist on
// Secure, Path=/ and this very host (RFC 6265bis section 4.1.3.2). Plain HTTP on
// loopback cannot have that, and has a name of its own so that the two never
// shadow each other.
const (
	secureCookie   = "__Host-causeway"
	loopbackCookie = "causeway-loopback"
)

const maxEmail = 254 // bytes; RFC 5321 section 4.5.3.1.3

// Account is a signed-in account as it sees itself.
type Account struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

func (c *Cloud) cookie(r *http.Request, value string, maxAge time.Duration) *http.Cookie {
	k := &http.Cookie{Name: loopbackCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(maxAge / time.Second)}
	if r.TLS != nil {
		k.Name, k.Secure = secureCookie, true
	}
	if value == "" {
		k.MaxAge = -1
	}
	return k
}

// loginHash is the hash of the request's login cookie, nil if it has none.
func (c *Cloud) loginHash(r *http.Request) []byte {
	k, err := r.Cookie(c.cookie(r, "", 0).Name)
	if err != nil || k.Value == "" || len(k.Value) > 64 {
		return nil
	}
	return hash(k.Value)
}

// viewer is who sends the request; ok is false for a guest.
func (c *Cloud) viewer(r *http.Request) (a store.Account, ok bool, err error) {
	token := c.loginHash(r)
	if token == nil {
		return a, false, nil
	}
	a, err = c.store.LoginAccount(r.Context(), token, c.now())
	if errors.Is(err, store.ErrNotFound) {
		return a, false, nil
	}
	return a, err == nil, err
}

// account is who sends the request; a guest gets the problem signed-out.
func (c *Cloud) account(r *http.Request) (store.Account, error) {
	a, ok, err := c.viewer(r)
	if err == nil && !ok {
		err = wire.NewProblem(http.StatusUnauthorized, wire.CodeSignedOut, "Sign in first.")
	}
	return a, err
}

// login answers POST /api/login. A wrong address and a wrong password get the
// same answer after the same work. What limits guessing: one address of the
// network may try 30 times at once, then every 2 s; one account (there or not)
// may fail 10 times, then every 30 s.
func (c *Cloud) login(w http.ResponseWriter, r *http.Request) error {
	if !private(r) {
		return wire.NewProblem(http.StatusForbidden, wire.CodeForbidden, "Passwords are taken over HTTPS only.")
	}
	var ask struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := readJSON(w, r, &ask); err != nil {
		return err
	}
	now, email := c.now(), strings.ToLower(strings.TrimSpace(ask.Email))
	key := string(hash(email))
	err := c.loginsByAddress.take(addressKey(r), now)
	if err == nil {
		err = c.loginsByEmail.take(key, now)
	}
	if err != nil {
		c.metrics.logins.WithLabelValues("limited").Inc()
		return err
	}
	a, err := c.store.AccountByEmail(r.Context(), email)
	if errors.Is(err, store.ErrNotFound) || len(email) > maxEmail {
		a, err = store.Account{Password: nobody}, nil
	}
	if err != nil {
		return err
	}
	right, err := c.hashers.verify(r.Context(), ask.Password, a.Password)
	if err != nil {
		return err
	}
	if !right || a.ID == "" {
		c.metrics.logins.WithLabelValues("failed").Inc()
		return wire.NewProblem(http.StatusUnauthorized, wire.CodeLoginFailed, "The e-mail address or the password is not right.")
	}
	c.loginsByEmail.giveBack(key, now)
	return c.signIn(w, r, a)
}

// signIn gives the browser a new login in the place of the one it has.
func (c *Cloud) signIn(w http.ResponseWriter, r *http.Request, a store.Account) error {
	if old := c.loginHash(r); old != nil {
		if err := c.store.DeleteLogin(r.Context(), old); err != nil {
			return err
		}
	}
	secret, now := randomSecret(), c.now()
	if err := c.store.AddLogin(r.Context(), store.Login{
		TokenHash: hash(secret), Account: a.ID, Created: now, Expires: now.Add(c.config.LoginLife),
	}); err != nil {
		return err
	}
	c.metrics.logins.WithLabelValues("ok").Inc()
	http.SetCookie(w, c.cookie(r, secret, c.config.LoginLife))
	return answerAccount(w, a)
}

func answerAccount(w http.ResponseWriter, a store.Account) error {
	return answer(w, http.StatusOK, "", map[string]Account{"account": {ID: a.ID, Email: a.Email, Name: a.Name}})
}

// logout answers POST /api/logout, also for somebody who is signed out.
func (c *Cloud) logout(w http.ResponseWriter, r *http.Request) error {
	if token := c.loginHash(r); token != nil {
		if err := c.store.DeleteLogin(r.Context(), token); err != nil {
			return err
		}
	}
	http.SetCookie(w, c.cookie(r, "", 0))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// getMe answers GET /api/me.
func (c *Cloud) getMe(w http.ResponseWriter, r *http.Request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	return answerAccount(w, a)
}

// private reports whether nobody between can read the request: it came over
// HTTPS, or from this machine.
func private(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return r.TLS != nil || err == nil && peer.Addr().Unmap().IsLoopback()
}
