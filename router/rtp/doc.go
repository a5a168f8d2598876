// Package rtp is the wire format of RTP as far as a router looks into it: the
// fixed header, CSRCs, header extensions and padding (RFC 3550 §5, RFC 8285),
// the audio level (RFC 6464), and the heads of VP8, H.264, VP9 and AV1
// payloads, from which it learns where a key frame begins.
//
// It neither decrypts nor keeps state: no sequence unwrapping, no jitter
// buffer, no reassembly of frames. Header works on encrypted packets, because
// SRTP leaves header and extensions in the clear; everything about the payload
// needs the plaintext.
//
// Nothing here is shared: a Header belongs to whoever parsed it, holds offsets
// and no pointers, and every slice is borrowed from the packet. Nothing
// allocates.
package rtp
