//go:build linux && (amd64 || arm64)

// Package udp moves datagrams between an MMR's shards and the kernel, many at a time: recvmmsg into a slab on the way
// in, and on the way out a ring that packets are sealed into, planned into runs and sent with sendmmsg and UDP_SEGMENT.
//
// Words, from small to large:
//
//	packet   one RTP, RTCP, STUN or DTLS packet: here always one datagram
//	run      consecutive packets to one destination that lie next to each other and have one size, the last may be
//	         shorter: up to 64 packets and 65,507 bytes
//	message  what one msghdr carries: one run, with UDP_SEGMENT if the run has two packets or more
//	batch    what one system call carries: up to 64 messages, within one ring of 256 KiB
//
// The way out, in the order of the files: the owner writes a packet to the room that Writer.Reserve gives, and Commit
// adds it to the plan (plan.go, which knows no socket). When messages or ring are used up, or at Flush, the batch goes
// out (writer.go). What the kernel refuses is dropped and counted by cause: there is no queue behind the ring, nothing
// is sent twice, and nobody waits. A destination whose device or route cannot cut a run up gets its packets one by one
// from then on.
//
// The way in: Socket.Read fills a ReadBatch and presents single datagrams, whether or not the kernel merged them
// (UDP_GRO).
//
// It knows nothing of what is in a datagram and owns no goroutine. Socket, Writer and ReadBatch have one owner each, the
// shard, and no locks. Waiting for readiness (epoll on Socket.FD) is the owner's business.
package udp
