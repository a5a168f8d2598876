// Package shard is the packet loop: one goroutine on one pinned OS thread that
// owns one UDP socket per local address, the sessions whose datagrams the
// kernel's flow hash brings to those sockets, and its share of every meeting
// they are in.
//
// One turn of the loop, in this order:
//
//	read     recvmmsg into the slab, until the sockets are empty or the slab is full
//	gather   wait, at most gatherTime, for the rest of a picture that many will get
//	demux    by first byte (RFC 7983), then the session by source address
//	open     SRTP verify and decrypt in place
//	route    package forward says which slots want which packet; a shard with
//	         other members of the meeting gets one plaintext copy in its ring
//	seal     header rewritten, payload encrypted into the egress ring, destination
//	         by destination, so that a destination's packets lie in one run
//	send     sendmmsg with UDP_SEGMENT
//
// Then feedback (NACK, key-frame requests, reports), due timers, and at most
// maxCommands commands from the mailbox. Nothing in a turn allocates, locks,
// logs or waits for anything but epoll; failures are counters.
//
// Who owns what: everything reachable from a Shard belongs to its goroutine.
// Others reach it in three ways only: Post (control, a mailbox that makes the
// poster wait when it is full), the hand-over rings (other shards, lossy when
// full, counted), and the events channel (outwards; what does not fit waits in
// the shard until it does).
package shard
