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
	return CleanText("name", name, wire.MaxNameBytes)
}

// CleanText is CleanName for other short texts that are shown to others, of at
// most most bytes; what names the text in the error.
func CleanText(what, text string, most int) (string, error) {
	if !utf8.ValidString(text) {
		return "", badText("The %s is not UTF-8 text.", what)
	}
	text = strings.TrimSpace(text)
	if text == "" || len(text) > most {
		return "", badText("A %s of 1 to %d bytes is needed.", what, most)
	}
	visible := false
	for _, r := range text {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return "", badText("The %s holds control characters.", what)
		}
		visible = visible || unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	if !visible {
		return "", badText("The %s has nothing that can be seen.", what)
	}
	return text, nil
}

func badText(format string, args ...any) error {
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
