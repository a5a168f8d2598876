package forward

import "testing"

const (
	opus    = 1
	quietly = 100 // -dBov
	aloud   = 25
)

type hall struct {
	*testing.T
	room    Room
	voices  []*Source
	sinks   []*Sink
	history *History
	now     int64
	index   uint64
}

// newHall is a room with n voices and one listener with the given audio slots;
// voice i belongs to participant i+1, whose own sink comes after the listener's.
func newHall(t *testing.T, n, slots int) *hall {
	h := &hall{T: t, history: NewHistory(0)}
	h.addSink(1000, slots)
	for i := range n {
		v := NewSource(uint32(i+1), uint32(i+1), false)
		h.room.AddSource(v)
		h.room.SetMuted(v, false)
		h.voices = append(h.voices, v)
	}
	return h
}

func (h *hall) addSink(self uint32, slots int) *Sink {
	k := &Sink{Self: self}
	for i := range slots {
		s := NewSlot(uint32(100+i), 0, false, 48000, 0, 0)
		s.PT[opus] = 111
		k.Slots = append(k.Slots, s)
	}
	h.room.AddSink(k)
	h.sinks = append(h.sinks, k)
	return k
}

// speak lets time pass; levels are by voice, 0 means that nothing is sent.
func (h *hall) speak(ms int, levels ...uint8) {
	for range ms / 20 {
		h.now += 20e6
		h.index++
		for i, level := range levels {
			if level != 0 {
				p := Packet{Payload: body[:60], Index: h.index, Codec: opus, Level: level}
				h.room.Push(h.now, h.voices[i], &p, h.history)
			}
		}
		h.room.Clear()
	}
}

func (h *hall) heard(k *Sink) map[uint32]bool {
	m := map[uint32]bool{}
	for i := range k.Slots {
		if s := k.Slots[i].Source(); s != nil {
			if m[s.ID] {
				h.Fatalf("source %d is in two slots", s.ID)
			}
			m[s.ID] = true
		}
	}
	return m
}

func (h *hall) expect(k *Sink, ids ...uint32) {
	h.Helper()
	got := h.heard(k)
	if len(got) != len(ids) {
		h.Fatalf("hears %v, not %v", got, ids)
	}
	for _, id := range ids {
		if !got[id] {
			h.Fatalf("hears %v, not %v", got, ids)
		}
	}
}

func TestFewVoicesAreAllHeard(t *testing.T) {
	h := newHall(t, 3, 3)
	h.speak(100, quietly, aloud, quietly)
	h.expect(h.sinks[0], 1, 2, 3)
}

func TestTheLoudestAreHeard(t *testing.T) {
	h := newHall(t, 6, 3)
	h.speak(100, aloud, aloud, aloud)
	h.speak(3000, quietly, quietly, quietly, aloud, aloud, aloud)
	h.expect(h.sinks[0], 4, 5, 6)
}

func TestAVoiceThatPausesKeepsItsSlotForAWhile(t *testing.T) {
	h := newHall(t, 4, 3)
	h.speak(1000, aloud, aloud, aloud, quietly)
	h.speak(500, quietly, aloud, aloud, quietly)
	h.expect(h.sinks[0], 1, 2, 3)
}

func TestAShoutIsHeardAtOnce(t *testing.T) {
	h := newHall(t, 4, 3)
	h.speak(1000, 50, 50, 50, quietly)
	h.speak(300, 50, 50, 50, 5)
	if !h.heard(h.sinks[0])[4] {
		t.Fatal("not within 300 ms")
	}
}

func TestNobodyHearsOneself(t *testing.T) {
	h := newHall(t, 3, 3)
	own := h.addSink(2, 3)
	h.speak(200, aloud, aloud, aloud)
	h.expect(own, 1, 3)
	h.expect(h.sinks[0], 1, 2, 3)
}

func TestASingleSlotFollowsTheOneWhoSpeaks(t *testing.T) {
	h := newHall(t, 2, 1)
	h.speak(1000, aloud, quietly)
	h.expect(h.sinks[0], 1)
	h.speak(2000, quietly, aloud)
	h.expect(h.sinks[0], 2)
}

func TestAMuteIsAMuteAtTheRouter(t *testing.T) {
	h := newHall(t, 2, 3)
	h.speak(200, aloud, aloud)
	h.room.SetMuted(h.voices[0], true)
	h.expect(h.sinks[0], 2)
	p := Packet{Payload: body[:60], Index: 1, Codec: opus, Level: 10}
	if h.room.Push(h.now, h.voices[0], &p, h.history) || len(h.room.Active()) != 0 {
		t.Fatal("a muted voice was forwarded")
	}
	h.room.SetMuted(h.voices[0], false)
	h.speak(200, aloud, aloud)
	h.expect(h.sinks[0], 1, 2)
}

func TestUnmutedVideoBeginsWithAKeyFrame(t *testing.T) {
	var r Room
	k := &Sink{Self: 9, Slots: []Slot{newVideoSlot()}}
	src := NewSource(1, 1, true)
	r.AddSource(src)
	r.AddSink(k)
	r.SetMuted(src, false)
	r.Assign(k, 0, src)
	var o Out
	key, delta := videoPacket(1, 1, 1, true), videoPacket(2, 2, 2, false)
	if !k.Slots[0].Next(&key, 1, &o) || !k.Slots[0].Next(&delta, 2, &o) {
		t.Fatal("refused")
	}
	src.TakeKey(1e9)
	r.SetMuted(src, true)
	r.SetMuted(src, false)
	delta = videoPacket(9, 9, 9, false)
	if k.Slots[0].Next(&delta, 3, &o) {
		t.Fatal("a delta frame after a gap")
	}
	if !src.TakeKey(2e9) {
		t.Fatal("no key frame asked for")
	}
}

func TestRemovedSourcesAndSinksLeaveNothingBehind(t *testing.T) {
	h := newHall(t, 3, 3)
	h.speak(100, aloud, aloud, aloud)
	for _, v := range h.voices {
		h.room.RemoveSource(v)
	}
	h.expect(h.sinks[0])
	h.room.RemoveSink(h.sinks[0])
	if !h.room.Empty() || len(h.room.Talking()) != 0 || h.room.audio != 0 {
		t.Fatal("something is left")
	}
}

func TestAssignRefusesOnesOwnAndAudio(t *testing.T) {
	var r Room
	k := &Sink{Self: 1, Slots: []Slot{newVideoSlot()}}
	r.AddSink(k)
	own, voice, other := NewSource(1, 1, true), NewSource(2, 2, false), NewSource(3, 2, true)
	for _, s := range []*Source{own, voice, other} {
		r.AddSource(s)
	}
	for _, s := range []*Source{own, voice} {
		r.Assign(k, 0, s)
		if k.Slots[0].Source() != nil {
			t.Fatal("assigned")
		}
	}
	r.Assign(k, 0, other)
	r.Assign(k, 7, other)
	r.Assign(k, -1, other)
	if k.Slots[0].Source() != other || other.Viewers() != 1 {
		t.Fatal("not assigned")
	}
}

func TestKeyFrameRequestsAreLimited(t *testing.T) {
	src := NewSource(1, 1, true)
	asked := 0
	for now := int64(0); now < 3e9; now += 10e6 {
		src.WantKey()
		if src.TakeKey(now) {
			asked++
		}
	}
	if asked != 10 {
		t.Fatalf("%d requests in 3 s", asked)
	}
}
