package router

import (
	"errors"

	"causeway/router/handshake"
	"causeway/router/meeting"
	"causeway/router/shard"
)

// controlChannel is the label of the data channel that carries the control
// protocol.
const controlChannel = "control"

// apply does what the meeting's state machine has decided.
func (c *conductor) apply() {
	if c.applying { // an effect's own consequences come after it, in the loop below
		return
	}
	c.applying = true
	defer func() { c.applying = false }()
	for {
		effects := c.meeting.Effects()
		if len(effects) == 0 {
			return
		}
		for _, e := range append([]meeting.Effect(nil), effects...) {
			c.do(e)
		}
	}
}

func (c *conductor) do(e meeting.Effect) {
	g := c.guests[e.Session]
	switch e.Kind {
	case meeting.Send:
		c.send(g, e.Data)
	case meeting.Publish:
		c.publish(g, e)
	case meeting.Unpublish:
		c.unpublish(e.Source)
	case meeting.Assign:
		c.assign(g, e.Slot, e.Source)
	case meeting.Mute:
		if p := c.sources[e.Source]; p != nil {
			p.muted = e.Muted
			c.toShards(shard.Mute(c.key, p.num, uint32(p.id), e.Muted))
		}
	case meeting.KeyFrame:
		if p := c.sources[e.Source]; p != nil {
			c.router.group.Shard(p.spec.Home).Post(shard.AskKey(c.key, p.num, uint32(p.id)))
		}
	case meeting.Close:
		if g != nil {
			c.close(g, e.Reason)
		}
	case meeting.Ended:
		c.over = true
		if e.Reason == meeting.ReasonEndedByHost {
			c.router.noteOver(c)
		}
	}
}

// send writes to a client's control channel. A client that reads so slowly that
// its queue is full would miss changes; its session ends, and it may join anew.
func (c *conductor) send(g *guest, data []byte) {
	if g == nil {
		return
	}
	err := g.conn.Send(controlChannel, true, data)
	if errors.Is(err, handshake.ErrBackpressure) {
		c.close(g, "the client does not read its control channel")
	}
}

func (c *conductor) publish(g *guest, e meeting.Effect) {
	if g == nil {
		return
	}
	p := &published{num: c.takeNum(), id: e.Source, guest: g, muted: e.Muted}
	p.spec = shard.SourceSpec{
		Num: p.num, ID: uint32(e.Source), Owner: g.member, Lane: e.Slot, Video: e.Video, Home: g.member.Owner(),
	}
	c.sources[e.Source] = p
	c.toShards(shard.Publish(c.key, p.spec))
	if !e.Muted {
		c.toShards(shard.Mute(c.key, p.num, uint32(p.id), false))
	}
}

func (c *conductor) unpublish(id meeting.SourceID) {
	p := c.sources[id]
	if p == nil {
		return
	}
	delete(c.sources, id)
	c.nums[p.num] = false
	c.toShards(shard.Unpublish(c.key, p.num, uint32(p.id)))
}

func (c *conductor) takeNum() uint16 {
	for i, used := range c.nums {
		if !used {
			c.nums[i] = true
			return uint16(i)
		}
	}
	c.nums = append(c.nums, true)
	return uint16(len(c.nums) - 1)
}

// assign puts a source into a slot and tells the source's home who wants it.
func (c *conductor) assign(g *guest, slot int, id meeting.SourceID) {
	if g == nil || slot >= len(g.shown) {
		return
	}
	c.view(g, slot, id)
	var num uint16
	if p := c.sources[id]; p != nil {
		num = p.num
	} else {
		id = 0
	}
	c.router.group.Shard(g.member.Owner()).Post(shard.Assign(c.key, g.member, slot, num, uint32(id)))
}

// view keeps count of the shards that show each source.
func (c *conductor) view(g *guest, slot int, id meeting.SourceID) {
	at := g.member.Owner()
	if p := c.sources[g.shown[slot]]; p != nil {
		if p.viewers[at]--; p.viewers[at] == 0 {
			c.demand(p, p.demand&^(1<<at))
		}
	}
	g.shown[slot] = id
	if p := c.sources[id]; p != nil {
		if p.viewers[at]++; p.viewers[at] == 1 {
			c.demand(p, p.demand|1<<at)
		}
	}
}

func (c *conductor) demand(p *published, mask uint64) {
	p.demand = mask
	c.router.group.Shard(p.spec.Home).Post(shard.Demand(c.key, p.num, uint32(p.id), mask))
}

func (c *conductor) forgetViews(g *guest) {
	for slot := range g.shown {
		c.view(g, slot, 0)
	}
}
