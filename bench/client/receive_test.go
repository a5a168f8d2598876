package client

import (
	"testing"

	"github.com/pion/rtcp"

	"causeway/router/rtp"
	"causeway/router/srtp"
)

// open is a cipher that changes nothing.
type open struct{}

func (open) sealRTP(dst, header, payload []byte, _ uint64) []byte {
	return append(append(dst, header...), payload...)
}
func (open) sealRTCP(dst, packet []byte) []byte                           { return append(dst, packet...) }
func (open) openRTP(_ *srtp.Stream, packet []byte, _ int) ([]byte, error) { return packet, nil }
func (open) openRTCP(packet []byte) ([]byte, error)                       { return packet, nil }

// rig is a receiver with one video and one audio lane, and a publisher whose
// packets it is shown, changed or not.
type rig struct {
	*receiver
	t      *testing.T
	at     int64
	now    picture
	stamp  stamp
	seq    uint16
	ts     uint32
	keys   int
	resent []uint16
}

func newRig(t *testing.T) *rig {
	c := Config{Run: 1, Number: 100, VideoSlots: 1, AudioSlots: 1}
	o := newOffer(&c)
	a := &answer{sections: []section{{accepted: true, ssrc: 10}, {accepted: true, ssrc: 20, rtx: 21, repair: true}}}
	r := &rig{receiver: newReceiver(&c, o, a), t: t, at: 1e18, seq: 65530, stamp: stamp{1, 5, videoTrack, 1000, 0}}
	r.cipher, r.wake = open{}, func() {}
	r.keyFrame = func() { r.keys++ }
	r.resend = func(_ uint32, seq uint16) { r.resent = append(r.resent, seq) }
	r.now.key = true
	return r
}

// frame makes a packet that is a whole frame.
func (r *rig) frame() []byte {
	r.now.start = true
	r.now.id = (r.now.id + 1) & 0x7FFF
	r.now.tl0++
	r.seq++
	r.ts += 3000
	r.stamp.counter++
	r.at += 33e6
	r.stamp.instant = r.at - 2e6
	b := make([]byte, 200)
	n := rtp.Put(b, true, ptVP8, r.seq, r.ts, 20)
	n += r.now.put(b[n:])
	r.stamp.put(b[n:])
	r.now.key = false
	return b
}

func (r *rig) show(b []byte) Figures {
	r.media(b, r.at)
	f, _ := r.snapshot()
	return f
}

func (r *rig) clean(n uint64) {
	r.t.Helper()
	f, _ := r.snapshot()
	if want := (Figures{Received: n, ReceivedBytes: n * 200}); f != want {
		r.t.Fatalf("counted %+v", f)
	}
}

func TestUndisturbedStreamIsClean(t *testing.T) {
	r := newRig(t)
	for range 100_000 { // past two roll-overs, and all counters of VP8
		r.show(r.frame())
	}
	r.clean(100_000)
	if p := r.latency.ValueAtPercentile(50); p < 1980 || p > 2020 {
		t.Fatalf("delay %d µs", p)
	}
	if _, shown := r.snapshot(); len(shown[1]) != 1 || shown[1][0] != (Shown{5, true, 1001, 101_000, 100_000, true}) {
		t.Fatalf("shown %+v", shown)
	}
}

func TestFaultsAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		disturb func(r *rig)
		want    Figures
	}{
		"a packet lost":             {func(r *rig) { r.frame() }, Figures{Missed: 1, Waiting: 1}},
		"a packet twice":            {func(r *rig) { b := r.frame(); r.show(b); r.show(b) }, Figures{Duplicated: 1}},
		"a byte changed":            {func(r *rig) { b := r.frame(); b[150] ^= 1; r.show(b) }, Figures{Damaged: 1}},
		"another run":               {func(r *rig) { r.stamp.run = 2; r.show(r.frame()); r.stamp.run = 1 }, Figures{Damaged: 1}},
		"our own picture":           {func(r *rig) { r.stamp.publisher = 100; r.show(r.frame()); r.stamp.publisher = 5 }, Figures{Misrouted: 1}},
		"sound in a picture's lane": {func(r *rig) { r.stamp.track = audioTrack; r.show(r.frame()); r.stamp.track = videoTrack }, Figures{Misrouted: 1}},
		"another without key frame": {func(r *rig) { r.stamp.publisher = 6; r.show(r.frame()) }, Figures{Disordered: 1}},
		"another with key frame":    {func(r *rig) { r.stamp.publisher = 6; r.now.key = true; r.show(r.frame()) }, Figures{}},
		"dropped and renumbered":    {func(r *rig) { r.stamp.counter += 3 }, Figures{Skipped: 3}},
		"counter goes back":         {func(r *rig) { r.stamp.counter -= 3 }, Figures{Disordered: 1}},
		"picture id jumps":          {func(r *rig) { r.now.id += 2 }, Figures{Disordered: 1}},
		"timestamp goes back":       {func(r *rig) { r.ts -= 9000 }, Figures{Disordered: 1}},
		"sequence number far ahead": {func(r *rig) { r.seq += 5000 }, Figures{Disordered: 1}},
		"unknown SSRC": {func(r *rig) {
			b := r.frame()
			b[11] = 99
			r.show(b)
			r.show(b)
			b[11] = 20
			r.show(b)
		}, Figures{Stray: 2}},
		"wrong payload type":         {func(r *rig) { b := r.frame(); b[1] = 0x80 | 98; r.show(b); b[1] = 0x80 | ptVP8; r.show(b) }, Figures{Damaged: 1}},
		"padding longer than packet": {func(r *rig) { b := r.frame(); b[0] |= 0x20; b[199] = 250; r.show(b) }, Figures{Damaged: 1}},
		"version 1":                  {func(r *rig) { r.show([]byte{0x80 ^ 0xC0, 96, 0, 0}) }, Figures{Damaged: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.show(r.frame())
			r.show(r.frame())
			c.disturb(r)
			f := r.show(r.frame())
			f.Received, f.ReceivedBytes = 0, 0
			if name == "a byte changed" || name == "another run" || name == "padding longer than packet" {
				// What was damaged is not compared with; the next packet is.
				f.Skipped, f.Disordered, f.Missed, f.Waiting = 0, 0, 0, 0
			}
			if name == "our own picture" || name == "sound in a picture's lane" {
				f.Skipped, f.Disordered = 0, 0
			}
			if f != c.want {
				t.Fatalf("counted %+v, want %+v", f, c.want)
			}
		})
	}
}

func TestLossIsAskedForAgainAndRepairedByRTX(t *testing.T) {
	r := newRig(t)
	r.show(r.frame())
	lost := r.frame()
	seq := r.seq
	r.show(r.frame())
	asked := r.ask(r.at, 1)
	nack, ok := asked[0].(*rtcp.TransportLayerNack)
	if !ok || nack.MediaSSRC != 20 || len(nack.Nacks) != 1 || nack.Nacks[0].PacketID != seq {
		t.Fatalf("asked %+v", asked)
	}
	if again := r.ask(r.at+1e6, 1); len(again) != 0 {
		t.Fatalf("asked again at once: %+v", again)
	}
	if again := r.ask(r.at+nackEvery, 1); len(again) != 1 {
		t.Fatal("did not ask again")
	}
	rtx := make([]byte, 12, 300)
	rtp.Put(rtx, true, ptVP8RTX, 77, 0, 21)
	rtx = append(append(rtx, byte(seq>>8), byte(seq)), lost[12:]...)
	if f := r.show(rtx); f.Repaired != 1 || f.Missed != 1 || f.Waiting != 0 || f.Disordered+f.Damaged+f.Skipped != 0 {
		t.Fatalf("counted %+v", f)
	}
}

func TestWhatNobodyResendsIsGivenUpAndAKeyFrameAsked(t *testing.T) {
	r := newRig(t)
	r.show(r.frame())
	r.frame()
	r.show(r.frame())
	var plis int
	for range 5 * nackTries {
		r.at += nackEvery
		for _, p := range r.ask(r.at, 1) {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				plis++
			}
		}
	}
	if f, _ := r.snapshot(); f.Lost != 1 || f.Waiting != 0 || f.NACKs != nackTries || plis != 1 {
		t.Fatalf("counted %+v, %d PLIs", f, plis)
	}
}

func TestLostSoundIsNotAskedFor(t *testing.T) {
	r := newRig(t)
	for _, seq := range []uint16{1, 2, 5} {
		b := make([]byte, 100)
		n := rtp.Put(b, false, ptOpus, seq, 960*uint32(seq), 10)
		b[n] = opusTOC
		s := stamp{1, 5, audioTrack, uint64(seq), r.at}
		s.put(b[n+1:])
		r.show(b)
	}
	if asked := r.ask(r.at+1, 1); len(asked) != 0 {
		t.Fatalf("asked %+v", asked)
	}
	r.ask(r.at+graceAudio, 1)
	if f, _ := r.snapshot(); f.Lost != 2 || f.Missed != 2 || f.Damaged+f.Misrouted+f.Disordered != 0 {
		t.Fatalf("counted %+v", f)
	}
}

func TestServersWishesReachThePublisher(t *testing.T) {
	r := newRig(t)
	compound, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{SSRC: 20, NTPTime: 1 << 40}, &rtcp.PictureLossIndication{MediaSSRC: 1},
		&rtcp.TransportLayerNack{MediaSSRC: 1, Nacks: []rtcp.NackPair{{PacketID: 7, LostPackets: 1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.show(r.frame())
	if f := r.show(compound); f.Damaged+f.Unauthentic != 0 || r.keys != 1 || len(r.resent) != 2 || r.resent[1] != 8 {
		t.Fatalf("counted %+v, %d keys, resend %v", f, r.keys, r.resent)
	}
	if b := r.blocks(); len(b) != 1 || b[0].LastSenderReport != 1<<24 || b[0].TotalLost != 0 {
		t.Fatalf("reports %+v", b)
	}
}
