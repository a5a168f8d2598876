package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// probe is one thing that the router needs of the kernel.
type probe struct {
	name  string
	since string // the first Linux that has it
	try   func() error
}

// kernelProbes are tried before anything else starts, so that a kernel or a
// sandbox without them is named at once instead of failing in mid-meeting.
// UDP_SEGMENT and UDP_GRO are not among them: the router does without.
var kernelProbes = []probe{
	{"epoll", "2.6", func() error { return closing(unix.EpollCreate1(unix.EPOLL_CLOEXEC)) }},
	{"eventfd", "2.6", func() error { return closing(unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)) }},
	{"recvmmsg", "2.6.33", func() error { return onSocket(unix.SYS_RECVMMSG) }},
	{"sendmmsg", "3.0", func() error { return onSocket(unix.SYS_SENDMMSG) }},
	{"SO_REUSEPORT", "3.9", func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}},
}

// checkKernel returns an error that names the first missing thing and its cure.
func checkKernel(probes []probe) error {
	for _, p := range probes {
		if err := p.try(); err != nil {
			return fmt.Errorf("the kernel refuses %s (%w): the media router needs Linux %s or newer, and a sandbox that permits it", p.name, err, p.since)
		}
	}
	return nil
}

func closing(fd int, err error) error {
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// onSocket makes the system call with zero messages on a fresh socket: nothing
// is read or sent, and only a kernel without the call refuses.
func onSocket(call uintptr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, _, errno := unix.Syscall6(call, uintptr(fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 && errno != unix.EAGAIN {
		return errno
	}
	return nil
}

// stateDir is a role's own directory, held by one process at a time.
type stateDir struct {
	path string
	lock *os.File
}

// openState makes sure that the directory role below root exists, can be
// written and belongs to no other process. Close it at the end.
func openState(root, role string) (*stateDir, error) {
	path := filepath.Join(root, role)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, stateError(path, err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "run.lock"), os.O_RDWR|os.O_CREATE|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, stateError(path, err)
	}
	// The kernel lets go of the lock when the process ends, however it ends.
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("another causeway process runs from %s: stop it, or choose another directory with --state", path)
		}
		return nil, stateError(path, err)
	}
	return &stateDir{path, lock}, nil
}

// Close gives the directory back.
func (s *stateDir) Close() error { return s.lock.Close() }

func stateError(path string, err error) error {
	var cause error = err
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		cause = pathError.Err
	}
	return fmt.Errorf("cannot write in the state directory %s: %w; choose one that this user may write with --state", path, cause)
}
