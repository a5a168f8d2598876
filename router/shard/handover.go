package shard

import (
	"encoding/binary"
	"unsafe"

	"causeway/router/forward"
	"causeway/router/rtp"
	"causeway/router/udp"
)

// Records between shards. The first byte says what follows; numbers are in the
// machine's order, since both ends are this process.
const (
	recordMedia    = iota + 1 // a publisher's packet in plaintext
	recordDatagram            // a datagram that came to the wrong shard
	recordLearn               // datagrams from this address belong to the sender of the record
	recordForget              // and no longer
	recordKey                 // a receiver over here needs a key frame
)

const (
	mediaHead    = 40
	addrBytes    = int(unsafe.Sizeof(udp.Addr{}))
	datagramHead = 8 + addrBytes
	tailRoom     = 16 // behind a payload, for padding: as much as SRTP's tag leaves on the publisher's shard
)

// record reserves n bytes in the ring to another shard, or counts the loss.
func (s *Shard) record(to, n int) []byte {
	if to < 0 || to >= len(s.out) || s.out[to] == nil {
		return nil
	}
	b := s.out[to].reserve(n)
	if b == nil {
		s.count.RingFull++
		return nil
	}
	s.touched |= 1 << to
	s.count.HandedOver++
	return b
}

// handOver gives one packet to every other shard in mask: one copy per shard,
// never one per subscriber.
func (s *Shard) handOver(r *room, src *source, p *forward.Packet, mask uint64) {
	for to := 0; mask != 0; to++ {
		if mask&(1<<to) == 0 {
			continue
		}
		mask &^= 1 << to
		b := s.record(to, mediaHead+len(p.Payload)+tailRoom)
		if b == nil {
			continue
		}
		e := binary.NativeEndian
		b[0], b[1], b[2], b[3] = recordMedia, p.Codec, p.Level, flags(p)
		e.PutUint16(b[4:], r.key.Num)
		e.PutUint16(b[6:], src.num)
		e.PutUint32(b[8:], r.key.Tag)
		e.PutUint32(b[12:], src.fwd.ID)
		e.PutUint64(b[16:], p.Index)
		e.PutUint32(b[24:], p.TS)
		copy(b[mediaHead:], p.Payload)
	}
}

func flags(p *forward.Packet) (f byte) {
	if p.Marker {
		f |= 1
	}
	if p.KeyFrame {
		f |= 2
	}
	return f
}

func (s *Shard) takeMedia(b []byte) {
	if len(b) < mediaHead+tailRoom {
		return
	}
	e := binary.NativeEndian
	r := s.room(RoomKey{Num: e.Uint16(b[4:]), Tag: e.Uint32(b[8:])})
	if r == nil {
		return
	}
	src := r.source(e.Uint16(b[6:]), e.Uint32(b[12:]))
	if src == nil {
		return
	}
	p := &s.media
	*p = forward.Packet{
		Payload: b[mediaHead : len(b)-tailRoom], Codec: b[1], Level: b[2], Marker: b[3]&1 != 0, KeyFrame: b[3]&2 != 0,
		Index: e.Uint64(b[16:]), TS: e.Uint32(b[24:]),
	}
	p.HasVP8 = p.Codec == forward.CodecVP8 && rtp.ParseVP8(p.Payload, &p.VP8) == nil
	s.lastMedia = s.now
	s.deliver(r, src, p)
}

// handOverDatagram brings a datagram to the shard that owns its session.
func (s *Shard) handOverDatagram(to int, socket uint8, from *udp.Addr, b []byte) {
	if rec := s.record(to, datagramHead+len(b)); rec != nil {
		rec[0], rec[1] = recordDatagram, socket
		*(*udp.Addr)(unsafe.Pointer(&rec[8])) = *from
		copy(rec[datagramHead:], b)
	}
}

// spreadPath tells all other shards whose an address is.
func (s *Shard) spreadPath(kind byte, socket uint8, addr *udp.Addr) {
	for to := range s.out {
		if rec := s.record(to, datagramHead); rec != nil {
			rec[0], rec[1] = kind, socket
			*(*udp.Addr)(unsafe.Pointer(&rec[8])) = *addr
		}
	}
}

// askHome tells a source's home that a receiver here needs a key frame.
func (s *Shard) askHome(r *room, src *source) {
	if rec := s.record(src.home, 16); rec != nil {
		e := binary.NativeEndian
		rec[0] = recordKey
		e.PutUint16(rec[4:], r.key.Num)
		e.PutUint16(rec[6:], src.num)
		e.PutUint32(rec[8:], r.key.Tag)
		e.PutUint32(rec[12:], src.fwd.ID)
	}
}

// takeHandovers reads what other shards have written. Media stays in the rings
// until the turn has forwarded it; release comes in fanOut.
func (s *Shard) takeHandovers() {
	for from, r := range s.in {
		if r == nil {
			continue
		}
		for range maxRecords {
			b := r.next()
			if b == nil {
				break
			}
			s.take(from, b)
		}
	}
}

// maxRecords bounds what one turn takes from one ring.
const maxRecords = 512

func (s *Shard) take(from int, b []byte) {
	switch b[0] {
	case recordMedia:
		s.takeMedia(b)
	case recordDatagram:
		addr := *(*udp.Addr)(unsafe.Pointer(&b[8]))
		s.receive(b[1], &addr, b[datagramHead:])
	case recordLearn:
		addr := *(*udp.Addr)(unsafe.Pointer(&b[8]))
		s.table.put(&addr, b[1], nil, from)
	case recordForget:
		addr := *(*udp.Addr)(unsafe.Pointer(&b[8]))
		s.table.remove(&addr, b[1], nil, from)
	case recordKey:
		e := binary.NativeEndian
		if r := s.room(RoomKey{Num: e.Uint16(b[4:]), Tag: e.Uint32(b[8:])}); r != nil {
			if src := r.source(e.Uint16(b[6:]), e.Uint32(b[12:])); src != nil {
				src.fwd.WantKey()
			}
		}
	}
}
