package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// Caps of every HTTP listener: open connections of one address, and of all.
// A whole office may stand behind one address, with one connection a browser.
const (
	maxConnectionsPerAddress = 1024
	maxConnections           = 8192
)

// listen opens a TCP listener for the address that was given with flag. Its
// errors say cause and cure in one line. The caller closes it.
func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, listenError(flag, "tcp", address, err)
	}
	return &cappedListener{Listener: l, open: map[netip.Addr]int{}}, nil
}

// listenError turns what the kernel said about an address into one line that
// names cause and cure.
func listenError(flag, network, address string, err error) error {
	why := "cannot listen on " + network + " " + address
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: another process uses this port; stop it (`ss -lpn` names it) or choose another with --%s", why, flag)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s: this host has no such address; choose one that `ip address` shows with --%s", why, flag)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return fmt.Errorf("%s: not permitted; choose a port above 1023 with --%s, or grant CAP_NET_BIND_SERVICE", why, flag)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return fmt.Errorf("%s: too many open files; raise the limit with `ulimit -n`", why)
	}
	return fmt.Errorf("%s: %w; choose another address with --%s", why, err, flag)
}

// checkAddress says what is wrong with a HOST:PORT, if anything. Port 0 lets
// the kernel pick one. Names are not looked up: an address must be an IP or
// localhost.
func checkAddress(flag, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--%s takes HOST:PORT, not %q", flag, address)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("--%s: %q is no port", flag, port)
	}
	if host == "" || host == "localhost" {
		return nil
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return fmt.Errorf("--%s: %q is no IP address", flag, host)
	}
	return nil
}

// checkLoopback says why an address may not serve plain HTTP, if it may not.
func checkLoopback(flag, address string) error {
	if err := checkAddress(flag, address); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(address)
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fmt.Errorf("--%s serves without encryption and takes a loopback address only, such as 127.0.0.1:8080, not %q", flag, address)
	}
	return nil
}

// cappedListener closes a new connection at once where its address, or all
// together, hold as many as they may. Accept's goroutine and closing
// connections share the counts, hence the lock.
type cappedListener struct {
	net.Listener
	mu    sync.Mutex
	open  map[netip.Addr]int
	total int
}

func (l *cappedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
		if l.take(from) {
			return &countedConn{Conn: conn, release: sync.OnceFunc(func() { l.release(from) })}, nil
		}
		conn.Close()
	}
}

func (l *cappedListener) take(from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= maxConnections || l.open[from] >= maxConnectionsPerAddress {
		return false
	}
	l.total++
	l.open[from]++
	return true
}

func (l *cappedListener) release(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

type countedConn struct {
	net.Conn
	release func()
}

func (c *countedConn) Close() error {
	c.release()
	return c.Conn.Close()
}
