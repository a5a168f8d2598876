package rtcp

import "encoding/binary"

// MaxPending is how many sequence numbers a FeedbackBuilder remembers, and the
// most statuses in one feedback, which is then shorter than 1300 bytes.
const MaxPending = 512

// FeedbackBuilder records the arrivals on one transport and writes them as
// transport-wide feedback. The zero value is empty. It takes 4 KiB and is not
// copied while in use.
//
// Every feedback reports the numbers from where the last one ended up to the
// highest that arrived. A packet that arrives after its number was reported as
// lost makes the next feedback begin at that number again, with everything
// known from there on. Numbers more than MaxPending behind the highest are
// forgotten, reported or not, so that neither loss nor a jump costs more.
type FeedbackBuilder struct {
	arrivals    [MaxPending]int64       // ns, by the low bits of the number
	present     [MaxPending / 64]uint64 // which of them arrived
	start, high int64                   // next number to report, highest that arrived; without wrap-around
	any         bool                    // something arrived ever
	number      uint8                   // of the next feedback
}

func (f *FeedbackBuilder) has(seq int64) bool {
	slot := seq & (MaxPending - 1)
	return f.present[slot>>6]>>(slot&63)&1 != 0
}

// Add records that packet seq arrived at now (ns). It is false for a duplicate
// and for a number too old to report, which change nothing.
func (f *FeedbackBuilder) Add(seq uint16, now int64) bool {
	if !f.any {
		f.any = true
		f.start, f.high = int64(seq), int64(seq)-1
	}
	// The number next to the highest among those that end in the 16 bits.
	x := f.high + int64(int16(seq-uint16(f.high)))
	switch {
	case x > f.high:
		f.forget(x)
	case x <= f.high-MaxPending || f.has(x):
		return false
	}
	slot := x & (MaxPending - 1)
	f.present[slot>>6] |= 1 << (slot & 63)
	f.arrivals[slot] = now
	f.start = min(f.start, x)
	return true
}

// forget makes x the highest number, and the slots of the numbers up to it empty.
func (f *FeedbackBuilder) forget(x int64) {
	if x-f.high >= MaxPending {
		clear(f.present[:])
	} else {
		for y := f.high + 1; y <= x; y++ {
			slot := y & (MaxPending - 1)
			f.present[slot>>6] &^= 1 << (slot & 63)
		}
	}
	f.high = x
	f.start = max(f.start, x-MaxPending+1)
}

// Pending is how many statuses the next feedback could report: 0 to MaxPending.
// An owner that appends before it is full loses none.
func (f *FeedbackBuilder) Pending() int {
	if !f.any {
		return 0
	}
	return int(f.high - f.start + 1)
}

// Append appends the feedback for what is pending, or nothing if nothing is.
// It ends early where two arrivals lie more than 8 s apart, which a delta
// cannot say; what follows stays pending for the next.
func (f *FeedbackBuilder) Append(dst []byte, sender, media uint32) []byte {
	if f.Pending() == 0 {
		return dst
	}
	// The highest number arrived, so that there is a first that did.
	first := f.start
	for !f.has(first) {
		first++
	}
	reference := floorDiv(f.arrivals[first&(MaxPending-1)], referenceUnit)

	var statuses [MaxPending]status
	n := f.classify(&statuses, reference)

	at := len(dst)
	dst = beginFeedback(dst, TypeRTPFB, FormatTransport, sender, media)
	dst = append(dst, byte(f.start>>8), byte(f.start), byte(n>>8), byte(n))
	dst = append(dst, byte(reference>>16), byte(reference>>8), byte(reference), f.number)
	dst = appendChunks(dst, statuses[:n])
	last := reference * (referenceUnit / tick)
	for i, s := range statuses[:n] {
		if s == lost {
			continue
		}
		now := f.ticks(f.start + int64(i))
		if s == large {
			dst = binary.BigEndian.AppendUint16(dst, uint16(now-last))
		} else {
			dst = append(dst, byte(now-last))
		}
		last = now
	}
	f.number++
	f.start += int64(n)
	return end(dst, at)
}

// classify finds the status of each pending number until a delta does not fit
// its 16 bits. The first arrival is within 64 ms of the reference and fits.
func (f *FeedbackBuilder) classify(statuses *[MaxPending]status, reference int64) (n int) {
	last := reference * (referenceUnit / tick)
	for x := f.start; x <= f.high; x++ {
		s := lost
		if f.has(x) {
			now := f.ticks(x)
			switch d := now - last; {
			case d >= 0 && d <= 0xFF:
				s = small
			case d >= -1<<15 && d < 1<<15:
				s = large
			default:
				return n
			}
			last = now
		}
		statuses[n] = s
		n++
	}
	return n
}

// ticks is an arrival on the grid of 250 µs. The grid is absolute, so that
// rounding does not add up over a feedback.
func (f *FeedbackBuilder) ticks(x int64) int64 {
	return floorDiv(f.arrivals[x&(MaxPending-1)], tick)
}

// appendChunks appends the statuses as runs where those hold more than a
// vector would, and as vectors otherwise.
func appendChunks(dst []byte, s []status) []byte {
	for len(s) > 0 {
		run := 1
		for run < len(s) && s[run] == s[0] {
			run++
		}
		c := chunk(s[0])<<13 | chunk(run)
		n := run
		if run < 14 && run < len(s) && !(s[0] == large && run >= 7) {
			c, n = vector(s)
		}
		dst = append(dst, byte(c>>8), byte(c))
		s = s[n:]
	}
	return dst
}

// vector is the chunk that holds the first n statuses: 14 in one bit each if
// none of them is large, 7 in two bits each otherwise. Past the end it says
// lost, which nobody reads.
func vector(s []status) (c chunk, n int) {
	n = min(len(s), 14)
	c = vectorBit
	for i, one := range s[:n] {
		if one == large {
			return wideVector(s)
		}
		c |= chunk(one) << (13 - i)
	}
	return c, n
}

func wideVector(s []status) (c chunk, n int) {
	n = min(len(s), 7)
	c = vectorBit | twoBits
	for i, one := range s[:n] {
		c |= chunk(one) << (12 - 2*i)
	}
	return c, n
}

// floorDiv divides towards minus infinity; d is positive.
func floorDiv(a, d int64) int64 {
	q := a / d
	if a%d < 0 {
		q--
	}
	return q
}
