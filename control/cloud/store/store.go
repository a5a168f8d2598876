// Package store keeps what the cloud must not forget: accounts, login sessions,
// meetings, zones and what they last reported, pairing codes, signing keys.
//
// It holds metadata only and decides nothing but what needs a transaction: that
// a pairing code is used once, that a writer of an older epoch is refused. A
// call that returned without error is on disk: SQLite in WAL mode, synced at
// each commit. Several processes may have one database open at the same time.
//
// The method set is the contract that PostgreSQL will have to keep as well, so
// it shows nothing of SQLite: no rows, no transactions, errors of its own. The
// statements keep to what both understand. Instants go in as time.Time and are
// kept to the millisecond; the package reads no clock.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers decide on; everything else is a fault of the store.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("exists already")
	// ErrStale refuses a writer whose epoch is lower than one that was seen.
	ErrStale = errors.New("stale epoch")
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// Store is an open database. It is safe for concurrent use.
//
// Writes go through one connection, so that writers of this process queue in Go
// rather than on SQLite's lock; readers never wait for them (WAL).
type Store struct {
	write, read *sql.DB
}

// file is the database's name in the state directory.
const file = "cloud.db"

// Open opens the database in dir, makes both if they are not there, and brings
// an older one up to date. Its error is one line that names cause and cure.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := prepare(dir); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(dir, file))
	if err != nil {
		return nil, fmt.Errorf("state directory %s: %w", dir, err)
	}
	s := &Store{}
	if s.write, err = open(path, 1, "_txlock=immediate"); err != nil {
		return nil, explain(path, err)
	}
	if s.read, err = open(path, 4, "_pragma=query_only(1)"); err != nil {
		s.write.Close()
		return nil, explain(path, err)
	}
	if err := s.migrate(ctx, dir); err != nil {
		s.Close()
		return nil, explain(path, err)
	}
	return s, nil
}

// Close closes the database; what was acknowledged is on disk already.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM settings WHERE name = ''`).Scan(&one); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// prepare makes the directory and the empty file, for the owner only: SQLite
// gives its -wal and -shm files the permissions of the database.
func prepare(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(filepath.Join(dir, file), os.O_RDWR|os.O_CREATE, 0o600); err == nil {
			err = f.Close()
		}
	}
	if err == nil {
		return nil
	}
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return fmt.Errorf("state directory %s cannot be written (%v): give this user write access to it, or name another directory with --state", dir, err)
}

func open(path string, connections int, options string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + options}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// migrate applies what is missing. A lock file keeps a second process that
// starts at the same moment waiting until the first is done.
func (s *Store) migrate(ctx context.Context, dir string) error {
	lock, err := os.OpenFile(filepath.Join(dir, "cloud.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // releases the lock as well
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	steps, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	g, err := goose.NewProvider(goose.DialectSQLite3, s.write, steps)
	if err != nil {
		return err
	}
	have, err := g.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	sources := g.ListSources()
	if want := sources[len(sources)-1].Version; have > want {
		return fmt.Errorf("it was written by a newer version (schema %d, this program knows %d): start that version again", have, want)
	}
	_, err = g.Up(ctx)
	return err
}

// explain words the faults that an operator can mend.
func explain(path string, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
			return fmt.Errorf("database %s is damaged (%v): put a backup in its place, or move it away to start empty", path, err)
		case sqlite3.SQLITE_FULL:
			return fmt.Errorf("database %s cannot grow (%v): make room on the disk", path, err)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM:
			return fmt.Errorf("database %s cannot be written (%v): give this user write access to the file and its directory, or name another directory with --state", path, err)
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("database %s is held by another program (%v): end that program", path, err)
		}
	}
	return fmt.Errorf("database %s: %w", path, err)
}

// change runs f in one transaction: all of it is on disk when change returns
// nil, and none of it happened otherwise.
func (s *Store) change(ctx context.Context, what string, f func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return named(what, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	return nil
}

// exec runs one statement as a transaction and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, what, statement string, args ...any) (int64, error) {
	r, err := s.write.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, named(what, err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, named(what, err)
	}
	return n, nil
}

// named turns what database/sql says into this package's errors.
func named(what string, err error) error {
	var e *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		err = ErrNotFound
	case errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
		err = ErrExists
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

// ms and instant translate between time.Time and the columns; the zero time is 0.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
