package zone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"causeway/control/statefile"
)

// memory is what a controller keeps on disk of itself, in controller.json.
type memory struct {
	path string

	mu sync.Mutex // guards what follows, and its file
	memoryFile
}

type memoryFile struct {
	// Epoch counts this controller's starts: each is a leadership of its own.
	Epoch uint64 `json:"epoch"`
	// NodeAPI is what join tokens carry.
	NodeAPI []string `json:"node_api"`
	// Routers are the names of those that have reported at some time.
	Routers []string `json:"routers"`
	// Over holds the meetings that were ended for all, and until when that is
	// remembered.
	Over map[string]time.Time `json:"over"`
}

func memoryPath(dir string) string { return filepath.Join(dir, "controller.json") }

// recall reads what is kept in dir and begins the next epoch.
func recall(dir string, now time.Time) (*memory, error) {
	m := &memory{path: memoryPath(dir)}
	if _, err := statefile.ReadJSON(m.path, &m.memoryFile); err != nil {
		return nil, err
	}
	m.Epoch++
	if m.Over == nil {
		m.Over = map[string]time.Time{}
	}
	m.forget(now)
	return m, m.save()
}

func (m *memory) save() error { return statefile.WriteJSON(m.path, m.memoryFile) }

func (m *memory) forget(now time.Time) {
	for id, until := range m.Over {
		if !now.Before(until) {
			delete(m.Over, id)
		}
	}
}

// advertise keeps the node API's addresses for who makes join tokens.
func (m *memory) advertise(addresses []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Equal(m.NodeAPI, addresses) {
		return nil
	}
	m.NodeAPI = addresses
	return m.save()
}

// know keeps a router's name. It is on disk when know returns nil.
func (m *memory) know(router string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Contains(m.Routers, router) {
		return nil
	}
	m.Routers = append(m.Routers, router)
	err := m.save()
	if err != nil {
		m.Routers = m.Routers[:len(m.Routers)-1]
	}
	return err
}

// end keeps that meetings were ended for all. It is on disk when end returns nil.
func (m *memory) end(now time.Time, meetings ...string) error {
	if len(meetings) == 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	var fresh []string
	for _, id := range meetings {
		if _, known := m.Over[id]; !known {
			m.Over[id] = now.Add(overFor)
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	err := m.save()
	if err != nil { // the caller tries again, and must find them fresh
		for _, id := range fresh {
			delete(m.Over, id)
		}
	}
	return err
}

// lock takes a state directory for this process, until the file is closed or the
// process ends, however it ends.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another controller runs with the state directory %s: stop it, or choose another directory", dir)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
