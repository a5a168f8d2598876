//go:build linux && (amd64 || arm64)

package udp

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func to(i int) Addr {
	return AddrFrom(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 4000))
}

// describe writes a plan as "destination:packets×segment(last)".
func describe(p *plan) string {
	var b strings.Builder
	for _, r := range p.runs[:p.n] {
		last := r.size - (r.count-1)*r.segment
		fmt.Fprintf(&b, "%d:%dx%d(%d) ", r.to.raw[7], r.count, r.segment, last)
	}
	return strings.TrimSpace(b.String())
}

func TestPlanMakesRuns(t *testing.T) {
	type packet struct{ to, size int }
	repeat := func(n int, p packet) (ps []packet) {
		for range n {
			ps = append(ps, p)
		}
		return ps
	}
	for _, c := range []struct {
		name    string
		packets []packet
		alone   bool
		want    string
	}{
		{"nothing", nil, false, ""},
		{"one packet", []packet{{1, 100}}, false, "1:1x100(100)"},
		{"equal sizes to one destination", repeat(8, packet{1, 1140}), false, "1:8x1140(1140)"},
		{"two destinations", []packet{{1, 100}, {2, 100}, {2, 100}}, false, "1:1x100(100) 2:2x100(100)"},
		{"destinations alternating", []packet{{1, 100}, {2, 100}, {1, 100}}, false, "1:1x100(100) 2:1x100(100) 1:1x100(100)"},
		{"the last is shorter", []packet{{1, 100}, {1, 100}, {1, 99}}, false, "1:3x100(99)"},
		{"none follows a shorter one", []packet{{1, 100}, {1, 99}, {1, 99}}, false, "1:2x100(99) 1:1x99(99)"},
		{"a longer one begins anew", []packet{{1, 100}, {1, 101}, {1, 101}}, false, "1:1x100(100) 1:2x101(101)"},
		{"as libwebrtc cuts frames", append(repeat(4, packet{1, 1101}), repeat(4, packet{1, 1100})...), false,
			"1:5x1101(1100) 1:3x1100(1100)"},
		{"no more than 64 packets", repeat(65, packet{1, 10}), false, "1:64x10(10) 1:1x10(10)"},
		{"no more than 65,507 bytes", repeat(46, packet{1, 1456}), false, "1:44x1456(1456) 1:2x1456(1456)"},
		{"an empty datagram is no segment", []packet{{1, 10}, {1, 0}, {1, 0}, {1, 10}}, false,
			"1:1x10(10) 1:1x0(0) 1:1x0(0) 1:1x10(10)"},
		{"a destination that takes no runs", repeat(3, packet{1, 100}), true, "1:1x100(100) 1:1x100(100) 1:1x100(100)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p plan
			at := 0
			for _, packet := range c.packets {
				a := to(packet.to)
				if !p.add(&a, at, packet.size, c.alone) {
					t.Fatal("full")
				}
				at += packet.size
			}
			if got := describe(&p); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestPlanKeepsPacketsApartThatAreApartInTheRing(t *testing.T) {
	var p plan
	a := to(1)
	p.add(&a, 0, 100, false)
	p.add(&a, 101, 100, false)
	if p.n != 2 {
		t.Fatal(describe(&p))
	}
}

func TestPlanIsFullAt64Messages(t *testing.T) {
	var p plan
	at := 0
	for i := range maxMessages {
		a := to(i)
		if !p.add(&a, at, 50, false) {
			t.Fatalf("full at %d", i)
		}
		at += 50
	}
	before := p
	a := to(1000)
	if p.add(&a, at, 50, false) || p != before {
		t.Fatal("took a message too many")
	}
	if last := to(maxMessages - 1); !p.add(&last, at, 50, false) {
		t.Fatal("the last run may still grow")
	}
}

func TestSplitGivesThePacketsBack(t *testing.T) {
	var p plan
	a, at := to(1), 5
	for _, n := range []int{100, 100, 100, 7} {
		p.add(&a, at, n, false)
		at += n
	}
	var room [maxSegments]run
	single := p.runs[0].split(&room)
	offs := []int{5, 105, 205, 305}
	if len(single) != 4 {
		t.Fatalf("%d packets", len(single))
	}
	for i, r := range single {
		if r.off != offs[i] || r.count != 1 || r.to != a || (r.size != 100) != (i == 3) {
			t.Errorf("packet %d: %+v", i, r)
		}
	}
}
