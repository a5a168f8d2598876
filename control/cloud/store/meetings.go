package store

import (
	"context"
	"time"
)

// Meeting is a meeting and, read with it, what its zone last said of it.
type Meeting struct {
	ID       string
	Owner    string // account id, "" = nobody's
	Title    string
	Created  time.Time
	LastUsed time.Time
	Ended    time.Time // zero unless a host ended it for all
	Zone     string    // where its tickets are good, "" = not chosen yet

	// Read only.
	OwnerName    string
	Live         bool
	Participants int
}

// epochGrace is how long after a controller took over what its predecessor
// reported still counts: by then the new one has heard of every meeting.
const epochGrace = 15 * time.Second

// selectMeeting's only parameter: the instant before which an epoch must have
// begun for the reports of older epochs to be void.
const selectMeeting = `SELECT m.id, COALESCE(m.owner, ''), m.title, m.created, m.last_used, m.ended, m.zone, COALESCE(a.name, ''),
	CASE WHEN s.live = 1 AND (s.epoch = z.epoch OR z.epoch_since > ?) THEN s.participants ELSE -1 END
	FROM meetings m
	LEFT JOIN accounts a ON a.id = m.owner
	LEFT JOIN zones z ON z.id = m.zone
	LEFT JOIN zone_meetings s ON s.zone = m.zone AND s.meeting = m.id `

func scanMeeting(row scanner) (m Meeting, err error) {
	var created, used, ended int64
	var participants int
	err = row.Scan(&m.ID, &m.Owner, &m.Title, &created, &used, &ended, &m.Zone, &m.OwnerName, &participants)
	m.Created, m.LastUsed, m.Ended = instant(created), instant(used), instant(ended)
	if m.Live = participants >= 0; m.Live {
		m.Participants = participants
	}
	return m, err
}

// AddMeeting adds m; ErrExists if its id is taken.
func (s *Store) AddMeeting(ctx context.Context, m Meeting) error {
	var owner any
	if m.Owner != "" {
		owner = m.Owner
	}
	_, err := s.exec(ctx, "add meeting", `INSERT INTO meetings (id, owner, title, created, last_used, zone) VALUES (?, ?, ?, ?, ?, ?)`,
		m.ID, owner, m.Title, ms(m.Created), ms(m.Created), m.Zone)
	return err
}

// Meeting finds a meeting by its id, with its live state at now.
func (s *Store) Meeting(ctx context.Context, id string, now time.Time) (Meeting, error) {
	m, err := scanMeeting(s.read.QueryRowContext(ctx, selectMeeting+`WHERE m.id = ?`, ms(now.Add(-epochGrace)), id))
	return m, named("meeting", err)
}

// MeetingsOf lists an account's meetings, newest first, at most limit.
func (s *Store) MeetingsOf(ctx context.Context, owner string, limit int, now time.Time) ([]Meeting, error) {
	rows, err := s.read.QueryContext(ctx, selectMeeting+`WHERE m.owner = ? ORDER BY m.created DESC, m.id LIMIT ?`,
		ms(now.Add(-epochGrace)), owner, limit)
	if err != nil {
		return nil, named("list meetings", err)
	}
	defer rows.Close()
	list := []Meeting{}
	for rows.Next() {
		m, err := scanMeeting(rows)
		if err != nil {
			return nil, named("list meetings", err)
		}
		list = append(list, m)
	}
	return list, named("list meetings", rows.Err())
}

// UseMeeting notes that somebody is let in, in zone to. The zone changes only
// if it still is from; ErrStale means that another caller was there before:
// read the meeting again.
func (s *Store) UseMeeting(ctx context.Context, id, from, to string, now time.Time) error {
	n, err := s.exec(ctx, "use meeting", `UPDATE meetings SET zone = ?, last_used = CASE WHEN last_used < ? THEN ? ELSE last_used END WHERE id = ? AND zone = ?`,
		to, ms(now), ms(now), id, from)
	if err == nil && n == 0 {
		err = named("use meeting", ErrStale)
	}
	return err
}

// EndMeeting notes that a host ended the meeting for all. The first end stays.
func (s *Store) EndMeeting(ctx context.Context, id string, now time.Time) error {
	_, err := s.exec(ctx, "end meeting", `UPDATE meetings SET ended = ? WHERE id = ? AND ended = 0`, ms(now), id)
	return err
}
