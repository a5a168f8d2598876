package rtcp

import (
	"encoding/binary"
	"slices"
	"testing"

	pion "github.com/pion/rtcp"
)

// FuzzCompound: a compound that Validate takes can be read to the end by every
// parser; where pion takes a packet, too, both read the same in it.
func FuzzCompound(f *testing.F) {
	all := AppendSR(nil, SenderReport{SSRC: 1, NTP: 2}, make([]ReportBlock, 2))
	all = AppendBYE(AppendSDES(all, 1, "name"), 1, 2)
	all = AppendFIR(AppendPLI(AppendNACK(all, 1, 2, []uint16{65535, 0, 40}), 1, 2), 1, 2, 3)
	f.Add(AppendREMB(all, 1, 123456789, 4, 5))
	var b FeedbackBuilder
	for i, seq := range []uint16{1, 2, 5, 4, 9, 200, 201} {
		b.Add(seq, int64(i)*40*ms)
	}
	f.Add(b.Append(nil, 1, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		valid := Validate(b) == nil
		for len(b) > 0 {
			p, rest, err := Next(b)
			if err != nil {
				if valid {
					t.Fatalf("a valid compound does not walk: %v", err)
				}
				return
			}
			compare(t, p, b[:len(b)-len(rest)])
			b = rest
		}
	})
}

// compare reads p in every way. raw is the packet with its header.
func compare(t *testing.T, p Packet, raw []byte) {
	blocks := p.Blocks()
	for i := range blocks.Len() {
		blocks.At(i)
	}
	padded := raw[0]&0x20 != 0
	if s, ok := ParseSR(p); ok && !padded {
		var q pion.SenderReport
		if err := q.Unmarshal(raw); err != nil || q.SSRC != s.SSRC || q.NTPTime != s.NTP || q.RTPTime != s.RTP || q.OctetCount != s.Octets || len(q.Reports) != blocks.Len() {
			t.Fatalf("%+v, pion %+v %v", s, q, err)
		}
	}
	if s, ok := ParseRR(p); ok && !padded {
		var q pion.ReceiverReport
		if err := q.Unmarshal(raw); err != nil || q.SSRC != s || len(q.Reports) != blocks.Len() {
			t.Fatalf("%+v, pion %+v %v", s, q, err)
		}
	}
	if s, ok := ParseBYE(p); ok {
		for i := range s.Len() {
			s.At(i)
		}
	}
	if n, ok := ParseNACK(p); ok && !padded {
		got := asked(n)
		var q pion.TransportLayerNack
		var want []uint16
		if err := q.Unmarshal(raw); err != nil {
			t.Fatalf("pion refuses a NACK: %v", err)
		}
		for _, pair := range q.Nacks {
			want = append(want, pair.PacketList()...)
		}
		if n.Sender != q.SenderSSRC || n.Media != q.MediaSSRC || !slices.Equal(got, want) {
			t.Fatalf("%v, pion %v", got, want)
		}
	}
	if r, ok := ParseFIR(p); ok {
		for i := range r.Len() {
			r.At(i)
		}
	}
	if r, ok := ParseREMB(p); ok {
		for i := range r.Sources.Len() {
			r.Sources.At(i)
		}
		// Pion reads 0 as 8.4 Mb/s and does not saturate.
		exact := r.Bitrate > 0 && r.Bitrate < 1<<60
		var q pion.ReceiverEstimatedMaximumBitrate
		if q.Unmarshal(raw) == nil && (q.SenderSSRC != r.Sender || exact && float32(r.Bitrate) != q.Bitrate) {
			t.Fatalf("%+v, pion %+v", r, q)
		}
	}
	ParsePLI(p)
	compareFeedback(t, p, raw)
}

func compareFeedback(t *testing.T, p Packet, raw []byte) {
	var f Feedback
	if !ParseFeedback(p, &f) {
		return
	}
	n := 0
	for c := f; ; n++ {
		if _, ok := c.Next(); !ok {
			break
		}
	}
	if n != f.Count {
		t.Fatalf("%d statuses of %d", n, f.Count)
	}
	// Pion insists on a delta behind the chunks, though all may be lost.
	var q pion.TransportLayerCC
	if q.Unmarshal(raw) == nil {
		comparePion(t, raw)
	}
}

// FuzzFeedbackBuilder: whatever arrives, the feedback can be read by us and by
// pion, fits a datagram, and the pending numbers run out.
func FuzzFeedbackBuilder(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x10\x00\x02\x00\x20\x00\x00\x00\x05\xff\xff\xff\xff\x80\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var b FeedbackBuilder
		now := int64(0)
		for ; len(in) >= 4; in = in[4:] {
			now += int64(int16(binary.BigEndian.Uint16(in[2:]))) * 500_000 // up to 16 s either way
			b.Add(binary.BigEndian.Uint16(in), now)
			if in[3]&7 != 0 && len(in) >= 8 {
				continue
			}
			for rounds := 0; b.Pending() > 0; rounds++ {
				before := b.Pending()
				raw := b.Append(nil, 1, 2)
				if len(raw) > 1200 || b.Pending() >= before || rounds > MaxPending {
					t.Fatalf("%d bytes, %d pending of %d", len(raw), b.Pending(), before)
				}
				comparePion(t, raw)
			}
		}
	})
}
