package ticket

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"causeway/control/wire"
)

// CleanName returns a participant's name without the white space around it, or
// a *wire.Problem bad-request that says why it cannot be shown to others. Refused are control
// characters, line and paragraph separators, and the marks that reverse the
// direction of what stands behind them (they make one name look like another);
// and a name of which nothing would be seen.
func CleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", badName("The name is not UTF-8 text.")
	}
	name = strings.TrimSpace(name)
	if name == "" || len(name) > wire.MaxNameBytes {
		return "", badName("A name of 1 to %d bytes is needed.", wire.MaxNameBytes)
	}
	visible := false
	for _, r := range name {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return "", badName("The name holds control characters.")
		}
		visible = visible || unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	if !visible {
		return "", badName("The name has nothing that can be seen.")
	}
	return name, nil
}

func badName(format string, args ...any) error {
	return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, format, args...)
}

// ValidMeeting reports whether id has the form of a meeting's id: groups of
// a-z and 0-9 with single hyphens between them, 3 to 64 bytes.
func ValidMeeting(id string) bool {
	if len(id) < 3 || len(id) > wire.MaxIDBytes {
		return false
	}
	hyphen := true // none may stand at the start
	for i := range len(id) {
		c := id[i]
		if c == '-' {
			if hyphen {
				return false
			}
			hyphen = true
			continue
		}
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
		hyphen = false
	}
	return !hyphen
}
