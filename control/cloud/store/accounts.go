package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Account is somebody who may sign in and own meetings.
type Account struct {
	ID       string
	Email    string // lower case; AccountByEmail folds what it is asked
	Name     string
	Password string // argon2id as a PHC string, made and verified by package cloud
	Created  time.Time
}

const accountColumns = `id, email, name, password, created`

type scanner interface{ Scan(...any) error }

func scanAccount(row scanner) (a Account, err error) {
	var created int64
	err = row.Scan(&a.ID, &a.Email, &a.Name, &a.Password, &created)
	a.Created = instant(created)
	return a, err
}

// AddAccount adds a; ErrExists if its id or e-mail address is taken.
func (s *Store) AddAccount(ctx context.Context, a Account) error {
	_, err := s.exec(ctx, "add account", `INSERT INTO accounts (`+accountColumns+`) VALUES (?, ?, ?, ?, ?)`,
		a.ID, strings.ToLower(a.Email), a.Name, a.Password, ms(a.Created))
	return err
}

// AccountByEmail finds an account by its e-mail address in any case.
func (s *Store) AccountByEmail(ctx context.Context, email string) (Account, error) {
	a, err := scanAccount(s.read.QueryRowContext(ctx,
		`SELECT `+accountColumns+` FROM accounts WHERE email = ?`, strings.ToLower(email)))
	return a, named("account by e-mail", err)
}

// FirstAccount is the oldest account; ErrNotFound if there is none.
func (s *Store) FirstAccount(ctx context.Context) (Account, error) {
	a, err := scanAccount(s.read.QueryRowContext(ctx,
		`SELECT `+accountColumns+` FROM accounts ORDER BY created, id LIMIT 1`))
	return a, named("first account", err)
}

// SetPassword replaces an account's password and signs it out everywhere.
func (s *Store) SetPassword(ctx context.Context, account, password string) error {
	return s.change(ctx, "set password", func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE accounts SET password = ? WHERE id = ?`, password, account)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return orNotFound(err)
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM logins WHERE account = ?`, account)
		return err
	})
}

// Login is one signed-in browser. TokenHash is SHA-256 of the cookie's value.
type Login struct {
	TokenHash        []byte
	Account          string
	Created, Expires time.Time
}

// maxLogins bounds the browsers that one account is signed in on; the oldest go.
const maxLogins = 50

// AddLogin adds a login session and drops the account's oldest beyond 50.
func (s *Store) AddLogin(ctx context.Context, l Login) error {
	return s.change(ctx, "add login", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO logins (token_hash, account, created, expires) VALUES (?, ?, ?, ?)`,
			l.TokenHash, l.Account, ms(l.Created), ms(l.Expires)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM logins WHERE account = ? AND token_hash NOT IN
			(SELECT token_hash FROM logins WHERE account = ? ORDER BY created DESC LIMIT ?)`, l.Account, l.Account, maxLogins)
		return err
	})
}

// LoginAccount is the account that is signed in with the cookie of this hash
// now; ErrNotFound if there is none or its time is over.
func (s *Store) LoginAccount(ctx context.Context, tokenHash []byte, now time.Time) (Account, error) {
	a, err := scanAccount(s.read.QueryRowContext(ctx, `SELECT a.id, a.email, a.name, a.password, a.created
		FROM logins l JOIN accounts a ON a.id = l.account WHERE l.token_hash = ? AND l.expires > ?`, tokenHash, ms(now)))
	return a, named("login", err)
}

// DeleteLogin signs a browser out; that it was signed out already is no error.
func (s *Store) DeleteLogin(ctx context.Context, tokenHash []byte) error {
	_, err := s.exec(ctx, "delete login", `DELETE FROM logins WHERE token_hash = ?`, tokenHash)
	return err
}

func orNotFound(err error) error {
	if err == nil {
		err = ErrNotFound
	}
	return err
}
