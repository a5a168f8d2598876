package rtcp

import (
	"math/rand/v2"
	"slices"
	"testing"

	pion "github.com/pion/rtcp"
)

const ms = 1_000_000

func arrivals(t testing.TB, b []byte) (f Feedback, all []Arrival) {
	t.Helper()
	p, rest, err := Next(b)
	if err != nil || len(rest) != 0 || !ParseFeedback(p, &f) {
		t.Fatalf("%v: %x", err, b)
	}
	for c, a, ok := f, (Arrival{}), true; ok; {
		if a, ok = c.Next(); ok {
			all = append(all, a)
		}
	}
	return f, all
}

func TestReportsGapsReorderingAndWrapAround(t *testing.T) {
	var b FeedbackBuilder
	for _, a := range []struct {
		seq uint16
		at  int64
	}{{65534, 1000 * ms}, {65535, 1001 * ms}, {1, 1003 * ms}, {0, 1004 * ms}, {4, 1100 * ms}} {
		if !b.Add(a.seq, a.at) {
			t.Fatalf("%d refused", a.seq)
		}
	}
	if b.Add(0, 2000*ms) {
		t.Error("a duplicate was taken")
	}
	if b.Pending() != 7 {
		t.Fatalf("%d pending", b.Pending())
	}
	raw := b.Append(nil, 10, 20)
	f, got := arrivals(t, raw)
	if f.Sender != 10 || f.Media != 20 || f.Base != 65534 || f.Count != 7 || f.Number != 0 || f.Reference != 960*ms {
		t.Fatalf("%+v", f)
	}
	want := []Arrival{{65534, true, 1000 * ms}, {65535, true, 1001 * ms}, {0, true, 1004 * ms}, {1, true, 1003 * ms},
		{2, false, 0}, {3, false, 0}, {4, true, 1100 * ms}}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	comparePion(t, raw)
	if b.Pending() != 0 || len(b.Append(nil, 10, 20)) != 0 {
		t.Error("feedback about nothing")
	}
}

func TestGoesOnWhereTheLastFeedbackEnded(t *testing.T) {
	var b FeedbackBuilder
	b.Add(100, 0)
	b.Append(nil, 1, 2)
	b.Add(103, 5*ms)
	f, got := arrivals(t, b.Append(nil, 1, 2))
	if f.Base != 101 || f.Number != 1 || !slices.Equal(got, []Arrival{{101, false, 0}, {102, false, 0}, {103, true, 5 * ms}}) {
		t.Errorf("%+v %v", f, got)
	}
	// 102 comes late: it is reported again, with what is known behind it.
	b.Add(102, 9*ms)
	f, got = arrivals(t, b.Append(nil, 1, 2))
	if f.Base != 102 || !slices.Equal(got, []Arrival{{102, true, 9 * ms}, {103, true, 5 * ms}}) {
		t.Errorf("%+v %v", f, got)
	}
}

func TestForgetsWhatIsTooOld(t *testing.T) {
	var b FeedbackBuilder
	b.Add(0, 0)
	b.Add(511, ms)
	if b.Pending() != MaxPending {
		t.Errorf("%d pending", b.Pending())
	}
	b.Add(512, ms)
	if b.Pending() != MaxPending || b.Add(0, ms) || !b.Add(1, ms) {
		t.Error("the window is not the last 512 numbers")
	}
	b.Add(20000, 2*ms)
	f, got := arrivals(t, b.Append(nil, 1, 2))
	if f.Base != 20000-511 || f.Count != 512 || got[0].Received || !got[511].Received {
		t.Errorf("%+v", f)
	}
	// Half the number space away is behind, not ahead.
	if b.Add(20000+32768, 3*ms) {
		t.Error("took a number from nowhere")
	}
}

func TestEndsEarlyWhereADeltaDoesNotFit(t *testing.T) {
	var b FeedbackBuilder
	b.Add(1, 0)
	b.Add(2, 8191*ms)
	b.Add(4, 20_000*ms)
	_, got := arrivals(t, b.Append(nil, 1, 2))
	if !slices.Equal(got, []Arrival{{1, true, 0}, {2, true, 8191 * ms}, {3, false, 0}}) {
		t.Errorf("%v", got)
	}
	if b.Pending() != 1 {
		t.Fatalf("%d pending", b.Pending())
	}
	if f, got := arrivals(t, b.Append(nil, 1, 2)); f.Number != 1 || !slices.Equal(got, []Arrival{{4, true, 20_000 * ms}}) {
		t.Errorf("%+v %v", f, got)
	}
}

func TestReferenceTimeWraps(t *testing.T) {
	var b FeedbackBuilder
	const day = 24 * 3600 * 1000 * ms
	b.Add(1, 13*day) // past the 24 bits of 64 ms, which are 12.4 days
	f, got := arrivals(t, b.Append(nil, 1, 2))
	span := int64(1<<24) * referenceUnit
	if (13*day-got[0].At)%span != 0 || f.Reference < -span/2 || f.Reference >= span/2 {
		t.Errorf("%+v %v", f, got)
	}
}

// TestEveryArrivalIsReportedOnce drives the builder with loss, reordering and
// duplicates over several wrap-arounds and keeps a plain list beside it.
func TestEveryArrivalIsReportedOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b FeedbackBuilder
	const n = 200_000
	arrived := make(map[uint16]int64) // of the last 30,000 packets
	reported := make(map[uint16]bool)
	var order []uint16
	for i := range n {
		order = append(order, uint16(i))
	}
	for i := range n - 50 { // up to 50 places late
		if r.IntN(10) == 0 {
			j := i + r.IntN(50)
			order[i], order[j] = order[j], order[i]
		}
	}
	buf := make([]byte, 0, 1300)
	now := int64(0)
	for i, seq := range order {
		now += r.Int64N(3 * ms)
		delete(arrived, seq+30_000)
		delete(reported, seq+30_000)
		if r.IntN(20) == 0 {
			continue
		}
		if !b.Add(seq, now) {
			t.Fatalf("%d refused", seq)
		}
		if r.IntN(20) == 0 && b.Add(seq, now+ms) {
			t.Fatal("a duplicate was taken")
		}
		arrived[seq] = now
		if i%100 != 99 && i < n-1 {
			continue
		}
		for b.Pending() > 0 {
			raw := b.Append(buf, 1, 2)
			if len(raw) > 1200 {
				t.Fatalf("%d bytes", len(raw))
			}
			comparePion(t, raw)
			_, all := arrivals(t, raw)
			for _, a := range all {
				at, ok := arrived[a.Seq]
				if ok != a.Received || ok && (at-a.At < 0 || at-a.At >= tick) && (at-a.At)%(1<<24*referenceUnit) >= tick {
					t.Fatalf("%+v, arrived at %d (%v)", a, at, ok)
				}
				if ok {
					reported[a.Seq] = true
				}
			}
		}
	}
	for seq := range arrived {
		if !reported[seq] && uint16(n&0xFFFF)-seq > 200 {
			t.Errorf("%d arrived and was not reported", seq)
		}
	}
}

// comparePion checks that pion reads the same statuses and deltas in raw.
func comparePion(t testing.TB, raw []byte) {
	t.Helper()
	var p pion.TransportLayerCC
	if err := p.Unmarshal(raw); err != nil {
		t.Fatalf("pion refuses ours: %v\n%x", err, raw)
	}
	f, all := arrivals(t, raw)
	if p.SenderSSRC != f.Sender || p.MediaSSRC != f.Media || p.BaseSequenceNumber != f.Base || int(p.PacketStatusCount) != f.Count ||
		p.FbPktCount != f.Number || p.ReferenceTime != uint32(f.Reference/referenceUnit)&0xFFFFFF {
		t.Fatalf("%+v, pion %+v", f, p)
	}
	now, i := f.Reference, 0
	for _, a := range all {
		if !a.Received {
			continue
		}
		if i == len(p.RecvDeltas) {
			t.Fatalf("pion reads %d deltas", i)
		}
		if now += p.RecvDeltas[i].Delta * 1000; now != a.At {
			t.Fatalf("%+v, pion %d", a, now)
		}
		i++
	}
	if i != len(p.RecvDeltas) {
		t.Fatalf("pion reads %d deltas, we %d", len(p.RecvDeltas), i)
	}
}

func TestReadsEveryKindOfChunk(t *testing.T) {
	// 3 lost as a run, 14 in one bit each, 7 in two bits each, of which the
	// count cuts off the last two; then 2 + 1 + 2 bytes of delta and padding.
	raw := []byte("\x8f\xcd\x00\x08\x00\x00\x00\x01\x00\x00\x00\x02" + "\xff\xfe\x00\x16\x00\x00\x02\x09" +
		"\x00\x03" + "\xa0\x01" + "\xd8\x01" + "\x04\x08\x01\xff\xfc\x00\x00\x00\x00\x00")
	f, all := arrivals(t, raw)
	if f.Base != 0xfffe || f.Count != 22 || f.Reference != 128*ms || len(all) != 22 {
		t.Fatalf("%+v", f)
	}
	var got []Arrival
	for _, a := range all {
		if a.Received {
			got = append(got, a)
		}
	}
	want := []Arrival{{1, true, 129 * ms}, {2, false, 0}}[:1]
	want = append(want, Arrival{14, true, 131 * ms}, Arrival{15, true, 131*ms + tick}, Arrival{16, true, 130*ms + tick})
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	comparePion(t, raw)
}

func TestRefusesMalformedFeedback(t *testing.T) {
	head := "ssssmmmm\x00\x01"
	for name, body := range map[string]string{
		"no count":           head,
		"no chunk":           head + "\x00\x01\x00\x00\x00\x00",
		"empty run":          head + "\x00\x01\x00\x00\x00\x00" + "\x20\x00\x00\x00",
		"reserved run":       head + "\x00\x01\x00\x00\x00\x00" + "\x60\x01\x00\x00",
		"reserved in vector": head + "\x00\x01\x00\x00\x00\x00" + "\xf0\x00\x00\x00",
		"no delta":           head + "\x00\x01\x00\x00\x00\x00" + "\x20\x01",
		"half a delta":       head + "\x00\x01\x00\x00\x00\x00" + "\x40\x01\x00",
		"chunks run out":     head + "\x20\x00\x00\x00\x00\x00" + "\x1f\xff",
		"too many statuses":  head + "\x20\x01\x00\x00\x00\x00" + "\x1f\xff\x1f\xff",
	} {
		var f Feedback
		if ParseFeedback(Packet{Type: TypeRTPFB, Count: FormatTransport, Body: []byte(body)}, &f) {
			t.Errorf("%s was taken", name)
		}
	}
}
