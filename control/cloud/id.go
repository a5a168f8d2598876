package cloud

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// letters are those of generated ids and codes, without look-alikes (i l o 0 1).
const letters = "abcdefghjkmnpqrstuvwxyz23456789"

// randomWord returns groups of letters with hyphens between, like
// "abcd-efgh-jkmn"; each letter carries 4.95 random bits.
func randomWord(groups, size int) string {
	const fair = 256 - 256%len(letters)
	var word strings.Builder
	var b [32]byte
	for n := 0; n < groups*size; {
		rand.Read(b[:])
		for _, x := range b {
			if int(x) >= fair || n == groups*size {
				continue
			}
			if n > 0 && n%size == 0 {
				word.WriteByte('-')
			}
			word.WriteByte(letters[int(x)%len(letters)])
			n++
		}
	}
	return word.String()
}

// randomID returns prefix and 80 random bits.
func randomID(prefix string) string {
	var b [10]byte
	rand.Read(b[:])
	return prefix + hex.EncodeToString(b[:])
}

// randomSecret returns 256 random bits for a cookie.
func randomSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hash is how a secret that somebody else holds is kept.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
