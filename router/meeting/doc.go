// Package meeting is the state machine of one meeting: who is in, who may do
// what, what everybody publishes, which source each video slot shows, who
// speaks, and the JSON protocol of the data channel "control" that says all
// this to the clients.
//
// It does not touch media, sockets or clocks: inputs are method calls with an
// instant, outputs are effects that the owner drains with Effects after each
// input. It does not fill audio slots either; the shards do that by level.
//
// One goroutine of package router owns a Meeting; nothing here is safe for
// concurrent use.
//
// Words:
//
//	member     one participant with the one session that it has now
//	lane       one media section of a session's SDP, sending or receiving
//	source     what a sending lane carries, under an id never used twice
//	slot       a receiving lane, into which one source at a time is put
//	announced  told to every open control channel by a roster message
//	flush      the coalesced step that tells roster changes and refills slots
//
// Clients must read "joined" as insert or replace, and ignore "left" of
// somebody they do not know: a welcome may overtake the delta that it already
// includes. A welcome too long for one message is cut; the rest of the roster
// follows at once as "joined".
package meeting
