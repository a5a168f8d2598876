// Package handshake runs DTLS, and SCTP with data channels inside it, for one
// peer: the half of a session that cannot be sans-IO because pion/dtls,
// pion/sctp and pion/datachannel bring goroutines. Nobody else imports them.
//
// It does: the DTLS handshake with cookie exchange, the comparison of the
// peer's certificate with the fingerprint of its SDP, the export of the SRTP
// keys, the data channels' messages. It does not: open sockets, choose paths
// (ICE), protect media (SRTP is the shard's), or understand a message.
//
// A datagram's way in, and a message's way out:
//
//  1. The shard calls Conn.Receive. The records that nobody honest would send
//     fall out (records.go), the rest is copied into a bounded queue (pipe.go).
//  2. pion/dtls reads the queue. After the handshake Events.Keys is called once.
//  3. pion/sctp reads the decrypted records; each data channel has one reader
//     goroutine here, which calls Events.Message.
//  4. Conn.Send appends to the channel's bounded SCTP queue; records that are
//     to leave come out of Events.Datagram.
//
// A Conn owns its goroutines. They all have ended when Events.Closed returns.
package handshake
