package shard

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"causeway/router/udp"
)

// waiter is how a shard sleeps until a socket has datagrams, somebody wakes it,
// or time is up. There are three ways, by what they cost in Go:
//
//   - poll asks and returns at once.
//   - doze blocks the thread in epoll_pwait2, for at most dozeTime, without telling
//     the scheduler. It is the cheapest wait when the next datagram is near, and
//     so short that a stop of the world is not held up noticeably.
//   - park gives the thread back and waits in the runtime's own poller, which
//     watches our epoll descriptor like any other. An ordinary blocking system call
//     would make the scheduler's monitor wake every 20 µs for a millisecond each
//     time, which cost more than all forwarding of a small meeting.
type waiter struct {
	epoll, event int
	file         *os.File // of epoll
	raw          syscall.RawConn
	fired        []unix.EpollEvent
	n            int
	coarse       bool               // no epoll_pwait2 here
	ask          func(uintptr) bool // bound once: a fresh closure would allocate
}

const dozeTime = time.Millisecond

func (w *waiter) open(sockets []*udp.Socket) (err error) {
	w.fired = make([]unix.EpollEvent, len(sockets)+1)
	if w.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("shard: epoll_create1: %w", err)
	}
	if err := unix.SetNonblock(w.epoll, true); err != nil {
		return fmt.Errorf("shard: epoll descriptor: %w", err)
	}
	if w.event, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("shard: eventfd: %w", err)
	}
	for i, sock := range sockets {
		if err := w.watch(sock.FD(), i); err != nil {
			return err
		}
	}
	if err := w.watch(w.event, len(sockets)); err != nil {
		return err
	}
	w.file = os.NewFile(uintptr(w.epoll), "epoll")
	w.ask = func(uintptr) bool { return w.poll() != 0 }
	if w.raw, err = w.file.SyscallConn(); err != nil {
		return fmt.Errorf("shard: epoll descriptor: %w", err)
	}
	if err := w.file.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("shard: the runtime does not poll an epoll descriptor: %w", err)
	}
	return nil
}

func (w *waiter) watch(fd, index int) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(index)}
	if err := unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("shard: epoll_ctl: %w", err)
	}
	return nil
}

// poll lists what is ready in fired and returns how many, without waiting.
func (w *waiter) poll() int { return w.doze(0) }

// doze is poll, but waits for at most the given time if nothing is ready. Kernels
// before 5.11 know whole milliseconds only.
func (w *waiter) doze(most time.Duration) int {
	var n uintptr
	var errno syscall.Errno
	if !w.coarse {
		t := unix.NsecToTimespec(int64(most))
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(w.epoll), uintptr(unsafe.Pointer(&w.fired[0])),
			uintptr(len(w.fired)), uintptr(unsafe.Pointer(&t)), 0, 0)
		w.coarse = errno == unix.ENOSYS
	}
	if w.coarse {
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(w.epoll), uintptr(unsafe.Pointer(&w.fired[0])),
			uintptr(len(w.fired)), uintptr(most.Milliseconds()), 0, 0)
	}
	w.n = int(n)
	if errno != 0 { // EINTR: the scheduler's signals
		w.n = 0
	}
	return w.n
}

// park waits until something is ready or the time is up; negative is for ever.
func (w *waiter) park(most time.Duration) int {
	deadline := time.Time{}
	if most >= 0 {
		deadline = time.Now().Add(most)
	}
	w.n = 0
	w.file.SetReadDeadline(deadline)
	w.raw.Read(w.ask)
	return w.n
}

// wake ends another goroutine's wait.
func (w *waiter) wake() {
	one := uint64(1)
	unix.RawSyscall(unix.SYS_WRITE, uintptr(w.event), uintptr(unsafe.Pointer(&one)), 8)
}

// woken takes the wake-up back.
func (w *waiter) woken() {
	var n uint64
	unix.RawSyscall(unix.SYS_READ, uintptr(w.event), uintptr(unsafe.Pointer(&n)), 8)
}

func (w *waiter) close() {
	w.file.Close() // and with it epoll
	unix.Close(w.event)
}

// wait sleeps until there is something to do. Nothing else in the shard ever waits.
func (s *Shard) wait() {
	if !s.idle() {
		s.note(s.waiter.poll())
		return
	}
	s.sleeping.Store(true)
	n := 0
	if s.idle() { // nothing came in between
		n = s.sleep()
	}
	s.sleeping.Store(false)
	s.note(n)
}

// sleep dozes while datagrams come thick, and parks otherwise.
func (s *Shard) sleep() int {
	before := time.Since(s.base)
	left := s.untilTick(before)
	n := 0
	if s.brisk {
		if left == forever {
			n = s.waiter.doze(dozeTime)
		} else {
			n = s.waiter.doze(min(dozeTime, left))
			left = max(left-dozeTime, 0)
		}
	}
	if n == 0 && left != 0 {
		n = s.waiter.park(left)
	}
	s.brisk = n > 0 && time.Since(s.base)-before < dozeTime
	return n
}

const forever = time.Duration(-1)

// untilTick is the time from the given instant to the next tick.
func (s *Shard) untilTick(now time.Duration) time.Duration {
	if len(s.peers) == 0 && len(s.backlog) == 0 {
		return forever
	}
	return max(time.Duration(s.nextTick)-now, 0)
}

// note marks the sockets that are ready.
func (s *Shard) note(n int) {
	for i := range s.waiter.fired[:n] {
		if at := int(s.waiter.fired[i].Fd); at < len(s.ready) {
			s.ready[at] = true
		} else {
			s.waiter.woken()
		}
	}
}
