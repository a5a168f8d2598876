package bench

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine is where a result was measured.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	// CalibrationNS is what sealing 1,124 bytes with AES-128-GCM cost on one
	// core just then: shared machines have slow hours, and this shows them.
	CalibrationNS float64 `json:"calibration_seal_ns"`
}

func thisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), CalibrationNS: calibrate()}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	return m
}

// calibrate times a seal of known size, the best of several rounds.
func calibrate() float64 {
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		return 0
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return 0
	}
	const rounds, seals = 20, 2000
	plain, nonce := make([]byte, 1124), make([]byte, 12)
	out, best := make([]byte, 0, 1200), time.Duration(1<<62)
	for range rounds {
		begin := time.Now()
		for range seals {
			out = seal.Seal(out[:0], nonce, plain, nil)
		}
		best = min(best, time.Since(begin))
	}
	return float64(best.Nanoseconds()) / seals
}

// onProcessors runs start in a thread bound to cpus, so that a process that
// start begins inherits the binding. Without any, start just runs.
func onProcessors(cpus []int, start func() error) error {
	if len(cpus) == 0 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("processors of this thread: %w", err)
	}
	if err := bind(0, cpus); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &before)
	return start()
}

func bind(thread int, cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(thread, &set); err != nil {
		return fmt.Errorf("binding to processors %v: %w", cpus, err)
	}
	return nil
}

// Pin binds this process, all threads that it has now and their offspring, to
// cpus: the load stays off the server's processor.
func Pin(cpus []int) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := bind(id, cpus); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	return nil
}
