package store

import (
	"context"
	"database/sql"
	"time"
)

// SigningKey is a private key that signs tickets: the seed of an Ed25519 key
// (RFC 8032 section 5.1.5). It is published from Created and signs from SignsFrom.
type SigningKey struct {
	ID        string
	Seed      []byte
	Created   time.Time
	SignsFrom time.Time
}

// SigningKeys lists the keys, the newest first.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, seed, created, signs_from FROM signing_keys ORDER BY signs_from DESC, id`)
	if err != nil {
		return nil, named("signing keys", err)
	}
	defer rows.Close()
	var keys []SigningKey
	for rows.Next() {
		var k SigningKey
		var created, from int64
		if err := rows.Scan(&k.ID, &k.Seed, &created, &from); err != nil {
			return nil, named("signing keys", err)
		}
		k.Created, k.SignsFrom = instant(created), instant(from)
		keys = append(keys, k)
	}
	return keys, named("signing keys", rows.Err())
}

// AddSigningKey adds k if no key was made after since: of several processes
// that want a new key at the same moment, one makes it. added says which.
func (s *Store) AddSigningKey(ctx context.Context, k SigningKey, since time.Time) (added bool, err error) {
	n, err := s.exec(ctx, "add signing key", `INSERT INTO signing_keys (id, seed, created, signs_from)
		SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE created > ?)`,
		k.ID, k.Seed, ms(k.Created), ms(k.SignsFrom), ms(since))
	return n > 0, err
}

// DeleteSigningKey forgets a key whose last ticket has expired.
func (s *Store) DeleteSigningKey(ctx context.Context, id string) error {
	_, err := s.exec(ctx, "delete signing key", `DELETE FROM signing_keys WHERE id = ?`, id)
	return err
}

// SetDefault sets a setting that is not set yet, and returns what it is now.
func (s *Store) SetDefault(ctx context.Context, name, value string) (string, error) {
	err := s.change(ctx, "set default", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = ?`, name).Scan(&value)
	})
	return value, err
}

// Set sets a setting.
func (s *Store) Set(ctx context.Context, name, value string) error {
	_, err := s.exec(ctx, "set", `INSERT INTO settings (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// Setting reads a setting; ErrNotFound if it is not set.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = ?`, name).Scan(&value)
	return value, named("setting", err)
}

// Sweep deletes login sessions and pairing codes whose time is over.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	return s.change(ctx, "sweep", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM logins WHERE expires <= ?`, ms(now)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM pairing_codes WHERE expires <= ?`, ms(now))
		return err
	})
}
