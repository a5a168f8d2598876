package rtcp

import "testing"

func TestAllocatesNothing(t *testing.T) {
	var b FeedbackBuilder
	buf := make([]byte, 0, 4096)
	blocks := make([]ReportBlock, 40)
	seqs := []uint16{1, 2, 30}
	seq, now := uint16(0), int64(0)
	if n := testing.AllocsPerRun(100, func() {
		for range 50 {
			seq += 1 + seq%3
			now += ms
			b.Add(seq, now)
		}
		out := AppendSR(buf, SenderReport{}, blocks)
		out = AppendSDES(out, 1, "cname")
		out = AppendNACK(out, 1, 2, seqs)
		out = AppendPLI(out, 1, 2)
		out = AppendFIR(out, 1, 2, 3)
		out = AppendREMB(out, 1, 1000000, 2, 3)
		out = b.Append(out, 1, 2)
		out = AppendBYE(out, 1)
		if Validate(out) != nil {
			t.Fatal("refused")
		}
		for len(out) > 0 {
			p, rest, err := Next(out)
			if err != nil {
				t.Fatal(err)
			}
			var f Feedback
			if ParseFeedback(p, &f) {
				for _, ok := f.Next(); ok; _, ok = f.Next() {
				}
			}
			if nack, ok := ParseNACK(p); ok {
				for _, ok := nack.Next(); ok; _, ok = nack.Next() {
				}
			}
			out = rest
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFeedbackAppend(b *testing.B) {
	var f FeedbackBuilder
	buf := make([]byte, 0, 1300)
	seq, now := uint16(0), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		for range 100 {
			if seq++; seq%50 != 0 {
				now += ms
				f.Add(seq, now)
			}
		}
		f.Append(buf, 1, 2)
	}
}

func BenchmarkFeedbackParse(b *testing.B) {
	var f FeedbackBuilder
	for i := range 100 {
		if i%50 != 7 {
			f.Add(uint16(i), int64(i)*ms)
		}
	}
	raw := f.Append(nil, 1, 2)
	b.ReportAllocs()
	for b.Loop() {
		p, _, _ := Next(raw)
		var f Feedback
		if !ParseFeedback(p, &f) {
			b.Fatal("refused")
		}
		for _, ok := f.Next(); ok; _, ok = f.Next() {
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	raw := AppendNACK(AppendSDES(AppendRR(nil, 1, make([]ReportBlock, 4)), 1, "cname"), 1, 2, []uint16{1, 2, 3})
	b.ReportAllocs()
	for b.Loop() {
		if Validate(raw) != nil {
			b.Fatal("refused")
		}
	}
}
