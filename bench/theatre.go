//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"causeway/bench/client"
	"causeway/bench/floor"
)

// A theatre is a crowd on a stage: what windows are measured on.
type theatre struct {
	*stage
	scene  scene
	crowd  *crowd
	looks  map[int]bool
	form   floor.Form
	pace   float64
	before Usage
}

const warmUp = 300 * time.Millisecond

// verifiers and publishers call f for those.

func (t *theatre) verifiers(f func(*client.Client)) {
	t.crowd.in(func(i int, one *client.Client) {
		if t.looks[i] {
			f(one)
		}
	})
}

func (t *theatre) publishers(f func(*client.Client)) {
	t.crowd.in(func(i int, one *client.Client) {
		if t.crowd.films[i] {
			f(one)
		}
	})
}

func (t *theatre) publish(on bool) {
	t.publishers(func(one *client.Client) {
		if on {
			one.Resume()
		} else {
			one.Pause()
		}
	})
}

func (t *theatre) setPace(factor float64) {
	t.pace = factor
	t.publishers(func(one *client.Client) { one.Pace(factor) })
}

// instant is everything that a window begins or ends with.
type instant struct {
	usage          Usage
	ticks          split
	own            time.Duration
	server, load   busyness
	all            busyness
	sent, received client.Figures
	drained        [2]uint64 // packets, bytes
	sound, seen    uint64    // packets at verifiers
	backlog        uint64
}

func (t *theatre) now(ctx context.Context) (at instant, err error) {
	p, ok := t.target.Server.(Process)
	if !ok {
		return at, fmt.Errorf("bench: a route is measured on a child")
	}
	if at.drained[0], at.drained[1], err = t.drain.Taken(); err != nil && t.drain.Counts() {
		return at, err
	}
	t.verifiers(func(one *client.Client) {
		at.received = at.received.Add(one.Figures())
		for _, lane := range one.Shown() {
			for _, s := range lane {
				at.seen += s.Packets
				if !s.Video {
					at.sound += s.Packets
				}
			}
		}
	})
	t.publishers(func(one *client.Client) { at.sent = at.sent.Add(one.Figures()) })
	if at.usage, err = p.Usage(ctx); err != nil {
		return at, err
	}
	at.own, at.backlog = ownCPU(), backlogDrops()
	if at.ticks, err = p.ticks(); err != nil {
		return at, err
	}
	for _, b := range []struct {
		cpus []int
		to   *busyness
	}{{t.server, &at.server}, {t.load, &at.load}, {nil, &at.all}} {
		if *b.to, err = processors(b.cpus); err != nil {
			return at, err
		}
	}
	return at, nil
}

func (t *theatre) counts(ctx context.Context) (counts, error) {
	return scrape(ctx, t.target.HTTP, t.target.URL+"/metrics")
}

// window measures at the present pace for a while; everybody is publishing.
func (t *theatre) window(ctx context.Context, long time.Duration) (f Figures, err error) {
	if err := sleep(ctx, warmUp); err != nil {
		return f, err
	}
	before, err := t.counts(ctx)
	if err != nil {
		return f, err
	}
	t.verifiers(func(one *client.Client) { one.Latency(hdrhistogram.New(1, 100_000_000, 2)) }) // of the time before
	a, err := t.now(ctx)
	if err != nil {
		return f, err
	}
	if err := sleep(ctx, long); err != nil {
		return f, err
	}
	b, err := t.now(ctx)
	if err != nil {
		return f, err
	}
	h := hdrhistogram.New(1, 100_000_000, 2)
	t.verifiers(func(one *client.Client) { one.Latency(h) })
	after, err := t.counts(ctx)
	if err != nil {
		return f, err
	}
	f = t.figures(a, b, after.since(before))
	f.P50MS, f.P99MS, f.P999MS, f.MaxMS = percentile(h, 50), percentile(h, 99), percentile(h, 99.9), float64(h.Max())/1000
	return f, nil
}

// figures says what happened between a and b, when the router counted c.
func (t *theatre) figures(a, b instant, c counts) (f Figures) {
	took := b.usage.At.Sub(a.usage.At).Seconds()
	f.Rate, f.WindowS = t.pace, took
	got, sent := b.received.Sub(a.received), b.sent.Sub(a.sent)
	f.PacketsIn = float64(sent.Sent)
	f.PacketsOut = float64(got.Received + b.drained[0] - a.drained[0])
	bytes := float64(got.ReceivedBytes + b.drained[1] - a.drained[1])
	if !t.drain.Counts() { // then the router's word is taken
		f.PacketsOut = c.router("packets_out_total")
		bytes = c.router("sent_bytes_total")
	}
	f.PacketsInPerS, f.PacketsOutPerS, f.BitsOutPerS = f.PacketsIn/took, f.PacketsOut/took, bytes*8/took
	if seen := b.seen - a.seen; seen > 0 {
		f.SoundRatio = float64(b.sound-a.sound) / float64(seen)
	}
	if m := c.router("messages_sent_total"); m > 0 {
		f.PerMessage = c.router("datagrams_sent_total") / m
	}
	for _, n := range c.lost() {
		f.LostByRouter += float64(n)
	}
	f.LostBySocket = float64(got.SocketDrops)
	f.LostByClient = float64(b.backlog - a.backlog)
	cpu := float64((b.usage.CPU - a.usage.CPU).Nanoseconds()) / 1000
	if f.PacketsOut > 0 {
		f.CPUPerPacketUS = cpu / f.PacketsOut
		f.SystemPerPacketUS = f.CPUPerPacketUS * b.ticks.systemShare(a.ticks)
		f.UserPerPacketUS = f.CPUPerPacketUS - f.SystemPerPacketUS
	}
	f.CPUCores, f.LoadCores = cpu/1e6/took, (b.own-a.own).Seconds()/took
	f.ServerBusy, _, _ = b.server.since(a.server)
	f.LoadBusy, f.LoadInterrupts, _ = b.load.since(a.load)
	_, _, f.Stolen = b.all.since(a.all)
	f.RSS = float64(b.usage.RSS)
	return f
}

// floor measures the bare forwarder of the shape that f shows: runs as long as
// the router's were, the same share of sound, as many destinations.
func (t *theatre) floor(ctx context.Context, f *Figures) error {
	n := max(1, t.scene.watchers())
	video, sound := f.PacketsOut*(1-f.SoundRatio), f.PacketsOut*f.SoundRatio
	cost := 0.0
	if video > 0 {
		run := clamp(f.videoRun(), 1, 50)
		us, err := t.runFloor(ctx, n, run)
		if err != nil {
			return err
		}
		cost += us * (1 - f.SoundRatio)
	}
	if sound > 0 {
		us, err := t.rig.Loop(ctx, shapeOf("sound", n, 1, soundBytes), t.form)
		if err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		cost += us * f.SoundRatio
	}
	f.FloorPerPacketUS = cost
	if cost > 0 {
		f.RatioToFloor = f.CPUPerPacketUS / cost
	}
	return nil
}

// videoRun is how many packets of a picture left in one message, if each packet
// of sound was a message of its own. With P packets per message over all and a
// share s of sound, of P packets one message's worth is (1-s)P of pictures in
// 1-sP messages.
func (f *Figures) videoRun() float64 {
	messages := 1 - f.SoundRatio*f.PerMessage
	if messages <= 0 {
		return picturePackets
	}
	return (1 - f.SoundRatio) * f.PerMessage / messages
}

// runFloor measures runs of a mean length between two whole ones. Cost per
// packet is a part that every packet has and a part that a message has, so it is
// linear in one over the length.
func (t *theatre) runFloor(ctx context.Context, n int, run float64) (us float64, err error) {
	short, long := math.Floor(run), math.Ceil(run)
	a, err := t.rig.Loop(ctx, shapeOf("video", n, int(short), pictureBytes), t.form)
	if err != nil || short == long {
		return a, err
	}
	b, err := t.rig.Loop(ctx, shapeOf("video", n, int(long), pictureBytes), t.form)
	if err != nil {
		return 0, err
	}
	part := (1/short - 1/run) / (1/short - 1/long)
	return a + (b-a)*part, nil
}

const (
	soundBytes = 120
	rtpHeader  = 12
)

func shapeOf(name string, n, packets, payload int) floor.Shape {
	return floor.Shape{Name: name, Destinations: n, Lanes: []floor.Lane{{Packets: packets, Bytes: payload + rtpHeader}}}
}

func clamp(v, low, high float64) float64 { return min(max(v, low), high) }
