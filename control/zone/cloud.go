package zone

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"causeway/control/cloudlink"
	"causeway/control/statefile"
	"causeway/control/wire"
)

// linkConfig is the link's view of the controller's configuration.
func (z *ZC) linkConfig() cloudlink.Config {
	return cloudlink.Config{
		Dir: z.linkDir(), URL: z.c.CloudURL, Pin: z.c.CloudPin, Roots: z.c.CloudRoots, Controller: z.c.Controller,
		URLs: z.c.PublicURLs, Epoch: z.memory.Epoch, Version: z.c.Version, End: z.endMeeting, Log: z.c.Log,
	}
}

// pair pairs the zone by its code, if it has one and is not paired.
func (z *ZC) pair(ctx context.Context) error {
	if z.c.CloudURL == "" {
		return nil
	}
	if err := statefile.Dir(z.linkDir()); err != nil {
		return err
	}
	if _, err := cloudlink.Paired(z.linkDir()); err == nil || z.c.PairingCode == "" || z.c.Trust != nil {
		return nil
	}
	zone, err := cloudlink.Pair(ctx, z.linkConfig(), z.c.PairingCode)
	if err == nil {
		z.c.Log.Info("zone paired", "cloud", z.c.CloudURL, "zone", zone)
	}
	return err
}

// openLink opens the link to the cloud, if there is to be one.
func (z *ZC) openLink(ctx context.Context) (err error) {
	if z.c.CloudURL == "" {
		return nil
	}
	if err := z.pair(ctx); err != nil {
		return err
	}
	if z.c.Trust != nil {
		if err := cloudlink.Trust(ctx, z.linkDir(), z.authority.Zone(), z.c.Trust); err != nil {
			return err
		}
	}
	z.link, err = cloudlink.Open(z.linkConfig())
	return err
}

// publish gives the cloud the states that have changed.
func (z *ZC) publish() {
	if z.link == nil {
		return
	}
	now := time.Now().UTC()
	var states []wire.MeetingStatus
	z.mu.Lock() // over Set too: of two callers, the later state must win
	defer z.mu.Unlock()
	for _, id := range z.table.Changed() {
		m, there := z.table.Meeting(id)
		s := wire.MeetingStatus{Meeting: id, Since: now, EndedForAll: z.table.Ended(z.now(), id)}
		switch {
		case there && !m.Reported:
			continue // nobody is in yet, or a report is older than a join
		case there:
			s.Live, s.Participants, s.Since = true, m.Participants, m.Started.UTC()
		}
		states = append(states, s)
	}
	t := z.table.Totals()
	z.link.Set(states...)
	z.link.Totals(t.Participants, t.MaxParticipants)
}

// reconcile tells the cloud of meetings that it holds for live and that are
// nowhere: they ended while no controller was there to hear of it.
func (z *ZC) reconcile() {
	if z.link == nil {
		return
	}
	now := time.Now().UTC()
	z.mu.Lock()
	defer z.mu.Unlock()
	if !z.table.Complete(z.now()) {
		return
	}
	for _, id := range z.link.Live() {
		if _, there := z.table.Meeting(id); !there {
			z.link.Set(wire.MeetingStatus{Meeting: id, Since: now, EndedForAll: z.table.Ended(z.now(), id)})
		}
	}
}

// endMeeting ends a meeting for all because the cloud says so. It does not block.
func (z *ZC) endMeeting(meeting string) {
	z.mu.Lock()
	known := z.table.Ended(z.now(), meeting)
	z.table.End(meeting, z.now()+int64(overFor))
	z.mu.Unlock()
	z.publish()
	z.late.Go(func() {
		if !known {
			z.c.Log.Info("meeting ended by the cloud", "meeting", meeting)
		}
		if err := z.memory.end(time.Now(), meeting); err != nil {
			z.c.Log.Error("ended meeting not kept", "meeting", meeting, "error", err)
		}
		z.tellOver(meeting)
	})
}

// tellOver tells the router of a meeting that it is over, if one hosts it and is
// not being told already. What fails here is tried again with the router's next
// report that still holds the meeting.
func (z *ZC) tellOver(meeting string) {
	z.mu.Lock()
	m, there := z.table.Meeting(meeting)
	busy := z.ending[meeting]
	if there && !busy {
		z.ending[meeting] = true
	}
	z.mu.Unlock()
	if !there || busy {
		return
	}
	defer func() {
		z.mu.Lock()
		delete(z.ending, meeting)
		z.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	_, err := z.routers.call(ctx, m.Router, m.API, http.MethodDelete, "/v1/meetings/"+meeting, nil)
	if err != nil && !isProblem(err, wire.CodeMeetingNotFound) {
		z.c.Log.Warn("router not told that a meeting is over", "meeting", meeting, "router", m.Router, "error", fmt.Sprint(err))
	}
}
