//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"causeway/bench/client"
	"causeway/router/handshake"
)

// churn measures a window without coming and going, then one in which some
// workers let participants in and out as fast as they can, DTLS and the welcome
// included. What the second costs more is what joining costs.
func (t *theatre) churn(ctx context.Context, long time.Duration) (f Figures, err error) {
	calm, err := t.window(ctx, long)
	if err != nil {
		return f, err
	}
	identity, err := handshake.NewIdentity()
	if err != nil {
		return f, fmt.Errorf("bench: %w", err)
	}
	stop := make(chan struct{})
	var joined atomic.Int64
	var group sync.WaitGroup
	failed := make([]error, parallel)
	begin := time.Now()
	for worker := range parallel {
		group.Go(func() {
			for turn := 0; failed[worker] == nil; turn++ {
				select {
				case <-stop:
					return
				default:
				}
				if failed[worker] = t.comeAndGo(ctx, fmt.Sprintf("churn-%d-%d", worker, turn), identity); failed[worker] == nil {
					joined.Add(1)
				}
			}
		})
	}
	f, err = t.window(ctx, long)
	perSecond := float64(joined.Load()) / time.Since(begin).Seconds()
	close(stop)
	group.Wait()
	if err = errors.Join(err, errors.Join(failed...)); err != nil {
		return f, err
	}
	f.JoinsPerS = perSecond
	if more := f.CPUCores - calm.CPUCores; more > 0 && perSecond > 0 {
		f.CPUJoinMS = 1000 * more / perSecond
	}
	f.CalibrationNS = calibrate()
	return f, nil
}

// comeAndGo is one participant who only looks in.
func (t *theatre) comeAndGo(ctx context.Context, name string, identity *handshake.Identity) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c := client.Config{URL: t.target.URL, Meeting: t.target.Meeting, HTTP: t.target.HTTP, Run: t.crowd.run, Number: 1 << 20, Identity: identity}
	t.scene.shape(t.scene.participants-1, false, t.stage, &c)
	var err error
	if c.Ticket, err = t.target.Tickets.Ticket(ctx, c.Meeting, name); err != nil {
		return err
	}
	one, err := client.Join(ctx, c)
	if err != nil {
		return err
	}
	return one.Close()
}
