package srtp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

func TestForgedPacketsChangeNoState(t *testing.T) {
	for _, p := range profiles {
		l := newLink(t, p)
		var buf [128]byte
		l.open(l.seal(buf[:0], 65_530), 65_530)
		good := bytes.Clone(l.seal(buf[:0], 65_540))
		for bit := range len(good) * 8 {
			forged := bytes.Clone(good)
			forged[bit/8] ^= 1 << (bit % 8)
			before := l.stream
			_, _, err := l.o.OpenRTP(&l.stream, forged, 12)
			if err == nil || l.stream != before {
				t.Fatalf("%v: bit %d flipped: %v", p, bit, err)
			}
		}
		for n := range len(good) {
			before := l.stream
			_, _, err := l.o.OpenRTP(&l.stream, bytes.Clone(good[:n]), 12)
			if err == nil || l.stream != before {
				t.Fatalf("%v: cut to %d bytes: %v", p, n, err)
			}
		}
		for _, headerLen := range []int{-1, 0, 11, 47, 1000} {
			before := l.stream
			if _, _, err := l.o.OpenRTP(&l.stream, bytes.Clone(good), headerLen); err == nil || l.stream != before {
				t.Fatalf("%v: header of %d bytes: %v", p, headerLen, err)
			}
		}
		l.open(good, 65_540)
	}
}

func TestAStreamIsNewUntilItsFirstAuthenticPacket(t *testing.T) {
	l := newLink(t, AEADAES128GCM)
	var buf [128]byte
	packet := l.seal(buf[:0], 65_000)
	packet[20] ^= 1
	l.refuse(packet, ErrAuth)
	if _, ok := l.stream.Highest(); ok {
		t.Fatal("a forged packet began the stream")
	}
	l.open(l.seal(buf[:0], 4), 4)
}

func sealRTCP(s *Sealer, ssrc uint32) []byte {
	packet := []byte{0x80, 201, 0, 3, 0, 0, 0, 0, 5, 6, 7, 8, 9, 10, 11, 12}
	binary.BigEndian.PutUint32(packet[4:], ssrc)
	b := make([]byte, 64)
	return b[:s.SealRTCP(b, packet)]
}

func TestForgedSRTCPChangesNoState(t *testing.T) {
	for _, p := range profiles {
		key, salt := keysOf(p, 5)
		s, o := pair(t, p, key, salt)
		good := sealRTCP(s, 1)
		for bit := range len(good) * 8 {
			forged := bytes.Clone(good)
			forged[bit/8] ^= 1 << (bit % 8)
			if _, err := o.OpenRTCP(forged); !errors.Is(err, ErrAuth) || o.senders != 0 {
				t.Fatalf("%v: bit %d flipped: %v, %d senders", p, bit, err, o.senders)
			}
		}
		for n := range len(good) {
			if _, err := o.OpenRTCP(bytes.Clone(good[:n])); err == nil || o.senders != 0 {
				t.Fatalf("%v: cut to %d bytes: %v", p, n, err)
			}
		}
		if _, err := o.OpenRTCP(good); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSRTCPReplaysAreRefused(t *testing.T) {
	for _, p := range profiles {
		key, salt := keysOf(p, 6)
		s, o := pair(t, p, key, salt)
		var packets [][]byte
		for range 200 {
			packets = append(packets, sealRTCP(s, 1))
		}
		open := func(i int) error {
			_, err := o.OpenRTCP(bytes.Clone(packets[i]))
			return err
		}
		for _, step := range []struct {
			packet int
			want   error
		}{
			{0, nil}, {0, ErrReplay}, {70, nil}, {7, nil}, {7, ErrReplay}, {6, ErrReplay}, {69, nil}, {70, ErrReplay},
			{199, nil}, {135, ErrReplay}, {136, nil}, {199, ErrReplay},
		} {
			if err := open(step.packet); !errors.Is(err, step.want) {
				t.Fatalf("%v: packet %d: %v, want %v", p, step.packet, err, step.want)
			}
		}
	}
}

func TestSRTCPSendersAreBounded(t *testing.T) {
	key, salt := keysOf(AEADAES128GCM, 7)
	s, o := pair(t, AEADAES128GCM, key, salt)
	for ssrc := range uint32(maxRTCPSenders) {
		if _, err := o.OpenRTCP(sealRTCP(s, ssrc)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.OpenRTCP(sealRTCP(s, 1000)); !errors.Is(err, ErrSSRCs) {
		t.Fatal(err)
	}
	if _, err := o.OpenRTCP(sealRTCP(s, 63)); err != nil {
		t.Fatal(err)
	}
}

func TestSRTCPWithoutEncryptionIsRefused(t *testing.T) {
	key, salt := keysOf(AES128CMSHA1_80, 8)
	s, o := pair(t, AES128CMSHA1_80, key, salt)
	packet := sealRTCP(s, 1)
	end := len(packet) - cmTagLen
	packet[end-wordLen] &^= 0x80
	copy(packet[end:], s.cmC.tag(packet[:end], nil)) // authentic, but in the clear
	if _, err := o.OpenRTCP(packet); !errors.Is(err, ErrAuth) || o.senders != 0 {
		t.Fatalf("%v, %d senders", err, o.senders)
	}
}

func TestSRTCPEndsWithItsIndices(t *testing.T) {
	key, salt := keysOf(AEADAES128GCM, 8)
	s, o := pair(t, AEADAES128GCM, key, salt)
	s.sent = rtcpIndexMask
	if _, err := o.OpenRTCP(sealRTCP(s, 1)); err != nil {
		t.Fatal(err)
	}
	if b := sealRTCP(s, 1); len(b) != 0 {
		t.Fatalf("sealed %d bytes with an index used before", len(b))
	}
}

// Whatever arrives: no panic, and a refusal leaves the stream and the senders as they were.
func FuzzOpen(f *testing.F) {
	l := newLink(f, AEADAES128GCM)
	f.Add(l.seal(make([]byte, 0, 128), 5), 12, false)
	f.Add(sealRTCP(l.s, 5), 12, false)
	f.Add([]byte{0x80}, -1, true)
	f.Fuzz(func(t *testing.T, packet []byte, headerLen int, cm bool) {
		p := profiles[0]
		if cm {
			p = profiles[1]
		}
		key, salt := keysOf(p, 200)
		_, o := pair(t, p, key, salt)
		var stream Stream
		rtp, rtcp := bytes.Clone(packet), bytes.Clone(packet)
		if _, _, err := o.OpenRTP(&stream, rtp, headerLen); err == nil || stream != (Stream{}) {
			t.Fatalf("opened a forgery: %v", err)
		}
		if _, err := o.OpenRTCP(rtcp); err == nil || o.senders != 0 {
			t.Fatalf("opened an SRTCP forgery: %v", err)
		}
	})
}
