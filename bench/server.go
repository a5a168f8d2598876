package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Usage is what a server process has used.
type Usage struct {
	At  time.Time
	CPU time.Duration // user and system, since the process began
	RSS int64         // bytes resident now
	// Lost are packets that the router says it lost, by cause, since it began;
	// nil if it was not asked.
	Lost map[string]uint64
}

// Server watches the process under load: a Process on this machine, or its
// Metrics wherever it runs.
type Server interface {
	Usage(ctx context.Context) (Usage, error)
}

// Process is a process of this machine, by its id.
type Process int

// Usage implements Server. Processor time is exact to the nanosecond: it comes
// from the process's own clock, not from the ticks in /proc.
func (p Process) Usage(context.Context) (Usage, error) {
	u := Usage{At: time.Now()}
	// CPUCLOCK_SCHED of another process, as clock_getcpuclockid(3) forms it.
	var cpu unix.Timespec
	if err := unix.ClockGettime(^int32(p)<<3|2, &cpu); err != nil {
		return u, fmt.Errorf("bench: processor time of process %d: %w", p, err)
	}
	u.CPU = time.Duration(cpu.Nano())
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p))
	if err != nil {
		return u, fmt.Errorf("bench: memory of process %d: %w", p, err)
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return u, fmt.Errorf("bench: memory of process %d: %q", p, text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return u, fmt.Errorf("bench: memory of process %d: %w", p, err)
	}
	u.RSS = pages * int64(os.Getpagesize())
	return u, nil
}

// Metrics is the address of a process's metrics, for example
// "http://127.0.0.1:9464/metrics".
type Metrics string

// Usage implements Server.
func (m Metrics) Usage(ctx context.Context) (Usage, error) {
	u := Usage{At: time.Now(), Lost: map[string]uint64{}}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, string(m), nil)
	if err != nil {
		return u, fmt.Errorf("bench: metrics: %w", err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return u, fmt.Errorf("bench: metrics: %w", err)
	}
	defer w.Body.Close()
	if w.StatusCode != http.StatusOK {
		return u, fmt.Errorf("bench: metrics: %s answers %s", m, w.Status)
	}
	return u, u.read(io.LimitReader(w.Body, 8<<20))
}

// read takes what it needs from the Prometheus text format.
func (u *Usage) read(r io.Reader) error {
	found := 0
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, text, ok := cutLast(lines.Text())
		value, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || strings.HasPrefix(name, "#") {
			continue
		}
		switch {
		case name == "process_cpu_seconds_total":
			u.CPU = time.Duration(value * float64(time.Second))
			found++
		case name == "process_resident_memory_bytes":
			u.RSS = int64(value)
			found++
		case strings.HasPrefix(name, "causeway_mmr_packets_lost_total{"):
			u.Lost[label(name, "cause")] += uint64(value)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("bench: metrics: %w", err)
	}
	if found != 2 {
		return fmt.Errorf("bench: metrics: no process_cpu_seconds_total and process_resident_memory_bytes")
	}
	return nil
}

func cutLast(line string) (before, after string, ok bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return "", "", false
	}
	return line[:i], line[i+1:], true
}

// label is the value of a label in name{a="x",b="y"}.
func label(name, key string) string {
	_, rest, _ := strings.Cut(name, key+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
