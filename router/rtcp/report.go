package rtcp

import "encoding/binary"

const (
	senderInfoSize = 20
	blockSize      = 24
	maxCount       = 31 // five bits

	itemCNAME = 1
)

// SenderReport is the head of an SR (RFC 3550 §6.4.1).
type SenderReport struct {
	SSRC    uint32
	NTP     uint64 // wall clock, 32.32 bits of seconds
	RTP     uint32 // the same instant on the RTP clock
	Packets uint32
	Octets  uint32 // of payload
}

// ReportBlock is one reception report (RFC 3550 §6.4.1).
type ReportBlock struct {
	SSRC         uint32
	FractionLost uint8  // since the last report, in 1/256
	Lost         int32  // since the beginning, 24 bits with sign
	Highest      uint32 // extended highest sequence number
	Jitter       uint32 // in units of the RTP clock
	LSR          uint32 // the middle 32 bits of the last SR's NTP, 0 if none came
	DLSR         uint32 // delay since that SR, in 1/65536 s
}

// ParseSR reads the head of a sender report; p.Blocks has its blocks. ok is
// false if p is no SR or is shorter than its counts say.
func ParseSR(p Packet) (s SenderReport, ok bool) {
	if p.Type != TypeSR || len(p.Body) < 4+senderInfoSize+blockSize*int(p.Count) {
		return SenderReport{}, false
	}
	return SenderReport{
		SSRC:    binary.BigEndian.Uint32(p.Body),
		NTP:     binary.BigEndian.Uint64(p.Body[4:]),
		RTP:     binary.BigEndian.Uint32(p.Body[12:]),
		Packets: binary.BigEndian.Uint32(p.Body[16:]),
		Octets:  binary.BigEndian.Uint32(p.Body[20:]),
	}, true
}

// ParseRR reads the reporter's SSRC of a receiver report; p.Blocks has its
// blocks. ok is false if p is no RR or is shorter than its count says.
func ParseRR(p Packet) (ssrc uint32, ok bool) {
	if p.Type != TypeRR || len(p.Body) < 4+blockSize*int(p.Count) {
		return 0, false
	}
	return binary.BigEndian.Uint32(p.Body), true
}

// Blocks is the borrowed list of an SR's or RR's report blocks.
type Blocks []byte

// Blocks returns the report blocks of an SR or RR, none for anything else.
func (p Packet) Blocks() Blocks {
	at := 4
	if p.Type == TypeSR {
		at += senderInfoSize
	} else if p.Type != TypeRR {
		return nil
	}
	end := at + blockSize*int(p.Count)
	if end > len(p.Body) {
		return nil
	}
	return Blocks(p.Body[at:end:end])
}

// Len is the number of blocks, 0 to 31.
func (b Blocks) Len() int { return len(b) / blockSize }

// At is the i-th block; it panics outside of 0 to Len()-1.
func (b Blocks) At(i int) ReportBlock {
	v := b[blockSize*i : blockSize*(i+1)]
	return ReportBlock{
		SSRC:         binary.BigEndian.Uint32(v),
		FractionLost: v[4],
		Lost:         int32(binary.BigEndian.Uint32(v[4:])<<8) >> 8,
		Highest:      binary.BigEndian.Uint32(v[8:]),
		Jitter:       binary.BigEndian.Uint32(v[12:]),
		LSR:          binary.BigEndian.Uint32(v[16:]),
		DLSR:         binary.BigEndian.Uint32(v[20:]),
	}
}

// AppendSR appends a sender report. Blocks past the 31st follow in receiver
// reports (RFC 3550 §6.1).
func AppendSR(dst []byte, s SenderReport, blocks []ReportBlock) []byte {
	n := min(len(blocks), maxCount)
	start := len(dst)
	dst = begin(dst, TypeSR, uint8(n))
	dst = binary.BigEndian.AppendUint32(dst, s.SSRC)
	dst = binary.BigEndian.AppendUint64(dst, s.NTP)
	dst = binary.BigEndian.AppendUint32(dst, s.RTP)
	dst = binary.BigEndian.AppendUint32(dst, s.Packets)
	dst = binary.BigEndian.AppendUint32(dst, s.Octets)
	dst = end(appendBlocks(dst, blocks[:n]), start)
	if n < len(blocks) {
		dst = AppendRR(dst, s.SSRC, blocks[n:])
	}
	return dst
}

// AppendRR appends a receiver report, or as many as the blocks need, and an
// empty one if there are none.
func AppendRR(dst []byte, ssrc uint32, blocks []ReportBlock) []byte {
	for {
		n := min(len(blocks), maxCount)
		start := len(dst)
		dst = begin(dst, TypeRR, uint8(n))
		dst = binary.BigEndian.AppendUint32(dst, ssrc)
		dst = end(appendBlocks(dst, blocks[:n]), start)
		if blocks = blocks[n:]; len(blocks) == 0 {
			return dst
		}
	}
}

func appendBlocks(dst []byte, blocks []ReportBlock) []byte {
	for i := range blocks {
		b := &blocks[i]
		// RFC 3550 §6.4.1, A.3: the 24 bits of loss clamp, they do not wrap.
		total := uint32(min(max(b.Lost, -1<<23), 1<<23-1)) & 0xFFFFFF
		dst = binary.BigEndian.AppendUint32(dst, b.SSRC)
		dst = binary.BigEndian.AppendUint32(dst, uint32(b.FractionLost)<<24|total)
		dst = binary.BigEndian.AppendUint32(dst, b.Highest)
		dst = binary.BigEndian.AppendUint32(dst, b.Jitter)
		dst = binary.BigEndian.AppendUint32(dst, b.LSR)
		dst = binary.BigEndian.AppendUint32(dst, b.DLSR)
	}
	return dst
}

// AppendSDES appends a source description with a CNAME of at most 255 bytes
// (cut there), which every full compound needs (RFC 3550 §6.5.1).
func AppendSDES(dst []byte, ssrc uint32, cname string) []byte {
	n := min(len(cname), 255)
	start := len(dst)
	dst = begin(dst, TypeSDES, 1)
	dst = binary.BigEndian.AppendUint32(dst, ssrc)
	dst = append(dst, itemCNAME, byte(n))
	dst = append(dst, cname[:n]...)
	// RFC 3550 §6.5: one or more null octets end the list of items and fill up
	// to 32 bits. This padding is no padding in the sense of the P bit.
	dst = append(dst, "\x00\x00\x00\x00"[:4-(len(dst)-start)&3]...)
	return end(dst, start)
}

// chunks tells whether an SDES has the chunks that it counts (RFC 3550 §6.5).
func (p Packet) chunks() bool {
	b := p.Body
	for range p.Count {
		if len(b) < 4 {
			return false
		}
		at := 4
		for {
			if at >= len(b) {
				return false
			}
			if b[at] == 0 {
				break
			}
			if at+1 >= len(b) {
				return false
			}
			at += 2 + int(b[at+1])
		}
		b = b[min((at+4)&^3, len(b)):]
	}
	return true
}

// AppendBYE appends a goodbye of up to 31 sources (RFC 3550 §6.6).
func AppendBYE(dst []byte, ssrcs ...uint32) []byte {
	ssrcs = ssrcs[:min(len(ssrcs), maxCount)]
	start := len(dst)
	dst = begin(dst, TypeBYE, uint8(len(ssrcs)))
	for _, s := range ssrcs {
		dst = binary.BigEndian.AppendUint32(dst, s)
	}
	return end(dst, start)
}

// ParseBYE reads the sources that leave. ok is false if p is no BYE or is
// shorter than its counts say.
func ParseBYE(p Packet) (s SSRCs, ok bool) {
	n := 4 * int(p.Count)
	if p.Type != TypeBYE || len(p.Body) < n {
		return nil, false
	}
	// RFC 3550 §6.6: a reason may follow behind one byte of length.
	if len(p.Body) > n && n+1+int(p.Body[n]) > len(p.Body) {
		return nil, false
	}
	return SSRCs(p.Body[:n:n]), true
}
