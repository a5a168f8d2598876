package srtp

import "encoding/binary"

const (
	maxIndex      = 1<<48 - 1 // SRTP: 32 bits of ROC, 16 of SEQ
	rtcpIndexMask = 1<<31 - 1
	rtcpEncrypted = 1 << 31 // the E bit
)

// A Sealer protects what one side sends under one master key. One owner, one goroutine at a time.
type Sealer struct {
	profile   Profile
	gcm, gcmC *gcm // SRTP, SRTCP; nil in the counter-mode profile
	cm, cmC   *cm
	sent      uint32 // SRTCP packets so far, which is also the next one's index
}

// NewSealer derives the session keys. It fails if p is unknown or a length is not p's; it keeps neither slice.
func NewSealer(p Profile, masterKey, masterSalt []byte) (*Sealer, error) {
	rtp, rtcp, err := derive(p, masterKey, masterSalt)
	if err != nil {
		return nil, err
	}
	return newSealer(p, &rtp, &rtcp)
}

func newSealer(p Profile, rtp, rtcp *sessionKeys) (s *Sealer, err error) {
	s = &Sealer{profile: p}
	if p == AEADAES128GCM {
		s.gcm, s.gcmC = newGCM(rtp), newGCM(rtcp)
	} else if s.cm, err = newCM(rtp); err == nil {
		s.cmC, err = newCM(rtcp)
	}
	return s, err
}

// Profile is the one the Sealer was made with.
func (s *Sealer) Profile() Profile { return s.profile }

// SealRTP writes the protected packet (header, ciphertext, tag) to dst and returns its length, which is
// len(header)+len(payload)+Overhead.
//
// header is a whole RTP header: at least 12 bytes, with CSRCs and extension if any. It may already lie at the start of
// dst. payload is plaintext with its RTP padding and must not overlap dst. index is ROC<<16|SEQ, counted by the caller
// for the header's SSRC; SEQ must be the header's. The same index for the same SSRC twice, with other bytes, would give
// both plaintexts away, so the caller must not do that. An index past 48 bits is where the key is used up: nothing is
// written and 0 returned. A dst too short for the packet panics.
func (s *Sealer) SealRTP(dst, header, payload []byte, index uint64) int {
	if index > maxIndex {
		return 0
	}
	h := len(header)
	ssrc := binary.BigEndian.Uint32(header[8:rtpFixed])
	if g := s.gcm; g != nil {
		dst = dst[:h+len(payload)+gcmTagLen]
		if h == rtpFixed {
			*(*[rtpFixed]byte)(dst) = [rtpFixed]byte(header) // two moves instead of a call
		} else {
			copy(dst, header)
		}
		g.key.Seal(dst[h:], payload, header, g.nonce(ssrc, index))
		return len(dst)
	}
	dst = dst[:h+len(payload)+cmTagLen]
	copy(dst, header)
	s.cm.sealRTP(dst, h, payload, ssrc, index)
	return len(dst)
}

// SealRTCP writes the protected compound packet to dst and returns its length, len(packet)+RTCPOverhead. dst may start
// where packet starts, otherwise they must not overlap. The 31-bit index is the Sealer's own and grows with each call,
// whatever the SSRC. It returns 0 for a packet shorter than 8 bytes, and once all 2^31 indices are used: to send more
// would repeat a nonce.
func (s *Sealer) SealRTCP(dst, packet []byte) int {
	if len(packet) < rtcpFixed || s.sent > rtcpIndexMask {
		return 0
	}
	dst = dst[:len(packet)+s.profile.RTCPOverhead()]
	ssrc := binary.BigEndian.Uint32(packet[4:])
	word := s.sent | rtcpEncrypted
	s.sent++
	if s.gcmC != nil {
		s.gcmC.sealRTCP(dst, packet, ssrc, word)
	} else {
		s.cmC.sealRTCP(dst, packet, ssrc, word)
	}
	return len(dst)
}
