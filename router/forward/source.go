package forward

import "causeway/router/rtp"

// Codecs bounds the codec numbers of packets and slots. The numbers are the
// router's own; the shard maps payload types to them and back.
const Codecs = 16

// Packet is one media packet in plaintext, without header and padding. Payload
// is borrowed from the receive slab (or a hand-over ring) until the turn ends.
type Packet struct {
	Payload  []byte
	Index    uint64 // extended sequence number at the source: ROC<<16 | SEQ
	TS       uint32
	Marker   bool
	padding  uint8 // recalled: the padding it was first sent with
	Padded   bool  // Payload ends in RTP padding (RFC 3550 §5.1)
	Codec    uint8
	KeyFrame bool  // the first packet of a picture that needs no other
	HasVP8   bool  // VP8 below is filled in
	Level    uint8 // audio: RFC 6464, 0 (loudest) to 127 (silence)
	VP8      rtp.VP8
}

// Source is one published medium as one shard sees it. The shard that owns the
// publisher's session and every shard with a receiver hold one each.
type Source struct {
	ID    uint32 // meeting-wide, never used again
	Owner uint32 // the participant's number; its own sink never gets it
	Video bool
	Muted bool // nothing of it is forwarded

	// Pending holds this turn's packets in the order in which they came.
	Pending []Packet

	index    uint16 // dense, in its room
	used     bool
	viewers  int   // slots that show it, on this shard
	keyAsked int64 // last request to the publisher
	keyWant  bool  // a slot waits, but the last request is too young
	loudness loudness
	records  []stored // ring by index, video only
}

type stored struct {
	index  uint64
	ts     uint32
	codec  uint8
	marker bool
	pad    uint8 // what even added when it was first sent
	record Record
}

// What one source may hold. When its pending list is full (Room.Full), the room
// is served before the turn goes on.
const (
	pendingVideo = 128
	pendingAudio = 8
	keptRecords  = 1024 // power of two; a second of 8 Mbit/s
)

// KeyInterval is the least time between two key-frame requests to one source.
const KeyInterval = int64(300e6)

// NewSource makes a source. Memory for resends comes with the first packets'
// lane being opened by Reserve, a control command.
func NewSource(id, owner uint32, video bool) *Source {
	s := &Source{ID: id, Owner: owner, Video: video, Muted: true, Pending: make([]Packet, 0, pendingAudio)}
	s.keyAsked = -KeyInterval
	return s
}

// Open takes the source out of its mute and makes room for its packets. It
// allocates, and belongs to control commands.
func (s *Source) Open() {
	s.Muted = false
	if s.Video && s.records == nil {
		s.records = make([]stored, keptRecords)
		s.Pending = make([]Packet, 0, pendingVideo)
	}
}

// Viewers is how many slots of this shard show the source.
func (s *Source) Viewers() int { return s.viewers }

// Full reports whether the turn's list is full, so that the room must be served
// before the next packet.
func (s *Source) Full() bool { return len(s.Pending) == cap(s.Pending) }

// push appends p to the turn's packets and, for video, keeps its payload.
// There must be room for it.
func (s *Source) push(now int64, p *Packet, h *History) {
	s.Pending = append(s.Pending, *p)
	if s.Video && s.records != nil {
		s.records[p.Index%keptRecords] = stored{
			index: p.Index, ts: p.TS, codec: p.Codec, marker: p.Marker, record: h.Put(now, p.Payload),
		}
	}
}

// recall returns the kept packet with this index, if it is still there.
func (s *Source) recall(index uint64, h *History, p *Packet) bool {
	if s.records == nil {
		return false
	}
	k := &s.records[index%keptRecords]
	if k.index != index || k.record.lap == 0 {
		return false
	}
	payload := h.Get(k.record)
	if payload == nil {
		return false
	}
	*p = Packet{Payload: payload, Index: index, TS: k.ts, Marker: k.marker, Codec: k.codec, padding: k.pad}
	return true
}

// WantKey notes that somebody needs a key frame of s.
func (s *Source) WantKey() { s.keyWant = true }

// TakeKey reports whether a key-frame request is due now, at most one per
// KeyInterval (RFC 4585 §6.3.1 leaves the rate to the application).
func (s *Source) TakeKey(now int64) bool {
	if !s.keyWant || now-s.keyAsked < KeyInterval {
		return false
	}
	s.keyWant, s.keyAsked = false, now
	return true
}
