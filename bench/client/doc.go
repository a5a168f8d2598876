// Package client is one synthetic participant: it joins a meeting over HTTP
// as a page, OBS or a player would, publishes synthetic pictures and sound, and
// verifies every packet that comes back.
//
// It speaks real ICE (as the controlling agent), DTLS, SCTP and SRTP on one UDP
// socket, so that the server cannot tell it from a browser, and costs a small
// part of one. It does not decode, does not adapt its bit rate, and is no
// library for people who want to meet.
//
// What it publishes carries, in every packet, who sent it, a counter, the
// instant of sending and a pattern that follows from the two (payload.go). So a
// receiver sees loss, duplication, damage, delay and packets that reached the
// wrong lane or the wrong participant.
//
// A Client has two goroutines of its own beside the handshake's:
//
//	reader   owns the receiving side: lanes, gaps, decryption (receive.go). It
//	         shares it, batch by batch, with whoever asks for Figures.
//	writer   owns the publishing side: pacing, numbering, encryption
//	         (publish.go). The reader asks it to resend and to report through
//	         a bounded queue; what does not fit is dropped, as on a network.
package client
