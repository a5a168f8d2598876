package bench

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// split is how a process's time divides into user and system, in clock ticks.
type split struct{ user, system uint64 }

// ticks reads /proc/PID/stat.
func (p Process) ticks() (s split, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	if err != nil {
		return s, fmt.Errorf("bench: times of process %d: %w", p, err)
	}
	// The name may hold anything, blanks and brackets included.
	_, rest, _ := strings.Cut(string(text), ") ")
	if i := strings.LastIndex(string(text), ") "); i >= 0 {
		rest = string(text)[i+2:]
	}
	f := strings.Fields(rest) // from field 3 on
	if len(f) < 13 {
		return s, fmt.Errorf("bench: times of process %d: %q", p, text)
	}
	s.user, _ = strconv.ParseUint(f[11], 10, 64)
	s.system, _ = strconv.ParseUint(f[12], 10, 64)
	return s, nil
}

// systemShare is the part of what passed between before and s that is the
// kernel's.
func (s split) systemShare(before split) float64 {
	user, system := s.user-before.user, s.system-before.system
	if user+system == 0 {
		return 0
	}
	return float64(system) / float64(user+system)
}

// busyness is what some processors did since they started, in clock ticks.
type busyness struct{ busy, interrupts, stolen, all uint64 }

// processors reads /proc/stat for the given processors, or for all.
func processors(cpus []int) (b busyness, err error) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return b, fmt.Errorf("bench: %w", err)
	}
	defer f.Close()
	wanted := map[string]bool{"cpu": len(cpus) == 0}
	for _, cpu := range cpus {
		wanted["cpu"+strconv.Itoa(cpu)] = true
	}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 9 || !wanted[fields[0]] {
			continue
		}
		for i, text := range fields[1:9] { // user nice system idle iowait irq softirq steal
			n, _ := strconv.ParseUint(text, 10, 64)
			b.all += n
			switch i {
			case 3, 4:
			case 7:
				b.stolen += n
			case 5, 6:
				b.interrupts += n
				b.busy += n
			default:
				b.busy += n
			}
		}
	}
	return b, nil
}

// since are shares of the time that the processors were busy, of that with
// interrupts, and that a hypervisor gave to others.
func (b busyness) since(before busyness) (busy, interrupts, stolen float64) {
	all := float64(b.all - before.all)
	if all == 0 {
		return 0, 0, 0
	}
	return float64(b.busy-before.busy) / all, float64(b.interrupts-before.interrupts) / all, float64(b.stolen-before.stolen) / all
}

// backlogDrops is how many packets the kernel had no room for between two
// devices, on all processors: net.core.netdev_max_backlog.
func backlogDrops() (n uint64) {
	text, err := os.ReadFile("/proc/net/softnet_stat")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 {
			drops, _ := strconv.ParseUint(f[1], 16, 64)
			n += drops
		}
	}
	return n
}
