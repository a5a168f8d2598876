package shard

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"causeway/router/rtcp"
	"causeway/router/rtp"
)

// stillHall is a group whose loops do not run: the test takes the turns.
func stillHall(t *testing.T, c Config) (*hall, *Shard) {
	t.Helper()
	c.Listen, c.Shards = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, 1
	g, err := build(c)
	if err != nil {
		t.Fatal(err)
	}
	s := g.shards[0]
	t.Cleanup(s.close)
	return &hall{T: t, g: g, to: g.Local()[0], key: RoomKey{Num: 0, Tag: 1}}, s
}

func (s *Shard) step() {
	s.ready[0] = true
	s.turn()
}

// bring admits and connects a client in a still hall.
func (h *hall) bring(s *Shard, c *client) {
	h.Helper()
	s.Post(Admit(c.member))
	s.step()
	c.check(h.to, c.conn)
	await(h.T, "claimed", func() bool { s.step(); return c.member.Owner() == 0 })
	s.Post(Connect(c.member, c.keys, h.key))
	s.step()
}

func TestATurnAllocatesNothing(t *testing.T) {
	for name, c := range map[string]Config{"runs": {}, "single": {NoGSO: true, NoGRO: true}} {
		t.Run(name, func(t *testing.T) { turnAllocations(t, c) })
	}
}

// turnAllocations measures whole turns with mixed traffic: pictures, voices, a
// packet lost on the way in, checks, NACKs, reports, forged and foreign
// datagrams, DTLS, due timers.
func turnAllocations(t *testing.T, c Config) {
	h, s := stillHall(t, c)
	a := newClient(t)
	h.bring(s, a)
	num, voice := h.publish(a, 1, 1), uint16(0)
	voice = h.publish(a, 0, 2)
	_ = voice
	var others []*client
	for range 20 {
		b := newClient(t)
		h.bring(s, b)
		h.show(b, num, 1, 0)
		s.step()
		others = append(others, b)
	}
	const turns = 300
	var datagrams [turns + 20][][]byte
	var froms [turns + 20][]int
	fd := func(u *net.UDPConn) (fd int) {
		raw := must(u.SyscallConn())
		raw.Control(func(f uintptr) { fd = int(f) })
		return fd
	}
	stranger := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	defer stranger.Close()
	afd, bfd, sfd := fd(a.conn), fd(others[0].conn), fd(stranger)
	for i := range datagrams {
		add := func(from int, b []byte) {
			datagrams[i] = append(datagrams[i], b)
			froms[i] = append(froms[i], from)
		}
		seq := uint16(3 * i)
		add(afd, a.picture(seq, i == 0, 1000))
		add(afd, a.picture(seq+1, false, 999)) // seq+2 is lost
		add(afd, a.voice(uint16(i)))
		nack := rtcp.AppendNACK(nil, 1, others[0].member.Slots[1].SSRC, []uint16{uint16(8 + 3*(i-1))})
		sealed := make([]byte, len(nack)+32)
		add(bfd, sealed[:others[0].seal.SealRTCP(sealed, nack)])
		forged := a.picture(seq+2, false, 500)
		forged[20] ^= 1
		add(afd, forged)
		add(sfd, []byte{0x80, 96, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})
		add(afd, []byte{23, 254, 253, 1, 2, 3})
	}
	to := unix.SockaddrInet4{Port: int(h.to.Port()), Addr: [4]byte{127, 0, 0, 1}}
	i := 0
	before := s.count.PacketsOut
	allocs := testing.AllocsPerRun(turns, func() {
		for k, b := range datagrams[i] {
			if err := unix.Sendto(froms[i][k], b, 0, &to); err != nil {
				t.Fatal(err)
			}
		}
		i++
		s.base = s.base.Add(-7 * time.Millisecond) // time passes: ticks, reports and feedback fall due
		s.step()
	})
	if allocs != 0 {
		t.Errorf("%v allocations per turn", allocs)
	}
	if out := s.count.PacketsOut - before; out < turns*20*3 {
		t.Errorf("only %d packets went out in %d turns", out, turns)
	}
	if s.count.Resent < turns/2 || s.count.BadTag < turns || s.count.Strangers < turns || s.count.PacketsAsked == 0 || s.count.RTCPOut == 0 || s.count.DTLSIn < turns {
		t.Errorf("the traffic was not as mixed as meant: %+v", s.count)
	}
}

func TestASilentPeerIsReportedOnce(t *testing.T) {
	h, s := stillHall(t, Config{})
	a := newClient(t)
	h.bring(s, a)
	s.base = s.base.Add(-31 * time.Second)
	for range 5 {
		s.base = s.base.Add(-time.Second)
		s.step()
	}
	if n := len(s.events); n != 1 {
		t.Fatalf("%d events", n)
	}
	if e := <-s.group.events; e.Kind != Silent || e.Member != a.member {
		t.Fatalf("%+v", e)
	}
}

func TestEventsWaitForRoomAndAreNotLost(t *testing.T) {
	_, s := stillHall(t, Config{})
	total := cap(s.group.events) + 100
	for i := range total {
		s.tell(Event{Kind: Silent, N: i})
	}
	for i := range total {
		s.retell()
		if e := <-s.group.events; e.N != i {
			t.Fatalf("event %d came, %d was due", e.N, i)
		}
	}
}

func TestRunsReallyLeaveAsRuns(t *testing.T) {
	h, s := stillHall(t, Config{})
	if gso, _ := s.sockets[0].Offloads(); !gso {
		t.Log("this kernel offers no UDP_SEGMENT; the fallback is what is tested")
		return
	}
	a, b := newClient(t), newClient(t)
	h.bring(s, a)
	h.bring(s, b)
	num := h.publish(a, 1, 1)
	h.show(b, num, 1, 0)
	s.step()
	for i := range uint16(8) {
		a.sendRTP(h.to, a.conn, a.picture(i, i == 0, 1000))
	}
	sent := s.writers[0].Counters
	await(t, "forwarded", func() bool { s.step(); return s.count.PacketsOut == 8 })
	now := s.writers[0].Counters
	if now.Segmented == sent.Segmented || now.Messages-sent.Messages > 4 {
		t.Fatalf("8 packets of one size in %d messages, %d of them runs", now.Messages-sent.Messages, now.Segmented-sent.Segmented)
	}
}

func TestATurnWaitsForTheRestOfAPictureAndNoLonger(t *testing.T) {
	h, s := stillHall(t, Config{})
	a := newClient(t)
	h.bring(s, a)
	num := h.publish(a, 1, 1)
	for range gatherViewers {
		b := newClient(t)
		h.bring(s, b)
		h.show(b, num, 1, 0)
		s.step()
	}
	part := func(seq uint16, last bool) []byte {
		b := a.picture(seq, seq == 0, 900)
		if last {
			return b
		}
		var head [12]byte
		rtp.Put(head[:], false, vp8PT, seq, 0, a.cam)
		body := make([]byte, 900)
		body[0], body[1], body[2], body[3] = 0x90, 0xc0, 0x80, byte(seq)
		return b[:a.seal.SealRTP(b, head[:], body, uint64(seq))]
	}
	a.sendRTP(h.to, a.conn, part(0, true))
	await(t, "a whole picture", func() bool { s.step(); return s.count.PacketsIn == 1 })
	if s.count.Gathered != 0 {
		t.Fatal("a turn waited though the picture was whole")
	}
	before := s.writers[0].Counters
	first, second := part(1, false), part(2, true)
	go func() {
		a.conn.WriteToUDPAddrPort(first, h.to)
		a.conn.WriteToUDPAddrPort(second, h.to)
	}()
	await(t, "the picture's two parts", func() bool { s.step(); return s.count.PacketsOut == 3*gatherViewers })
	if s.count.Gathered > 1 {
		t.Fatalf("%d turns waited", s.count.Gathered)
	}
	if now := s.writers[0].Counters; now.Datagrams-before.Datagrams < 2*gatherViewers {
		t.Fatal("not sent")
	}
	a.sendRTP(h.to, a.conn, part(3, false)) // and the rest never comes
	await(t, "the half picture", func() bool { s.step(); return s.count.PacketsOut == 4*gatherViewers })
}
