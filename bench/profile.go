//go:build linux && (amd64 || arm64)

package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"causeway/bench/flame"
)

// Profile runs a scenario and leaves in dir what the router's processor time
// went into: cpu.pprof, for go tool pprof, and cpu.svg, a flame graph. The
// window is how long it looks. Time in the kernel shows as that of the system
// call; a router's sending and its encryption stand side by side.
func Profile(ctx context.Context, o RouteOptions, dir string) (files []string, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Sweep != "" || len(o.Shares) > 1 || o.Scenario == "churn" {
		return nil, errors.New("bench: a profile is of one load: no sweep, no churn, at most one share of saturation")
	}
	o.profile = true
	progress := &progress{w: o.Progress}
	defer progress.end()
	t, err := openTheatre(ctx, o, progress)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	r := t.program(o)
	if err := t.fill(ctx, r, progress); err != nil {
		return nil, err
	}
	t.publish(true)
	rate := o.Rate
	if len(o.Shares) == 1 {
		if rate, err = t.saturate(ctx, rate, r, progress); err != nil {
			return nil, err
		}
		rate *= o.Shares[0]
	}
	t.setPace(rate)
	progress.say("profiling for %v", o.Window)
	profile, err := t.profile(ctx, o.Window)
	if err != nil {
		return nil, err
	}
	root, err := flame.Read(bytes.NewReader(profile))
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	files = []string{filepath.Join(dir, "cpu.pprof"), filepath.Join(dir, "cpu.svg")}
	var svg bytes.Buffer
	words := fmt.Sprintf("rate %.3g; %.2f s of processor time in %v; %s, Linux %s, %s", rate, time.Duration(root.Value).Seconds(), o.Window,
		r.Machine.CPU, r.Machine.Kernel, r.Machine.Go)
	if err := flame.WriteSVG(&svg, root, t.scene.String(), words); err != nil {
		return nil, err
	}
	return files, errors.Join(os.WriteFile(files[0], profile, 0o644), os.WriteFile(files[1], svg.Bytes(), 0o644))
}

// profile asks the child for a CPU profile of the time that follows.
func (t *theatre) profile(ctx context.Context, long time.Duration) ([]byte, error) {
	url := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", t.target.URL, int(math.Ceil(long.Seconds())))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("bench: profile: %w", err)
	}
	w, err := t.target.HTTP.Do(r)
	if err != nil {
		return nil, fmt.Errorf("bench: profile: %w", err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(io.LimitReader(w.Body, 64<<20))
	if err == nil && w.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.200s", w.Status, b)
	}
	if err != nil {
		return nil, fmt.Errorf("bench: profile: %w", err)
	}
	return b, nil
}
