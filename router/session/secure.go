package session

import (
	"errors"

	"causeway/router/rtp"
	"causeway/router/srtp"
)

// MaxStreams bounds the SSRCs that one peer may use in the life of its session.
const MaxStreams = 64

// Declared is an SSRC that the peer's offer announced. Lane is the number of the
// sending section it belongs to; Repair says that it carries RTX.
type Declared struct {
	SSRC   uint32
	Lane   uint8
	Repair bool
}

// Stream is one SSRC of the peer, known after its first authentic packet or
// because the offer declared it.
type Stream struct {
	Declared
	replay srtp.Stream
}

// Why a packet was not opened. None of these changes any state.
var (
	ErrNoKeys  = errors.New("session: no keys yet")
	ErrUnknown = errors.New("session: SSRC belongs to no lane")
	ErrStreams = errors.New("session: too many SSRCs")
)

// secure holds the keys of both directions and the streams that come in.
type secure struct {
	opener  *srtp.Opener
	sealer  *srtp.Sealer
	streams []Stream
}

func (s *secure) declare(streams []Declared) {
	s.streams = make([]Stream, 0, len(streams)+2)
	for _, d := range streams[:min(len(streams), MaxStreams)] {
		s.streams = append(s.streams, Stream{Declared: d})
	}
}

// SetKeys gives the session the keys that the handshake agreed on.
func (s *Session) SetKeys(opener *srtp.Opener, sealer *srtp.Sealer) {
	s.srtp.opener, s.srtp.sealer = opener, sealer
}

// Sealer encrypts what goes to the peer; nil until there are keys.
func (s *Session) Sealer() *srtp.Sealer { return s.srtp.sealer }

// Open verifies and decrypts the RTP packet b in place. h is its parsed header,
// mid the header extension number of the media id (0: not agreed on), by which
// an undeclared SSRC finds its lane in lanes. It returns the packet's stream, its
// length without the tag, and its extended index.
func (s *Session) Open(b []byte, h *rtp.Header, mid uint8, lanes []string) (st *Stream, n int, index uint64, err error) {
	if s.srtp.opener == nil {
		return nil, 0, 0, ErrNoKeys
	}
	for i := range s.srtp.streams {
		if st = &s.srtp.streams[i]; st.SSRC == h.SSRC {
			n, index, err = s.srtp.opener.OpenRTP(&st.replay, b, h.Size)
			return st, n, index, err
		}
	}
	return s.adopt(b, h, mid, lanes)
}

// adopt takes a new SSRC in, after its packet has proved authentic.
func (s *Session) adopt(b []byte, h *rtp.Header, mid uint8, lanes []string) (*Stream, int, uint64, error) {
	if len(s.srtp.streams) >= MaxStreams {
		return nil, 0, 0, ErrStreams
	}
	fresh := Stream{Declared: Declared{SSRC: h.SSRC}}
	found := false
	if mid != 0 {
		name := h.Extension(b, mid)
		for i, lane := range lanes {
			if lane == string(name) && lane != "" {
				fresh.Lane, found = uint8(i), true
				break
			}
		}
	}
	if !found {
		return nil, 0, 0, ErrUnknown
	}
	n, index, err := s.srtp.opener.OpenRTP(&fresh.replay, b, h.Size)
	if err != nil {
		return nil, 0, 0, err
	}
	s.srtp.streams = append(s.srtp.streams, fresh)
	return &s.srtp.streams[len(s.srtp.streams)-1], n, index, nil
}

// OpenRTCP verifies and decrypts the compound RTCP packet b in place and returns
// its length.
func (s *Session) OpenRTCP(b []byte) (int, error) {
	if s.srtp.opener == nil {
		return 0, ErrNoKeys
	}
	return s.srtp.opener.OpenRTCP(b)
}
