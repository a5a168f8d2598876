//go:build linux && (amd64 || arm64)

package floor

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// thread is one OS thread bound to one CPU, on which functions run one after
// the other.
type thread struct{ work chan func() }

// pinned starts a thread on cpu.
func pinned(cpu int) (*thread, error) {
	t := &thread{work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		var set unix.CPUSet
		set.Set(cpu)
		err := unix.SchedSetaffinity(0, &set)
		ready <- err
		if err == nil {
			for f := range t.work {
				f()
			}
		}
	}()
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("floor: binding a thread to CPU %d: %w", cpu, err)
	}
	return t, nil
}

// do runs f on the thread and waits for its end.
func (t *thread) do(f func()) {
	done := make(chan struct{})
	t.work <- func() { defer close(done); f() }
	<-done
}

func (t *thread) end() { close(t.work) }

// watch sums the CPU time of stretches of one thread, on which all its methods
// must run.
type watch struct {
	total time.Duration
	began int64
	empty int64 // what a stretch of nothing shows, in ns
}

func newWatch() *watch {
	var w watch
	shown := make([]int64, 101)
	for i := range shown {
		w.start()
		shown[i] = threadCPU() - w.began
	}
	slices.Sort(shown)
	w.empty = shown[len(shown)/2]
	return &w
}

func (w *watch) start() { w.began = threadCPU() }

func (w *watch) stop() { w.total += time.Duration(max(threadCPU()-w.began-w.empty, 0)) }

// threadCPU is the calling thread's CPU time in ns.
func threadCPU() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err) // every kernel since 2.6.12 has it
	}
	return t.Nano()
}
