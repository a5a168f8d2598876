package rtp

import "encoding/binary"

// VP8 is a parsed VP8 payload descriptor (RFC 7741 §4.2). Offsets count from
// the beginning of the payload, in bytes.
type VP8 struct {
	PictureID    uint16 // 7 or 15 bits
	HasPictureID bool
	PictureID15  bool // the 15-bit form, two bytes
	PictureIDOff int
	TL0          uint8 // TL0PICIDX
	HasTL0       bool
	TL0Off       int
	TID          uint8 // temporal layer, 0 to 3
	HasTID       bool
	Sync         bool // the Y bit: depends on the base layer only
	Discardable  bool // the N bit: no other frame refers to this one
	Start        bool // first packet of a frame: S set and partition 0
	KeyFrame     bool // first packet of a key frame
	Size         int  // length of the descriptor; the VP8 payload follows
}

// ParseVP8 decodes the descriptor of a VP8 payload into d, whatever d held
// before. Error: ErrShort if the descriptor does not fit or nothing follows it;
// then d is meaningless.
func ParseVP8(payload []byte, d *VP8) error {
	*d = VP8{}
	if len(payload) == 0 {
		return ErrShort
	}
	first := payload[0]
	d.Discardable = first&0x20 != 0
	// RFC 7741 §4.2: S set with PID 0 marks the first packet of each frame.
	d.Start = first&0x10 != 0 && first&0x07 == 0
	d.Size = 1
	if first&0x80 != 0 {
		if err := d.extended(payload); err != nil {
			return err
		}
	}
	if len(payload) <= d.Size {
		return ErrShort
	}
	// RFC 7741 §4.3, RFC 6386 §9.1: the P bit of the payload header, which
	// only the first packet of a frame has, is 0 for key frames.
	d.KeyFrame = d.Start && payload[d.Size]&0x01 == 0
	return nil
}

// extended reads the fields that the X bit announces.
func (d *VP8) extended(p []byte) error {
	if len(p) < 2 {
		return ErrShort
	}
	flags, at := p[1], 2
	if flags&0x80 != 0 { // I: PictureID, whose M bit tells one byte from two
		if len(p) <= at {
			return ErrShort
		}
		d.HasPictureID, d.PictureIDOff = true, at
		d.PictureID = uint16(p[at])
		d.PictureID15 = p[at]&0x80 != 0
		at++
		if d.PictureID15 {
			if len(p) <= at {
				return ErrShort
			}
			d.PictureID = binary.BigEndian.Uint16(p[at-1:]) & 0x7FFF
			at++
		}
	}
	if flags&0x40 != 0 { // L: TL0PICIDX
		if len(p) <= at {
			return ErrShort
		}
		d.HasTL0, d.TL0Off, d.TL0 = true, at, p[at]
		at++
	}
	if flags&0x30 != 0 { // T or K: one byte of TID, Y and KEYIDX
		if len(p) <= at {
			return ErrShort
		}
		// RFC 7741 §4.2: TID and Y MUST be ignored unless T is set.
		if flags&0x20 != 0 {
			d.HasTID = true
			d.TID = p[at] >> 6
			d.Sync = p[at]&0x20 != 0
		}
		at++
	}
	d.Size = at
	return nil
}

// Patch writes pictureID and tl0 in place of the ones from which d was parsed,
// in a payload with the same descriptor. The PictureID keeps its form: of 15
// bits in two bytes, or of the low 7 in one. What the descriptor does not have
// stays away, and a payload shorter than the descriptor stays as it is.
func (d *VP8) Patch(payload []byte, pictureID uint16, tl0 uint8) {
	if len(payload) < d.Size {
		return
	}
	switch {
	case d.PictureID15:
		binary.BigEndian.PutUint16(payload[d.PictureIDOff:], 0x8000|pictureID)
	case d.HasPictureID:
		payload[d.PictureIDOff] = byte(pictureID) & 0x7F
	}
	if d.HasTL0 {
		payload[d.TL0Off] = tl0
	}
}
