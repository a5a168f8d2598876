package cloud

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/crypto/argon2"

	"causeway/control/wire"
)

// Cost of a new hash: argon2id (RFC 9106), 46 MiB, one pass, one lane, as OWASP's
// password storage sheet has it. A hash carries its own cost, so that old ones
// are still verified after this changes.
const (
	argonMemoryKiB = 47104
	argonPasses    = 1
	argonLanes     = 1
	argonSaltBytes = 16
	argonKeyBytes  = 32
)

// Bounds of a password, in bytes.
const (
	minPassword = 10
	maxPassword = 1024
)

// hashers bounds how many hashes are made at once, and with it their memory:
// two of 46 MiB. Callers beyond wait until their request is given up.
type hashers struct {
	slots     chan struct{}
	memoryKiB uint32 // of new hashes
}

func newHashers() *hashers {
	return &hashers{slots: make(chan struct{}, 2), memoryKiB: argonMemoryKiB}
}

func (h *hashers) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hashers) leave() { <-h.slots }

// make hashes a new password as a PHC string.
func (h *hashers) make(ctx context.Context, password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest,
			"A password of %d to %d bytes is needed.", minPassword, maxPassword)
	}
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	salt := make([]byte, argonSaltBytes)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonPasses, h.memoryKiB, argonLanes, argonKeyBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memoryKiB, argonPasses, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// nobody is verified against when there is no such account, so that the answer
// takes as long as for one that is there. No password has this hash.
var nobody = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemoryKiB, argonPasses, argonLanes,
	strings.Repeat("A", 22), strings.Repeat("A", 43))

// verify reports whether password has the hash phc. An unreadable hash is an error.
func (h *hashers) verify(ctx context.Context, password, phc string) (bool, error) {
	var version, passes, lanes int
	var memory uint32
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("cloud: a stored password hash is not argon2id")
	}
	_, err1 := fmt.Sscanf(parts[2], "v=%d", &version)
	_, err2 := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes)
	salt, err3 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	want, err4 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil || version != argon2.Version ||
		memory < 8 || memory > 1<<20 || passes < 1 || passes > 16 || lanes < 1 || lanes > 16 || len(want) != argonKeyBytes {
		return false, fmt.Errorf("cloud: a stored password hash is damaged")
	}
	if len(password) > maxPassword {
		return false, nil
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	got := argon2.IDKey([]byte(password), salt, uint32(passes), memory, uint8(lanes), argonKeyBytes)
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
