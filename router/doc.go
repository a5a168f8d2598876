// Package router is the multimedia router (MMR): it takes participants' sessions
// and forwards media, screens and data between them.
//
// A packet's journey, all of it in one turn of one shard:
//
//	socket ─recvmmsg→ slab ─first byte→ ┬ STUN  session answers the check
//	                                    ├ DTLS  bounded queue → handshake's goroutines
//	                                    ├ RTCP  feedback: resend, key frames, reports
//	                                    └ RTP   session opens it in place
//	                                              │
//	                               forward: which slots want it, under which numbers
//	                                     │                         │
//	                   this shard's receivers            rings to the other shards
//	                                     │               (one plaintext copy each)
//	       per receiver: header + seal into the egress ring ←──────┘
//	                                     │
//	                    sendmmsg, a run of equal sizes in one UDP_SEGMENT message
//
// What is not a packet is control, and runs in goroutines: one conductor per
// meeting owns its state machine (package meeting) and tells the shards by
// commands what to forward; the handshakes (package handshake) bring keys and
// messages; Join, Leave and End are called by the API (package api).
//
// The router opens no connection of its own and needs nobody once a participant
// is in: it neither knows nor misses the controller.
package router
