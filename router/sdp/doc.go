// Package sdp reads a WebRTC offer and writes the answer of an ICE-lite router
// (RFC 8866, 8829, 8843, 8839): which sections a client publishes on, which
// are slots for it to receive on, with which payload types, header extensions
// and SSRCs.
//
// It does: the grammar, with a line number and one sentence for whatever is
// missing or wrong; bounds on everything that an offer can make us keep; the
// choice of codecs. It does not: trickle ICE, renegotiate, offer, or remember
// anything: offer and answer are values, and the caller owns them.
//
// Of an offer only these reach the answer, each checked against its grammar
// first: media kinds and protocols, mids, payload types, extension ids, H.264
// and AV1 profile and level numbers, and the rids of accepted simulcast.
//
// Sans-IO: no network, clock, randomness or lock; SSRCs come from Local.SSRC.
package sdp
