package cloud

import (
	"context"
	"errors"
	"net/http"
	"time"

	"causeway/control/cloud/store"
	"causeway/control/ticket"
	"causeway/control/wire"
)

const (
	// useEvery is how often a meeting that is in use is noted as used: each
	// ticket need not wait for the disk.
	useEvery = time.Minute
	// settled is how long a meeting must be unused before it may move to another
	// zone: by then no ticket for the old one is good, so it cannot split.
	settled = wire.MaxTicketLife + ticket.ClockSkew + useEvery
)

// zoneOf chooses the zone whose tickets open m.
type zoneOf func(ctx context.Context, m store.Meeting) (zone string, err error)

// admit lets participant p into m: it settles the zone, notes the use, signs.
func (c *Cloud) admit(ctx context.Context, m store.Meeting, p wire.Participant, choose zoneOf) (string, wire.Ticket, error) {
	now := c.now()
	for {
		switch c.state(m, now) {
		case stateEnded:
			return "", wire.Ticket{}, wire.NewProblem(http.StatusGone, wire.CodeMeetingEnded, "The host has ended this meeting.")
		case stateExpired:
			return "", wire.Ticket{}, wire.NewProblem(http.StatusGone, wire.CodeMeetingExpired,
				"This link has expired because it was not used for a long time. Ask the host for a new one.")
		}
		zone, err := choose(ctx, m)
		if err != nil {
			return "", wire.Ticket{}, err
		}
		if zone == m.Zone && now.Sub(m.LastUsed) < useEvery {
			break
		}
		err = c.store.UseMeeting(ctx, m.ID, m.Zone, zone, now)
		if err == nil {
			m.Zone = zone
			break
		}
		if !errors.Is(err, store.ErrStale) {
			return "", wire.Ticket{}, err
		}
		if m, err = c.meeting(ctx, m.ID); err != nil { // another caller chose; go with that
			return "", wire.Ticket{}, err
		}
	}
	issued := now.UTC().Truncate(time.Second)
	t := wire.Ticket{
		ID: randomID("t"), Issuer: c.issuer, Zone: m.Zone, Meeting: m.ID, Participant: p,
		Issued: issued, Expires: issued.Add(c.config.TicketLife.Truncate(time.Second)),
	}
	token, err := c.keys.Load().signer(now).Sign(t)
	if err == nil {
		c.metrics.tickets.WithLabelValues(string(p.Role)).Inc()
	}
	return token, t, err
}

// connectedZone chooses for people at the door, who need the zone now: the
// meeting's own, or the one with most room if the meeting is free to go there.
func (c *Cloud) connectedZone(_ context.Context, m store.Meeting) (string, error) {
	if m.Zone != "" {
		if c.links.connected(m.Zone) {
			return m.Zone, nil
		}
		if m.Live || c.now().Sub(m.LastUsed) < settled {
			return "", zoneAway()
		}
	}
	if zone, ok := c.links.roomiest(); ok {
		return zone, nil
	}
	return "", zoneAway()
}

func zoneAway() error {
	return wire.NewProblem(http.StatusServiceUnavailable, wire.CodeZoneAway,
		"The place where this meeting runs is not connected at the moment. Try again in a little while.").Retry(5 * time.Second)
}

// knownZone chooses for MintTicket, which may run in a process that holds no
// links: the meeting's own, a connected one, or the one that was heard last.
func (c *Cloud) knownZone(ctx context.Context, m store.Meeting) (string, error) {
	if m.Zone != "" {
		return m.Zone, nil
	}
	if zone, ok := c.links.roomiest(); ok {
		return zone, nil
	}
	z, err := c.store.LastZone(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return "", wire.NewProblem(http.StatusServiceUnavailable, wire.CodeZoneAway, "No zone is paired with this cloud yet.")
	}
	return z.ID, err
}

// MintTicket makes a ticket for a new participant, without asking who wants it:
// it is for the operator of this machine. A well-formed meeting that does not
// exist is created. It works beside another process on the same state directory.
// What is wrong with the arguments or the meeting is a *wire.Problem.
func (c *Cloud) MintTicket(ctx context.Context, meeting, name string, role wire.Role) (string, wire.Ticket, error) {
	name, err := ticket.CleanName(name)
	if err != nil {
		return "", wire.Ticket{}, err
	}
	if !role.Valid() {
		return "", wire.Ticket{}, wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest,
			"The role is %q or %q.", wire.RoleHost, wire.RoleParticipant)
	}
	if meeting == "" { // would be the ready meeting
		return "", wire.Ticket{}, noMeeting()
	}
	if _, _, err := c.EnsureMeeting(ctx, meeting); err != nil {
		return "", wire.Ticket{}, err
	}
	m, err := c.meeting(ctx, meeting)
	if err != nil {
		return "", wire.Ticket{}, err
	}
	return c.admit(ctx, m, wire.Participant{ID: newParticipantID(), Name: name, Role: role}, c.knownZone)
}
