package forward

// Room is one shard's replica of a meeting. The zero value is an empty room
// whose speakers are limited to DefaultSpeakers.
type Room struct {
	Speakers int // the loudest so many are forwarded; 0: DefaultSpeakers

	sources []*Source // by index; nil: free
	sinks   []*Sink
	active  []*Source // with packets in this turn
	talking []*Source // audio being forwarded, the dominant one first
	audio   int       // audio sources that are not muted
}

// AddSource takes src into the room. It allocates; it is a control command.
func (r *Room) AddSource(src *Source) {
	at := -1
	for i, s := range r.sources {
		if s == nil {
			at = i
			break
		}
	}
	if at < 0 {
		at = len(r.sources)
		r.sources = append(r.sources, nil)
	}
	src.index, src.used = uint16(at), true
	r.sources[at] = src
	if cap(r.active) < len(r.sources) {
		r.active = append(make([]*Source, 0, 2*len(r.sources)), r.active...)
	}
	if cap(r.talking) == 0 {
		r.talking = make([]*Source, 0, 16)
	}
	for _, k := range r.sinks {
		k.grow(len(r.sources))
	}
}

// RemoveSource takes src out of the room and out of every slot.
func (r *Room) RemoveSource(src *Source) {
	if !src.used {
		return
	}
	r.SetMuted(src, true)
	for _, k := range r.sinks {
		if n := k.where[src.index]; n != 0 {
			k.show(int(n-1), nil)
		}
	}
	r.sources[src.index] = nil
	src.used = false
	for i, s := range r.active {
		if s == src {
			r.active = append(r.active[:i], r.active[i+1:]...)
			break
		}
	}
}

// SetMuted stops or starts the forwarding of src: a mute is a mute at the router.
func (r *Room) SetMuted(src *Source, muted bool) {
	if src.Muted == muted {
		return
	}
	if muted {
		src.Muted = true
	} else {
		src.Open()
		r.restart(src)
	}
	if src.Video {
		return
	}
	if muted {
		r.audio--
		r.silence(src)
	} else {
		r.audio++
		src.loudness = loudness{}
	}
}

// restart makes every slot that shows src begin anew with a key frame: what was
// sent during a mute is missing for good.
func (r *Room) restart(src *Source) {
	if !src.Video || src.viewers == 0 {
		return
	}
	for _, k := range r.sinks {
		if s := k.SlotOf(src); s != nil {
			s.show(src)
		}
	}
	src.WantKey()
}

// Sources lists the room's sources by index; free places are nil.
func (r *Room) Sources() []*Source { return r.sources }

// Talking lists the audio sources that are forwarded, the dominant one first.
func (r *Room) Talking() []*Source { return r.talking }

// AddSink takes k into the room.
func (r *Room) AddSink(k *Sink) {
	k.grow(len(r.sources))
	r.sinks = append(r.sinks, k)
	r.fillAudio(k)
}

// RemoveSink takes k out of the room.
func (r *Room) RemoveSink(k *Sink) {
	for i := range k.Slots {
		k.show(i, nil)
	}
	for i, other := range r.sinks {
		if other == k {
			r.sinks = append(r.sinks[:i], r.sinks[i+1:]...)
			return
		}
	}
}

// Assign shows src (nil: nothing) in a video slot of k.
func (r *Room) Assign(k *Sink, slot int, src *Source) {
	if slot < 0 || slot >= len(k.Slots) || !k.Slots[slot].Video {
		return
	}
	if src != nil && (!src.used || !src.Video || src.Owner == k.Self) {
		src = nil
	}
	k.show(slot, src)
}

// Push takes one packet of src, whose list must not be Full. It reports whether
// the packet is in that list: whether anyone's slot on this shard shows src.
func (r *Room) Push(now int64, src *Source, p *Packet, h *History) bool {
	if !src.used || src.Muted {
		return false
	}
	if !src.Video && !r.hear(now, src, p.Level) {
		return false
	}
	if src.viewers == 0 {
		return false
	}
	if len(src.Pending) == 0 {
		r.active = append(r.active, src)
	}
	src.push(now, p, h)
	return true
}

// Even prepares the turn's packets for sending in runs; see Source.even.
func (r *Room) Even() {
	for _, s := range r.active {
		if s.Video {
			s.even()
		}
	}
}

// Active lists the sources with packets in this turn.
func (r *Room) Active() []*Source { return r.active }

// Clear ends the turn: the borrowed payloads go back.
func (r *Room) Clear() {
	for _, s := range r.active {
		s.Pending = s.Pending[:0]
	}
	r.active = r.active[:0]
}

// Empty reports whether nobody of this shard is in the room and nothing is published.
func (r *Room) Empty() bool {
	if len(r.sinks) != 0 {
		return false
	}
	for _, s := range r.sources {
		if s != nil {
			return false
		}
	}
	return true
}
