package shard

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"causeway/router/udp"
)

func TestTableAgreesWithAMap(t *testing.T) {
	type key struct {
		addr   udp.Addr
		socket uint8
	}
	tab, want := newTable(), map[key]*peer{}
	rnd := rand.New(rand.NewPCG(3, 4))
	var keys []key
	for i := range 3000 {
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 5000)
		keys = append(keys, key{udp.AddrFrom(a), uint8(i % 3)})
	}
	for range 50_000 {
		k := keys[rnd.IntN(len(keys))]
		if rnd.IntN(3) > 0 {
			p := new(peer)
			tab.put(&k.addr, k.socket, p, 0)
			want[k] = p
		} else if p := want[k]; p != nil {
			tab.remove(&k.addr, k.socket, new(peer), 0) // somebody else's: nothing happens
			tab.remove(&k.addr, k.socket, p, 0)
			delete(want, k)
		}
	}
	if tab.count != len(want) {
		t.Fatalf("%d entries, %d wanted", tab.count, len(want))
	}
	for _, k := range keys {
		e := tab.find(&k.addr, k.socket)
		if (e == nil) != (want[k] == nil) || e != nil && e.peer != want[k] {
			t.Fatal("an entry is wrong")
		}
	}
}
