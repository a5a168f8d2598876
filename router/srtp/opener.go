package srtp

import "encoding/binary"

// maxRTCPSenders bounds the SRTCP indices that an Opener keeps: as many as a participant may have SSRCs.
const maxRTCPSenders = 64

// An Opener verifies and decrypts what one side receives under one master key. One owner, one goroutine at a time.
type Opener struct {
	profile   Profile
	gcm, gcmC *gcm // SRTP, SRTCP; nil in the counter-mode profile
	cm, cmC   *cm
	senders   int
	sender    [maxRTCPSenders]rtcpSender
}

// rtcpSender is one SRTCP sender's replay window; a sender enters the table with its first authentic packet.
type rtcpSender struct {
	ssrc   uint32
	window rtcpWindow
}

// NewOpener derives the session keys. It fails if p is unknown or a length is not p's; it keeps neither slice.
func NewOpener(p Profile, masterKey, masterSalt []byte) (*Opener, error) {
	rtp, rtcp, err := derive(p, masterKey, masterSalt)
	if err != nil {
		return nil, err
	}
	return newOpener(p, &rtp, &rtcp)
}

func newOpener(p Profile, rtp, rtcp *sessionKeys) (o *Opener, err error) {
	o = &Opener{profile: p}
	if p == AEADAES128GCM {
		o.gcm, o.gcmC = newGCM(rtp), newGCM(rtcp)
	} else if o.cm, err = newCM(rtp); err == nil {
		o.cmC, err = newCM(rtcp)
	}
	return o, err
}

// Profile is the one the Opener was made with.
func (o *Opener) Profile() Profile { return o.profile }

// OpenRTP verifies and decrypts packet in place. headerLen is the length of its RTP header with CSRCs and extension.
// It returns the length of header and plaintext payload together, and the packet's index ROC<<16|SEQ.
//
// s belongs to the packet's SSRC; for an SSRC not heard before pass a zero Stream and keep it only if err is nil. s
// changes only then. On ErrAuth under GCM the payload's bytes are lost: the cipher decrypts while it verifies and wipes.
// Errors: ErrShort, ErrReplay (checked before any cryptography), ErrAuth.
func (o *Opener) OpenRTP(s *Stream, packet []byte, headerLen int) (plaintextLen int, index uint64, err error) {
	plaintextLen = len(packet) - o.profile.Overhead()
	if headerLen < rtpFixed || plaintextLen < headerLen {
		return 0, 0, ErrShort
	}
	index = s.index(binary.BigEndian.Uint16(packet[2:]))
	if !s.window.fresh(index) {
		return 0, 0, ErrReplay
	}
	ssrc := binary.BigEndian.Uint32(packet[8:])
	var ok bool
	if g := o.gcm; g != nil {
		ok = g.key.Open(packet[headerLen:], packet[headerLen:], packet[:headerLen], g.nonce(ssrc, index))
	} else {
		ok = o.cm.openRTP(packet, headerLen, ssrc, index)
	}
	if !ok {
		return 0, 0, ErrAuth
	}
	s.window.accept(index)
	return plaintextLen, index, nil
}

// OpenRTCP verifies and decrypts an SRTCP packet in place and returns the length of the plain compound packet. It keeps
// a replay window of 64 indices for each of the first 64 SSRCs that sent an authentic packet. On ErrAuth under GCM the
// packet's bytes are lost. Errors: ErrShort, ErrReplay, ErrAuth, ErrSSRCs.
func (o *Opener) OpenRTCP(packet []byte) (int, error) {
	n := len(packet) - o.profile.RTCPOverhead()
	if n < rtcpFixed {
		return 0, ErrShort
	}
	at := len(packet) - wordLen // GCM: header, ciphertext, tag, word
	if o.cmC != nil {
		at = n // counter mode: header, ciphertext, word, tag
	}
	ssrc, word := binary.BigEndian.Uint32(packet[4:]), binary.BigEndian.Uint32(packet[at:])
	if word&rtcpEncrypted == 0 {
		return 0, ErrAuth
	}
	i := 0
	for i < o.senders && o.sender[i].ssrc != ssrc {
		i++
	}
	if i < o.senders && !o.sender[i].window.fresh(word&rtcpIndexMask) {
		return 0, ErrReplay
	}
	if !o.authenticRTCP(packet, ssrc, word) {
		return 0, ErrAuth
	}
	if i == o.senders {
		if i == maxRTCPSenders {
			return 0, ErrSSRCs
		}
		o.senders++
		o.sender[i].ssrc = ssrc
	}
	o.sender[i].window.accept(word & rtcpIndexMask)
	return n, nil
}

func (o *Opener) authenticRTCP(packet []byte, ssrc, word uint32) bool {
	if o.gcmC != nil {
		return o.gcmC.openRTCP(packet, ssrc, word)
	}
	return o.cmC.openRTCP(packet, ssrc, word)
}
