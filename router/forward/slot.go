package forward

import (
	"causeway/router/rtp"
)

// Slot is one receiving lane. To its receiver it is a single RTP stream that
// never breaks: when another source moves in, sequence numbers go on by one,
// timestamps by the time that passed, and VP8's picture counters likewise.
type Slot struct {
	SSRC  uint32
	RTX   uint32        // 0: none, resends repeat the packet itself
	PT    [Codecs]uint8 // payload type by codec; 0: the receiver cannot decode it
	RTXPT [Codecs]uint8
	Video bool
	Clock uint32 // Hz

	source  *Source
	waiting bool // for a key frame of source
	fresh   bool // nothing of source has been sent yet

	last    uint64 // extended index of the newest packet sent
	lastTS  uint32
	lastAt  int64
	started bool

	first  uint64 // the source's index at which it moved in; older packets are not for this slot
	shift  uint64 // added to the source's index, modulo 2^64
	shiftT uint32 // added to the source's timestamp

	picture, shiftPicture uint16
	tl0, shiftTL0         uint8

	rtx uint64 // extended index of the newest packet on RTX

	reported uint32 // Packets at the last sender report

	// Packets and Octets count what was sent, for sender reports (RFC 3550 §6.4.1).
	Packets, Octets uint32
}

// Out is a packet's new identity: its 12-byte header and its extended index on
// the slot's SSRC. The payload's VP8 descriptor, if any, was patched in place.
type Out struct {
	Header [12]byte
	Index  uint64
}

// NewSlot makes a slot whose numbering starts at the given sequence number
// and timestamp. A start below 2^15 keeps a lost first packet from confusing the
// receiver's roll-over count (RFC 3711 §3.3.1).
func NewSlot(ssrc, rtx uint32, video bool, clock uint32, seq uint16, ts uint32) Slot {
	return Slot{
		SSRC: ssrc, RTX: rtx, Video: video, Clock: clock,
		last: uint64(seq & 0x7fff), rtx: uint64(seq & 0x7fff), lastTS: ts,
	}
}

// Source is the source in the slot, or nil.
func (s *Slot) Source() *Source { return s.source }

// Timestamp says which RTP timestamp the slot has at the instant now.
func (s *Slot) Timestamp(now int64) uint32 {
	return s.lastTS + uint32((now-s.lastAt)/1e3*int64(s.Clock)/1e6)
}

// Moved reports whether packets were sent since the last call.
func (s *Slot) Moved() bool {
	moved := s.Packets != s.reported
	s.reported = s.Packets
	return moved
}

func (s *Slot) show(src *Source) {
	s.source, s.fresh, s.waiting = src, true, src != nil && src.Video
}

// Next gives p its place in the slot's stream. It reports false if p does not
// belong there: the codec is not the receiver's, a key frame has to come
// first, or the packet is older than the source's time in this slot.
func (s *Slot) Next(p *Packet, now int64, o *Out) bool {
	pt := s.PT[p.Codec]
	if pt == 0 {
		return false
	}
	if s.fresh {
		if s.waiting && !p.KeyFrame {
			s.source.WantKey()
			return false
		}
		s.begin(p, now)
	}
	if int64(p.Index-s.first) < 0 {
		return false
	}
	index, ts := p.Index+s.shift, p.TS+s.shiftT
	s.patch(p)
	rtp.Put(o.Header[:], p.Marker, pt, uint16(index), ts, s.SSRC)
	if p.Padded {
		o.Header[0] |= 0x20
	}
	o.Index = index
	if int64(index-s.last) > 0 {
		s.last, s.lastTS, s.lastAt = index, ts, now
		if p.HasVP8 {
			s.picture, s.tl0 = p.VP8.PictureID+s.shiftPicture, p.VP8.TL0+s.shiftTL0
		}
	}
	s.Packets++
	s.Octets += uint32(len(p.Payload))
	return true
}

// begin joins the source's numbering to the slot's with its first packet.
func (s *Slot) begin(p *Packet, now int64) {
	s.fresh, s.waiting = false, false
	s.first = p.Index
	s.shift = s.last + 1 - p.Index
	ts := s.lastTS
	if s.started {
		ts = s.Timestamp(now)
		if ts == s.lastTS {
			ts++
		}
	}
	s.started = true
	s.shiftT = ts - p.TS
	if p.HasVP8 {
		s.shiftPicture = s.picture + 1 - p.VP8.PictureID
		s.shiftTL0 = s.tl0 + 1 - p.VP8.TL0
	}
}

func (s *Slot) patch(p *Packet) {
	if p.HasVP8 {
		p.VP8.Patch(p.Payload, p.VP8.PictureID+s.shiftPicture, p.VP8.TL0+s.shiftTL0)
	}
}

// Resend answers one sequence number of a NACK (RFC 4585 §6.2.1). The payload is
// copied to room, because its counters are patched and RTX puts the original
// sequence number before it (RFC 4588 §4); p borrows room afterwards. Where RTX
// was agreed the packet goes out on it, otherwise as it was.
func (s *Slot) Resend(seq uint16, h *History, room []byte, p *Packet, o *Out) bool {
	if s.source == nil || s.fresh {
		return false
	}
	index := s.last + uint64(int64(int16(seq-uint16(s.last))))
	at := index - s.shift
	if int64(index-s.last) > 0 || int64(at-s.first) < 0 || !s.source.recall(at, h, p) || osnSize+len(p.Payload)+maxPad > len(room) {
		return false
	}
	pt := s.PT[p.Codec]
	if pt == 0 {
		return false
	}
	n := copy(room[osnSize:], p.Payload)
	p.Payload = room[osnSize : osnSize+n]
	if s.isVP8(p) {
		s.patch(p)
	}
	ts := p.TS + s.shiftT
	if rtxPT := s.RTXPT[p.Codec]; s.RTX != 0 && rtxPT != 0 {
		s.rtx++
		rtp.Put(o.Header[:], p.Marker, rtxPT, uint16(s.rtx), ts, s.RTX)
		room[0], room[1] = byte(seq>>8), byte(seq)
		p.Payload, o.Index = room[:osnSize+n], s.rtx
		return true
	}
	rtp.Put(o.Header[:], p.Marker, pt, seq, ts, s.SSRC)
	if p.pad(int(p.padding)) {
		o.Header[0] |= 0x20
	}
	o.Index = index
	return true
}

// osnSize is the length of RTX's original sequence number.
const osnSize = 2

// isVP8 parses the descriptor again: the history keeps bytes, not parsed heads.
func (s *Slot) isVP8(p *Packet) bool {
	p.HasVP8 = p.Codec == CodecVP8 && rtp.ParseVP8(p.Payload, &p.VP8) == nil
	return p.HasVP8
}

// CodecVP8 is the number that marks VP8 among the router's codecs: the only
// one whose payload carries counters to be rewritten.
const CodecVP8 = 2
