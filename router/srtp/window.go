package srtp

const (
	windowWords = 32
	windowBits  = 64
	windowSize  = (windowWords - 1) * windowBits // the word being filled may hold a single index
)

// window remembers which SRTP indices have arrived (RFC 3711 section 3.3.2, which asks for at least 64). It is a ring
// of bit words; moving ahead clears words instead of shifting them. The newest 1,984 indices are always told apart,
// what is older is refused: at 2,000 packets a second, a second of reordering. The zero value has seen nothing.
type window struct {
	next uint64 // one past the highest index seen; 0 when none was
	seen [windowWords]uint64
}

// fresh reports whether index is new and neither too old to tell nor past the 48 bits of an index. It changes nothing.
func (w *window) fresh(index uint64) bool {
	if index >= w.next {
		return index <= maxIndex
	}
	if w.next-index > windowSize {
		return false
	}
	return w.seen[index/windowBits%windowWords]&(1<<(index%windowBits)) == 0
}

// accept marks a fresh index as seen.
func (w *window) accept(index uint64) {
	if index >= w.next {
		w.advance(index)
	}
	w.seen[index/windowBits%windowWords] |= 1 << (index % windowBits)
}

// advance makes index the highest and clears the words that now stand for other indices than before.
func (w *window) advance(index uint64) {
	if w.next > 0 {
		from, to := (w.next-1)/windowBits, index/windowBits
		for n := min(to-from, windowWords); n > 0; n-- {
			w.seen[(from+n)%windowWords] = 0
		}
	}
	w.next = index + 1
}

// rtcpWindow is the same for SRTCP's 31-bit indices, 64 of them in one word, bit 0 the highest. RTCP is a few packets a
// second, and there may be 64 senders of it. The zero value has seen nothing.
type rtcpWindow struct {
	next uint32
	seen uint64
}

func (w *rtcpWindow) fresh(index uint32) bool {
	if index >= w.next {
		return true
	}
	age := w.next - 1 - index
	return age < windowBits && w.seen&(1<<age) == 0
}

func (w *rtcpWindow) accept(index uint32) {
	if index >= w.next {
		w.seen <<= index + 1 - w.next // shifts of 64 and more give 0
		w.next = index + 1
	}
	w.seen |= 1 << (w.next - 1 - index)
}
