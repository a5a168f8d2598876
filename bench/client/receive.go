package client

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/pion/rtcp"

	"causeway/router/rtp"
)

// receiver is the receiving side of a client. mu is held by the reader for one
// datagram at a time, by the writer for what is due, and by whoever wants
// figures.
type receiver struct {
	mu      sync.Mutex
	run     uint32
	number  uint32
	loss    float64
	cipher  cipher // nil until the handshake has made keys
	lanes   []*lane
	bySSRC  map[uint32]*lane
	figures Figures
	latency *hdrhistogram.Histogram // nanoseconds / 1000

	// What the server asks of our own media, passed on without waiting.
	keyFrame func()
	resend   func(ssrc uint32, seq uint16)
	wake     func() // something is due
}

func newReceiver(c *Config, o *offer, a *answer) *receiver {
	r := &receiver{run: c.Run, number: c.Number, loss: c.Loss, bySSRC: map[uint32]*lane{}, latency: newHistogram()}
	for i, s := range a.sections {
		if o.sections[i].sends || o.sections[i].data || !s.accepted {
			continue
		}
		l := &lane{mid: i, video: o.sections[i].video, ssrc: s.ssrc, rtx: s.rtx}
		r.lanes = append(r.lanes, l)
		r.bySSRC[s.ssrc] = l
		if s.rtx != 0 {
			r.bySSRC[s.rtx] = l
		}
	}
	return r
}

// newHistogram holds delays of 1 µs to 100 s, to two digits.
func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 100_000_000, 2) }

// media takes one SRTP or SRTCP datagram that arrived at the instant at.
func (r *receiver) media(b []byte, at int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cipher == nil || len(b) < 2 {
		return
	}
	if r.loss > 0 && rand.Float64() < r.loss {
		r.figures.Dropped++
		return
	}
	if b[1] >= 192 && b[1] <= 223 { // RTCP, RFC 5761 section 4
		r.control(b)
		return
	}
	r.packet(b, at)
}

func (r *receiver) packet(b []byte, at int64) {
	f := &r.figures
	var h rtp.Header
	if rtp.Parse(b, &h) != nil {
		f.Damaged++
		return
	}
	l := r.bySSRC[h.SSRC]
	if l == nil {
		f.Stray++
		return
	}
	size := len(b)
	stream := &l.stream
	if h.SSRC == l.rtx {
		stream = &l.rtxStream
	}
	b, err := r.cipher.openRTP(stream, b, h.Size)
	if err != nil {
		f.Unauthentic++
		return
	}
	f.Received++
	f.ReceivedBytes += uint64(size)
	payload, err := rtp.Payload(b, &h)
	if err != nil {
		f.Damaged++
		return
	}
	seq := h.Seq
	switch want := [...]uint8{ptOpus, ptVP8, ptVP8RTX}; {
	case h.SSRC == l.rtx:
		if h.PT != want[2] || len(payload) < 2 {
			f.Damaged++
			return
		}
		seq = uint16(payload[0])<<8 | uint16(payload[1]) // RFC 4588 section 4
		payload = payload[2:]
	case l.video && h.PT != want[1], !l.video && h.PT != want[0]:
		f.Damaged++
		return
	}
	r.place(l, &h, seq, payload, at)
}

// place notes the packet's number, then verifies what it carries.
func (r *receiver) place(l *lane, h *rtp.Header, seq uint16, payload []byte, at int64) {
	f := &r.figures
	v, index, jumped, broken := l.arrive(seq, at)
	f.Missed += uint64(jumped)
	if broken {
		f.Disordered++
	}
	switch v {
	case duplicate:
		f.Duplicated++
		return
	case late:
		f.Late++
	case repaired:
		f.Repaired++
	}
	l.report.arrive(index)
	if jumped > 0 && l.video {
		r.wake()
	}
	if len(payload) == 0 {
		return // a probe of nothing but padding
	}
	s, p, ok := r.read(l, payload)
	if !ok {
		return
	}
	l.tally(&s)
	r.latency.RecordValue(max(1, (at-s.instant)/1000))
	if v == fresh {
		r.follow(l, h, &s, p, uint64(jumped)+1)
	}
}

// read verifies a payload byte by byte.
func (r *receiver) read(l *lane, payload []byte) (s stamp, p picture, ok bool) {
	want, err := audioTrack, error(nil)
	if l.video {
		want = videoTrack
		p, payload, err = readPicture(payload)
	} else if payload[0] == opusTOC {
		payload = payload[1:]
	} else {
		err = errShape
	}
	if err == nil {
		err = s.read(payload, r.run)
	}
	switch {
	case err != nil:
		r.figures.Damaged++
	case s.track != want || s.publisher == r.number:
		r.figures.Misrouted++
	default:
		return s, p, true
	}
	return s, p, false
}

// follow compares a packet with the one before it in the lane, step numbers ago.
func (r *receiver) follow(l *lane, h *rtp.Header, s *stamp, p picture, step uint64) {
	f := &r.figures
	same := l.last.publisher == s.publisher && l.last.track == s.track
	switch {
	case !same && l.video && step == 1 && !(p.start && p.key):
		// A new picture has to begin with a key frame. Whether a lane's very
		// first packets were lost, its numbers do not tell.
		if l.wantKey = true; r.loss == 0 || l.last.track != 0 {
			f.Disordered++
		}
	case same && l.video:
		switch moved := s.counter - l.last.counter; {
		case moved == 0 || moved > 1<<32:
			f.Disordered++
		case moved > step:
			f.Skipped += moved - step
		}
		if step == 1 && !follows(l.picture, p, l.lastTS, h.TS) {
			f.Disordered++
		}
	}
	l.last, l.picture, l.lastTS = *s, p, h.TS
}

// follows reports whether picture q may come right after p: the same frame, or
// the next one, with all counters one further.
func follows(p, q picture, tsP, tsQ uint32) bool {
	if !q.start {
		return q.id == p.id && q.tl0 == p.tl0 && tsP == tsQ
	}
	return q.id == (p.id+1)&0x7FFF && q.tl0 == p.tl0+1 && int32(tsQ-tsP) > 0
}

// control takes one SRTCP datagram.
func (r *receiver) control(b []byte) {
	b, err := r.cipher.openRTCP(b)
	if err != nil {
		r.figures.Unauthentic++
		return
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		r.figures.Damaged++
		return
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			if l := r.bySSRC[p.SSRC]; l != nil {
				l.report.senderReport(p.NTPTime)
			}
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			r.keyFrame()
		case *rtcp.TransportLayerNack:
			for _, pair := range p.Nacks {
				for _, seq := range pair.PacketList() {
					r.resend(p.MediaSSRC, seq)
				}
			}
		}
	}
}

// ask collects the NACKs and key-frame requests that are due, as plain RTCP
// packets from ssrc.
func (r *receiver) ask(now int64, ssrc uint32) (packets []rtcp.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lanes {
		if len(l.missing) > 0 {
			seqs, lost := l.due(now, nil)
			if r.figures.Lost += uint64(lost); !l.video {
				r.figures.LostSound += uint64(lost)
			}
			r.figures.NACKs += uint64(len(seqs))
			if len(seqs) > 0 {
				packets = append(packets, &rtcp.TransportLayerNack{
					SenderSSRC: ssrc, MediaSSRC: l.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs),
				})
			}
		}
		if l.wantKey && now-l.askedAt >= keyEvery {
			l.wantKey, l.askedAt = false, now
			r.figures.PLIs++
			packets = append(packets, &rtcp.PictureLossIndication{SenderSSRC: ssrc, MediaSSRC: l.ssrc})
		}
	}
	return packets
}

// blocks makes the receiver report's blocks of all lanes that have started.
func (r *receiver) blocks() (blocks []rtcp.ReceptionReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lanes {
		if l.started {
			blocks = append(blocks, l.report.block(l.ssrc, l.highest))
		}
	}
	return blocks
}

// snapshot returns what was counted so far, and what each lane has shown.
func (r *receiver) snapshot() (f Figures, shown map[int][]Shown) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, shown = r.figures, map[int][]Shown{}
	for _, l := range r.lanes {
		f.Waiting += uint64(len(l.missing))
		for i := range l.shown {
			l.shown[i].Current = l.shown[i].Publisher == l.last.publisher
		}
		shown[l.mid] = slices.Clone(l.shown)
	}
	return f, shown
}
