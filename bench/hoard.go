//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"errors"
	"io"

	"causeway/bench/client"
)

// hoard is tickets that were made ahead, so that making them is no part of what
// is measured. What was not foreseen is made when it is asked for.
type hoard struct {
	more   Tickets
	tokens map[[2]string]string // by meeting and name
}

// Ticket implements Tickets. A ticket is given out once.
func (h *hoard) Ticket(ctx context.Context, meeting, name string) (string, error) {
	if token, ok := h.tokens[[2]string{meeting, name}]; ok {
		return token, nil
	}
	return h.more.Ticket(ctx, meeting, name)
}

// Close ends the source of tickets if it can be ended.
func (h *hoard) Close() error {
	if c, ok := h.more.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// hoard makes the tickets of the whole crowd.
func (t *theatre) hoard(ctx context.Context, progress *progress) error {
	n := t.scene.participants
	meetings, tokens, failed := make([]string, n), make([]string, n), make([]error, n)
	for i := range n {
		c := client.Config{Meeting: t.target.Meeting}
		t.scene.shape(i, t.looks[i], t.stage, &c)
		meetings[i] = c.Meeting
	}
	for i := range n {
		if i%50 == 0 {
			progress.say("tickets: %d of %d", i, n)
		}
		tokens[i], failed[i] = t.target.Tickets.Ticket(ctx, meetings[i], name(i))
		if failed[i] != nil {
			break
		}
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	h := &hoard{more: t.target.Tickets, tokens: map[[2]string]string{}}
	for i := range n {
		h.tokens[[2]string{meetings[i], name(i)}] = tokens[i]
	}
	t.target.Tickets = h
	return nil
}
