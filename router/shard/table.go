package shard

import "causeway/router/udp"

// table finds by the address a datagram came from who may send from there: a
// peer of this shard, or the shard that owns it. Open addressing with linear
// probing; removal shifts back, so there are no tombstones. Only addresses that
// passed a connectivity check are in it.
type table struct {
	entries []entry // length: a power of two, at most half full
	count   int
}

type entry struct {
	addr   udp.Addr
	socket uint8
	used   bool
	owner  int16 // the owning shard, if peer is nil
	peer   *peer
}

func newTable() *table { return &table{entries: make([]entry, 1024)} }

func (t *table) home(addr *udp.Addr, socket uint8) int {
	return int((addr.Hash() + uint64(socket)) & uint64(len(t.entries)-1))
}

func (t *table) find(addr *udp.Addr, socket uint8) *entry {
	for i := t.home(addr, socket); ; i = (i + 1) & (len(t.entries) - 1) {
		e := &t.entries[i]
		if !e.used {
			return nil
		}
		if e.socket == socket && e.addr == *addr {
			return e
		}
	}
}

// put makes peer (or, with nil, another shard) the owner of an address. An
// address that somebody else had passes to the new one, who has just proved it.
func (t *table) put(addr *udp.Addr, socket uint8, p *peer, owner int) {
	if e := t.find(addr, socket); e != nil {
		e.peer, e.owner = p, int16(owner)
		return
	}
	if 2*(t.count+1) > len(t.entries) {
		t.grow()
	}
	t.insert(entry{addr: *addr, socket: socket, used: true, owner: int16(owner), peer: p})
}

func (t *table) insert(e entry) {
	i := t.home(&e.addr, e.socket)
	for t.entries[i].used {
		i = (i + 1) & (len(t.entries) - 1)
	}
	t.entries[i] = e
	t.count++
}

func (t *table) grow() {
	old := t.entries
	t.entries, t.count = make([]entry, 2*len(old)), 0
	for i := range old {
		if old[i].used {
			t.insert(old[i])
		}
	}
}

// remove forgets an address if it still belongs to p and owner.
func (t *table) remove(addr *udp.Addr, socket uint8, p *peer, owner int) {
	e := t.find(addr, socket)
	if e == nil || e.peer != p || e.owner != int16(owner) {
		return
	}
	mask := len(t.entries) - 1
	hole := t.home(addr, socket)
	for &t.entries[hole] != e {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; t.entries[i].used; i = (i + 1) & mask {
		home := t.home(&t.entries[i].addr, t.entries[i].socket)
		if (i-home)&mask >= (i-hole)&mask {
			t.entries[hole] = t.entries[i]
			hole = i
		}
	}
	t.entries[hole] = entry{}
	t.count--
}
