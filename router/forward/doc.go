// Package forward decides which packet goes where, and under which numbers.
//
// It knows one shard's share of a meeting: the sources whose packets arrive
// here (from a participant of this shard or, as plaintext, from another
// shard), and the sinks, participants of this shard who receive. It rewrites
// headers so that a slot looks like one uninterrupted stream whichever source
// is in it, keeps plaintext for resends, ranks speakers, notices gaps in what
// publishers send and limits key-frame requests.
//
// It does no I/O, holds no clock and encrypts nothing: now comes in as
// nanoseconds of a monotonic clock, values go out. It does not know sessions
// or addresses; the shard introduces the two. Everything here is owned by one
// shard's loop, so nothing is locked, and nothing allocates between control
// commands.
//
//	source   one published medium; its packets carry an extended index (ROC<<16|SEQ)
//	slot     one receiving lane of a sink, with an SSRC of its own
//	sink     the slots of one participant
//	room     the sources and sinks of one meeting on one shard
//	history  plaintext of the last second, shared by all who may ask again
package forward
