package forward

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func missing(r *Reception, now int64) []uint16 {
	var b [96]uint16
	return slices.Clone(b[:r.Missing(now, b[:])])
}

func TestGapsAreAskedForUntilFilled(t *testing.T) {
	r := NewReception(90000, true)
	r.Arrive(0, 65534, 0, false)
	if first, opened := r.Arrive(0, 65539, 0, false); !first || !opened {
		t.Fatal("the gap was not noticed")
	}
	if got := missing(&r, firstNack); !slices.Equal(got, []uint16{65535, 0, 1, 2}) {
		t.Fatalf("asked for %v", got)
	}
	if got := missing(&r, firstNack+1); len(got) != 0 {
		t.Fatalf("asked again at once: %v", got)
	}
	r.Arrive(0, 65536, 0, true)
	if got := missing(&r, firstNack+retryNack); !slices.Equal(got, []uint16{65535, 1, 2}) {
		t.Fatalf("asked for %v", got)
	}
}

func TestAPacketIsAskedForOnlySoOften(t *testing.T) {
	r := NewReception(90000, true)
	r.Arrive(0, 1, 0, false)
	r.Arrive(0, 3, 0, false)
	asked := 0
	for now := int64(0); now < 10e9; now += 5e6 {
		asked += len(missing(&r, now))
	}
	if asked != maxTries || r.Waiting() {
		t.Fatalf("asked %d times", asked)
	}
}

func TestLateAndRepeatedPacketsAskForNothing(t *testing.T) {
	r := NewReception(90000, true)
	for _, i := range []uint64{5, 4, 5, 6, 3} {
		if _, opened := r.Arrive(0, i, 0, false); opened {
			t.Fatal("a gap")
		}
	}
}

func TestAJumpIsANewBeginning(t *testing.T) {
	r := NewReception(90000, true)
	r.Arrive(0, 1, 0, false)
	if first, opened := r.Arrive(0, 50_000, 0, false); !first || opened || r.Waiting() {
		t.Fatal("50,000 packets were taken for lost")
	}
	if rep := r.Report(0); rep.Lost != 0 || rep.Highest != 50_000 {
		t.Fatalf("%+v", rep)
	}
}

func TestManyLossesKeepTheNewest(t *testing.T) {
	r := NewReception(90000, true)
	r.Arrive(0, 0, 0, false)
	r.Arrive(0, 500, 0, false)
	got := missing(&r, firstNack)
	if len(got) != maxMissing || got[len(got)-1] != 499 {
		t.Fatalf("%d, up to %d", len(got), got[len(got)-1])
	}
}

func TestReportCountsLossAndDelay(t *testing.T) {
	r := NewReception(48000, false)
	for i := range uint64(100) {
		if i%4 != 3 {
			r.Arrive(int64(i)*20e6, 1000+i, uint32(i)*960, false)
		}
	}
	r.SenderReport(2e9, 0x0123_4567_89ab_cdef)
	rep := r.Report(2.5e9)
	if rep.Lost != 24 || rep.Highest != 1098 { // the 100th is not known to be lost yet
		t.Fatalf("%+v", rep)
	}
	if rep.Fraction != 24*256/99 || rep.LastSR != 0x456789ab || rep.Delay != 32768 || rep.Jitter != 0 {
		t.Fatalf("%+v", rep)
	}
	if again := r.Report(3e9); again.Fraction != 0 || again.Lost != 24 {
		t.Fatalf("%+v", again)
	}
}

func TestJitterIsThatOfTheRFC(t *testing.T) {
	r := NewReception(8000, false)
	// Every second packet is 10 ms (80 units) late: |D| is 80 each time, so J tends to 80.
	for i := range uint64(2000) {
		now := int64(i) * 20e6
		if i%2 == 1 {
			now += 10e6
		}
		r.Arrive(now, i, uint32(i)*160, false)
	}
	if j := r.Report(0).Jitter; j < 78 || j > 80 {
		t.Fatalf("jitter %d", j)
	}
}

func TestExpandFollowsTheWrap(t *testing.T) {
	r := NewReception(90000, true)
	r.Arrive(0, 3<<16|5, 0, false)
	for seq, want := range map[uint16]uint64{4: 3<<16 | 4, 65535: 2<<16 | 65535, 6: 3<<16 | 6} {
		if got := r.Expand(seq); got != want {
			t.Errorf("%d: %x, not %x", seq, got, want)
		}
	}
}

func TestNothingGoesOnTwiceUnderOneIndex(t *testing.T) {
	r := NewReception(90000, true)
	rnd := rand.New(rand.NewPCG(11, 12))
	taken := map[uint64]bool{}
	next := uint64(70_000)
	for range 200_000 {
		index, repaired := next, rnd.IntN(2) == 0
		switch rnd.IntN(6) {
		case 0: // an old one, or one long gone, once more
			index -= uint64(rnd.IntN(5000))
		case 1: // a resend of what nobody sent
			index, repaired = next+uint64(rnd.IntN(900)), true
		case 2:
			next += uint64(rnd.IntN(3000))
			index = next
		default:
			next++
		}
		first, _ := r.Arrive(0, index, 0, repaired)
		if first && taken[index] {
			t.Fatalf("index %d went on twice", index)
		}
		if first {
			taken[index] = true
		}
	}
	if len(taken) < 50_000 {
		t.Fatalf("only %d packets were taken", len(taken))
	}
}

func TestALateOriginalDoesNotFollowItsResend(t *testing.T) {
	r := NewReception(90000, true)
	r.Arrive(0, 10, 0, false)
	r.Arrive(0, 12, 0, false)
	if first, _ := r.Arrive(0, 11, 0, true); !first {
		t.Fatal("the resend was refused")
	}
	for _, repaired := range []bool{false, true} {
		if first, _ := r.Arrive(0, 11, 0, repaired); first {
			t.Fatal("and came again")
		}
	}
	if first, _ := r.Arrive(0, 13, 0, true); first {
		t.Fatal("a resend of the future")
	}
}
