package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"

	"causeway/control/cloud/store"
	"causeway/control/statefile"
	"causeway/control/ticket"
	"causeway/control/wire"
)

// The account that a new cloud begins with.
const (
	firstEmail = "host@causeway.local"
	firstName  = "Host"
)

// firstFile keeps the first account's generated password, for the owner of the
// state directory only, until somebody changes it.
const firstFile = "first-account.json"

type firstAccount struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// EnsureFirstAccount makes an account with a generated password if there is
// none, and says so by created. If there are accounts, it returns the first
// one's e-mail address, and its password only as long as it is the generated
// one; otherwise "".
func (c *Cloud) EnsureFirstAccount(ctx context.Context) (email, password string, created bool, err error) {
	a, err := c.store.FirstAccount(ctx)
	if err == nil {
		password, err = c.generatedPassword(ctx, a)
		return a.Email, password, false, err
	}
	if !errors.Is(err, store.ErrNotFound) {
		return "", "", false, err
	}
	// The file first: a crash between the two leaves no account that nobody can enter.
	first := firstAccount{Email: firstEmail, Password: randomWord(4, 5)}
	if err := statefile.WriteJSON(c.firstPath(), first); err != nil {
		return "", "", false, fmt.Errorf("cloud: the first account's password: %w", err)
	}
	if err := c.CreateAccount(ctx, first.Email, firstName, first.Password); err != nil {
		return "", "", false, err
	}
	return first.Email, first.Password, true, nil
}

func (c *Cloud) firstPath() string { return filepath.Join(c.config.StateDir, firstFile) }

// generatedPassword is what the file says if it still opens account a.
func (c *Cloud) generatedPassword(ctx context.Context, a store.Account) (string, error) {
	var first firstAccount
	found, err := statefile.ReadJSON(c.firstPath(), &first)
	if err != nil {
		return "", fmt.Errorf("cloud: the first account's password: %w", err)
	}
	if !found || first.Email != a.Email {
		return "", nil
	}
	same, err := c.hashers.verify(ctx, first.Password, a.Password)
	if err != nil || !same {
		return "", err
	}
	return first.Password, nil
}

// CreateAccount adds an account. A taken or malformed address, a name that
// cannot be shown or a password out of bounds is a *wire.Problem.
func (c *Cloud) CreateAccount(ctx context.Context, email, name, password string) error {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > maxEmail {
		return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "That is not an e-mail address.")
	}
	if name, err = ticket.CleanName(name); err != nil {
		return err
	}
	phc, err := c.hashers.make(ctx, password)
	if err != nil {
		return err
	}
	err = c.store.AddAccount(ctx, store.Account{ID: randomID("a"), Email: strings.ToLower(email), Name: name, Password: phc, Created: c.now()})
	if errors.Is(err, store.ErrExists) {
		return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "There is an account with this e-mail address.")
	}
	return err
}

// SetPassword replaces an account's password and signs it out everywhere.
func (c *Cloud) SetPassword(ctx context.Context, email, password string) error {
	phc, err := c.hashers.make(ctx, password)
	if err != nil {
		return err
	}
	a, err := c.store.AccountByEmail(ctx, email)
	if errors.Is(err, store.ErrNotFound) {
		return wire.NewProblem(http.StatusNotFound, wire.CodeNotFound, "There is no account with this e-mail address.")
	}
	if err != nil {
		return err
	}
	if err := c.store.SetPassword(ctx, a.ID, phc); err != nil {
		return err
	}
	// The generated password opens nothing any more; its file should not linger.
	var first firstAccount
	if found, err := statefile.ReadJSON(c.firstPath(), &first); err == nil && found && first.Email == a.Email {
		if err := os.Remove(c.firstPath()); err != nil {
			c.log.Warn("the generated password's file stays", "error", err)
		}
	}
	return nil
}
