package rtcp

import (
	"math"
	"slices"
	"testing"

	pion "github.com/pion/rtcp"
)

func asked(n NACK) (seqs []uint16) {
	for seq, ok := n.Next(); ok; seq, ok = n.Next() {
		seqs = append(seqs, seq)
	}
	return seqs
}

func TestNACKsRoundTripThroughPion(t *testing.T) {
	far := make([]uint16, 300)
	for i := range far {
		far[i] = uint16(60000 + 20*i) // across the wrap-around, an entry each
	}
	for name, c := range map[string]struct {
		seqs    []uint16
		entries int
	}{
		"one":            {[]uint16{5}, 1},
		"seventeen":      {[]uint16{5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}, 1},
		"one too far":    {[]uint16{5, 22}, 2},
		"across 65535":   {[]uint16{65530, 65535, 0, 10, 11}, 2},
		"of two packets": {far, 300},
	} {
		b := AppendNACK(nil, 1, 2, c.seqs)
		var ours, pions []uint16
		entries := 0
		for _, p := range decode(t, b) {
			n := p.(*pion.TransportLayerNack)
			if n.SenderSSRC != 1 || n.MediaSSRC != 2 {
				t.Fatalf("%s: %v", name, n)
			}
			entries += len(n.Nacks)
			for _, pair := range n.Nacks {
				pions = append(pions, pair.PacketList()...)
			}
		}
		for len(b) > 0 {
			var p Packet
			p, b, _ = Next(b)
			n, ok := ParseNACK(p)
			if !ok || n.Sender != 1 || n.Media != 2 {
				t.Fatalf("%s: %+v", name, n)
			}
			ours = append(ours, asked(n)...)
		}
		if !slices.Equal(ours, c.seqs) || !slices.Equal(pions, c.seqs) || entries != c.entries {
			t.Errorf("%s: we read %v, pion %v in %d entries", name, ours, pions, entries)
		}
	}
	if b := AppendNACK([]byte("x"), 1, 2, nil); string(b) != "x" {
		t.Errorf("a NACK of nothing: %x", b)
	}
	if got := asked(func() NACK { n, _ := ParseNACK(only(t, AppendNACK(nil, 1, 2, []uint16{7, 7, 8}))); return n }()); !slices.Equal(got, []uint16{7, 8}) {
		t.Errorf("of a double: %v", got)
	}
}

func TestKeyFrameRequestsRoundTripThroughPion(t *testing.T) {
	b := AppendFIR(AppendPLI(nil, 1, 2), 3, 4, 5)
	packets := decode(t, b)
	if p := packets[0].(*pion.PictureLossIndication); p.SenderSSRC != 1 || p.MediaSSRC != 2 {
		t.Error(p)
	}
	if f := packets[1].(*pion.FullIntraRequest); f.SenderSSRC != 3 || f.MediaSSRC != 0 || len(f.FIR) != 1 || f.FIR[0] != (pion.FIREntry{SSRC: 4, SequenceNumber: 5}) {
		t.Error(f)
	}
	p, rest, _ := Next(b)
	if s, m, ok := ParsePLI(p); s != 1 || m != 2 || !ok {
		t.Error(s, m, ok)
	}
	f, ok := ParseFIR(only(t, rest))
	if m, n := f.At(0); !ok || f.Sender != 3 || f.Len() != 1 || m != 4 || n != 5 {
		t.Error(f, ok)
	}
}

func TestREMBsRoundTripThroughPion(t *testing.T) {
	for bitrate, want := range map[uint64]uint64{
		0: 0, 1: 1, 1<<18 - 1: 1<<18 - 1, 1<<18 + 1: 1 << 18, 2_500_000: 2_500_000, 8927168: 8927168,
		math.MaxUint64: 0x3FFFF << 46,
	} {
		b := AppendREMB(nil, 1, bitrate, 7, 8)
		r, ok := ParseREMB(only(t, b))
		if !ok || r.Sender != 1 || r.Bitrate != want || r.Sources.Len() != 2 || r.Sources.At(1) != 8 {
			t.Errorf("%d: %+v", bitrate, r)
		}
		p := decode(t, b)[0].(*pion.ReceiverEstimatedMaximumBitrate)
		// Pion reads a mantissa of 0 as 8.4 Mb/s.
		if p.SenderSSRC != 1 || bitrate > 0 && float64(p.Bitrate) != float64(want) || !slices.Equal(p.SSRCs, []uint32{7, 8}) {
			t.Errorf("%d: pion %+v", bitrate, p)
		}
	}
	b := AppendREMB(nil, 1, 0)
	b[17], b[18], b[19] = 63<<2|3, 0xff, 0xff
	if r, ok := ParseREMB(only(t, b)); !ok || r.Bitrate != math.MaxUint64 {
		t.Errorf("more than 64 bits: %+v", r)
	}
}
