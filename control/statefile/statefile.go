// Package statefile keeps the few small files in which a control process
// remembers what it must not forget: a whole file is either the old one or the
// new one, on disk before the call returns.
//
// It does not lock; who owns a file says so where it is opened.
package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// MaxBytes bounds what ReadJSON reads: state here is kilobytes, and a file
// that is not must be somebody else's.
const MaxBytes = 64 << 20

// Dir makes sure that dir exists and belongs to this process alone (0700).
func Dir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	return nil
}

// Write replaces the file at path with data, readable by the owner only. After
// it returns nil the new content survives a power cut (file and directory are
// synced); after an error the old content is still there.
func Write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // fails after the rename, as it should
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// WriteJSON is Write of v as JSON.
func WriteJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return Write(path, append(b, '\n'))
}

// ReadJSON reads the file at path into v and reports whether there was one. A
// file that is no JSON is an error that names it: state is never guessed.
func ReadJSON(path string, v any) (found bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return false, err
	}
	if len(b) > MaxBytes {
		return false, fmt.Errorf("%s is larger than %d bytes", path, MaxBytes)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return false, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return true, nil
}

// Rename is os.Rename that survives a power cut once it has returned nil. Of
// several callers with one oldpath, in any processes, exactly one succeeds; the
// others get fs.ErrNotExist.
func Rename(oldpath, newpath string) error {
	if err := os.Rename(oldpath, newpath); err != nil {
		return err
	}
	return syncDir(filepath.Dir(newpath))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}
