package cloudlink

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"causeway/control/wire"
)

// cloudModel is what the cloud keeps of one zone: the latest state per meeting
// and the highest seq, refusing what is not newer.
type cloudModel struct {
	seq    uint64
	states map[string]wire.MeetingStatus
}

func (c *cloudModel) take(s *wire.ZoneStatus) {
	if s.Seq <= c.seq {
		return
	}
	c.seq = s.Seq
	for _, m := range s.Meetings {
		c.states[m.Meeting] = m
	}
}

// TestTheCloudEndsUpWithTheLatestStates runs random histories over a connection
// that loses whatever was under way when it breaks.
func TestTheCloudEndsUpWithTheLatestStates(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		o := &outbox{entries: map[string]*entry{}}
		cloud := &cloudModel{states: map[string]wire.MeetingStatus{}}
		truth := map[string]wire.MeetingStatus{}
		var toCloud []*wire.ZoneStatus
		var acks []uint64
		deliver := func() {
			if len(toCloud) > 0 {
				cloud.take(toCloud[0])
				acks = append(acks, toCloud[0].Seq)
				toCloud = toCloud[1:]
			}
		}
		for range 300 {
			switch n := rng.IntN(10); {
			case n < 4:
				id := fmt.Sprint("m", rng.IntN(6))
				s := wire.MeetingStatus{Meeting: id, Live: rng.IntN(3) > 0, Participants: rng.IntN(9), Since: time.Unix(int64(rng.IntN(3)), 0)}
				if !s.Live && !truth[id].Live {
					continue
				}
				truth[id] = s
				o.set(s)
			case n < 6:
				if s, ok := o.next(1); ok {
					toCloud = append(toCloud, s)
				}
			case n < 8:
				deliver()
			case n < 9:
				if len(acks) > 0 {
					o.ack(acks[0])
					acks = acks[1:]
				}
			default: // the connection breaks; some of what was sent arrives all the same
				for rng.IntN(2) > 0 {
					deliver()
				}
				toCloud, acks = nil, nil
				o.resume(cloud.seq)
			}
		}
		toCloud = nil
		o.resume(cloud.seq)
		for {
			s, ok := o.next(1)
			if !ok {
				break
			}
			cloud.take(s)
			o.ack(s.Seq)
		}
		for id, want := range truth {
			if cloud.states[id] != want {
				t.Fatalf("seed %d: the cloud has %+v of %s, not %+v", seed, cloud.states[id], id, want)
			}
			if _, kept := o.entries[id]; kept != want.Live {
				t.Fatalf("seed %d: %s live %v, kept %v", seed, id, want.Live, kept)
			}
		}
	}
}

func TestALongOutageCostsOneStatePerMeeting(t *testing.T) {
	o := &outbox{entries: map[string]*entry{}}
	for i := range 8 * 3600 {
		o.set(wire.MeetingStatus{Meeting: fmt.Sprint("m", i%250), Live: true, Participants: i})
	}
	s, _ := o.next(1)
	if len(o.entries) != 250 || len(s.Meetings) != 250 {
		t.Fatalf("%d entries, %d in one status", len(o.entries), len(s.Meetings))
	}
}

func TestAStatusIsBounded(t *testing.T) {
	o := &outbox{entries: map[string]*entry{}}
	for i := range 2*maxBatch + 1 {
		o.set(wire.MeetingStatus{Meeting: fmt.Sprint("m", i), Live: true})
	}
	for _, want := range []int{maxBatch, maxBatch, 1} {
		if s, ok := o.next(1); !ok || len(s.Meetings) != want {
			t.Fatalf("%v, want %d meetings", s, want)
		}
	}
	if _, ok := o.next(1); ok {
		t.Fatal("a fourth status")
	}
}
