package pki

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"causeway/control/statefile"
)

// maxTokens bounds the records of tokens not yet expired in one state directory.
const maxTokens = 4096

// Why a token was refused. Unknown covers a wrong secret, so that nobody can
// find out which ids exist.
var (
	ErrTokenUnknown = errors.New("this zone has issued no such join token")
	ErrTokenUsed    = errors.New("this join token was used already: each makes one node, once")
	ErrTokenExpired = errors.New("this join token has expired: it may be used for one hour")
)

// tokenRecord is what the controller keeps of a token; the file's name is the
// token's id. The secret itself is nowhere on its disk.
type tokenRecord struct {
	Hash    []byte    `json:"hash"`
	Role    Role      `json:"role"`
	Name    string    `json:"name"`
	Expires time.Time `json:"expires"`
}

// NewToken makes a token for one node and records it in dir, the directory of
// the authority. Any process that may read and write dir can do so, while the
// controller runs or not. life is TokenLife if zero.
func (a *Authority) NewToken(dir string, role Role, name string, enrol []string, life time.Duration) (JoinToken, error) {
	if life == 0 {
		life = TokenLife
	}
	now := a.now()
	var id [8]byte
	rand.Read(id[:])
	p := a.Pin()
	t := JoinToken{
		ID: hex.EncodeToString(id[:]), Secret: make([]byte, 32), Zone: a.zone, Role: role, Name: name,
		Pin: p[:], Enrol: enrol, Expires: now.Add(life).UTC().Truncate(time.Second),
	}
	rand.Read(t.Secret)
	if err := t.check(); err != nil {
		return JoinToken{}, err
	}
	if err := statefile.Dir(tokenDir(dir)); err != nil {
		return JoinToken{}, err
	}
	if left := purgeTokens(dir, now); left >= maxTokens {
		return JoinToken{}, fmt.Errorf("%d join tokens are outstanding: wait until some have expired", left)
	}
	hash := sha256.Sum256(t.Secret)
	record := tokenRecord{Hash: hash[:], Role: role, Name: name, Expires: t.Expires}
	return t, statefile.WriteJSON(tokenPath(dir, t.ID), record)
}

// redeem takes a token out of dir, once: of any number of callers, in any
// number of processes, one gets its role and name.
func (a *Authority) redeem(dir, id string, secret []byte) (Role, string, error) {
	if !validTokenID(id) {
		return "", "", ErrTokenUnknown
	}
	path, used := tokenPath(dir, id), false
	var r tokenRecord
	found, err := statefile.ReadJSON(path, &r)
	if err == nil && !found {
		used = true
		found, err = statefile.ReadJSON(path+".used", &r)
	}
	if err != nil {
		return "", "", err
	}
	hash := sha256.Sum256(secret)
	switch {
	case !found || subtle.ConstantTimeCompare(hash[:], r.Hash) != 1:
		return "", "", ErrTokenUnknown
	case used:
		return "", "", ErrTokenUsed
	case a.now().After(r.Expires):
		return "", "", ErrTokenExpired
	}
	switch err := statefile.Rename(path, path+".used"); {
	case errors.Is(err, fs.ErrNotExist):
		return "", "", ErrTokenUsed
	case err != nil:
		return "", "", err
	}
	return r.Role, r.Name, nil
}

// purgeTokens removes the records that expired over a day ago (until then they
// explain a refusal) and returns how many are left.
func purgeTokens(dir string, now time.Time) int {
	entries, err := os.ReadDir(tokenDir(dir))
	if err != nil {
		return 0
	}
	left := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(tokenDir(dir), e.Name())
		var r tokenRecord
		if _, err := statefile.ReadJSON(path, &r); err != nil || now.Sub(r.Expires) > 24*time.Hour {
			os.Remove(path)
			continue
		}
		if !strings.HasSuffix(path, ".used") && now.Before(r.Expires) {
			left++
		}
	}
	return left
}

func tokenDir(dir string) string      { return filepath.Join(dir, "tokens") }
func tokenPath(dir, id string) string { return filepath.Join(tokenDir(dir), id) }
