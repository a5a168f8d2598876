package shard

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"causeway/router/forward"
	"causeway/router/rtp"
	"causeway/router/sdp"
	"causeway/router/session"
	"causeway/router/srtp"
	"causeway/router/stun"
)

const (
	vp8PT, rtxPT, opusPT = 96, 97, 111
	testTimeout          = 5 * time.Second
)

var numbers atomic.Uint32

// client is a participant with keys agreed on beforehand: the shard needs no
// handshake to forward.
type client struct {
	*testing.T
	member     *Member
	conn       *net.UDPConn
	seal       *srtp.Sealer
	open       *srtp.Opener
	streams    map[uint32]*srtp.Stream
	keys       Keys
	audio, cam uint32 // SSRCs it publishes with
	buf        [2048]byte
}

func master(name string) (key, salt []byte) {
	h := sha256.Sum256([]byte(name))
	return h[:16], h[16:28]
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// newClient publishes one voice and one camera, and has one audio and one video slot.
func newClient(t *testing.T) *client {
	t.Helper()
	n := numbers.Add(1)
	up, down := fmt.Sprint("up", n), fmt.Sprint("down", n)
	uk, us := master(up)
	dk, ds := master(down)
	c := &client{
		T: t, audio: n<<8 | 1, cam: n<<8 | 2, streams: map[uint32]*srtp.Stream{},
		seal: must(srtp.NewSealer(srtp.AEADAES128GCM, uk, us)),
		open: must(srtp.NewOpener(srtp.AEADAES128GCM, dk, ds)),
		keys: Keys{must(srtp.NewOpener(srtp.AEADAES128GCM, uk, us)), must(srtp.NewSealer(srtp.AEADAES128GCM, dk, ds))},
	}
	c.conn = must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	t.Cleanup(func() { c.conn.Close() })
	voice, camera := Lane{MID: "0", Clock: 48000}, Lane{MID: "1", Video: true, Clock: 90000, NACK: true, PLI: true}
	voice.Codec[opusPT] = uint8(sdp.Opus)
	camera.Codec[vp8PT] = uint8(sdp.VP8)
	camera.Repair[rtxPT], camera.RepairOf[rtxPT] = true, uint8(sdp.VP8)
	heard := forward.NewSlot(n<<8|0x11, 0, false, 48000, 7, 0)
	heard.PT[sdp.Opus] = opusPT
	seen := forward.NewSlot(n<<8|0x12, n<<8|0x13, true, 90000, 7, 0)
	seen.PT[sdp.VP8], seen.RTXPT[sdp.VP8] = vp8PT, rtxPT
	c.member = &Member{
		Number: n, Local: session.Credentials{Ufrag: fmt.Sprint("ufrag", n), Pwd: "a-password-of-22-chars"}, Remote: "peer",
		Streams: []session.Declared{{SSRC: c.audio}, {SSRC: c.cam, Lane: 1}},
		Lanes:   []Lane{voice, camera}, Slots: []forward.Slot{heard, seen}, SSRC: n<<8 | 0x20,
		DTLS: func([]byte) bool { return true },
	}
	return c
}

// check sends a connectivity check from conn.
func (c *client) check(to netip.AddrPort, conn *net.UDPConn) {
	c.Helper()
	b := stun.AppendBindingRequest(nil, &stun.BindingRequest{
		Username: []byte(c.member.Local.Ufrag + ":peer"), Priority: 1, Controlling: true, UseCandidate: true, TransactionID: [12]byte{9},
	}, stun.NewKey(c.member.Local.Pwd))
	if _, err := conn.WriteToUDPAddrPort(b, to); err != nil {
		c.Fatal(err)
	}
}

func (c *client) sendRTP(to netip.AddrPort, conn *net.UDPConn, b []byte) {
	c.Helper()
	if _, err := conn.WriteToUDPAddrPort(b, to); err != nil {
		c.Fatal(err)
	}
}

// picture is a one-packet VP8 frame that says its number in its body.
func (c *client) picture(seq uint16, key bool, size int) []byte {
	b := make([]byte, size)
	b[0], b[1], b[2], b[3], b[4], b[5] = 0x90, 0xc0, 0x80|byte(seq>>8)&0x7f, byte(seq), byte(seq), 1
	if key {
		b[5] = 0
	}
	b[10], b[11] = byte(seq>>8), byte(seq)
	return c.sealed(c.cam, vp8PT, seq, uint32(seq)*3000, b)
}

func (c *client) voice(seq uint16) []byte {
	return c.sealed(c.audio, opusPT, seq, uint32(seq)*960, []byte{0xfc, byte(seq >> 8), byte(seq), 4, 5, 6, 7, 8})
}

func (c *client) sealed(ssrc uint32, pt uint8, seq uint16, ts uint32, payload []byte) []byte {
	var h [12]byte
	rtp.Put(h[:], true, pt, seq, ts, ssrc)
	b := make([]byte, 12+len(payload)+16)
	return b[:c.seal.SealRTP(b, h[:], payload, uint64(seq))]
}

// got is one media packet as it arrived.
type got struct {
	rtp.Header
	payload []byte
}

// receive returns the next authentic RTP packet, and fails if none comes in time.
func (c *client) receive() got {
	c.Helper()
	c.conn.SetReadDeadline(time.Now().Add(testTimeout))
	for {
		n, err := c.conn.Read(c.buf[:])
		if err != nil {
			c.Fatal("no packet came: ", err)
		}
		b := c.buf[:n]
		if b[0]>>6 != 2 || b[1] >= 192 && b[1] <= 223 {
			continue
		}
		var g got
		if err := rtp.Parse(b, &g.Header); err != nil {
			c.Fatal(err)
		}
		st := c.streams[g.SSRC]
		if st == nil {
			st = new(srtp.Stream)
			c.streams[g.SSRC] = st
		}
		size, _, err := c.open.OpenRTP(st, b, g.Size)
		if err != nil {
			c.Fatal(err)
		}
		g.payload = append(g.payload, b[g.Size:size]...)
		return g
	}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(testTimeout)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("not in time: ", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// hall is a group with clients in one meeting, everyone publishing to everyone.
type hall struct {
	*testing.T
	g   *Group
	to  netip.AddrPort
	key RoomKey
	num uint16
}

func newHall(t *testing.T, c Config) *hall {
	t.Helper()
	c.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	g, err := NewGroup(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return &hall{T: t, g: g, to: g.Local()[0], key: RoomKey{Num: 0, Tag: 1}}
}

// enter admits a client, waits for its check to be answered, and connects it.
func (h *hall) enter(c *client) {
	h.Helper()
	h.g.Post(Admit(c.member))
	for deadline := time.Now().Add(testTimeout); ; {
		c.check(h.to, c.conn)
		c.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if n, err := c.conn.Read(c.buf[:]); err == nil && stun.Is(c.buf[:n]) {
			break
		}
		if time.Now().After(deadline) {
			h.Fatal("the check was not answered")
		}
	}
	h.g.Shard(c.member.Owner()).Post(Connect(c.member, c.keys, h.key))
}

// publish makes a client's lane known to all shards under the given id.
func (h *hall) publish(c *client, lane int, id uint32) uint16 {
	num := h.num
	h.num++
	spec := SourceSpec{Num: num, ID: id, Owner: c.member, Lane: lane, Video: lane == 1, Home: c.member.Owner()}
	h.g.Post(Publish(h.key, spec))
	h.g.Post(Mute(h.key, num, id, false))
	return num
}

func (h *hall) show(c *client, num uint16, id uint32, home int) {
	at := c.member.Owner()
	h.g.Shard(home).Post(Demand(h.key, num, id, 1<<at))
	h.g.Shard(at).Post(Assign(h.key, c.member, 1, num, id))
}

// settle waits until every shard has done what was posted before.
func (h *hall) settle() []Counters { return h.g.Snapshots() }
