package sdp

import "fmt"

// Error says why an offer is refused, in one sentence for whoever sent it.
type Error struct {
	Line   int // of the offer, from 1; 0 if it concerns the whole
	Reason string
}

// Error is "sdp: line 12: …" or "sdp: …".
func (e *Error) Error() string {
	if e.Line == 0 {
		return "sdp: " + e.Reason
	}
	return fmt.Sprintf("sdp: line %d: %s", e.Line, e.Reason)
}

func refuse(line int, format string, args ...any) *Error {
	return &Error{Line: line, Reason: fmt.Sprintf(format, args...)}
}
