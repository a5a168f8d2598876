package shard

import (
	"sync"
	"sync/atomic"
)

// Command is work that control asks a shard to do, in the shard's own goroutine.
type Command func(*Shard)

// mailbox takes commands from any goroutine. It holds at most mailboxSize; a
// poster of one more waits, since commands must not be lost. A shard itself
// never posts.
type mailbox struct {
	mu     sync.Mutex
	room   sync.Cond
	queue  []Command
	closed bool
	length atomic.Int32 // of queue, so that an empty mailbox costs no lock
}

const (
	mailboxSize = 8192
	maxCommands = 64 // per turn, so that media never waits long
)

func (m *mailbox) init() { m.room.L = &m.mu }

// put reports whether the command was taken, and whether the shard must be woken.
func (m *mailbox) put(c Command) (ok, wake bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.queue) >= mailboxSize && !m.closed {
		m.room.Wait()
	}
	if m.closed {
		return false, false
	}
	m.queue = append(m.queue, c)
	m.length.Store(int32(len(m.queue)))
	return true, len(m.queue) == 1
}

// take moves up to len(into) commands out and says whether more are left.
func (m *mailbox) take(into []Command) (n int, more bool) {
	if m.length.Load() == 0 {
		return 0, false
	}
	m.mu.Lock()
	n = copy(into, m.queue)
	left := copy(m.queue, m.queue[n:])
	clear(m.queue[left:])
	m.queue = m.queue[:left]
	m.length.Store(int32(left))
	m.mu.Unlock()
	if n > 0 {
		m.room.Broadcast()
	}
	return n, left > 0
}

func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.room.Broadcast()
}
