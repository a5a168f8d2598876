package srtp

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"
)

var profiles = []Profile{AEADAES128GCM, AES128CMSHA1_80}

func keysOf(p Profile, seed uint64) (key, salt []byte) {
	r := rand.NewChaCha8([32]byte{byte(seed), byte(p)})
	key, salt = make([]byte, p.KeyLen()), make([]byte, p.SaltLen())
	r.Read(key)
	r.Read(salt)
	return key, salt
}

func oracle(t testing.TB, p Profile, key, salt []byte) *pion.Context {
	t.Helper()
	c, err := pion.CreateContext(key, salt, pion.ProtectionProfile(p),
		pion.SRTPReplayProtection(1984), pion.SRTCPReplayProtection(64))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// put writes a 12-byte header and n payload bytes.
func put(b []byte, ssrc uint32, seq uint16, n int) []byte {
	b = append(b[:0], 0x80, 96)
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, uint32(seq)*3000)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	for i := range n {
		b = append(b, byte(i*7)+byte(seq))
	}
	return b
}

func TestPionOpensWhatIsSealed(t *testing.T) {
	for _, p := range profiles {
		key, salt := keysOf(p, 1)
		s, _ := pair(t, p, key, salt)
		peer := oracle(t, p, key, salt)
		var plain, sealed [2048]byte
		index := uint64(65000)
		for i := range 3000 {
			packet := put(plain[:], 0xfeed0000+uint32(i&1), uint16(index), i%1200)
			n := s.SealRTP(sealed[:], packet[:12], packet[12:], index)
			got, err := peer.DecryptRTP(nil, sealed[:n], nil)
			if err != nil || !bytes.Equal(got, packet) {
				t.Fatalf("%v, packet %d: %v", p, i, err)
			}
			index += uint64(i & 1)
		}
	}
}

func TestWhatPionSealsIsOpened(t *testing.T) {
	for _, p := range profiles {
		key, salt := keysOf(p, 2)
		_, o := pair(t, p, key, salt)
		peer := oracle(t, p, key, salt)
		var plain [2048]byte
		var streams [2]Stream
		index := uint64(65000)
		for i := range 3000 {
			packet := put(plain[:], 0xfeed0000+uint32(i&1), uint16(index), i%1200)
			sealed, err := peer.EncryptRTP(nil, packet, nil)
			if err != nil {
				t.Fatal(err)
			}
			n, got, err := o.OpenRTP(&streams[i&1], sealed, 12)
			if err != nil || got != index || !bytes.Equal(sealed[:n], packet) {
				t.Fatalf("%v, packet %d: index %d, want %d: %v", p, i, got, index, err)
			}
			index += uint64(i & 1)
		}
	}
}

func TestSRTCPBothWaysWithPion(t *testing.T) {
	for _, p := range profiles {
		key, salt := keysOf(p, 3)
		s, o := pair(t, p, key, salt)
		peer := oracle(t, p, key, salt)
		for i := range 500 {
			packet := make([]byte, 8+4*(i%300))
			rand.NewChaCha8([32]byte{byte(i)}).Read(packet)
			copy(packet, []byte{0x80, 201})
			copy(packet[4:], []byte{0, 0, 0, byte(i % 5)}) // several senders
			sealed := make([]byte, len(packet)+p.RTCPOverhead())
			s.SealRTCP(sealed, packet)
			if got, err := peer.DecryptRTCP(nil, sealed, nil); err != nil || !bytes.Equal(got, packet) {
				t.Fatalf("%v: pion opening packet %d: %v", p, i, err)
			}
			sealed, err := peer.EncryptRTCP(nil, packet, nil)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := o.OpenRTCP(sealed); err != nil || !bytes.Equal(sealed[:n], packet) {
				t.Fatalf("%v: opening pion's packet %d: %v", p, i, err)
			}
		}
	}
}

func TestSRTCPSealsInPlace(t *testing.T) {
	for _, p := range profiles {
		key, salt := keysOf(p, 4)
		s, o := pair(t, p, key, salt)
		packet := []byte{0x80, 201, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
		b := append(bytes.Clone(packet), make([]byte, p.RTCPOverhead())...)
		n := s.SealRTCP(b, b[:len(packet)])
		if n, err := o.OpenRTCP(b[:n]); err != nil || !bytes.Equal(b[:n], packet) {
			t.Fatalf("%v: %x, %v", p, b, err)
		}
	}
}

// Headers with CSRCs and extensions of any shape, payloads of any length, both directions.
func FuzzBothWaysWithPion(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte("payload"), uint16(65535), uint32(7), uint8(0), false)
	f.Add([]byte{}, []byte{}, uint16(0), uint32(0), uint8(15), true)
	f.Fuzz(func(t *testing.T, ext, payload []byte, seq uint16, ssrc uint32, csrcs uint8, cm bool) {
		p := profiles[0]
		if cm {
			p = profiles[1]
		}
		h := pionrtp.Header{Version: 2, SequenceNumber: seq, SSRC: ssrc, CSRC: make([]uint32, csrcs&15)}
		if len(ext) > 0 {
			h.Extension, h.ExtensionProfile = true, 0x1000
			for i := 0; i < len(ext) && i < 200; i += 16 {
				_ = h.SetExtension(byte(1+i/16), ext[i:min(len(ext), i+16)])
			}
		}
		header, err := h.Marshal()
		if err != nil {
			t.Skip()
		}
		packet := append(bytes.Clone(header), payload...)
		key, salt := keysOf(p, uint64(ssrc))
		s, o := pair(t, p, key, salt)

		sealed := make([]byte, len(packet)+p.Overhead())
		copy(sealed, header) // the header may already be in place
		if n := s.SealRTP(sealed, sealed[:len(header)], payload, uint64(seq)); n != len(sealed) {
			t.Fatalf("%d bytes of %d", n, len(sealed))
		}
		theirs, err := oracle(t, p, key, salt).EncryptRTP(nil, packet, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(sealed, theirs) {
			t.Fatalf("%v: sealed\n%x, pion\n%x", p, sealed, theirs)
		}
		var stream Stream
		n, index, err := o.OpenRTP(&stream, theirs, len(header))
		if err != nil || index != uint64(seq) || !bytes.Equal(theirs[:n], packet) {
			t.Fatalf("%v: opened %x, index %d, %v", p, theirs, index, err)
		}
	})
}
