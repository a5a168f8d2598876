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

// States of a meeting.
const (
	stateOpen    = "open"
	stateEnded   = "ended"   // a host ended it for all
	stateExpired = "expired" // its link was not used for too long
)

const maxTitle = 200 // bytes

// Meeting is a meeting as its owner sees it.
type Meeting struct {
	ID           string    `json:"id"`
	Title        string    `json:"title"`
	JoinURL      string    `json:"join_url"`
	Host         bool      `json:"host"`
	HostName     string    `json:"host_name"`
	State        string    `json:"state"` // open, ended or expired
	Live         bool      `json:"live"`
	Participants int       `json:"participants"`
	Created      time.Time `json:"created"`
	Expires      time.Time `json:"expires"` // moves with every use
}

func (c *Cloud) state(m store.Meeting, now time.Time) string {
	switch {
	case !m.Ended.IsZero():
		return stateEnded
	case !m.Live && now.Sub(m.LastUsed) > c.config.MeetingLife:
		return stateExpired
	}
	return stateOpen
}

// show is m for the account viewer ("" = nobody), with join links below base.
func (c *Cloud) show(m store.Meeting, viewer, base string, now time.Time) Meeting {
	return Meeting{
		ID: m.ID, Title: m.Title, JoinURL: base + "/m/" + m.ID,
		Host: viewer != "" && m.Owner == viewer, HostName: m.OwnerName,
		State: c.state(m, now), Live: m.Live, Participants: m.Participants,
		Created: m.Created, Expires: m.LastUsed.Add(c.config.MeetingLife),
	}
}

// meeting finds a meeting; *wire.Problem meeting-not-found if there is none.
func (c *Cloud) meeting(ctx context.Context, id string) (store.Meeting, error) {
	if !ticket.ValidMeeting(id) {
		return store.Meeting{}, noMeeting()
	}
	m, err := c.store.Meeting(ctx, id, c.now())
	if errors.Is(err, store.ErrNotFound) {
		err = noMeeting()
	}
	return m, err
}

func noMeeting() error {
	return wire.NewProblem(http.StatusNotFound, wire.CodeMeetingNotFound, "There is no meeting with this link. Check it for a missing part.")
}

// CreateMeeting makes a meeting of the account with this e-mail address. An
// empty title becomes one made of the account's name.
func (c *Cloud) CreateMeeting(ctx context.Context, ownerEmail, title string) (Meeting, error) {
	a, err := c.store.AccountByEmail(ctx, ownerEmail)
	if errors.Is(err, store.ErrNotFound) {
		err = wire.NewProblem(http.StatusNotFound, wire.CodeNotFound, "There is no account with this e-mail address.")
	}
	if err != nil {
		return Meeting{}, err
	}
	m, err := c.create(ctx, a, title)
	return c.show(m, a.ID, c.config.PublicURL, c.now()), err
}

func (c *Cloud) create(ctx context.Context, owner store.Account, title string) (store.Meeting, error) {
	if title == "" {
		title = "Meeting with " + owner.Name
	}
	title, err := ticket.CleanText("title", title, maxTitle)
	if err != nil {
		return store.Meeting{}, err
	}
	return c.add(ctx, randomWord(3, 4), owner, title)
}

func (c *Cloud) add(ctx context.Context, id string, owner store.Account, title string) (store.Meeting, error) {
	now := c.now().Truncate(time.Millisecond).UTC()
	m := store.Meeting{ID: id, Owner: owner.ID, OwnerName: owner.Name, Title: title, Created: now, LastUsed: now}
	return m, c.store.AddMeeting(ctx, m)
}

// EnsureMeeting returns the meeting with this id, and makes it, as the first
// account's, if there is none. With an empty id it is the ready meeting: the
// same one at every start until it has ended or expired, then a new one.
func (c *Cloud) EnsureMeeting(ctx context.Context, id string) (m Meeting, created bool, err error) {
	owner, err := c.store.FirstAccount(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Meeting{}, false, err
	}
	var found store.Meeting
	if id == "" {
		found, created, err = c.ensureReady(ctx, owner)
	} else {
		found, created, err = c.ensure(ctx, id, owner)
	}
	if err != nil {
		return Meeting{}, false, err
	}
	return c.show(found, owner.ID, c.config.PublicURL, c.now()), created, nil
}

func (c *Cloud) ensure(ctx context.Context, id string, owner store.Account) (m store.Meeting, created bool, err error) {
	if !ticket.ValidMeeting(id) {
		return m, false, wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest,
			"A meeting's id is 3 to %d of a-z and 0-9, with single hyphens between.", wire.MaxIDBytes)
	}
	m, err = c.store.Meeting(ctx, id, c.now())
	if !errors.Is(err, store.ErrNotFound) {
		return m, false, err
	}
	m, err = c.add(ctx, id, owner, "Meeting "+id)
	if errors.Is(err, store.ErrExists) { // another process was there first
		m, err = c.store.Meeting(ctx, id, c.now())
		return m, false, err
	}
	return m, true, err
}

func (c *Cloud) ensureReady(ctx context.Context, owner store.Account) (m store.Meeting, created bool, err error) {
	id, err := c.store.Setting(ctx, settingReady)
	if err == nil {
		m, err = c.store.Meeting(ctx, id, c.now())
		if err == nil && c.state(m, c.now()) == stateOpen {
			return m, false, nil
		}
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return m, false, err
	}
	if m, err = c.add(ctx, randomWord(3, 4), owner, "Open meeting"); err != nil {
		return m, false, err
	}
	return m, true, c.store.Set(ctx, settingReady, m.ID)
}

// end ends a meeting for all: no more tickets, and its zone closes it now or,
// if it is away, when it comes back.
func (c *Cloud) end(ctx context.Context, m store.Meeting) error {
	if err := c.store.EndMeeting(ctx, m.ID, c.now()); err != nil {
		return err
	}
	if m.Zone != "" {
		c.links.tellEnd(m.Zone, m.ID)
	}
	return nil
}
