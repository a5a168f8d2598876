package rtcp

import (
	"strings"
	"testing"

	pion "github.com/pion/rtcp"
)

func TestReportsRoundTripThroughPion(t *testing.T) {
	head := SenderReport{SSRC: 1, NTP: 0x0102030405060708, RTP: 9, Packets: 10, Octets: 11}
	blocks := make([]ReportBlock, 40)
	for i := range blocks {
		blocks[i] = ReportBlock{SSRC: uint32(i), FractionLost: uint8(i), Lost: int32(i), Highest: 1 << 20, Jitter: 3, LSR: 4, DLSR: 5}
	}
	b := AppendSR(nil, head, blocks)
	packets := decode(t, b)
	sr, rr := packets[0].(*pion.SenderReport), packets[1].(*pion.ReceiverReport)
	if sr.SSRC != 1 || sr.NTPTime != head.NTP || sr.RTPTime != 9 || sr.PacketCount != 10 || sr.OctetCount != 11 ||
		len(sr.Reports) != 31 || rr.SSRC != 1 || len(rr.Reports) != 9 {
		t.Fatalf("%v %v", sr, rr)
	}
	for i, r := range append(sr.Reports, rr.Reports...) {
		w := blocks[i]
		if r != (pion.ReceptionReport{SSRC: w.SSRC, FractionLost: w.FractionLost, TotalLost: uint32(w.Lost),
			LastSequenceNumber: w.Highest, Jitter: w.Jitter, LastSenderReport: w.LSR, Delay: w.DLSR}) {
			t.Errorf("block %d: %+v", i, r)
		}
	}

	p, rest, err := Next(b)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := ParseSR(p); !ok || s != head || p.Blocks().Len() != 31 {
		t.Fatalf("%+v %v", s, ok)
	}
	q := only(t, rest)
	if s, ok := ParseRR(q); !ok || s != 1 || q.Blocks().Len() != 9 {
		t.Fatalf("%+v %v", s, ok)
	}
	for i, w := range blocks {
		got := p.Blocks()
		if i >= 31 {
			got, i = q.Blocks(), i-31
		}
		if got.At(i) != w {
			t.Errorf("block %+v, want %+v", got.At(i), w)
		}
	}
}

func TestLossClampsTo24Bits(t *testing.T) {
	for in, want := range map[int32]int32{0: 0, -1: -1, 1<<23 - 1: 1<<23 - 1, 1 << 23: 1<<23 - 1, -1 << 31: -1 << 23} {
		b := AppendRR(nil, 1, []ReportBlock{{FractionLost: 255, Lost: in}})
		if got := only(t, b).Blocks().At(0); got.Lost != want || got.FractionLost != 255 {
			t.Errorf("%d became %+v", in, got)
		}
	}
}

func TestPionReadsOurNames(t *testing.T) {
	for n := range 258 {
		name := strings.Repeat("n", n)
		d := decode(t, AppendSDES(nil, 7, name))[0].(*pion.SourceDescription)
		want := name[:min(n, 255)]
		if len(d.Chunks) != 1 || d.Chunks[0].Source != 7 || d.Chunks[0].Items[0].Type != pion.SDESCNAME || d.Chunks[0].Items[0].Text != want {
			t.Fatalf("%d bytes: %+v", n, d)
		}
	}
}

func TestGoodbyesRoundTrip(t *testing.T) {
	for _, want := range [][]uint32{nil, {1}, {1, 2, 3}, make([]uint32, 31)} {
		b := AppendBYE(nil, want...)
		g := decode(t, b)[0].(*pion.Goodbye)
		s, ok := ParseBYE(only(t, b))
		if !ok || s.Len() != len(want) || len(g.Sources) != len(want) {
			t.Fatalf("%v: %v %v", want, s, g)
		}
		for i := range want {
			if s.At(i) != want[i] || g.Sources[i] != want[i] {
				t.Errorf("%v: %v %v", want, s, g)
			}
		}
	}
	if n := len(AppendBYE(nil, make([]uint32, 40)...)); n != 4+31*4 {
		t.Errorf("40 sources take %d bytes", n)
	}
}
