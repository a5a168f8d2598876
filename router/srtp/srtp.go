// Package srtp protects and opens SRTP and SRTCP packets (RFC 3711, with the AEAD profile of RFC 7714) for the keys
// that DTLS-SRTP (RFC 5764) hands over.
//
// A Sealer holds one direction's keys and turns plaintext into packets; an Opener holds the other direction's and turns
// packets back, in place. What differs per SSRC is kept by whoever knows the SSRCs: a sender counts its own 48-bit index
// and passes it in, a receiver keeps one Stream per SSRC. So nothing here grows with what arrives from the network: an
// unknown SSRC is opened with a zero Stream on the caller's stack, which is kept only if the packet was authentic.
//
// No call on the packet path allocates, locks or logs. A Sealer or Opener has one owner and is used by one goroutine at
// a time, because nonce, key stream and MAC state live in it.
//
// It does not negotiate keys (package handshake), parse RTP beyond the SSRC and sequence number, re-key, or speak MKI,
// header encryption or EKT; an SRTCP packet whose E bit says that it is not encrypted is refused.
package srtp

import (
	"errors"
	"fmt"
)

// Profile is a DTLS-SRTP protection profile by its registered number (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
type Profile uint16

const (
	// AES128CMSHA1_80 is SRTP_AES128_CM_HMAC_SHA1_80: AES-128 in counter mode and 80 bits of HMAC-SHA1.
	AES128CMSHA1_80 Profile = 0x0001
	// AEADAES128GCM is SRTP_AEAD_AES_128_GCM: AES-128 in Galois/counter mode with 128 bits of tag.
	AEADAES128GCM Profile = 0x0007
)

const (
	keyLen     = 16
	gcmSaltLen = 12
	cmSaltLen  = 14
	gcmTagLen  = 16
	cmTagLen   = 10
	wordLen    = 4 // SRTCP's E bit and 31-bit index

	rtpFixed  = 12 // RTP header without CSRCs and extension
	rtcpFixed = 8  // RTCP header and the sender's SSRC, which stay in the clear
)

// Errors of Open calls. None of them carries data, none changed any state.
var (
	// ErrShort says that the packet cannot hold its header and its tag.
	ErrShort = errors.New("srtp: packet too short")
	// ErrAuth says that the tag does not fit the packet: forged, damaged, of other keys, or SRTCP sent unencrypted.
	ErrAuth = errors.New("srtp: authentication failed")
	// ErrReplay says that the index was seen before, or is too old for the replay window to tell.
	ErrReplay = errors.New("srtp: replayed or too old")
	// ErrSSRCs says that an authentic SRTCP packet came from one more SSRC than an Opener keeps indices for.
	ErrSSRCs = errors.New("srtp: too many SRTCP senders")
)

// String names the profile as its registry does.
func (p Profile) String() string {
	switch p {
	case AES128CMSHA1_80:
		return "SRTP_AES128_CM_HMAC_SHA1_80"
	case AEADAES128GCM:
		return "SRTP_AEAD_AES_128_GCM"
	}
	return fmt.Sprintf("SRTP profile 0x%04x", uint16(p))
}

// Known reports whether this package speaks p.
func (p Profile) Known() bool { return p == AEADAES128GCM || p == AES128CMSHA1_80 }

// KeyLen is the master key's length in bytes.
func (p Profile) KeyLen() int { return keyLen }

// SaltLen is the master salt's length in bytes: 12 for GCM, 14 otherwise.
func (p Profile) SaltLen() int {
	if p == AEADAES128GCM {
		return gcmSaltLen
	}
	return cmSaltLen
}

// Overhead is the number of bytes that SealRTP adds to header and payload: 16 for GCM, 10 otherwise.
func (p Profile) Overhead() int {
	if p == AEADAES128GCM {
		return gcmTagLen
	}
	return cmTagLen
}

// RTCPOverhead is the number of bytes that SealRTCP adds: the tag and the index word.
func (p Profile) RTCPOverhead() int { return p.Overhead() + wordLen }
