package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"

	"causeway/bench/client"
)

// MeetOptions shapes the scenario Meet.
type MeetOptions struct {
	// Participants is how many meet. If zero, 20. At most 100: each is shown
	// all others.
	Participants int
	// Window is how long costs and delays are measured. If zero, 10 s.
	Window time.Duration
	// VideoRate is each one's picture in bits per second. If zero, 500,000.
	VideoRate int
	// FrameRate is in pictures per second. If zero, 30.
	FrameRate int
	// Oracles is how many participants use pion/srtp instead of our own
	// package. If zero, one; if negative, none.
	Oracles int
	// Loss is the share of media datagrams that participants drop on purpose,
	// each way, 0 to 1.
	Loss float64
	// Progress gets a line every second; nil for none.
	Progress io.Writer
}

func (o MeetOptions) withDefaults() (MeetOptions, error) {
	if o.Participants == 0 {
		o.Participants = 20
	}
	if o.Window == 0 {
		o.Window = 10 * time.Second
	}
	if o.VideoRate == 0 {
		o.VideoRate = 500_000
	}
	if o.FrameRate == 0 {
		o.FrameRate = 30
	}
	if o.Oracles == 0 {
		o.Oracles = 1
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Participants < 2 || o.Participants > 100 || o.Window < time.Second {
		return o, errors.New("bench: meet takes 2 to 100 participants and a window of at least a second")
	}
	return o, nil
}

const (
	turn    = 4 * time.Second // so long one participant talks
	drain   = 2 * time.Second // so long the last repairs may take
	allSeen = 20 * time.Second
)

// Meet is the everyday meeting: everybody publishes one camera and a
// microphone and is shown everybody else; three talk at a time. It fails if
// there is nothing to measure; what went wrong with some is in the Result.
func Meet(ctx context.Context, t Target, o MeetOptions) (*Result, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Result{Scenario: "meet", Participants: o.Participants, VideoBPS: o.VideoRate, FrameHz: o.FrameRate, Loss: o.Loss, Machine: thisMachine()}
	before, err := t.usage(ctx)
	if err != nil {
		return nil, err
	}
	progress := &progress{w: o.Progress}
	defer progress.end()
	c, err := gather(ctx, t, o.Participants, func(i int, c *client.Config) {
		c.VideoRate, c.FrameRate, c.Audio = o.VideoRate, o.FrameRate, true
		c.VideoSlots, c.AudioSlots = o.Participants-1, 3
		c.Oracle, c.Loss = i < o.Oracles, o.Loss
		c.Level = talker(i, o.Participants)
	}, func(so int) { progress.say("joining: %d of %d", so, o.Participants) })
	if err != nil {
		return nil, err
	}
	err = r.meet(ctx, c, o, before, progress)
	if left := c.leave(); left != nil {
		r.Failures = append(r.Failures, left.Error())
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// talker lets three participants at a time talk, each for a while.
func talker(i, n int) func(time.Time) uint8 {
	return func(at time.Time) uint8 {
		now := int(at.UnixNano() / int64(turn))
		if behind := ((now-i)%n + n) % n; behind < 3 {
			return uint8(20 + 5*behind)
		}
		return 100
	}
}

func (r *Result) meet(ctx context.Context, c *crowd, o MeetOptions, before Usage, progress *progress) error {
	r.JoinsFailed = o.Participants - c.size()
	r.joins(c)
	begin := time.Now()
	if err := wait(ctx, allSeen, func() bool {
		pairs := c.unseen()
		progress.say("waiting until everybody is shown everybody: %d pairs to go", pairs)
		return pairs == 0
	}); err != nil {
		return err
	}
	r.AllSeenMS = milliseconds(time.Since(begin))
	if err := r.window(ctx, c, o.Window, before, progress); err != nil {
		return err
	}
	r.Unseen, r.Misplaced, r.Roster = c.unseen(), c.misplaced(), c.strangers()
	c.pause()
	if err := wait(ctx, drain, func() bool { return c.figures().Waiting == 0 && c.tails() == 0 }); err != nil {
		return err
	}
	r.total(c.figures(), c.tails())
	for _, err := range []error{c.failed, c.failure()} {
		if err != nil {
			r.Failures = append(r.Failures, err.Error())
		}
	}
	return nil
}

func (r *Result) joins(c *crowd) {
	h := hdrhistogram.New(1, 100_000_000, 3)
	c.in(func(_ int, one *client.Client) { h.RecordValue(one.JoinTime().Microseconds()) })
	r.JoinP50MS, r.JoinP99MS = percentile(h, 50), percentile(h, 99)
}

// window measures costs and delays for a while.
func (r *Result) window(ctx context.Context, c *crowd, long time.Duration, before Usage, progress *progress) error {
	c.latency() // of the time before
	first, figures, load := time.Now(), c.figures(), ownCPU()
	start, err := c.target.usage(ctx)
	if err != nil {
		return err
	}
	last := figures
	for until := first.Add(long); time.Now().Before(until); {
		if err := sleep(ctx, min(time.Second, time.Until(until))); err != nil {
			return err
		}
		now := c.figures()
		step := now.Sub(last)
		last = now
		progress.say("measuring: %.0f s of %.0f, %d packets in, %d out, %d missed, %d repaired",
			time.Since(first).Seconds(), long.Seconds(), step.Sent, step.Received, now.Missed, now.Repaired)
	}
	end, err := c.target.usage(ctx)
	if err != nil {
		return err
	}
	took, counted := time.Since(first), c.figures().Sub(figures)
	h := c.latency()
	r.WindowMS = took.Milliseconds()
	r.PacketsIn, r.PacketsOut, r.BytesOut = counted.Sent, counted.Received, counted.ReceivedBytes
	r.PacketsPerSec = float64(counted.Received) / took.Seconds()
	r.LoadCores = (ownCPU() - load).Seconds() / took.Seconds()
	r.P50MS, r.P99MS, r.P999MS, r.MaxMS = percentile(h, 50), percentile(h, 99), percentile(h, 99.9), float64(h.Max())/1000
	r.usage(before, start, end, counted.Received, c.size())
	return nil
}

// usage says what the server used for packets in the window, and for people.
func (r *Result) usage(before, start, end Usage, packets uint64, people int) {
	if end.At.IsZero() {
		return // nobody watches
	}
	cpu := end.CPU - start.CPU
	r.CPUCores = cpu.Seconds() / end.At.Sub(start.At).Seconds()
	if packets > 0 {
		r.CPUPerPacketUS = float64(cpu.Nanoseconds()) / 1000 / float64(packets)
	}
	r.RSS = end.RSS
	r.RSSPerParticipant = (end.RSS - before.RSS) / int64(people)
	for cause, n := range end.Lost {
		if r.RouterLost == nil {
			r.RouterLost = map[string]uint64{}
		}
		r.RouterLost[cause] = n - before.Lost[cause]
	}
}

// total takes what counts over all.
func (r *Result) total(f client.Figures, tails uint64) {
	lost := f.Lost + f.Waiting + f.Skipped + tails
	r.SocketDrops, r.Dropped = f.SocketDrops, f.Dropped
	r.LostBySocket = min(lost, f.SocketDrops+f.Dropped)
	r.LostByRouter = lost - r.LostBySocket
	r.LostSound = f.LostSound
	r.Repaired, r.Duplicated, r.Misrouted, r.Damaged = f.Repaired, f.Duplicated, f.Misrouted, f.Damaged
	r.Disordered, r.Unauthentic, r.Stray = f.Disordered, f.Unauthentic, f.Stray
	r.Behind, r.KeyFrames = f.Behind, f.KeyFrames
}

func (t *Target) usage(ctx context.Context) (Usage, error) {
	if t.Server == nil {
		return Usage{}, nil
	}
	return t.Server.Usage(ctx)
}

// ownCPU is the processor time of this process.
func ownCPU() time.Duration {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

// wait looks, five times a second, until ok or most has passed; it fails only
// if ctx ends.
func wait(ctx context.Context, most time.Duration, ok func() bool) error {
	for until := time.Now().Add(most); !ok() && time.Now().Before(until); {
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("bench: %w", context.Cause(ctx))
	case <-time.After(d):
		return nil
	}
}

func percentile(h *hdrhistogram.Histogram, p float64) float64 {
	return float64(h.ValueAtPercentile(p)) / 1000
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// progress is one line on a terminal that is written over.
type progress struct {
	w    io.Writer
	said bool
}

func (p *progress) say(format string, args ...any) {
	p.said = true
	fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
}

func (p *progress) end() {
	if p.said {
		fmt.Fprintln(p.w)
	}
}
