package client

import (
	"encoding/binary"
	"errors"

	"causeway/router/rtp"
)

// What a packet carries behind the codec's own head, big endian:
//
//	run u32 | publisher u32 | track u32 | size u32 | counter u64 | instant i64 | pattern
//
// The pattern is one 64-bit word, which follows from publisher, track and
// counter, over and over to the end. counter counts the packets of one track;
// instant is nanoseconds since 1970 on the machine's clock, taken just before
// sending; size is the bytes of stamp and pattern.

const stampSize = 32

// track tells the two media of a publisher apart.
type track uint32

const (
	audioTrack track = 1
	videoTrack track = 2
)

// stamp is what a packet says of itself.
type stamp struct {
	run       uint32
	publisher uint32
	track     track
	counter   uint64
	instant   int64
}

var (
	errStamp   = errors.New("client: no stamp, or of another run")
	errPattern = errors.New("client: the pattern is damaged")
	errShape   = errors.New("client: not the shape of our VP8 packets")
)

// pattern spreads the numbers of a packet over 64 bits (splitmix64).
func (s *stamp) pattern() uint64 {
	x := (uint64(s.publisher)<<32|uint64(s.track))*0x9E3779B97F4A7C15 + s.counter
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// put fills b, at least stampSize long, with s and its pattern.
func (s *stamp) put(b []byte) {
	binary.BigEndian.PutUint32(b[0:], s.run)
	binary.BigEndian.PutUint32(b[4:], s.publisher)
	binary.BigEndian.PutUint32(b[8:], uint32(s.track))
	binary.BigEndian.PutUint32(b[12:], uint32(len(b)))
	binary.BigEndian.PutUint64(b[16:], s.counter)
	binary.BigEndian.PutUint64(b[24:], uint64(s.instant))
	rest, word := b[stampSize:], s.pattern()
	for ; len(rest) >= 8; rest = rest[8:] {
		binary.BigEndian.PutUint64(rest, word)
	}
	for i := range rest {
		rest[i] = byte(word >> (56 - 8*i))
	}
}

// read takes the stamp from b and verifies every byte behind it.
func (s *stamp) read(b []byte, run uint32) error {
	if len(b) < stampSize || binary.BigEndian.Uint32(b) != run {
		return errStamp
	}
	*s = stamp{
		run: run, publisher: binary.BigEndian.Uint32(b[4:]), track: track(binary.BigEndian.Uint32(b[8:])),
		counter: binary.BigEndian.Uint64(b[16:]), instant: int64(binary.BigEndian.Uint64(b[24:])),
	}
	if binary.BigEndian.Uint32(b[12:]) != uint32(len(b)) {
		return errPattern
	}
	rest, word := b[stampSize:], s.pattern()
	for ; len(rest) >= 8; rest = rest[8:] {
		if binary.BigEndian.Uint64(rest) != word {
			return errPattern
		}
	}
	for i := range rest {
		if rest[i] != byte(word>>(56-8*i)) {
			return errPattern
		}
	}
	return nil
}

// The head of a VP8 packet (RFC 7741 section 4.2): a descriptor with a 15-bit
// picture id, TL0PICIDX and TID, then, in the first packet of a frame, the
// frame tag of RFC 6386 section 9.1, which says whether it is a key frame.
const (
	vp8Descriptor = 6
	vp8Tag        = 3
	vp8KeyTag     = 10
)

// picture is the head of one video packet.
type picture struct {
	id         uint16 // 15 bits
	tl0        uint8
	start, key bool // first packet of a frame; of a key frame
}

// headSize is the length of a packet's head.
func (p picture) headSize() int {
	switch {
	case p.start && p.key:
		return vp8Descriptor + vp8KeyTag
	case p.start:
		return vp8Descriptor + vp8Tag
	}
	return vp8Descriptor
}

// put writes the head to b and returns its length.
func (p picture) put(b []byte) int {
	copy(b, []byte{0x80, 0xE0, 0x80 | byte(p.id>>8), byte(p.id), p.tl0, 0})
	if !p.start {
		return vp8Descriptor
	}
	b[0] |= 0x10
	if !p.key {
		return vp8Descriptor + copy(b[vp8Descriptor:], []byte{0x11, 0, 0})
	}
	return vp8Descriptor + copy(b[vp8Descriptor:], []byte{0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01})
}

// readPicture takes the head from a payload, and returns what follows.
func readPicture(b []byte) (picture, []byte, error) {
	var d rtp.VP8
	if err := rtp.ParseVP8(b, &d); err != nil || !d.HasPictureID || !d.PictureID15 || !d.HasTL0 || d.Size != vp8Descriptor {
		return picture{}, nil, errShape
	}
	p := picture{id: d.PictureID, tl0: d.TL0, start: d.Start, key: d.KeyFrame}
	if len(b) < p.headSize() {
		return picture{}, nil, errShape
	}
	return p, b[p.headSize():], nil
}

// opusTOC is the first byte of an Opus packet (RFC 6716 section 3.1): CELT, full
// band, 20 ms, mono, one frame.
const opusTOC = 0xF8
