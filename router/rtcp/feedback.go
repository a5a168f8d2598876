package rtcp

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// is tells whether p is a feedback message of the given kind with at least the
// two SSRCs (RFC 4585 §6.1) and size bytes of feedback control information.
func (p Packet) is(kind, format uint8, size int) bool {
	return p.Type == kind && p.Count == format && len(p.Body) >= 8+size
}

// beginFeedback appends the common head of feedback messages.
func beginFeedback(dst []byte, kind, format uint8, sender, media uint32) []byte {
	dst = begin(dst, kind, format)
	dst = binary.BigEndian.AppendUint32(dst, sender)
	return binary.BigEndian.AppendUint32(dst, media)
}

// NACK is a generic NACK (RFC 4585 §6.2.1) and the cursor over what it asks for.
type NACK struct {
	Sender, Media uint32
	fci           []byte // entries not yet begun
	pid           uint16
	mask          uint32 // what is left of the entry at pid
}

// ParseNACK reads a generic NACK; Next goes through its sequence numbers. ok is
// false if p is none or has no entry.
func ParseNACK(p Packet) (n NACK, ok bool) {
	if !p.is(TypeRTPFB, FormatNACK, 4) {
		return NACK{}, false
	}
	return NACK{
		Sender: binary.BigEndian.Uint32(p.Body),
		Media:  binary.BigEndian.Uint32(p.Body[4:]),
		fci:    p.Body[8 : len(p.Body)&^3],
	}, true
}

// Next is the next sequence number that is asked for, in the order of the
// packet; ok is false behind the last. A packet of n bytes holds less than 5n.
func (n *NACK) Next() (seq uint16, ok bool) {
	if n.mask == 0 {
		if len(n.fci) < 4 {
			return 0, false
		}
		// Bit i of BLP stands for packet PID+i+1.
		n.pid = binary.BigEndian.Uint16(n.fci)
		n.mask = uint32(binary.BigEndian.Uint16(n.fci[2:]))<<1 | 1
		n.fci = n.fci[4:]
	}
	seq = n.pid + uint16(bits.TrailingZeros32(n.mask))
	n.mask &= n.mask - 1
	return seq, true
}

// maxNACKEntries keeps one NACK packet at 1 KiB.
const maxNACKEntries = 253

// AppendNACK appends a generic NACK for seqs, which are sorted by age (across
// the wrap-around), oldest first; more than 253 entries of up to 17 neighbours
// take a second packet. Without seqs nothing is appended.
func AppendNACK(dst []byte, sender, media uint32, seqs []uint16) []byte {
	for len(seqs) > 0 {
		start := len(dst)
		dst = beginFeedback(dst, TypeRTPFB, FormatNACK, sender, media)
		for entries := 0; len(seqs) > 0 && entries < maxNACKEntries; entries++ {
			pid, blp := seqs[0], uint16(0)
			for seqs = seqs[1:]; len(seqs) > 0; seqs = seqs[1:] {
				d := seqs[0] - pid
				if d > 16 {
					break
				}
				if d > 0 {
					blp |= 1 << (d - 1)
				}
			}
			dst = append(dst, byte(pid>>8), byte(pid), byte(blp>>8), byte(blp))
		}
		dst = end(dst, start)
	}
	return dst
}

// ParsePLI reads a picture loss indication (RFC 4585 §6.3.1); ok is false if p
// is none.
func ParsePLI(p Packet) (sender, media uint32, ok bool) {
	if !p.is(TypePSFB, FormatPLI, 0) {
		return 0, 0, false
	}
	return binary.BigEndian.Uint32(p.Body), binary.BigEndian.Uint32(p.Body[4:]), true
}

// AppendPLI appends a picture loss indication.
func AppendPLI(dst []byte, sender, media uint32) []byte {
	start := len(dst)
	return end(beginFeedback(dst, TypePSFB, FormatPLI, sender, media), start)
}

// FIR is a full intra request (RFC 5104 §4.3.1).
type FIR struct {
	Sender  uint32
	entries []byte
}

// ParseFIR reads a full intra request; ok is false if p is none or has no entry.
func ParseFIR(p Packet) (f FIR, ok bool) {
	if !p.is(TypePSFB, FormatFIR, 8) {
		return FIR{}, false
	}
	return FIR{Sender: binary.BigEndian.Uint32(p.Body), entries: p.Body[8:]}, true
}

// Len is the number of media sources that shall send a key frame.
func (f FIR) Len() int { return len(f.entries) / 8 }

// At is the i-th of them, and the number of the command: the same again is a
// repetition. It panics outside of 0 to Len()-1.
func (f FIR) At(i int) (media uint32, command uint8) {
	e := f.entries[8*i : 8*i+8]
	return binary.BigEndian.Uint32(e), e[4]
}

// AppendFIR appends a full intra request for one media source. command grows
// by one per request, and stays for a repetition.
func AppendFIR(dst []byte, sender, media uint32, command uint8) []byte {
	start := len(dst)
	// RFC 5104 §4.3.1.2: the media source of the common head is not used and
	// SHALL be 0; the entries name the sources.
	dst = beginFeedback(dst, TypePSFB, FormatFIR, sender, 0)
	dst = binary.BigEndian.AppendUint32(dst, media)
	dst = append(dst, command, 0, 0, 0)
	return end(dst, start)
}

// REMB is a receiver's estimate of the bit rate that it can take, over all the
// sources it names (draft-alvestrand-rmcat-remb-03 §2.2).
type REMB struct {
	Sender  uint32
	Bitrate uint64 // bits per second
	Sources SSRCs
}

const remb = "REMB"

// isREMB tells REMB from other application layer feedback.
func (p Packet) isREMB() bool {
	return p.is(TypePSFB, FormatREMB, 4) && string(p.Body[8:12]) == remb
}

// ParseREMB reads a REMB; ok is false if p is none or names more sources than
// it holds. A bit rate past 64 bits is the largest that they hold.
func ParseREMB(p Packet) (r REMB, ok bool) {
	if !p.isREMB() || len(p.Body) < 16 {
		return REMB{}, false
	}
	stop := 16 + 4*int(p.Body[12])
	if stop > len(p.Body) {
		return REMB{}, false
	}
	// Six bits of exponent and 18 of mantissa.
	exp := int(p.Body[13] >> 2)
	mantissa := uint64(binary.BigEndian.Uint32(p.Body[12:]) & 0x3FFFF)
	r = REMB{Sender: binary.BigEndian.Uint32(p.Body), Bitrate: mantissa << exp, Sources: SSRCs(p.Body[16:stop:stop])}
	if bits.Len64(mantissa)+exp > 64 {
		r.Bitrate = math.MaxUint64
	}
	return r, true
}

// AppendREMB appends a REMB for up to 255 sources, the bit rate rounded down to
// 18 significant bits.
func AppendREMB(dst []byte, sender uint32, bitrate uint64, sources ...uint32) []byte {
	sources = sources[:min(len(sources), 255)]
	exp := max(bits.Len64(bitrate)-18, 0)
	start := len(dst)
	dst = beginFeedback(dst, TypePSFB, FormatREMB, sender, 0)
	dst = append(dst, remb...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(sources))<<24|uint32(exp)<<18|uint32(bitrate>>exp))
	for _, s := range sources {
		dst = binary.BigEndian.AppendUint32(dst, s)
	}
	return end(dst, start)
}
