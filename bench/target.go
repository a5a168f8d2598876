package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"time"
)

// Target is the system under load.
type Target struct {
	// URL is the zone's base address, for example "http://127.0.0.1:8080".
	URL string
	// Meeting is the meeting that participants join.
	Meeting string
	Tickets Tickets
	// Server watches the process that forwards. If nil, the result lacks
	// processor time and memory.
	Server Server
	// HTTP is the client for joining. If nil, http.DefaultClient.
	HTTP *http.Client
}

func (t *Target) validate() error {
	if t.URL == "" || t.Meeting == "" || t.Tickets == nil {
		return errors.New("bench: a target needs a URL, a meeting and a source of tickets")
	}
	return nil
}

// Tickets makes tickets.
type Tickets interface {
	// Ticket returns a ticket that lets one participant of this name into meeting.
	Ticket(ctx context.Context, meeting, name string) (string, error)
}

// TicketCommand makes tickets by running a program, without a shell. In its
// arguments "{meeting}" and "{name}" are replaced. It has to print a ticket, or
// a JSON object with the key "ticket".
type TicketCommand []string

// Ticket implements Tickets.
func (t TicketCommand) Ticket(ctx context.Context, meeting, name string) (string, error) {
	if len(t) == 0 {
		return "", errors.New("bench: the ticket command is empty")
	}
	args := make([]string, len(t))
	for i, a := range t {
		args[i] = strings.NewReplacer("{meeting}", meeting, "{name}", name).Replace(a)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("bench: the ticket command %q failed: %w: %s", args, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return readTicket(out)
}

func readTicket(out []byte) (string, error) {
	out = bytes.TrimSpace(out)
	var said struct {
		Ticket string `json:"ticket"`
	}
	if json.Unmarshal(out, &said) == nil {
		out = []byte(said.Ticket)
	}
	if len(out) == 0 || bytes.ContainsAny(out, " \r\n\t{") {
		return "", errors.New("bench: the ticket command printed no ticket")
	}
	return string(out), nil
}

// StateTickets makes tickets with the command "ticket" of executable, for a
// system that runs from the directory state.
func StateTickets(executable, state string) TicketCommand {
	return TicketCommand{executable, "ticket", "--state", state, "--meeting", "{meeting}", "--name", "{name}", "--role", "participant", "--json"}
}
