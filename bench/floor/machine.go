//go:build linux && (amd64 || arm64)

package floor

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine is where a report was measured.
type Machine struct {
	CPU      string `json:"cpu"`
	Cores    int    `json:"cores"`
	Kernel   string `json:"kernel"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Governor string `json:"governor"` // of the measured CPU's frequency; "none" if Linux does not govern it
}

func thisMachine(cpu int) Machine {
	m := Machine{
		Cores: runtime.NumCPU(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: modelName(), Governor: "none", Kernel: "unknown",
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	if b, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu)); err == nil {
		m.Governor = strings.TrimSpace(string(b))
	}
	return m
}

// modelName is the processor's, as /proc/cpuinfo has it.
func modelName() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// ticks are a CPU's time since the machine began: all, and what a hypervisor
// gave to others.
type ticks struct{ all, stolen float64 }

// steal reads them from /proc/stat; they are zero if it does not say.
func steal(cpu int) (t ticks) {
	const stolen = 7 // user nice system idle iowait irq softirq steal
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) <= stolen+1 || fields[0] != fmt.Sprintf("cpu%d", cpu) {
			continue
		}
		for i, field := range fields[1 : stolen+2] {
			n, _ := strconv.ParseFloat(field, 64)
			t.all += n
			if i == stolen {
				t.stolen = n
			}
		}
	}
	return t
}

// since is the share that was stolen after before.
func (t ticks) since(before ticks) float64 {
	if t.all <= before.all {
		return 0
	}
	return (t.stolen - before.stolen) / (t.all - before.all)
}
