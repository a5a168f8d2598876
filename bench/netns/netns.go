//go:build linux

// Package netns makes two network namespaces that a veth pair joins: one for
// what is measured, one for what loads it, so that packets take the kernel's
// whole way out and nothing else of the machine's network is touched.
//
// A namespace here has no name and no file: it lives as long as a file
// descriptor of this process, a socket, or a process started inside holds it.
// Close lets go of it, and so does the kernel when this process ends, however
// it ends: there is nothing to remove after a panic, Ctrl-C or kill -9. The
// veth devices are made inside the namespaces and go with them, so that two
// pairs, or two processes, never meet.
//
// It needs CAP_SYS_ADMIN and CAP_NET_ADMIN (root). It runs no program, owns no
// goroutine, and measures nothing.
package netns

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// ErrNotAllowed is wrapped by New's error when this process may not make
// namespaces.
var ErrNotAllowed = errors.New("making network namespaces needs root")

// Config says how the pair is joined. The zero value joins two ends that both
// take in packets on the CPU that sent them.
type Config struct {
	// ServerRPS and ClientRPS are the CPUs that take in what arrives at that
	// end (receive packet steering). If empty, the sending CPU does it.
	ServerRPS, ClientRPS []int
	// ClientDrops makes the client's end drop everything that arrives, before
	// the IP layer sees it: a peer that costs next to nothing.
	ClientDrops bool
	// MTU of both ends in bytes. If zero, 1500.
	MTU int
}

// Pair is two namespaces with one network between them.
type Pair struct {
	Server, Client *Namespace
}

// Namespace is one end. Its methods may be called from any goroutine.
type Namespace struct {
	fd   int
	addr netip.Addr
}

// Device is what each end's veth device is called.
const Device = "veth0"

// The addresses are of the block for benchmarking, RFC 2544 and RFC 6890.
var network = netip.MustParsePrefix("198.18.0.0/24")

// New makes a pair. Its error wraps ErrNotAllowed if privileges are missing,
// and says otherwise which step the kernel refused; then nothing remains.
func New(c Config) (*Pair, error) {
	p := &Pair{}
	var err error
	at := network.Addr()
	for _, end := range []**Namespace{&p.Server, &p.Client} {
		at = at.Next()
		if *end, err = create(at); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	if err := p.join(c); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Close lets go of both namespaces. Sockets and processes inside keep theirs,
// but not the network between them.
func (p *Pair) Close() error {
	var err error
	if p.Server != nil && p.Server.fd >= 0 {
		err = p.unjoin()
	}
	for _, n := range []*Namespace{p.Server, p.Client} {
		if n != nil && n.fd >= 0 {
			err = errors.Join(err, unix.Close(n.fd))
			n.fd = -1
		}
	}
	if err != nil {
		return fmt.Errorf("netns: closing: %w", err)
	}
	return nil
}

// Addr is the address of this end.
func (n *Namespace) Addr() netip.Addr { return n.addr }

// Do runs f on a thread that is in the namespace: a socket that f opens, and a
// process that f starts with os/exec, stays in it for good. Goroutines that f
// starts are not. f must not call runtime.UnlockOSThread.
func (n *Namespace) Do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(n.fd, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("netns: entering: %w", err)
		}
		return f()
	})
}

// create makes a namespace that is joined to nothing.
func create(at netip.Addr) (*Namespace, error) {
	n := &Namespace{fd: -1, addr: at}
	return n, onThread(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			if errors.Is(err, unix.EPERM) {
				err = fmt.Errorf("%w: %w", ErrNotAllowed, err)
			}
			return fmt.Errorf("netns: unshare: %w", err)
		}
		n.fd, err = current()
		return err
	})
}

// onThread runs f on a thread that may change its namespace, in a goroutine of
// its own, and brings the thread home. A thread that cannot come home ends with
// its goroutine.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		home, err := current()
		if err != nil {
			runtime.UnlockOSThread()
			done <- err
			return
		}
		defer unix.Close(home)
		result := errors.New("netns: the function ended its goroutine")
		defer func() {
			if unix.Setns(home, unix.CLONE_NEWNET) == nil {
				runtime.UnlockOSThread()
			}
			done <- result
		}()
		result = f()
	}()
	return <-done
}

// current opens the calling thread's namespace.
func current() (fd int, err error) {
	const path = "/proc/thread-self/ns/net"
	if fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return -1, &os.PathError{Op: "netns: open", Path: path, Err: err}
	}
	return fd, nil
}
