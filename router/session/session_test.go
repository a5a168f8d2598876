package session

import (
	"errors"
	"net/netip"
	"testing"

	"causeway/router/rtp"
	"causeway/router/srtp"
	"causeway/router/stun"
)

var local = Credentials{Ufrag: "ours", Pwd: "a-password-of-22-chars"}

func path(port uint16) Path {
	return Path{Remote: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), port)}
}

type checker struct {
	*testing.T
	s   *Session
	now int64
}

func newChecker(t *testing.T) *checker {
	return &checker{T: t, s: New(0, local, "their", nil)}
}

// check sends a connectivity check the way a browser does, with what mend changes.
func (c *checker) check(from Path, mend func(*stun.BindingRequest), pwd string) (answer []byte, added bool, evicted Path, err error) {
	c.Helper()
	r := stun.BindingRequest{Username: []byte("ours:their"), Priority: 1, Controlling: true, TieBreaker: 5, TransactionID: [12]byte{1, 2, 3}}
	if mend != nil {
		mend(&r)
	}
	raw := stun.AppendBindingRequest(nil, &r, stun.NewKey(pwd))
	var m stun.Message
	if err := stun.Parse(raw, &m); err != nil {
		c.Fatal(err)
	}
	return c.s.Check(c.now, from, raw, &m, nil)
}

func TestAValidCheckIsAnsweredAndOpensItsPath(t *testing.T) {
	c := newChecker(t)
	answer, added, _, err := c.check(path(1), nil, local.Pwd)
	if err != nil || !added {
		t.Fatal(added, err)
	}
	var m stun.Message
	if err := stun.Parse(answer, &m); err != nil || m.Class != stun.Success || m.XORMapped != path(1).Remote {
		t.Fatalf("%+v, %v", m, err)
	}
	if !m.Verify(answer, stun.NewKey(local.Pwd)) {
		t.Fatal("the answer has no integrity")
	}
	if got, ok := c.s.Selected(); !ok || got != path(1) {
		t.Fatal("not where packets go")
	}
}

func TestStrangersGetSilenceAndChangeNothing(t *testing.T) {
	c := newChecker(t)
	for name, do := range map[string]func() ([]byte, bool, Path, error){
		"wrong password": func() ([]byte, bool, Path, error) { return c.check(path(1), nil, "another-password-of-22") },
		"wrong local": func() ([]byte, bool, Path, error) {
			return c.check(path(1), func(r *stun.BindingRequest) { r.Username = []byte("ourz:their") }, local.Pwd)
		},
		"wrong remote": func() ([]byte, bool, Path, error) {
			return c.check(path(1), func(r *stun.BindingRequest) { r.Username = []byte("ours:theiR") }, local.Pwd)
		},
		"no colon": func() ([]byte, bool, Path, error) {
			return c.check(path(1), func(r *stun.BindingRequest) { r.Username = []byte("ours") }, local.Pwd)
		},
	} {
		answer, added, _, err := do()
		if err == nil || len(answer) != 0 || added {
			t.Errorf("%s: answer of %d bytes, %v", name, len(answer), err)
		}
	}
	if _, ok := c.s.Selected(); ok || len(c.s.paths) != 0 {
		t.Fatal("a path was learnt")
	}
}

func TestAControlledPeerIsToldOfTheConflict(t *testing.T) {
	c := newChecker(t)
	answer, _, _, err := c.check(path(1), func(r *stun.BindingRequest) { r.Controlling = false }, local.Pwd)
	var m stun.Message
	if !errors.Is(err, ErrRole) || stun.Parse(answer, &m) != nil || m.ErrorCode != 487 {
		t.Fatalf("%v, %+v", err, m)
	}
}

func TestNominationMovesThePacketsAndOtherChecksDoNot(t *testing.T) {
	c := newChecker(t)
	c.check(path(1), nil, local.Pwd)
	c.check(path(2), func(r *stun.BindingRequest) { r.UseCandidate = true }, local.Pwd)
	c.check(path(3), nil, local.Pwd)
	if got, _ := c.s.Selected(); got != path(2) {
		t.Fatalf("packets go to %v", got)
	}
	c.check(path(3), func(r *stun.BindingRequest) { r.UseCandidate = true }, local.Pwd)
	if got, _ := c.s.Selected(); got != path(3) {
		t.Fatalf("packets go to %v", got)
	}
}

func TestPathsAreBoundedAndTheSelectedOneStays(t *testing.T) {
	c := newChecker(t)
	c.check(path(1), func(r *stun.BindingRequest) { r.UseCandidate = true }, local.Pwd)
	for port := uint16(2); port <= MaxPaths; port++ {
		c.now++
		c.check(path(port), nil, local.Pwd)
	}
	c.now++
	_, added, evicted, err := c.check(path(99), nil, local.Pwd)
	if err != nil || !added || evicted != path(2) {
		t.Fatalf("evicted %v, %v", evicted, err)
	}
	if got, _ := c.s.Selected(); got != path(1) {
		t.Fatal("the selected path gave way")
	}
}

func TestConsentRunsOutAfterThirtySeconds(t *testing.T) {
	c := newChecker(t)
	c.now = 20e9
	c.check(path(1), nil, local.Pwd)
	c.now = 49e9
	c.check(path(1), nil, "another-password-of-22")
	if c.s.Expired(50e9) {
		t.Fatal("too early")
	}
	if !c.s.Expired(50e9 + 1) {
		t.Fatal("a check without integrity renewed consent")
	}
}

// sender encrypts as a browser does.
type sender struct {
	seal *srtp.Sealer
	t    *testing.T
}

func secured(t *testing.T, streams ...Declared) (*Session, *sender) {
	t.Helper()
	key, salt := make([]byte, 16), make([]byte, 12)
	open, err := srtp.NewOpener(srtp.AEADAES128GCM, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	seal, err := srtp.NewSealer(srtp.AEADAES128GCM, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	s := New(0, local, "their", streams)
	s.SetKeys(open, seal)
	return s, &sender{seal, t}
}

// packet has the media id mid as header extension 1.
func (s *sender) packet(ssrc uint32, seq uint16, mid string) ([]byte, *rtp.Header) {
	head := make([]byte, 12, 32)
	rtp.Put(head, false, 96, seq, 0, ssrc)
	if mid != "" {
		head[0] |= 0x10
		ext := append([]byte{0xbe, 0xde, 0, 1, byte(1<<4 | len(mid) - 1)}, mid...)
		for len(ext)%4 != 0 {
			ext = append(ext, 0)
		}
		head = append(head, ext...)
	}
	b := make([]byte, len(head)+5+16)
	b = b[:s.seal.SealRTP(b, head, []byte("hello"), uint64(seq))]
	h := new(rtp.Header)
	if err := rtp.Parse(b, h); err != nil {
		s.t.Fatal(err)
	}
	return b, h
}

func TestDeclaredStreamsAreOpenedAndReplaysRefused(t *testing.T) {
	s, peer := secured(t, Declared{SSRC: 7, Lane: 2, Repair: true})
	b, h := peer.packet(7, 1, "")
	again := append([]byte(nil), b...)
	st, n, index, err := s.Open(b, h, 0, nil)
	if err != nil || st.Lane != 2 || !st.Repair || index != 1 || string(b[12:n]) != "hello" {
		t.Fatal(st, n, index, err)
	}
	if _, _, _, err := s.Open(again, h, 0, nil); !errors.Is(err, srtp.ErrReplay) {
		t.Fatal(err)
	}
}

func TestAnUndeclaredStreamFindsItsLaneByMediaID(t *testing.T) {
	s, peer := secured(t)
	lanes := []string{"0", "ab"}
	b, h := peer.packet(9, 1, "ab")
	if st, _, _, err := s.Open(b, h, 1, lanes); err != nil || st.Lane != 1 {
		t.Fatal(st, err)
	}
	b, h = peer.packet(9, 2, "") // known from now on
	if st, _, _, err := s.Open(b, h, 1, lanes); err != nil || st.Lane != 1 {
		t.Fatal(st, err)
	}
	for _, mid := range []string{"", "zz"} {
		b, h = peer.packet(10, 1, mid)
		if _, _, _, err := s.Open(b, h, 1, lanes); !errors.Is(err, ErrUnknown) {
			t.Fatalf("media id %q: %v", mid, err)
		}
	}
}

func TestForgedPacketsLeaveNoStateBehind(t *testing.T) {
	s, peer := secured(t)
	for ssrc := range uint32(10_000) {
		b, h := peer.packet(ssrc+1, 1, "0")
		b[len(b)-1] ^= 1
		if _, _, _, err := s.Open(b, h, 1, []string{"0"}); !errors.Is(err, srtp.ErrAuth) {
			t.Fatal(err)
		}
	}
	if len(s.srtp.streams) != 0 {
		t.Fatalf("%d streams kept", len(s.srtp.streams))
	}
}

func TestStreamsAreBounded(t *testing.T) {
	s, peer := secured(t)
	for ssrc := range uint32(MaxStreams) {
		b, h := peer.packet(ssrc+1, 1, "0")
		if _, _, _, err := s.Open(b, h, 1, []string{"0"}); err != nil {
			t.Fatal(err)
		}
	}
	b, h := peer.packet(1000, 1, "0")
	if _, _, _, err := s.Open(b, h, 1, []string{"0"}); !errors.Is(err, ErrStreams) {
		t.Fatal(err)
	}
}

func TestNothingOpensBeforeTheKeys(t *testing.T) {
	_, peer := secured(t)
	s := New(0, local, "their", nil)
	b, h := peer.packet(1, 1, "0")
	if _, _, _, err := s.Open(b, h, 1, []string{"0"}); !errors.Is(err, ErrNoKeys) {
		t.Fatal(err)
	}
	if _, err := s.OpenRTCP(b); !errors.Is(err, ErrNoKeys) {
		t.Fatal(err)
	}
}

func TestOpenAllocatesNothing(t *testing.T) {
	s, peer := secured(t, Declared{SSRC: 7})
	seq := uint16(0)
	packets := make([][]byte, 1100)
	heads := make([]*rtp.Header, len(packets))
	for i := range packets {
		packets[i], heads[i] = peer.packet(7, uint16(i), "")
	}
	if allocs := testing.AllocsPerRun(1000, func() {
		if _, _, _, err := s.Open(packets[seq], heads[seq], 0, nil); err != nil {
			t.Fatal(err)
		}
		seq++
	}); allocs != 0 {
		t.Fatalf("%v allocations per packet", allocs)
	}
}
