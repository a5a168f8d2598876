package client

import (
	"encoding/json"
	"fmt"
	"sync"
)

// What the server says on the data channel "control".

// Person is one participant of the roster.
type Person struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Role    string `json:"role"`
	Kind    string `json:"kind"`
	Sources []struct {
		ID    uint32 `json:"id"`
		Kind  string `json:"kind"`
		Muted bool   `json:"muted"`
	} `json:"sources"`
}

// Placement says what a video lane shows.
type Placement struct {
	MID         string `json:"mid"`
	Kind        string `json:"kind"`
	Source      uint32 `json:"source"` // 0: nothing
	Participant string `json:"participant"`
}

type said struct {
	Type         string          `json:"type"`
	Participant  string          `json:"participant"`
	Participants json.RawMessage `json:"participants"` // of persons in "welcome", of ids in "speakers"
	Joined       []Person        `json:"joined"`
	Changed      []Person        `json:"changed"`
	Left         []string        `json:"left"`
	Slots        []Placement     `json:"slots"`
	Reason       string          `json:"reason"`
	Code         string          `json:"code"`
	Detail       string          `json:"detail"`
}

// control is the client's end of the channel. The handshake's goroutine writes,
// anybody reads.
type control struct {
	mu       sync.Mutex
	me       string
	people   map[string]Person
	slots    map[string]Placement
	messages uint64
	refused  error         // the last "error", or what could not be read
	ended    string        // reason of "ended"
	welcome  chan struct{} // closed by the first "welcome"
}

func newControl() *control {
	return &control{people: map[string]Person{}, slots: map[string]Placement{}, welcome: make(chan struct{})}
}

func (c *control) receive(text []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages++
	var m said
	if err := json.Unmarshal(text, &m); err != nil {
		c.refused = fmt.Errorf("client: a control message could not be read: %w", err)
		return
	}
	switch m.Type {
	case "welcome":
		if err := json.Unmarshal(m.Participants, &m.Joined); err != nil {
			c.refused = fmt.Errorf("client: the welcome could not be read: %w", err)
			return
		}
		if c.me == "" {
			close(c.welcome)
		}
		c.me = m.Participant
		clear(c.people)
		clear(c.slots)
	case "error":
		c.refused = fmt.Errorf("client: refused on control: %s: %s", m.Code, m.Detail)
	case "ended":
		c.ended = m.Reason
	}
	for _, p := range append(m.Joined, m.Changed...) {
		c.people[p.ID] = p
	}
	for _, id := range m.Left {
		delete(c.people, id)
	}
	for _, s := range m.Slots {
		c.slots[s.MID] = s
	}
}
