package client

// Figures is what a client has counted since it joined. Counts of packets are
// RTP packets; sums over clients are sums over the fields.
type Figures struct {
	Sent      uint64 // published, resends not counted
	SentBytes uint64 // of UDP payload
	Resent    uint64 // answered NACKs
	KeyFrames uint64 // published
	Behind    uint64 // frames that left later than the one after them was due

	Received      uint64 // authentic, resends counted
	ReceivedBytes uint64 // of UDP payload
	Missed        uint64 // gaps seen
	Late          uint64 // of them, came by themselves
	Repaired      uint64 // of them, came after a NACK
	Lost          uint64 // of them, given up
	LostSound     uint64 // of Lost: sound, which is not asked for again
	Skipped       uint64 // the publisher's counter jumped though the lane's numbers did not
	Duplicated    uint64
	Waiting       uint64 // of them, still asked for

	Unauthentic uint64 // tag does not verify, or replayed
	Stray       uint64 // SSRC of no lane
	Misrouted   uint64 // our own medium, or sound in a picture's lane
	Damaged     uint64 // the payload is not what its publisher sent
	Disordered  uint64 // numbers, timestamps or picture counters make no sense
	NACKs       uint64 // packets asked for
	PLIs        uint64 // key frames asked for

	SocketDrops uint64 // by the kernel, because our buffer was full
	Dropped     uint64 // by us, because Config.Loss says so, either way
}

// Add sums f and g.
func (f Figures) Add(g Figures) Figures { return f.combine(g, 1) }

// Sub is what was counted between g and the later f.
func (f Figures) Sub(g Figures) Figures { return f.combine(g, -1) }

func (f Figures) combine(g Figures, sign int64) Figures {
	fields := func(f *Figures) []*uint64 {
		return []*uint64{
			&f.Sent, &f.SentBytes, &f.Resent, &f.KeyFrames, &f.Behind,
			&f.Received, &f.ReceivedBytes, &f.Missed, &f.Late, &f.Repaired, &f.Lost, &f.LostSound, &f.Skipped, &f.Duplicated, &f.Waiting,
			&f.Unauthentic, &f.Stray, &f.Misrouted, &f.Damaged, &f.Disordered, &f.NACKs, &f.PLIs, &f.SocketDrops, &f.Dropped,
		}
	}
	theirs := fields(&g)
	for i, mine := range fields(&f) {
		*mine += uint64(sign) * *theirs[i]
	}
	return f
}
