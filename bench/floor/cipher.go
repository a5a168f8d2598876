//go:build linux && (amd64 || arm64)

package floor

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"

	"causeway/router/srtp"
)

const (
	headerBytes = 12 // RTP without extensions
	packetRoom  = 2048
	opened      = 256 // packets that a cipher row treats at a time
)

var errCipher = errors.New("floor: the cipher refuses what it sealed")

// keysFor are keys that differ by n.
func keysFor(p srtp.Profile, n uint64) (key, salt []byte) {
	random := rand.New(rand.NewPCG(uint64(p), n))
	key, salt = make([]byte, p.KeyLen()), make([]byte, p.SaltLen())
	for _, b := range [][]byte{key, salt} {
		for i := range b {
			b[i] = byte(random.Uint32())
		}
	}
	return key, salt
}

// pair is a Sealer and the Opener of what it seals.
func pair(p srtp.Profile, n uint64) (*srtp.Sealer, *srtp.Opener, error) {
	key, salt := keysFor(p, n)
	s, err := srtp.NewSealer(p, key, salt)
	if err != nil {
		return nil, nil, err
	}
	o, err := srtp.NewOpener(p, key, salt)
	return s, o, err
}

// putHeader writes an RTP header (RFC 3550 section 5.1).
func putHeader(b []byte, ssrc uint32, index uint64) {
	binary.BigEndian.PutUint32(b, 0x8060_0000|uint32(uint16(index)))
	binary.BigEndian.PutUint32(b[4:], uint32(index)*3000)
	binary.BigEndian.PutUint32(b[8:], ssrc)
}

// plaintext is a packet of some bytes, header included, to be sealed.
func plaintext(bytes int) []byte {
	b := make([]byte, bytes)
	random := rand.New(rand.NewPCG(1, uint64(bytes)))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	putHeader(b, 1, 0)
	return b
}

// sealing seals one packet after the other into a ring, as a forwarder does.
func sealing(bytes int, seal func(dst, packet []byte, index uint64) int) probe {
	packet, ring := plaintext(bytes), make([]byte, ringBytes)
	index, at := uint64(0), 0
	return func(w *watch) (int, error) {
		const packets = 4 * opened
		w.start()
		for range packets {
			if at+packetRoom > len(ring) {
				at = 0
			}
			index++
			putHeader(packet, 1, index)
			at += seal(ring[at:], packet, index)
		}
		w.stop()
		return packets, nil
	}
}

// opening seals a slab full of packets and then measures how they are opened,
// in place, as a forwarder does.
func opening(bytes int, seal func(dst, packet []byte, index uint64) int, open func(packet []byte, index uint64) bool) probe {
	packet, slab := plaintext(bytes), make([]byte, opened*packetRoom)
	index := uint64(0)
	return func(w *watch) (int, error) {
		n, first := 0, index+1
		for i := range opened {
			index++
			putHeader(packet, 1, index)
			n = seal(slab[i*packetRoom:], packet, index)
		}
		good := true
		w.start()
		for i := range opened {
			b := slab[i*packetRoom:]
			good = open(b[:n:n], first+uint64(i)) && good
		}
		w.stop()
		if !good {
			return 0, errCipher
		}
		return opened, nil
	}
}

// bare is the standard library's AES-128-GCM with no more around it than a
// nonce that counts: what an SRTP packet cannot be cheaper than with this
// cipher.
type bare struct {
	aead  cipher.AEAD
	nonce [12]byte
}

func newBare() (*bare, error) {
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		return nil, fmt.Errorf("floor: AES: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("floor: GCM: %w", err)
	}
	return &bare{aead: aead}, nil
}

func (c *bare) seal(dst, packet []byte, index uint64) int {
	binary.BigEndian.PutUint64(c.nonce[4:], index)
	copy(dst, packet[:headerBytes])
	return headerBytes + len(c.aead.Seal(dst[headerBytes:headerBytes], c.nonce[:], packet[headerBytes:], packet[:headerBytes]))
}

func (c *bare) open(packet []byte, index uint64) bool {
	binary.BigEndian.PutUint64(c.nonce[4:], index)
	_, err := c.aead.Open(packet[headerBytes:headerBytes], c.nonce[:], packet[headerBytes:], packet[:headerBytes])
	return err == nil
}

// calibration seals 1,124 bytes: the row that shows what kind of hour it was.
func calibration() (probe, error) {
	c, err := newBare()
	if err != nil {
		return nil, err
	}
	return sealing(videoBytes, c.seal), nil
}

// cipherRows are sealing and opening, by the bare cipher and in both profiles.
func cipherRows() (rows []*row, err error) {
	for _, bytes := range []int{audioBytes, 600, videoBytes} {
		c, err := newBare()
		if err != nil {
			return nil, err
		}
		seal := &row{probe: sealing(bytes, c.seal)}
		open := &row{probe: opening(bytes, c.seal, c.open)}
		name := func(r *row, of, op string) *row {
			r.Group, r.Bytes = "cipher", bytes
			r.Name = fmt.Sprintf("cipher/op=%s/of=%s/bytes=%d", op, of, bytes)
			r.What = fmt.Sprintf("%s %s bytes, %s", op, comma(bytes), cipherWords[of])
			return r
		}
		rows = append(rows, name(seal, "bare", "seal"), name(open, "bare", "open"))
		for _, p := range []srtp.Profile{srtp.AEADAES128GCM, srtp.AES128CMSHA1_80} {
			of := profileNames[p]
			s, o, err := pair(p, 0)
			if err != nil {
				return nil, fmt.Errorf("floor: %w", err)
			}
			sealRTP := func(dst, packet []byte, index uint64) int {
				return s.SealRTP(dst, packet[:headerBytes], packet[headerBytes:], index)
			}
			var stream srtp.Stream
			openRTP := func(packet []byte, _ uint64) bool {
				_, _, err := o.OpenRTP(&stream, packet, headerBytes)
				return err == nil
			}
			rows = append(rows,
				name(&row{probe: sealing(bytes, sealRTP), base: seal}, of, "seal"),
				name(&row{probe: opening(bytes, sealRTP, openRTP), base: open}, of, "open"))
		}
	}
	return rows, nil
}

var (
	cipherWords  = map[string]string{"bare": "standard library's GCM", "gcm": "SRTP GCM", "cm": "SRTP AES-CM"}
	profileNames = map[srtp.Profile]string{srtp.AEADAES128GCM: "gcm", srtp.AES128CMSHA1_80: "cm"}
)
