package forward

// History keeps the plaintext of recently forwarded video for resends. It is
// one log per shard, shared by all sources: segments are taken into use as
// traffic needs them and the oldest is used again as soon as everything in it
// is older than historyAge, so a quiet shard touches little memory and a busy
// one never more than the log's size. What was overwritten is simply gone: a
// resend that comes too late finds nothing.
type History struct {
	log      []byte
	segments []segment
	used     int    // segments taken into use so far
	current  int    // the segment being written
	offset   int    // write position in it
	oldest   int    // next to be used again, in order of use
	lap      uint32 // counts uses of segments; a Record is valid while its segment's lap is
}

type segment struct {
	lap  uint32
	last int64 // when it was last written
}

// Record finds one packet's payload in a History. Its zero value finds nothing.
type Record struct {
	lap     uint32
	segment uint16
	size    uint16
	offset  uint32
}

const (
	historySegment = 128 << 10
	historyAge     = int64(1e9)
)

// NewHistory makes a log of about size bytes, at least two segments of 128 KiB.
func NewHistory(size int) *History {
	n := max(size/historySegment, 2)
	h := &History{log: make([]byte, n*historySegment), segments: make([]segment, n), used: 1, lap: 1}
	h.segments[0].lap = 1
	return h
}

// Put copies payload into the log. Payloads over 64 KiB are not kept.
func (h *History) Put(now int64, payload []byte) Record {
	if len(payload) > 0xffff {
		return Record{}
	}
	if h.offset+len(payload) > historySegment {
		h.advance(now)
	}
	at := h.current*historySegment + h.offset
	copy(h.log[at:], payload)
	s := &h.segments[h.current]
	s.last = now
	r := Record{lap: s.lap, segment: uint16(h.current), size: uint16(len(payload)), offset: uint32(h.offset)}
	h.offset += len(payload)
	return r
}

// Get returns the payload of r, or nil if it has been overwritten. The bytes
// are the log's own: read them before the next Put.
func (h *History) Get(r Record) []byte {
	if r.lap == 0 || h.segments[r.segment].lap != r.lap {
		return nil
	}
	at := int(r.segment)*historySegment + int(r.offset)
	return h.log[at : at+int(r.size)]
}

// advance goes on in the oldest segment if it has aged, in a fresh one if there
// is one, and in the oldest all the same if there is none.
func (h *History) advance(now int64) {
	aged := now-h.segments[h.oldest].last > historyAge && h.oldest != h.current
	if !aged && h.used < len(h.segments) {
		h.current = h.used
		h.used++
	} else {
		h.current = h.oldest
		h.oldest = (h.oldest + 1) % h.used
	}
	h.lap++
	h.segments[h.current].lap = h.lap
	h.offset = 0
}
