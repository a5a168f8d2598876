package srtp

// A Stream is what a receiver remembers of one SSRC under one key: its rollover counter and which indices have arrived.
// The zero value is an SSRC not heard yet. It is a plain value: copying it copies the state.
type Stream struct {
	window window
}

// Highest returns the highest authentic index so far, ROC<<16|SEQ. ok is false before the first packet.
func (s *Stream) Highest() (index uint64, ok bool) {
	return s.window.next - 1, s.window.next != 0
}

// index guesses a packet's index from its sequence number: the one nearest to the highest so far (RFC 3711 section
// 3.3.1 and appendix A). The first packet is in the first round. A guess before the very first index cannot be right,
// so it stays in the first round, too; one past the last round makes window.fresh refuse the packet.
func (s *Stream) index(seq uint16) uint64 {
	top, ok := s.Highest()
	if !ok {
		return uint64(seq)
	}
	roc, last := top>>16, uint16(top)
	switch {
	case last < 1<<15 && int(seq)-int(last) > 1<<15 && roc > 0:
		roc--
	case last >= 1<<15 && int(last)-1<<15 > int(seq):
		roc++
	}
	return roc<<16 | uint64(seq)
}
