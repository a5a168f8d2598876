package forward

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"causeway/router/rtp"
)

// vp8 makes a payload with a 15-bit picture id, a TL0PICIDX and a body that
// names its picture (RFC 7741 §4.2).
func vp8(picture uint16, tl0 byte, key bool, size int) []byte {
	b := make([]byte, max(size, 12))
	b[0] = 0x90 // X, S
	b[1] = 0xc0 // I, L
	b[2], b[3] = 0x80|byte(picture>>8), byte(picture)
	b[4] = tl0
	b[5] = 1 // P: no key frame
	if key {
		b[5] = 0
	}
	binary.BigEndian.PutUint16(b[8:], picture)
	return b
}

func videoPacket(index uint64, ts uint32, picture uint16, key bool) Packet {
	p := Packet{Payload: vp8(picture, byte(picture), key, 100), Index: index, TS: ts, Marker: true, Codec: CodecVP8, KeyFrame: key}
	p.HasVP8 = rtp.ParseVP8(p.Payload, &p.VP8) == nil
	return p
}

func newVideoSlot() Slot {
	s := NewSlot(0x1111, 0x2222, true, 90000, 100, 5000)
	s.PT[CodecVP8], s.RTXPT[CodecVP8] = 96, 97
	return s
}

type wired struct {
	rtp.Header
	picture uint16
	tl0     uint8
}

func read(t *testing.T, o *Out, payload []byte) wired {
	t.Helper()
	var w wired
	if err := rtp.Parse(o.Header[:], &w.Header); err != nil {
		t.Fatal(err)
	}
	var d rtp.VP8
	if err := rtp.ParseVP8(payload, &d); err != nil {
		t.Fatal(err)
	}
	w.picture, w.tl0 = d.PictureID, d.TL0
	return w
}

func TestSlotIsOneStreamAcrossSources(t *testing.T) {
	slot := newVideoSlot()
	rnd := rand.New(rand.NewPCG(7, 9))
	var last *wired
	var lastIndex uint64
	now := int64(1e9)
	for range 200 { // sources that start anywhere, the end of the sequence space included
		src := NewSource(1, 1, true)
		slot.show(src)
		index, ts, picture := uint64(0xfff0+rnd.IntN(40)), rnd.Uint32(), uint16(rnd.IntN(1<<15))
		for i := range 1 + rnd.IntN(30) {
			now += 33e6
			p := videoPacket(index+uint64(i), ts+uint32(i)*3000, (picture+uint16(i))&0x7fff, i == 0)
			var o Out
			if !slot.Next(&p, now, &o) {
				t.Fatal("refused")
			}
			w := read(t, &o, p.Payload)
			if last != nil {
				if w.Seq != last.Seq+1 || o.Index != lastIndex+1 {
					t.Fatalf("sequence number %d after %d", w.Seq, last.Seq)
				}
				if d := int32(w.TS - last.TS); d < 1 || d > 3100 {
					t.Fatalf("timestamp moved by %d in 33 ms", d)
				}
				if w.picture != (last.picture+1)&0x7fff || w.tl0 != last.tl0+1 {
					t.Fatalf("picture %d/%d after %d/%d", w.picture, w.tl0, last.picture, last.tl0)
				}
			}
			last, lastIndex = &w, o.Index
		}
	}
}

func TestSlotWaitsForAKeyFrameAndAsksForIt(t *testing.T) {
	slot, src := newVideoSlot(), NewSource(1, 1, true)
	slot.show(src)
	var o Out
	p := videoPacket(10, 0, 1, false)
	if slot.Next(&p, 0, &o) {
		t.Fatal("a delta frame opened the stream")
	}
	if !src.TakeKey(1e9) {
		t.Fatal("no key frame was asked for")
	}
	p = videoPacket(11, 0, 2, true)
	if !slot.Next(&p, 0, &o) {
		t.Fatal("the key frame was refused")
	}
	p = videoPacket(10, 0, 1, false)
	if slot.Next(&p, 0, &o) {
		t.Fatal("a packet from before the key frame got in")
	}
}

func TestSlotKeepsReorderedPacketsInTheirPlace(t *testing.T) {
	slot := newVideoSlot()
	slot.show(NewSource(1, 1, true))
	var seqs []uint16
	for _, index := range []uint64{70000, 70003, 70001, 70002, 70004} {
		p := videoPacket(index, uint32(index), uint16(index), index == 70000)
		var o Out
		if !slot.Next(&p, 1, &o) {
			t.Fatal("refused")
		}
		seqs = append(seqs, binary.BigEndian.Uint16(o.Header[2:])-101)
	}
	for i, want := range []uint16{0, 3, 1, 2, 4} {
		if seqs[i] != want {
			t.Fatalf("got %v", seqs)
		}
	}
}

func TestSlotRefusesACodecThatItsReceiverLacks(t *testing.T) {
	slot := newVideoSlot()
	slot.show(NewSource(1, 1, true))
	p := videoPacket(1, 1, 1, true)
	p.Codec = 5
	if slot.Next(&p, 1, new(Out)) {
		t.Fatal("sent what cannot be decoded")
	}
}

func resendSetup(t *testing.T, slot *Slot) (*Source, *History, []wired, [][]byte) {
	t.Helper()
	src, h := NewSource(1, 1, true), NewHistory(1<<20)
	var r Room
	k := &Sink{Self: 2, Slots: []Slot{*slot}}
	r.AddSink(k)
	r.AddSource(src)
	r.SetMuted(src, false)
	r.Assign(k, 0, src)
	*slot = k.Slots[0]
	var sent []wired
	var bodies [][]byte
	for i := range uint64(20) {
		p := videoPacket(65530+i, uint32(i)*3000, uint16(i), i == 0)
		if !r.Push(int64(i), src, &p, h) {
			t.Fatal("not taken")
		}
		var o Out
		if !slot.Next(&p, int64(i), &o) {
			t.Fatal("refused")
		}
		sent = append(sent, read(t, &o, p.Payload))
		bodies = append(bodies, append([]byte(nil), p.Payload...))
	}
	return src, h, sent, bodies
}

func TestResendGivesTheSameBytesOnRTX(t *testing.T) {
	slot := newVideoSlot()
	_, h, sent, bodies := resendSetup(t, &slot)
	room := make([]byte, 2048)
	for i := range sent {
		var p Packet
		var o Out
		if !slot.Resend(sent[i].Seq, h, room, &p, &o) {
			t.Fatalf("packet %d is gone", i)
		}
		w := read(t, &o, p.Payload[2:])
		if w.SSRC != slot.RTX || w.PT != 97 {
			t.Fatalf("not on RTX: %+v", w)
		}
		if osn := binary.BigEndian.Uint16(p.Payload); osn != sent[i].Seq || w.TS != sent[i].TS || w.Marker != sent[i].Marker {
			t.Fatalf("original %d, got %d", sent[i].Seq, osn)
		}
		if string(p.Payload[2:]) != string(bodies[i]) {
			t.Fatalf("packet %d: other bytes than at first", i)
		}
	}
	if slot.Resend(sent[0].Seq-1, h, room, new(Packet), new(Out)) {
		t.Fatal("a packet from before the source's time was resent")
	}
	if slot.Resend(sent[19].Seq+1, h, room, new(Packet), new(Out)) {
		t.Fatal("a packet of the future was resent")
	}
}

func TestResendRepeatsThePacketWhereRTXWasNotAgreed(t *testing.T) {
	slot := newVideoSlot()
	slot.RTX = 0
	_, h, sent, _ := resendSetup(t, &slot)
	var p Packet
	var o Out
	if !slot.Resend(sent[3].Seq, h, make([]byte, 2048), &p, &o) {
		t.Fatal("gone")
	}
	if w := read(t, &o, p.Payload); w.Seq != sent[3].Seq || w.SSRC != slot.SSRC || w.PT != 96 {
		t.Fatalf("%+v", w)
	}
}

func TestHistoryForgetsTheOldestFirst(t *testing.T) {
	h := NewHistory(2 * historySegment)
	b := make([]byte, 1000)
	var records []Record
	for i := range 1000 {
		b[0], b[1] = byte(i), byte(i>>8)
		records = append(records, h.Put(int64(i), b))
	}
	alive := false
	for i, r := range records {
		got := h.Get(r)
		if got == nil {
			if alive {
				t.Fatalf("record %d is gone, an older one is not", i)
			}
			continue
		}
		alive = true
		if int(got[0])|int(got[1])<<8 != i {
			t.Fatalf("record %d holds another's bytes", i)
		}
	}
	if h.Get(records[999]) == nil || h.Get(records[0]) != nil {
		t.Fatal("the newest must be there, the oldest not")
	}
}

func TestHistoryTouchesNoMoreThanASecondNeeds(t *testing.T) {
	h := NewHistory(64 * historySegment)
	b := make([]byte, 1000)
	for now := int64(0); now < 60e9; now += 5e6 { // 200 packets/s, 200 kB/s
		h.Put(now, b)
	}
	if h.used > 4 {
		t.Fatalf("%d segments for 200 kB of a second", h.used)
	}
}

func TestPacketPathAllocatesNothing(t *testing.T) {
	var r Room
	h := NewHistory(1 << 20)
	src := NewSource(1, 1, true)
	voice := NewSource(2, 1, false)
	r.AddSource(src)
	r.AddSource(voice)
	r.SetMuted(src, false)
	r.SetMuted(voice, false)
	for i := range uint32(50) {
		k := &Sink{Self: 10 + i, Slots: []Slot{newVideoSlot(), NewSlot(3, 0, false, 48000, 0, 0)}}
		k.Slots[1].PT[1] = 111
		r.AddSink(k)
		r.Assign(k, 0, src)
	}
	index := uint64(0)
	rec := NewReception(90000, true)
	var seqs [32]uint16
	allocs := testing.AllocsPerRun(500, func() {
		index += 2 // every second one is lost
		p := videoPacket2(index)
		rec.Arrive(int64(index), index, p.TS, false)
		rec.Missing(int64(index), seqs[:])
		r.Push(int64(index), src, &p, h)
		a := Packet{Payload: body[:80], Index: index, Codec: 1, Level: 20}
		r.Push(int64(index), voice, &a, h)
		var o Out
		for _, s := range r.Active() {
			for _, k := range r.sinks {
				slot := k.SlotOf(s)
				for i := range s.Pending {
					if slot == nil || !slot.Next(&s.Pending[i], int64(index), &o) {
						t.Fatal("not sent")
					}
				}
				slot.Resend(uint16(o.Index), h, room[:], &resent, &o)
			}
		}
		r.Clear()
	})
	if allocs != 0 {
		t.Fatalf("%v allocations per turn", allocs)
	}
}

var (
	body   = vp8(1, 1, true, 1100)
	room   [2048]byte
	resent Packet
)

func videoPacket2(index uint64) Packet {
	p := Packet{Payload: body, Index: index, TS: uint32(index), Codec: CodecVP8, KeyFrame: true}
	p.HasVP8 = rtp.ParseVP8(p.Payload, &p.VP8) == nil
	return p
}
