// Package session is one peer's transport seen from the router, without I/O:
// ICE-lite (RFC 8445 §2.5), consent (RFC 7675), which addresses the peer may
// send from, its SRTP keys and the replay window of each of its SSRCs.
//
// Datagrams come in with the path they took and the instant; answers and
// verdicts go out. A Session is owned by the shard that hears the peer, and
// knows nothing of meetings, slots or forwarding.
package session

import (
	"crypto/subtle"
	"errors"
	"net/netip"

	"causeway/router/stun"
)

// ConsentTime is how long a peer may be silent before its session ends
// (RFC 7675 §5.1).
const ConsentTime = int64(30e9)

// MaxPaths bounds the addresses that one peer may have validated at a time. A
// further one takes the place of the path that has been silent longest.
const MaxPaths = 8

// Path is the way of a datagram: the peer's address and the number of the
// local socket.
type Path struct {
	Remote netip.AddrPort
	Socket uint8
}

// Credentials are one side's ICE user name fragment and password.
type Credentials struct {
	Ufrag, Pwd string
}

type validated struct {
	path  Path
	heard int64
}

// Session is one peer's transport. Make it with New.
type Session struct {
	local  string
	remote string
	key    *stun.Key

	paths     []validated
	selected  int // index in paths, -1: none
	nominated bool
	consent   int64 // when the peer last proved that it wants our packets

	srtp secure
}

// New makes a session that answers checks made with local's credentials by a
// peer whose user name fragment is remote. now starts the consent timer.
func New(now int64, local Credentials, remote string, streams []Declared) *Session {
	s := &Session{
		local: local.Ufrag, remote: remote, key: stun.NewKey(local.Pwd),
		paths: make([]validated, 0, MaxPaths), selected: -1, consent: now,
	}
	s.srtp.declare(streams)
	return s
}

// What a connectivity check can be refused for.
var (
	ErrUsername  = errors.New("session: check for other credentials")
	ErrIntegrity = errors.New("session: check without valid integrity")
	ErrRole      = errors.New("session: peer claims the controlled role")
	ErrMethod    = errors.New("session: not a binding request")
)

// Check takes a connectivity check that came over path, raw being its bytes.
// Only a check with valid integrity changes anything: its path becomes one that
// the peer may send from, consent is renewed, and with USE-CANDIDATE the path is
// where our packets go from now on. The answer is appended to dst; with an error
// other than ErrRole there is none, so that strangers get silence.
//
// A path that was not known before is reported as added; evicted is the path
// that had to give way, if any.
func (s *Session) Check(now int64, path Path, raw []byte, m *stun.Message, dst []byte) (answer []byte, added bool, evicted Path, err error) {
	if m.Class != stun.Request {
		return dst, false, evicted, ErrMethod
	}
	local, remote, ok := stun.SplitUsername(m.Username)
	if !ok || string(local) != s.local || subtle.ConstantTimeCompare(remote, []byte(s.remote)) != 1 {
		return dst, false, evicted, ErrUsername
	}
	if !m.Verify(raw, s.key) {
		return dst, false, evicted, ErrIntegrity
	}
	if m.Controlled {
		return stun.AppendBindingError(dst, m.TransactionID, 487, "Role Conflict", s.key), false, evicted, ErrRole
	}
	s.consent = now
	at, added, evicted := s.learn(now, path)
	if m.UseCandidate || !s.nominated {
		s.selected = at
		s.nominated = s.nominated || m.UseCandidate
	}
	return stun.AppendBindingSuccess(dst, m.TransactionID, path.Remote, s.key), added, evicted, nil
}

func (s *Session) learn(now int64, path Path) (at int, added bool, evicted Path) {
	for i := range s.paths {
		if s.paths[i].path == path {
			s.paths[i].heard = now
			return i, false, evicted
		}
	}
	if len(s.paths) < MaxPaths {
		s.paths = append(s.paths, validated{path, now})
		return len(s.paths) - 1, true, evicted
	}
	at = -1
	for i := range s.paths {
		if i != s.selected && (at < 0 || s.paths[i].heard < s.paths[at].heard) {
			at = i
		}
	}
	evicted = s.paths[at].path
	s.paths[at] = validated{path, now}
	return at, true, evicted
}

// Selected is the path that our packets take.
func (s *Session) Selected() (Path, bool) {
	if s.selected < 0 {
		return Path{}, false
	}
	return s.paths[s.selected].path, true
}

// Paths calls f with every address that the peer may send from.
func (s *Session) Paths(f func(Path)) {
	for i := range s.paths {
		f(s.paths[i].path)
	}
}

// Expired reports whether consent has run out.
func (s *Session) Expired(now int64) bool { return now-s.consent > ConsentTime }
