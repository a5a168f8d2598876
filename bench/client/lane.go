package client

import (
	"slices"
	"time"

	"causeway/router/srtp"
)

// lane is one receiving lane: what the server calls a slot. To us it is one RTP
// stream whose sequence numbers never skip, whoever is shown in it.
type lane struct {
	mid       int // index in the offer
	video     bool
	ssrc, rtx uint32

	stream, rtxStream srtp.Stream
	started           bool
	highest           uint64 // extended sequence number, from 1<<16 on
	missing           []gap

	last    stamp   // of the packet with the number highest
	picture picture // likewise
	lastTS  uint32
	shown   []Shown
	wantKey bool
	askedAt int64 // of the last key frame request

	report reception
}

// gap is one packet that has not arrived.
type gap struct {
	index uint64
	since int64 // when it was missed
	asked int64 // when it was last asked for
	tries int
}

// Shown is what one lane has received from one publisher.
type Shown struct {
	Publisher   uint32
	Video       bool
	First, Last uint64 // counters
	Packets     uint64
	Current     bool // the lane's latest packet came from here
}

// verdict is what a sequence number says.
type verdict int

const (
	fresh     verdict = iota // next in order, or after a gap
	late                     // filled a gap without having been asked for
	repaired                 // filled a gap after a NACK
	duplicate                // had been received, or given up
)

const (
	maxGap     = 1000 // a jump by more is a fault of numbering, not loss
	nackEvery  = int64(60 * time.Millisecond)
	nackTries  = 15
	graceAudio = int64(300 * time.Millisecond) // sound is not resent, but may be overtaken
	keyEvery   = int64(500 * time.Millisecond)
)

// arrive places one sequence number. jumped is how many numbers were skipped;
// broken says that the number makes no sense after the highest one.
func (l *lane) arrive(seq uint16, now int64) (v verdict, index uint64, jumped int, broken bool) {
	if !l.started {
		l.started, l.highest = true, 1<<16|uint64(seq)
		return fresh, l.highest, 0, false
	}
	index = l.highest + uint64(int64(int16(seq-uint16(l.highest))))
	if index > l.highest {
		jumped = int(index - l.highest - 1)
		if jumped > maxGap {
			l.highest, l.missing = index, l.missing[:0]
			return fresh, index, 0, true
		}
		for m := l.highest + 1; m < index; m++ {
			l.missing = append(l.missing, gap{index: m, since: now})
		}
		l.highest = index
		return fresh, index, jumped, false
	}
	i := slices.IndexFunc(l.missing, func(g gap) bool { return g.index == index })
	if i < 0 {
		return duplicate, index, 0, false
	}
	v = late
	if l.missing[i].tries > 0 {
		v = repaired
	}
	l.missing = slices.Delete(l.missing, i, i+1)
	return v, index, 0, false
}

// due appends to seqs what is to be asked for now, and returns how many packets
// were given up.
func (l *lane) due(now int64, seqs []uint16) (ask []uint16, lost int) {
	kept := l.missing[:0]
	for _, g := range l.missing {
		switch {
		case !l.video && now-g.since >= graceAudio, l.video && g.tries == nackTries && now-g.asked >= nackEvery:
			lost++
			continue
		case l.video && (g.tries == 0 || now-g.asked >= nackEvery):
			g.tries++
			g.asked = now
			seqs = append(seqs, uint16(g.index))
		}
		kept = append(kept, g)
	}
	l.missing = kept
	if lost > 0 && l.video {
		l.wantKey = true
	}
	return seqs, lost
}

// tally counts a packet for its publisher.
func (l *lane) tally(s *stamp) {
	i := slices.IndexFunc(l.shown, func(t Shown) bool { return t.Publisher == s.publisher })
	if i < 0 {
		i = len(l.shown)
		l.shown = append(l.shown, Shown{Publisher: s.publisher, Video: l.video, First: s.counter, Last: s.counter})
	}
	t := &l.shown[i]
	t.Packets++
	t.First, t.Last = min(t.First, s.counter), max(t.Last, s.counter)
}
