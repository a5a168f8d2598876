package cloud

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"

	"causeway/control/wire"
)

// A seat is what a browser keeps of its place in one meeting: its participant
// id and role, and a MAC over them and the meeting. So a reload is the same
// participant, a guest needs no account, and nothing is stored per guest.
//
//	10 bytes of participant id | 1 byte of role | 16 bytes of HMAC-SHA256
const (
	seatIDBytes  = 10
	seatMACBytes = 16
	seatBytes    = seatIDBytes + 1 + seatMACBytes
)

// seatKey makes and checks seats. It is made once and kept for ever.
type seatKey []byte

func (k seatKey) mac(meeting string, body []byte) []byte {
	h := hmac.New(sha256.New, k)
	h.Write([]byte("causeway seat 1\x00" + meeting + "\x00"))
	h.Write(body)
	return h.Sum(nil)[:seatMACBytes]
}

// seat returns the seat of p in meeting. p.ID must come from newParticipantID.
func (k seatKey) seat(meeting string, p wire.Participant) (string, error) {
	body, err := hex.DecodeString(p.ID)
	if err != nil || len(body) != seatIDBytes {
		return "", errors.New("cloud: a participant id that no seat can carry")
	}
	role := byte('p')
	if p.Role == wire.RoleHost {
		role = 'h'
	}
	body = append(body, role)
	return base64.RawURLEncoding.EncodeToString(append(body, k.mac(meeting, body)...)), nil
}

// open returns the participant id and role of a seat in meeting; ok is false
// for a seat that is not ours, or of another meeting.
func (k seatKey) open(meeting, seat string) (id string, role wire.Role, ok bool) {
	if len(seat) != base64.RawURLEncoding.EncodedLen(seatBytes) {
		return "", "", false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(seat)
	if err != nil || len(b) != seatBytes {
		return "", "", false
	}
	body := b[:seatIDBytes+1]
	if !hmac.Equal(b[seatIDBytes+1:], k.mac(meeting, body)) {
		return "", "", false
	}
	role = wire.RoleParticipant
	if body[seatIDBytes] == 'h' {
		role = wire.RoleHost
	}
	return hex.EncodeToString(body[:seatIDBytes]), role, true
}

func newParticipantID() string { return randomID("") }
