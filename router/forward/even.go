package forward

// maxPad is the most padding that a packet gets to join a run, in bytes. Encoders
// cut a picture into packets that differ by one byte, and a run needs equal
// sizes, so a few bytes save a message per receiver.
const maxPad = 15

// even pads the turn's packets (RFC 3550 §5.1), so that neighbours of about the
// same size leave in one run. In a run only the last may be shorter, so
// the last of a group stays as it is. Padding is written behind the payload,
// where SRTP's tag has left room; a packet without that room stays as it is.
func (s *Source) even() {
	p := s.Pending
	for from := 0; from < len(p); {
		to, longest := s.group(from)
		for i := from; i < to-1; i++ {
			if n := longest - len(p[i].Payload); p[i].pad(n) {
				s.notePad(p[i].Index, n)
			}
		}
		from = to
	}
}

// group finds the packets from from on that can be made one run, and their size.
func (s *Source) group(from int) (to, longest int) {
	longest = len(s.Pending[from].Payload)
	shortest := longest
	for to = from + 1; to < len(s.Pending); to++ {
		n := len(s.Pending[to].Payload)
		if max(longest, n)-min(shortest, n) > maxPad {
			if n < longest && to-from > 0 { // a shorter one ends the run
				to++
			}
			break
		}
		longest, shortest = max(longest, n), min(shortest, n)
	}
	return to, longest
}

// notePad keeps the padding with the history: a resend under the same index must
// be the same bytes, since it is sealed with the same nonce (RFC 7714 §8.1).
func (s *Source) notePad(index uint64, n int) {
	if s.records == nil {
		return
	}
	if k := &s.records[index%keptRecords]; k.index == index {
		k.pad = uint8(n)
	}
}

func (p *Packet) pad(n int) bool {
	size := len(p.Payload)
	if n == 0 || n > maxPad || p.Padded || cap(p.Payload)-size < n {
		return false
	}
	p.Payload = p.Payload[:size+n]
	clear(p.Payload[size:])
	p.Payload[size+n-1] = byte(n)
	p.Padded = true
	return true
}
