package forward

// Reception follows what arrives from one publisher's SSRC: it notices gaps and
// asks for what is missing (generic NACK, RFC 4585 §6.2.1), and keeps the figures
// of receiver reports (RFC 3550 §6.4.1, appendix A.3 and A.8).
type Reception struct {
	Clock uint32 // Hz

	seen     [seenWords]uint64 // which of the newest seenWindow indices have arrived, by index modulo seenWindow
	started  bool
	base     uint64
	highest  uint64 // extended index
	received uint64

	expectedBefore, receivedBefore uint64

	jitter  int64 // in 1/16 timestamp units
	transit int64

	missing []gap // capacity 0: the publisher answers no NACKs

	reportNTP uint32 // middle 32 bits of the last sender report's NTP time
	reportAt  int64
	asked     uint64
}

// NewReception follows a stream with this RTP clock; nack says whether its
// publisher answers NACKs.
func NewReception(clock uint32, nack bool) Reception {
	r := Reception{Clock: clock}
	if nack {
		r.missing = make([]gap, 0, maxMissing)
	}
	return r
}

type gap struct {
	index uint64
	next  int64 // when to ask (again)
	tries uint8
}

const (
	maxMissing = 96
	maxTries   = 8
	firstNack  = int64(5e6)  // a packet that is merely late by so much is not asked for
	retryNack  = int64(40e6) // between two requests for the same packet
	// A jump of more than this is a new beginning, not loss.
	maxJump = 1000

	seenWords  = 32
	seenWindow = 64 * seenWords
)

// Arrive notes one packet of the primary stream, by its extended index. repaired
// says that it came as a resend, which tells nothing about jitter. It reports
// whether the packet is the first with its index; any other must go no further,
// because what is forwarded under one index is encrypted under one nonce, and two
// different payloads under it would give the receiver's key away (RFC 7714 §8.1).
// opened says that a gap opened, so that the caller looks at Missing soon.
func (r *Reception) Arrive(now int64, index uint64, ts uint32, repaired bool) (first, opened bool) {
	if !r.started {
		if repaired {
			return false, false
		}
		r.begin(now, index, ts)
		return true, false
	}
	ahead := int64(index - r.highest)
	switch {
	case ahead <= -seenWindow, int64(index-r.base) < 0, ahead > 0 && repaired, ahead <= 0 && r.has(index):
		return false, false
	case ahead > maxJump:
		r.begin(now, index, ts)
		return true, false
	}
	r.received++
	if !repaired {
		r.smooth(now, ts)
	}
	if ahead <= 0 {
		r.mark(index)
		r.found(index)
		return true, false
	}
	for i := r.highest + 1; i != index; i++ {
		r.seen[i/64%seenWords] &^= 1 << (i % 64)
		if cap(r.missing) > 0 {
			r.lose(now, i)
			opened = true
		}
	}
	r.mark(index)
	r.highest = index
	return true, opened
}

// begin starts, or starts over, with the packet at index.
func (r *Reception) begin(now int64, index uint64, ts uint32) {
	r.started, r.base, r.highest = true, index, index
	r.received, r.expectedBefore, r.receivedBefore = 1, 0, 0
	r.missing = r.missing[:0]
	r.transit = r.arrival(now) - int64(ts)
	r.seen = [seenWords]uint64{}
	r.mark(index)
}

// Restart forgets the stream: the publisher goes on under another SSRC.
func (r *Reception) Restart() { r.started = false }

func (r *Reception) has(index uint64) bool { return r.seen[index/64%seenWords]&(1<<(index%64)) != 0 }

func (r *Reception) mark(index uint64) { r.seen[index/64%seenWords] |= 1 << (index % 64) }

func (r *Reception) arrival(now int64) int64 { return now / 1e3 * int64(r.Clock) / 1e6 }

func (r *Reception) smooth(now int64, ts uint32) {
	transit := r.arrival(now) - int64(ts)
	d := int64(int32(transit - r.transit)) // timestamps wrap
	r.transit = transit
	if d < 0 {
		d = -d
	}
	r.jitter += d - (r.jitter+8)>>4
}

func (r *Reception) lose(now int64, index uint64) {
	if len(r.missing) == cap(r.missing) { // the oldest is given up
		r.missing = r.missing[:copy(r.missing, r.missing[1:])]
	}
	r.missing = append(r.missing, gap{index: index, next: now + firstNack})
}

func (r *Reception) found(index uint64) {
	for i := range r.missing {
		if r.missing[i].index == index {
			r.missing = append(r.missing[:i], r.missing[i+1:]...)
			return
		}
	}
}

// Missing fills seqs with the sequence numbers to be asked for now, in ascending
// order, and returns how many. A packet is asked for at most maxTries times.
func (r *Reception) Missing(now int64, seqs []uint16) int {
	n, kept := 0, 0
	for i := range r.missing {
		g := r.missing[i]
		if g.next <= now && n < len(seqs) {
			seqs[n] = uint16(g.index)
			n++
			g.tries++
			g.next = now + retryNack
		}
		if g.tries < maxTries {
			r.missing[kept] = g
			kept++
		}
	}
	r.missing = r.missing[:kept]
	r.asked += uint64(n)
	return n
}

// Waiting reports whether anything is missing, so that Missing is worth a call.
func (r *Reception) Waiting() bool { return len(r.missing) > 0 }

// Expand gives a sequence number of this stream its extended index, by the
// nearest to the highest one seen.
func (r *Reception) Expand(seq uint16) uint64 {
	return r.highest + uint64(int64(int16(seq-uint16(r.highest))))
}

// Highest is the newest extended index.
func (r *Reception) Highest() uint64 { return r.highest }

// Started reports whether any packet has arrived.
func (r *Reception) Started() bool { return r.started }

// SenderReport notes the publisher's report, whose time the next receiver report
// refers to.
func (r *Reception) SenderReport(now int64, ntp uint64) {
	r.reportNTP, r.reportAt = uint32(ntp>>16), now
}

// Report is one receiver report block's figures. Lost is cumulative and clamped
// to 24 bits, Fraction in 1/256 since the last call, Jitter in timestamp units,
// LastSR and Delay (1/65536 s) as in RFC 3550 §6.4.1.
type Report struct {
	Fraction uint8
	Lost     int32
	Highest  uint32
	Jitter   uint32
	LastSR   uint32
	Delay    uint32
}

// Report ends a reporting interval.
func (r *Reception) Report(now int64) Report {
	expected := r.highest - r.base + 1
	var p Report
	lostNow := int64(expected-r.expectedBefore) - int64(r.received-r.receivedBefore)
	if interval := expected - r.expectedBefore; interval > 0 && lostNow > 0 {
		p.Fraction = uint8(min(lostNow*256/int64(interval), 255))
	}
	r.expectedBefore, r.receivedBefore = expected, r.received
	p.Lost = int32(max(min(int64(expected)-int64(r.received), 0x7fffff), -0x800000))
	p.Highest, p.Jitter = uint32(r.highest), uint32(r.jitter>>4)
	if r.reportAt != 0 {
		p.LastSR = r.reportNTP
		p.Delay = uint32((now - r.reportAt) / 1e3 * 65536 / 1e6)
	}
	return p
}
