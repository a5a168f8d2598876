package client

import (
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"causeway/router/rtp"
)

// publisher is the sending side of a client: one goroutine (writer) that paces
// frames, answers NACKs and sends reports and consent checks. The fields
// without a lock are its own.
type publisher struct {
	config   *Config
	socket   *socket
	agent    *agent
	cipher   cipher
	receiver *receiver
	cname    string

	audio, video outgoing
	level        uint8 // extension id
	frame        struct {
		id  uint16
		tl0 uint8
	}
	frameBytes int // of an ordinary frame

	on       atomic.Bool   // publishing
	keyFrame atomic.Bool   // one is wanted
	pace     atomic.Uint64 // float64 bits: how many times as often as configured
	wake     chan struct{} // cap 1: the receiver has something to ask for
	resends  chan resend   // cap 256: beyond it, requests are dropped and will come again
	done     chan struct{}

	mu                   sync.Mutex // guards what follows; held for one frame at a time
	figures              Figures
	lastAudio, lastVideo uint64 // counters

	header  [32]byte
	payload [1200]byte
	out     [1400]byte
}

type resend struct {
	ssrc uint32
	seq  uint16
}

// outgoing is one published track.
type outgoing struct {
	ssrc, rtx       uint32 // 0: not published; RTX not agreed on
	index           uint64 // of the last packet: ROC<<16|SEQ
	rtxIndex        uint64
	ts              uint32
	counter         uint64 // of the last packet
	packets, octets uint32
	sent            []sent // ring by counter, enough for a second or two
}

// sent is what is needed to make a packet again.
type sent struct {
	index   uint64
	ts      uint32
	marker  bool
	picture picture
	stamp   stamp
	size    int // of payload
}

const (
	packetBytes = 1100 // the most payload that a video packet carries
	keyFactor   = 4    // a key frame is so many times an ordinary one
	audioBytes  = 120
	audioEvery  = 20 * time.Millisecond
	askEvery    = 20 * time.Millisecond
	reportEvery = time.Second
	never       = 1000 * time.Hour
	history     = 512
)

func newPublisher(c *Config, o *offer, a *answer, s *socket, g *agent, r *receiver) *publisher {
	p := &publisher{
		config: c, socket: s, agent: g, receiver: r, cname: o.sending.cname,
		wake: make(chan struct{}, 1), resends: make(chan resend, 256), done: make(chan struct{}),
	}
	start := func(ssrc uint32) outgoing {
		// A first sequence number below 2^15 keeps a lost start from confusing
		// the roll-over count (RFC 3711 section 3.3.1).
		return outgoing{ssrc: ssrc, index: rand.Uint64N(1 << 15), rtxIndex: rand.Uint64N(1 << 15), ts: rand.Uint32()}
	}
	for i, s := range o.sections {
		switch in := a.sections[i]; {
		case !s.sends || !in.accepted:
		case s.video:
			p.video = start(o.sending.video)
			p.video.sent = make([]sent, history)
			if in.repair {
				p.video.rtx = o.sending.rtx
			}
		default:
			p.audio = start(o.sending.audio)
			p.level = in.level
		}
	}
	p.frame.id = uint16(rand.UintN(1 << 15))
	p.frameBytes = max(c.VideoRate/8/c.FrameRate, vp8Descriptor+vp8KeyTag+stampSize+8)
	p.pace.Store(math.Float64bits(1))
	p.keyFrame.Store(true)
	r.keyFrame = func() { p.keyFrame.Store(true) }
	r.wake = func() {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	r.resend = func(ssrc uint32, seq uint16) {
		select {
		case p.resends <- resend{ssrc, seq}:
		default:
		}
	}
	return p
}

// beat is something that happens again and again.
type beat struct {
	due   time.Time
	every time.Duration
}

// newBeat starts at a random point of the interval, so that a crowd of clients
// does not send in step.
func newBeat(every time.Duration) beat { return beat{time.Now().Add(rand.N(every)), every} }

// slack is how late a beat may be before the ones after it are left out.
// Sleepers wake up to a millisecond late.
const slack = 2 * time.Millisecond

// strike reports whether it is time, and whether this is so late that beats
// which should have come by now are left out. A beat that is much shorter than
// slack has to be struck until it is not time any more.
func (b *beat) strike(now time.Time) (is, late bool) {
	if now.Before(b.due) {
		return false, false
	}
	if b.due = b.due.Add(b.every); now.Before(b.due.Add(slack)) {
		return true, false
	}
	b.due = now.Add(b.every)
	return true, true
}

// hurry changes the interval. What was to come at an interval's end comes at
// the new one's.
func (b *beat) hurry(now time.Time, every time.Duration) {
	if b.every = every; b.due.After(now.Add(every)) {
		b.due = now.Add(every)
	}
}

// run is the writer.
func (p *publisher) run(stop <-chan struct{}) {
	defer close(p.done)
	videoEvery := time.Second / time.Duration(p.config.FrameRate)
	audio, video, pace := newBeat(audioEvery), newBeat(videoEvery), 1.0
	ask, report, consent := newBeat(askEvery), newBeat(reportEvery), newBeat(consentEvery)
	if p.config.Drain != nil {
		ask = newBeat(never)
	}
	if p.config.VideoRate == 0 && !p.config.Audio {
		audio, video = newBeat(never), newBeat(never)
		if p.config.Drain != nil {
			report = newBeat(never)
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-timer.C:
		case <-p.wake:
			ask.due = time.Time{}
		case r := <-p.resends:
			p.again(r)
		}
		now := time.Now()
		if f := math.Float64frombits(p.pace.Load()); f != pace {
			pace = f
			audio.hurry(now, time.Duration(float64(audioEvery)/f))
			video.hurry(now, time.Duration(float64(videoEvery)/f))
		}
		on := p.on.Load()
		for is, late := audio.strike(now); is; is, late = audio.strike(now) {
			if on && p.audio.ssrc != 0 {
				p.sound(now, late)
			}
		}
		for is, late := video.strike(now); is; is, late = video.strike(now) {
			if on && p.video.ssrc != 0 {
				p.picture(late)
			}
		}
		if is, _ := ask.strike(now); is {
			p.sendRTCP(p.receiver.ask(now.UnixNano(), p.self()))
		}
		if is, _ := report.strike(now); is {
			p.report(now)
		}
		if is, _ := consent.strike(now); is {
			p.socket.Write(p.agent.request())
		}
		timer.Reset(time.Until(earliest(audio.due, video.due, ask.due, report.due, consent.due)))
	}
}

func earliest(t time.Time, more ...time.Time) time.Time {
	for _, u := range more {
		if u.Before(t) {
			t = u
		}
	}
	return t
}

// sound sends one Opus-shaped packet.
func (p *publisher) sound(now time.Time, late bool) {
	t := &p.audio
	t.ts += 960
	t.index++
	t.counter++
	n := rtp.Put(p.header[:], false, ptOpus, uint16(t.index), t.ts, t.ssrc)
	if p.level != 0 {
		level := p.config.Level(now)
		if level < 127 {
			level |= 0x80 // voice
		}
		n = rtp.PutExtensions(p.header[:], rtp.Extension{ID: p.level, Data: []byte{level}})
	}
	p.payload[0] = opusTOC
	s := stamp{p.config.Run, p.config.Number, audioTrack, t.counter, time.Now().UnixNano()}
	s.put(p.payload[1:audioBytes])
	p.send(t, p.header[:n], p.payload[:audioBytes], t.index)
	p.count(audioBytes, 1, false, late)
}

// picture sends one VP8-shaped frame, in packets whose sizes differ by at most
// one byte, as libwebrtc cuts them.
func (p *publisher) picture(late bool) {
	t := &p.video
	key := p.keyFrame.Swap(false)
	bytes := p.frameBytes
	if key {
		bytes *= keyFactor
	}
	p.frame.id = (p.frame.id + 1) & 0x7FFF
	p.frame.tl0++
	t.ts += uint32(90000 / p.config.FrameRate)
	packets := (bytes + packetBytes - 1) / packetBytes
	for i := range packets {
		t.index++
		t.counter++
		e := sent{
			index: t.index, ts: t.ts, marker: i == packets-1, size: bytes*(i+1)/packets - bytes*i/packets,
			picture: picture{p.frame.id, p.frame.tl0, i == 0, key},
			stamp:   stamp{p.config.Run, p.config.Number, videoTrack, t.counter, time.Now().UnixNano()},
		}
		t.sent[t.counter%history] = e
		n := rtp.Put(p.header[:], e.marker, ptVP8, uint16(e.index), e.ts, t.ssrc)
		p.send(t, p.header[:n], e.put(p.payload[:]), e.index)
	}
	p.count(bytes, packets, key, late)
}

// put makes the packet's payload in b.
func (e *sent) put(b []byte) []byte {
	n := e.picture.put(b)
	e.stamp.put(b[n:e.size])
	return b[:e.size]
}

func (p *publisher) send(t *outgoing, header, payload []byte, index uint64) {
	p.write(p.cipher.sealRTP(p.out[:0], header, payload, index))
	t.packets++
	t.octets += uint32(len(payload))
}

// write sends a datagram of media. What UDP loses is counted by who misses it.
func (p *publisher) write(b []byte) {
	if loss := p.config.Loss; loss > 0 && rand.Float64() < loss {
		p.mu.Lock()
		p.figures.Dropped++
		p.mu.Unlock()
		return
	}
	p.socket.Write(b)
}

func (p *publisher) count(bytes, packets int, key, late bool) {
	p.mu.Lock()
	p.figures.Sent += uint64(packets)
	p.figures.SentBytes += uint64(bytes + packets*(rtp.HeaderSize+16))
	if key {
		p.figures.KeyFrames++
	}
	if late {
		p.figures.Behind++
	}
	p.lastAudio, p.lastVideo = p.audio.counter, p.video.counter
	p.mu.Unlock()
}

// again answers one sequence number of a NACK: on RTX (RFC 4588) if that was
// agreed on, with the very same packet otherwise.
func (p *publisher) again(r resend) {
	t := &p.video
	if r.ssrc != t.ssrc || t.ssrc == 0 {
		return
	}
	back := uint64(uint16(t.index) - r.seq)
	if back >= history || back >= t.counter {
		return
	}
	e := &t.sent[(t.counter-back)%history]
	payload := e.put(p.payload[2:])
	if t.rtx == 0 {
		n := rtp.Put(p.header[:], e.marker, ptVP8, uint16(e.index), e.ts, t.ssrc)
		p.write(p.cipher.sealRTP(p.out[:0], p.header[:n], payload, e.index))
	} else {
		t.rtxIndex++
		n := rtp.Put(p.header[:], e.marker, ptVP8RTX, uint16(t.rtxIndex), e.ts, t.rtx)
		p.payload[0], p.payload[1] = byte(r.seq>>8), byte(r.seq)
		p.write(p.cipher.sealRTP(p.out[:0], p.header[:n], p.payload[:2+len(payload)], t.rtxIndex))
	}
	p.mu.Lock()
	p.figures.Resent++
	p.mu.Unlock()
}

// self is the SSRC that our RTCP comes from.
func (p *publisher) self() uint32 {
	if p.video.ssrc != 0 {
		return p.video.ssrc
	}
	return max(p.audio.ssrc, 1)
}

// report sends sender reports of what we publish and receiver reports of what
// we receive, at most 31 blocks in each.
func (p *publisher) report(now time.Time) {
	var packets []rtcp.Packet
	for _, t := range []*outgoing{&p.video, &p.audio} {
		if t.packets > 0 {
			packets = append(packets, &rtcp.SenderReport{
				SSRC: t.ssrc, NTPTime: ntpTime(now), RTPTime: t.ts, PacketCount: t.packets, OctetCount: t.octets,
			})
		}
	}
	blocks := p.receiver.blocks()
	for first := true; first && len(packets) == 0 || len(blocks) > 0; first = false {
		n := min(len(blocks), 31)
		packets = append(packets, &rtcp.ReceiverReport{SSRC: p.self(), Reports: blocks[:n]})
		blocks = blocks[n:]
	}
	packets = append(packets, rtcp.NewCNAMESourceDescription(p.self(), p.cname))
	p.sendRTCP(packets)
}

// sendRTCP sends packets as compounds that fit a datagram.
func (p *publisher) sendRTCP(packets []rtcp.Packet) {
	const most = 1200
	var b []byte
	flush := func() {
		if len(b) > 0 {
			p.write(p.cipher.sealRTCP(p.out[:0], b))
			b = nil
		}
	}
	for _, packet := range packets {
		one, err := packet.Marshal()
		if err != nil || len(one) > most {
			continue
		}
		if len(b)+len(one) > most {
			flush()
		}
		b = append(b, one...)
	}
	flush()
}
