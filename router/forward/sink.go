package forward

// Sink is what one participant of this shard receives.
type Sink struct {
	Self  uint32 // the participant's number; sources of its own are never shown
	Slots []Slot

	where []uint8 // by the source's index in the room: 1 + slot, 0: not shown
}

// MaxSlots bounds a sink's slots: where holds slot numbers in a byte.
const MaxSlots = 254

// SlotOf is the slot that shows src, or nil.
func (k *Sink) SlotOf(src *Source) *Slot {
	if n := k.where[src.index]; n != 0 {
		return &k.Slots[n-1]
	}
	return nil
}

// BySSRC is the slot that sends with this SSRC, its RTX included, or nil.
func (k *Sink) BySSRC(ssrc uint32) *Slot {
	for i := range k.Slots {
		if s := &k.Slots[i]; s.SSRC == ssrc || s.RTX == ssrc && ssrc != 0 {
			return s
		}
	}
	return nil
}

// show puts src, or nothing, into a slot.
func (k *Sink) show(slot int, src *Source) {
	s := &k.Slots[slot]
	if s.source == src {
		return
	}
	if s.source != nil {
		k.where[s.source.index] = 0
		s.source.viewers--
	}
	if src != nil {
		if old := k.where[src.index]; old != 0 {
			k.show(int(old-1), nil)
		}
		k.where[src.index] = uint8(slot + 1)
		src.viewers++
		if src.Video {
			src.WantKey()
		}
	}
	s.show(src)
}

func (k *Sink) grow(n int) {
	for len(k.where) < n {
		k.where = append(k.where, 0)
	}
}
