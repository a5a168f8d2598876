package shard

import (
	"bytes"
	"net"
	"testing"
	"time"

	"causeway/router/rtcp"
)

func TestPictureAndVoiceArriveUnderTheSlotsNumbers(t *testing.T) {
	for name, c := range map[string]Config{"runs": {Shards: 1}, "single": {Shards: 1, NoGSO: true, NoGRO: true}} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t, c)
			a, b := newClient(t), newClient(t)
			h.enter(a)
			h.enter(b)
			num := h.publish(a, 1, 1)
			h.publish(a, 0, 2)
			h.show(b, num, 1, 0)
			h.settle()
			for i := range uint16(50) {
				a.sendRTP(h.to, a.conn, a.picture(1000+i, i == 0, 600))
				a.sendRTP(h.to, a.conn, a.voice(30+i))
			}
			var pictures, voices uint16
			for pictures < 50 || voices < 50 {
				g := b.receive()
				switch g.SSRC {
				case b.member.Slots[1].SSRC:
					if g.Seq != 8+pictures || g.PT != vp8PT || len(g.payload) != 600 {
						t.Fatalf("picture %d: %+v", pictures, g.Header)
					}
					if n := uint16(g.payload[10])<<8 | uint16(g.payload[11]); n != 1000+pictures {
						t.Fatalf("picture %d came as %d", n, pictures)
					}
					pictures++
				case b.member.Slots[0].SSRC:
					if g.Seq != 8+voices || g.PT != opusPT || g.payload[2] != byte(30+voices) {
						t.Fatalf("voice %d: %+v", voices, g.Header)
					}
					voices++
				default:
					t.Fatalf("SSRC %x", g.SSRC)
				}
			}
			s := h.settle()[0]
			if s.PacketsIn != 100 || s.PacketsOut != 100 || s.Lost() != 0 {
				t.Fatalf("%+v", s)
			}
		})
	}
}

func TestStrangersAreIgnored(t *testing.T) {
	h := newHall(t, Config{Shards: 1})
	a, b := newClient(t), newClient(t)
	h.enter(a)
	h.enter(b)
	num := h.publish(a, 1, 1)
	h.show(b, num, 1, 0)
	other := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	defer other.Close()
	forged := a.picture(5, true, 300)
	forged[len(forged)-1] ^= 1
	unknown := newClient(t)
	a.sendRTP(h.to, other, a.picture(4, true, 300))                     // right keys, an address nobody validated
	a.sendRTP(h.to, a.conn, forged)                                     // right address, wrong tag
	a.sendRTP(h.to, a.conn, []byte{0x80, 96, 0})                        // no RTP
	a.sendRTP(h.to, a.conn, []byte{0x80, 200, 0, 0, 1, 2, 3, 4})        // no SRTCP
	a.sendRTP(h.to, other, []byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0})   // DTLS from a stranger
	a.sendRTP(h.to, a.conn, []byte{99, 1, 2})                           // nothing at all
	a.sendRTP(h.to, a.conn, a.sealed(0xdead, vp8PT, 1, 1, []byte("x"))) // no such SSRC
	unknown.check(h.to, other)                                          // a check for nobody
	a.sendRTP(h.to, a.conn, a.picture(6, true, 300))
	a.sendRTP(h.to, a.conn, a.picture(6, true, 300)) // again
	await(t, "all read", func() bool { return h.settle()[0].Replayed == 1 })
	if g := b.receive(); g.payload[11] != 6 {
		t.Fatalf("picture %d", g.payload[11])
	}
	s := h.settle()[0]
	if s.Strangers != 2 || s.BadTag != 1 || s.Malformed != 3 || s.CheckRefused != 1 || s.UnknownSSRC != 1 || s.PacketsOut != 1 {
		t.Fatalf("%+v", s)
	}
	other.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := other.Read(make([]byte, 100)); err == nil {
		t.Fatalf("a stranger was answered with %d bytes", n)
	}
}

func TestALostPacketIsResentOnRequest(t *testing.T) {
	h := newHall(t, Config{Shards: 1})
	a, b := newClient(t), newClient(t)
	h.enter(a)
	h.enter(b)
	num := h.publish(a, 1, 1)
	h.show(b, num, 1, 0)
	h.settle()
	var first got
	for i := range uint16(10) {
		a.sendRTP(h.to, a.conn, a.picture(50+i, i == 0, 200))
		if g := b.receive(); i == 4 {
			first = g
		}
	}
	nack := rtcp.AppendNACK(nil, 1, b.member.Slots[1].SSRC, []uint16{first.Seq})
	sealed := make([]byte, len(nack)+32)
	b.sendRTP(h.to, b.conn, sealed[:b.seal.SealRTCP(sealed, nack)])
	g := b.receive()
	if g.SSRC != b.member.Slots[1].RTX || g.PT != rtxPT {
		t.Fatalf("%+v", g.Header)
	}
	if uint16(g.payload[0])<<8|uint16(g.payload[1]) != first.Seq || !bytes.Equal(g.payload[2:], first.payload) {
		t.Fatal("other bytes")
	}
}

func TestWhatAPublisherLosesIsAskedFor(t *testing.T) {
	h := newHall(t, Config{Shards: 1})
	a := newClient(t)
	h.enter(a)
	h.publish(a, 1, 1)
	h.settle()
	for _, seq := range []uint16{10, 11, 14, 15} {
		a.sendRTP(h.to, a.conn, a.picture(seq, seq == 10, 200))
	}
	a.conn.SetReadDeadline(time.Now().Add(testTimeout))
	for {
		n, err := a.conn.Read(a.buf[:])
		if err != nil {
			t.Fatal(err)
		}
		if a.buf[1] != rtcp.TypeRTPFB {
			continue
		}
		n = must(a.open.OpenRTCP(a.buf[:n]))
		k, _, err := rtcp.Next(a.buf[:n])
		if err != nil {
			t.Fatal(err)
		}
		nack, ok := rtcp.ParseNACK(k)
		x, _ := nack.Next()
		y, _ := nack.Next()
		if !ok || nack.Media != a.cam || x != 12 || y != 13 {
			t.Fatalf("asked for %d and %d of %x", x, y, nack.Media)
		}
		return
	}
}

// spread makes clients until each of two shards owns one.
func spread(t *testing.T, h *hall) (a, b *client) {
	t.Helper()
	for range 100 {
		c := newClient(t)
		h.enter(c)
		if c.member.Owner() == 0 && a == nil {
			a = c
		} else if c.member.Owner() == 1 && b == nil {
			b = c
		}
		if a != nil && b != nil {
			h.g.Post(Others(h.key, 3))
			return a, b
		}
	}
	t.Fatal("the kernel hashes everybody to one shard")
	return nil, nil
}

func TestMediaCrossesShardsOncePerShard(t *testing.T) {
	h := newHall(t, Config{Shards: 2})
	a, b := spread(t, h)
	num := h.publish(a, 1, 1)
	h.publish(a, 0, 2)
	h.show(b, num, 1, 0)
	h.settle()
	before := h.settle()[0].HandedOver
	for i := range uint16(20) {
		a.sendRTP(h.to, a.conn, a.picture(1000+i, i == 0, 700))
		a.sendRTP(h.to, a.conn, a.voice(i))
	}
	for n := 0; n < 40; n++ {
		g := b.receive()
		if g.SSRC == b.member.Slots[1].SSRC && len(g.payload) != 700 {
			t.Fatalf("%d bytes", len(g.payload))
		}
	}
	if n := h.settle()[0].HandedOver - before; n != 40 {
		t.Fatalf("%d records for 40 packets", n)
	}
}

func TestAKeyFrameIsAskedForAcrossShards(t *testing.T) {
	h := newHall(t, Config{Shards: 2})
	a, b := spread(t, h)
	num := h.publish(a, 1, 1)
	h.settle()
	a.sendRTP(h.to, a.conn, a.picture(1, false, 100)) // so that the SSRC to ask is known
	h.show(b, num, 1, 0)
	a.conn.SetReadDeadline(time.Now().Add(testTimeout))
	for {
		n, err := a.conn.Read(a.buf[:])
		if err != nil {
			t.Fatal("no request came: ", err)
		}
		if a.buf[1] == rtcp.TypePSFB {
			n = must(a.open.OpenRTCP(a.buf[:n]))
			k, _, _ := rtcp.Next(a.buf[:n])
			if _, media, ok := rtcp.ParsePLI(k); !ok || media != a.cam {
				t.Fatalf("asked %x", media)
			}
			return
		}
	}
}

func TestDatagramsFindTheirOwnerAfterAMove(t *testing.T) {
	h := newHall(t, Config{Shards: 2})
	a, b := spread(t, h)
	num := h.publish(a, 1, 1)
	h.show(b, num, 1, 0)
	h.settle()
	a.sendRTP(h.to, a.conn, a.picture(1, true, 100))
	b.receive()
	for i := range uint16(16) { // new addresses of a, whichever shard hears them
		moved := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
		defer moved.Close()
		a.check(h.to, moved)
		moved.SetReadDeadline(time.Now().Add(testTimeout))
		if _, err := moved.Read(a.buf[:]); err != nil {
			t.Fatal("the check from the new address was not answered: ", err)
		}
		h.settle()
		h.settle() // the owner's word has reached the other shard
		a.sendRTP(h.to, moved, a.picture(2+i, false, 100))
		if g := b.receive(); g.payload[11] != byte(2+i) {
			t.Fatalf("picture %d", g.payload[11])
		}
	}
	if s := h.settle(); s[0].Strangers+s[1].Strangers != 0 {
		t.Fatal("somebody was taken for a stranger")
	}
}

func TestADismissedMemberIsAStranger(t *testing.T) {
	h := newHall(t, Config{Shards: 2})
	a, _ := spread(t, h)
	h.g.Post(Dismiss(a.member))
	h.settle()
	a.sendRTP(h.to, a.conn, a.picture(1, true, 100))
	a.check(h.to, a.conn)
	await(t, "refused", func() bool {
		s := h.settle()
		return s[0].Strangers+s[1].Strangers == 1 && s[0].CheckRefused+s[1].CheckRefused == 1
	})
}
