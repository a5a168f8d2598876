package sdp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Fingerprint is a certificate's digest (RFC 8122 section 5).
type Fingerprint struct {
	Algorithm string // "sha-256", "sha-384" or "sha-512"
	Value     []byte // 32, 48 or 64 bytes
}

// String is the value of a=fingerprint.
func (f Fingerprint) String() string {
	pairs := make([]string, len(f.Value))
	for i, b := range f.Value {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return f.Algorithm + " " + strings.Join(pairs, ":")
}

func (f Fingerprint) equal(g Fingerprint) bool {
	return f.Algorithm == g.Algorithm && bytes.Equal(f.Value, g.Value)
}

// ParseFingerprint reads the value of a=fingerprint. Digests that no longer
// prove anything (SHA-1, MD5) are refused like unknown ones.
func ParseFingerprint(text string) (Fingerprint, error) {
	algorithm, value, _ := strings.Cut(text, " ")
	algorithm = strings.ToLower(algorithm)
	size := 0
	switch algorithm {
	case "sha-256":
		size = 32
	case "sha-384":
		size = 48
	case "sha-512":
		size = 64
	default:
		return Fingerprint{}, refuse(0, "a fingerprint must be sha-256, sha-384 or sha-512")
	}
	if len(value) != 3*size-1 {
		return Fingerprint{}, refuse(0, "a %s fingerprint has %d bytes of two hexadecimal digits with colons between", algorithm, size)
	}
	sum := make([]byte, size)
	for i := range sum {
		if i > 0 && value[3*i-1] != ':' {
			return Fingerprint{}, refuse(0, "a fingerprint's bytes have colons between")
		}
		if _, err := hex.Decode(sum[i:i+1], []byte(value[3*i:3*i+2])); err != nil {
			return Fingerprint{}, refuse(0, "a fingerprint's bytes are hexadecimal")
		}
	}
	return Fingerprint{algorithm, sum}, nil
}

// token reports whether s is a token of RFC 8866 section 9, of 1 to max bytes.
func token(s string, max int) bool {
	return chars(s, 1, max, "!#$%&'*+-.^_`{|}~")
}

// chars reports whether s has min to max bytes, each a letter, a digit or one
// of more.
func chars(s string, min, max int, more string) bool {
	if len(s) < min || len(s) > max {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(more, c) < 0 {
			return false
		}
	}
	return true
}

// number reads an unsigned decimal number of at most max, without sign or
// leading zeros.
func number(s string, max uint64) (uint64, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n <= max
}
