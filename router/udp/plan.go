//go:build linux && (amd64 || arm64)

package udp

const (
	maxMessages = 64         // per batch: more gain nothing, and delay a stop of the world
	maxSegments = 64         // packets per run: what every kernel with UDP_SEGMENT takes
	maxRun      = 65_507     // bytes per run: the largest IPv4 datagram's payload
	ringSize    = 256 * 1024 // bytes per batch: what stays in a core's L2 cache between sealing and sending
)

// A run is one message: count packets to one destination, size bytes from off in the ring. Each packet but the last has
// segment bytes.
type run struct {
	to        Addr
	off, size int
	segment   int
	count     int
	closed    bool // no packet may follow: the last one was shorter, or the destination takes no runs
}

// A plan is a batch in the making. It decides what leaves together, and knows neither socket nor ring.
type plan struct {
	runs [maxMessages]run
	n    int
}

// add appends a packet of n bytes at off to the last run, or begins a run with it. alone keeps the packet, if it begins
// one, from being followed by another. It reports false, and changes nothing, when one more message would be too many.
func (p *plan) add(to *Addr, off, n int, alone bool) bool {
	if p.n > 0 {
		last := &p.runs[p.n-1]
		if last.takes(to, off, n) {
			last.size += n
			last.count++
			last.closed = n < last.segment
			return true
		}
	}
	if p.n == maxMessages {
		return false
	}
	// An empty datagram can be no segment: it travels alone.
	p.runs[p.n] = run{to: *to, off: off, size: n, segment: n, count: 1, closed: alone || n == 0}
	p.n++
	return true
}

func (r *run) takes(to *Addr, off, n int) bool {
	return !r.closed && n <= r.segment && n > 0 && r.count < maxSegments && r.size+n <= maxRun &&
		off == r.off+r.size && *to == r.to
}

// split writes the run's packets to single as runs of one, for a destination that refuses the whole.
func (r *run) split(single *[maxSegments]run) []run {
	for i := range r.count {
		at := i * r.segment
		n := min(r.segment, r.size-at)
		single[i] = run{to: r.to, off: r.off + at, size: n, segment: n, count: 1, closed: true}
	}
	return single[:r.count]
}
