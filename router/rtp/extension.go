package rtp

import "encoding/binary"

const (
	profileOneByte = 0xBEDE // RFC 8285 §4.2
	profileTwoByte = 0x1000 // RFC 8285 §4.3; the low four bits are the application's
)

// Extension is the value of the first extension element with the given id (1
// to 14 in the one-byte form, 1 to 255 in the two-byte form) of the packet b,
// from which h was parsed. It is nil if there is none; an element of the
// two-byte form may be empty and is then not nil. The value may be written to:
// it lies within b.
func (h *Header) Extension(b []byte, id uint8) []byte {
	end := h.ExtOff + h.ExtLen
	if id == 0 || end > len(b) {
		return nil
	}
	block := b[h.ExtOff:end]
	switch {
	case h.ExtProfile == profileOneByte:
		return oneByte(block, id)
	case h.ExtProfile&0xFFF0 == profileTwoByte:
		return twoByte(block, id)
	}
	return nil
}

// oneByte walks elements of four bits of id and four bits of length minus one.
func oneByte(block []byte, id uint8) []byte {
	for len(block) > 0 {
		head := block[0]
		switch {
		case head == 0:
			// RFC 8285 §4.1.1: a zero byte is padding.
			block = block[1:]
			continue
		case head>>4 == 0 || head>>4 == 15:
			// RFC 8285 §4.2: at id 15, and at id 0 with a length, processing
			// of the entire extension MUST terminate.
			return nil
		}
		n := 2 + int(head&0x0F)
		if n > len(block) {
			return nil
		}
		if head>>4 == id {
			return block[1:n:n]
		}
		block = block[n:]
	}
	return nil
}

// twoByte walks elements of one byte of id and one byte of length.
func twoByte(block []byte, id uint8) []byte {
	for len(block) > 0 {
		if block[0] == 0 {
			block = block[1:]
			continue
		}
		if len(block) < 2 || len(block) < 2+int(block[1]) {
			return nil
		}
		n := 2 + int(block[1])
		if block[0] == id {
			return block[2:n:n]
		}
		block = block[n:]
	}
	return nil
}

// Extension is one element to write: an id of 1 to 255 and up to 255 bytes.
type Extension struct {
	ID   uint8
	Data []byte
}

// PutExtensions writes exts as the extension block behind the fixed header
// that Put wrote at the beginning of packet, sets the X bit, and returns the
// length of the whole header. The one-byte form is used where every id is at
// most 14 and every value 1 to 16 bytes, the two-byte form otherwise (RFC 8285
// §4). Without exts nothing is written. It returns 0, and has written nothing,
// if packet is too short or an element cannot be encoded.
func PutExtensions(packet []byte, exts ...Extension) int {
	if len(packet) < HeaderSize {
		return 0
	}
	if len(exts) == 0 {
		return HeaderSize
	}
	small, size := true, 0
	for _, e := range exts {
		if e.ID == 0 || len(e.Data) > 255 {
			return 0
		}
		small = small && e.ID <= 14 && len(e.Data) >= 1 && len(e.Data) <= 16
		size += 1 + len(e.Data)
	}
	profile := uint16(profileOneByte)
	if !small {
		profile = profileTwoByte
		size += len(exts)
	}
	words := (size + 3) / 4
	end := HeaderSize + 4 + 4*words
	if words > 0xFFFF || end > len(packet) {
		return 0
	}

	packet[0] |= 0x10
	binary.BigEndian.PutUint16(packet[HeaderSize:], profile)
	binary.BigEndian.PutUint16(packet[HeaderSize+2:], uint16(words))
	at := HeaderSize + 4
	for _, e := range exts {
		if small {
			packet[at] = e.ID<<4 | uint8(len(e.Data)-1)
			at++
		} else {
			packet[at], packet[at+1] = e.ID, uint8(len(e.Data))
			at += 2
		}
		at += copy(packet[at:], e.Data)
	}
	clear(packet[at:end])
	return end
}

// AudioLevel reads the client-to-mixer audio level (RFC 6464 §3): level is 0
// (loudest) to 127 (silence) in -dBov, voice the sender's own opinion. ok is
// false without a byte to read.
func AudioLevel(ext []byte) (level uint8, voice bool, ok bool) {
	if len(ext) == 0 {
		return 0, false, false
	}
	return ext[0] & 0x7F, ext[0]&0x80 != 0, true
}
