//go:build linux && (amd64 || arm64)

package floor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// ErrNoGSO says that this kernel, or the way packets take here, refuses
// UDP_SEGMENT.
var ErrNoGSO = errors.New("floor: UDP_SEGMENT is refused here")

// Rig is a place to measure in: a pinned thread, and a peer that takes in what
// it sends. One goroutine uses it at a time. Close it.
type Rig struct {
	config       Config
	thread, peer *thread // peer is thread itself on a machine with one CPU
	place        *place
	fd           int // at the near end; what rows send, they send here
	watch        *watch
	gso          bool
}

// Open makes a Rig as Run uses it.
func Open(c Config) (*Rig, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Rig{config: c, fd: -1}
	if err := r.open(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Rig) open() (err error) {
	if r.thread, err = pinned(r.config.CPU); err != nil {
		return err
	}
	if r.peer = r.thread; r.config.PeerCPU >= 0 {
		if r.peer, err = pinned(r.config.PeerCPU); err != nil {
			return err
		}
	}
	if r.place, err = newPlace(r.config); err != nil {
		return err
	}
	if r.fd, err = r.place.near(); err != nil {
		return err
	}
	b := newBatch(r.fd, maxBatch)
	b.put(&r.place.to(1)[0], 0, 100, 2)
	b.flush()
	r.gso = b.taken == 2
	r.thread.do(func() { r.watch = newWatch() })
	return nil
}

// Close stops the threads and removes the namespaces.
func (r *Rig) Close() error {
	if r.peer != nil && r.peer != r.thread {
		r.peer.end()
	}
	if r.thread != nil {
		r.thread.end()
	}
	if r.fd >= 0 {
		unix.Close(r.fd)
	}
	if r.place != nil {
		return r.place.close()
	}
	return nil
}

// probe does a piece of what a row measures. It starts and stops the watch
// around what counts, and returns how many packets that was for; they may be
// fewer than it tried.
type probe func(w *watch) (packets int, err error)

// sample is one measurement of a row.
type sample struct {
	packets int
	cpu     time.Duration
}

func (s sample) us() float64 { return float64(s.cpu.Nanoseconds()) / 1000 / float64(s.packets) }

// sample runs a probe once to warm up, then until it has had its CPU time.
func (r *Rig) sample(ctx context.Context, p probe) (s sample, err error) {
	r.thread.do(func() {
		if _, err = p(r.watch); err != nil {
			return
		}
		for r.watch.total = 0; r.watch.total < r.config.Sample || s.packets == 0; {
			if err = context.Cause(ctx); err != nil {
				err = fmt.Errorf("floor: %w", err)
				return
			}
			var n int
			if n, err = p(r.watch); err != nil {
				return
			}
			s.packets += n
			s.cpu = r.watch.total
		}
	})
	return s, err
}
