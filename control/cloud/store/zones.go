package store

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"time"

	"causeway/control/wire"
)

// Zone is a paired zone.
type Zone struct {
	ID        string
	PublicKey ed25519.PublicKey
	Created   time.Time
	Seen      time.Time // its last sign of life on a link, zero = never
	Epoch     uint64    // the highest that was seen
	Seq       uint64    // the highest that was taken in this epoch
}

const zoneColumns = `id, public_key, created, seen, epoch, seq`

func scanZone(row scanner) (z Zone, err error) {
	var created, seen int64
	err = row.Scan(&z.ID, (*[]byte)(&z.PublicKey), &created, &seen, &z.Epoch, &z.Seq)
	z.Created, z.Seen = instant(created), instant(seen)
	return z, err
}

// Zone finds a zone by its id.
func (s *Store) Zone(ctx context.Context, id string) (Zone, error) {
	z, err := scanZone(s.read.QueryRowContext(ctx, `SELECT `+zoneColumns+` FROM zones WHERE id = ?`, id))
	return z, named("zone", err)
}

// LastZone is the zone that gave the latest sign of life; ErrNotFound if none is paired.
func (s *Store) LastZone(ctx context.Context) (Zone, error) {
	z, err := scanZone(s.read.QueryRowContext(ctx, `SELECT `+zoneColumns+` FROM zones ORDER BY seen DESC, created DESC, id LIMIT 1`))
	return z, named("zone", err)
}

// TrustZone pairs a zone without a code. A zone that is known under another key
// starts anew: its epoch and what it reported are forgotten; changed says so.
// ErrExists if another zone has this key.
func (s *Store) TrustZone(ctx context.Context, id string, key ed25519.PublicKey, now time.Time) (changed bool, err error) {
	err = s.change(ctx, "trust zone", func(tx *sql.Tx) error {
		z, err := scanZone(tx.QueryRowContext(ctx, `SELECT `+zoneColumns+` FROM zones WHERE id = ?`, id))
		switch {
		case err == nil && bytes.Equal(z.PublicKey, key):
			return nil
		case err == nil:
			changed = true
			_, err = tx.ExecContext(ctx, `DELETE FROM zones WHERE id = ?`, id) // and, by cascade, its reports
		case errors.Is(err, sql.ErrNoRows):
			err = nil
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, `INSERT INTO zones (id, public_key, created) VALUES (?, ?, ?)`, id, []byte(key), ms(now))
		}
		return err
	})
	return changed, err
}

// AddPairingCode adds a code of which codeHash is the SHA-256.
func (s *Store) AddPairingCode(ctx context.Context, codeHash []byte, now, expires time.Time) error {
	_, err := s.exec(ctx, "add pairing code", `INSERT INTO pairing_codes (code_hash, created, expires) VALUES (?, ?, ?)`,
		codeHash, ms(now), ms(expires))
	return err
}

// PairZone trusts key as zone id in exchange for a code, which is used up. The
// same code with the same key again returns the zone of the first time, so that
// an answer lost on the way does no harm; a key that is paired already keeps its
// zone. ErrNotFound: no such code, or it is used, or its time is over.
func (s *Store) PairZone(ctx context.Context, codeHash []byte, id string, key ed25519.PublicKey, now time.Time) (zone string, err error) {
	err = s.change(ctx, "pair zone", func(tx *sql.Tx) error {
		var used, paired string
		if err := tx.QueryRowContext(ctx, `SELECT zone FROM pairing_codes WHERE code_hash = ? AND expires > ?`,
			codeHash, ms(now)).Scan(&used); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `SELECT id FROM zones WHERE public_key = ?`, []byte(key)).Scan(&paired)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case used != "" && used != paired:
			return ErrNotFound
		case used != "":
			zone = used
			return nil
		case paired != "":
			zone = paired
		default:
			zone = id
			if _, err := tx.ExecContext(ctx, `INSERT INTO zones (id, public_key, created) VALUES (?, ?, ?)`, id, []byte(key), ms(now)); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE pairing_codes SET zone = ? WHERE code_hash = ?`, zone, codeHash)
		return err
	})
	return zone, err
}

// OpenEpoch notes that a controller of zone speaks in epoch, and returns the
// highest sequence number that was taken in it. ErrStale: a higher epoch was
// seen. ErrNotFound: no such zone.
func (s *Store) OpenEpoch(ctx context.Context, zone string, epoch uint64, now time.Time) (lastSeq uint64, err error) {
	err = s.change(ctx, "open epoch", func(tx *sql.Tx) error {
		var have uint64
		if err := tx.QueryRowContext(ctx, `SELECT epoch, seq FROM zones WHERE id = ?`, zone).Scan(&have, &lastSeq); err != nil {
			return err
		}
		switch {
		case epoch < have:
			return ErrStale
		case epoch > have:
			lastSeq = 0
			_, err := tx.ExecContext(ctx, `UPDATE zones SET epoch = ?, epoch_since = ?, seq = 0, seen = ? WHERE id = ?`,
				epoch, ms(now), ms(now), zone)
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE zones SET seen = ? WHERE id = ?`, ms(now), zone)
		return err
	})
	return lastSeq, err
}

// Taken is what became of a ZoneStatus.
type Taken struct {
	Repeated bool     // it was taken before and changed nothing
	Foreign  int      // meetings in it that are not this zone's: left alone
	EndAgain []string // meetings that ended for all, yet are reported as live
}

// TakeStatus takes what zone reports if (epoch, seq) is newer than all before.
// ErrStale: a higher epoch was seen. ErrNotFound: no such zone.
func (s *Store) TakeStatus(ctx context.Context, zone string, status *wire.ZoneStatus, now time.Time) (t Taken, err error) {
	err = s.change(ctx, "take status", func(tx *sql.Tx) error {
		var epoch, seq uint64
		if err := tx.QueryRowContext(ctx, `SELECT epoch, seq FROM zones WHERE id = ?`, zone).Scan(&epoch, &seq); err != nil {
			return err
		}
		switch {
		case status.Epoch < epoch:
			return ErrStale
		case status.Epoch == epoch && status.Seq <= seq:
			t.Repeated = true
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE zones SET epoch_since = CASE WHEN epoch < ? THEN ? ELSE epoch_since END,
			epoch = ?, seq = ?, seen = ? WHERE id = ?`,
			status.Epoch, ms(now), status.Epoch, status.Seq, ms(now), zone); err != nil {
			return err
		}
		for i := range status.Meetings {
			if err := takeMeeting(ctx, tx, zone, status.Epoch, &status.Meetings[i], now, &t); err != nil {
				return err
			}
		}
		return nil
	})
	return t, err
}

func takeMeeting(ctx context.Context, tx *sql.Tx, zone string, epoch uint64, m *wire.MeetingStatus, now time.Time, t *Taken) error {
	var ended int64
	err := tx.QueryRowContext(ctx, `SELECT ended FROM meetings WHERE id = ? AND zone = ?`, m.Meeting, zone).Scan(&ended)
	if errors.Is(err, sql.ErrNoRows) {
		t.Foreign++
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case m.EndedForAll && ended == 0:
		_, err = tx.ExecContext(ctx, `UPDATE meetings SET ended = ? WHERE id = ?`, ms(now), m.Meeting)
	case m.Live && !m.EndedForAll && ended != 0:
		t.EndAgain = append(t.EndAgain, m.Meeting)
	case m.Live && ended == 0:
		_, err = tx.ExecContext(ctx, `UPDATE meetings SET last_used = CASE WHEN last_used < ? THEN ? ELSE last_used END WHERE id = ?`, ms(now), ms(now), m.Meeting)
	}
	if err != nil {
		return err
	}
	if !m.Live || m.EndedForAll {
		_, err = tx.ExecContext(ctx, `DELETE FROM zone_meetings WHERE zone = ? AND meeting = ?`, zone, m.Meeting)
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO zone_meetings (zone, meeting, epoch, live, participants, since) VALUES (?, ?, ?, 1, ?, ?)
		ON CONFLICT (zone, meeting) DO UPDATE SET epoch = excluded.epoch, live = 1, participants = excluded.participants, since = excluded.since`,
		zone, m.Meeting, epoch, m.Participants, ms(m.Since))
	return err
}

// Unended lists the meetings of zone that ended for all although the zone's
// last report has them live: it was away when it should have been told.
func (s *Store) Unended(ctx context.Context, zone string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT s.meeting FROM zone_meetings s JOIN meetings m ON m.id = s.meeting
		WHERE s.zone = ? AND s.live = 1 AND m.ended <> 0 ORDER BY s.meeting`, zone)
	if err != nil {
		return nil, named("unended meetings", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, named("unended meetings", err)
		}
		ids = append(ids, id)
	}
	return ids, named("unended meetings", rows.Err())
}
