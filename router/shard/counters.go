package shard

import "causeway/router/udp"

// Counters is what one shard has done since it started. The shard owns them;
// others get copies through Snapshot.
type Counters struct {
	Turns    uint64 // of the loop
	Gathered uint64 // of those, turns that waited for the rest of a picture
	Peers    int    // sessions owned now

	Split uint64 // times that one source brought more packets than a turn gathers, so that its room was served early

	PacketsIn, BytesIn   uint64 // authentic media packets from publishers, resends included; payload bytes
	PacketsOut, BytesOut uint64 // media packets sealed for receivers, resends included; payload bytes
	Resent               uint64 // of PacketsOut, answers to NACKs
	HandedOver           uint64 // records put into other shards' rings
	RTCPIn, RTCPOut      uint64 // compound packets
	Checks               uint64 // connectivity checks answered
	DTLSIn               uint64 // datagrams passed to a handshake
	KeyFramesAsked       uint64 // PLI or FIR sent to publishers
	PacketsAsked         uint64 // sequence numbers asked for in NACKs to publishers
	NACKed               uint64 // sequence numbers that receivers asked for
	NACKedTooLate        uint64 // of those, no longer (or never) kept, or over the budget

	// Refused datagrams, by cause. None of them changed anything.
	Strangers    uint64 // from an address that no check has validated
	Malformed    uint64 // not STUN, DTLS, RTP or RTCP as their RFCs say
	CheckRefused uint64 // a check for unknown credentials, without integrity, or with the wrong role
	BadTag       uint64 // SRTP or SRTCP that does not verify
	Replayed     uint64 // an index that was seen already or is too old
	Repeated     uint64 // a resend of what had arrived, or an original after its resend; or of nothing at all
	UnknownSSRC  uint64 // no lane for it, or too many
	BadPayload   uint64 // padding longer than the packet, or a payload type that was not agreed on
	NotReady     uint64 // media before the keys, or in a lane that publishes nothing

	// Lost by the router, by cause.
	RingFull      uint64 // another shard did not keep up
	HandshakeFull uint64 // a handshake's queue was full

	Sent     udp.Counters // what became of sealed packets at the socket
	Received udp.Received
	Overflow uint64 // datagrams that the sockets' receive buffers had no room for
}

// Lost is how many packets the router itself has lost: those it had accepted
// and could not pass on to another shard or to the kernel.
func (c *Counters) Lost() uint64 { return c.RingFull + c.Sent.Dropped.Total() }

// Snapshot copies a shard's counters, in the shard's own time.
func (s *Shard) Snapshot() Counters {
	got := make(chan Counters, 1)
	ok := s.Post(func(s *Shard) {
		c := s.count
		c.Peers = len(s.peers)
		for _, w := range s.writers {
			addSent(&c.Sent, &w.Counters)
		}
		for _, sock := range s.sockets {
			c.Overflow += uint64(sock.Overflows())
		}
		for _, b := range s.batches {
			c.Received.Datagrams += b.Received.Datagrams
			c.Received.Bytes += b.Received.Bytes
			c.Received.Messages += b.Received.Messages
			c.Received.Truncated += b.Received.Truncated
			c.Received.Batches += b.Received.Batches
		}
		got <- c
	})
	if !ok {
		return Counters{}
	}
	select {
	case c := <-got:
		return c
	case <-s.done:
		return Counters{}
	}
}

func addSent(sum, c *udp.Counters) {
	sum.Datagrams += c.Datagrams
	sum.Bytes += c.Bytes
	sum.Messages += c.Messages
	sum.Segmented += c.Segmented
	sum.Batches += c.Batches
	sum.GSORefused += c.GSORefused
	d, more := &sum.Dropped, &c.Dropped
	d.WouldBlock += more.WouldBlock
	d.NoBuffer += more.NoBuffer
	d.TooBig += more.TooBig
	d.Refused += more.Refused
	d.Other += more.Other
}
