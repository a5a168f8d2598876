//go:build linux && (amd64 || arm64)

package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const defaultBuffer = 4 << 20

// Options of Listen. The zero value is what a shard of a router with one shard wants.
type Options struct {
	// ReusePort lets several sockets of this user bind the same address; the kernel spreads peers over them.
	ReusePort bool
	// ReceiveBuffer and SendBuffer are the kernel's limits in bytes. If zero, 4 MiB; if negative, the system's default.
	// Without CAP_NET_ADMIN the kernel cuts them down to net.core.rmem_max and wmem_max: see Socket.Buffers.
	ReceiveBuffer, SendBuffer int
	// NoGSO sends each packet as its own message; NoGRO asks the kernel not to merge what arrives. Both are also off
	// where the kernel does not know them.
	NoGSO, NoGRO bool
}

// A Socket is a bound, unconnected, non-blocking UDP socket. One owner; Close must not race with its use.
type Socket struct {
	fd       int
	local    netip.AddrPort
	gso, gro bool
}

// Listen binds local. Port 0 takes a free one. The unspecified IPv6 address takes IPv4, too; then, as with 0.0.0.0, the
// kernel chooses the source address of what is sent, which on a host with several addresses may not be the one that the
// peer wrote to: a router binds each of its addresses. Errors name the address, the cause and the cure.
func Listen(local netip.AddrPort, o Options) (*Socket, error) {
	s, err := listen(local, o)
	if err != nil {
		return nil, fmt.Errorf("udp: cannot listen on %v: %w", local, explain(err))
	}
	return s, nil
}

func listen(local netip.AddrPort, o Options) (*Socket, error) {
	if !local.IsValid() {
		return nil, errors.New("not an address with a port")
	}
	sa, family := sockaddr(local)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return nil, err
	}
	s := &Socket{fd: fd}
	if err := s.prepare(local, family, o); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if err := unix.Bind(fd, sa); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if s.local, err = localAddr(fd); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func sockaddr(ap netip.AddrPort) (unix.Sockaddr, int) {
	if ip := ap.Addr().Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ip.As4()}, unix.AF_INET
	}
	ip := ap.Addr()
	return &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ip.As16(), ZoneId: scopeOf(ip.Zone())}, unix.AF_INET6
}

// prepare sets the options and probes what this kernel can do: both probes are conclusive, since a kernel that knows
// UDP_SEGMENT or UDP_GRO takes the option, and others do not. What a route or device refuses shows only on sending.
func (s *Socket) prepare(local netip.AddrPort, family int, o Options) error {
	if family == unix.AF_INET6 {
		only := 1
		if local.Addr().IsUnspecified() {
			only = 0
		}
		if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return err
		}
	}
	if o.ReusePort {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return err
		}
	}
	setBuffer(s.fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, o.ReceiveBuffer)
	setBuffer(s.fd, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, o.SendBuffer)
	s.gso = !o.NoGSO && unix.SetsockoptInt(s.fd, unix.SOL_UDP, unix.UDP_SEGMENT, 0) == nil
	s.gro = !o.NoGRO && unix.SetsockoptInt(s.fd, unix.SOL_UDP, unix.UDP_GRO, 1) == nil
	return nil
}

// setBuffer asks for size bytes beyond the system's limit, and if that is not allowed, for as much as is.
func setBuffer(fd, force, plain, size int) {
	if size < 0 {
		return
	}
	if size == 0 {
		size = defaultBuffer
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, size) // Buffers tells what came of it
	}
}

func localAddr(fd int) (netip.AddrPort, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), nil
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)), nil
	}
	return netip.AddrPort{}, errors.New("the kernel names no local address")
}

// explain adds to the usual failures of binding what to do about them.
func explain(err error) error {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("another process, or a socket without port sharing, has this port; stop it (ss -ulpn names it) or choose another media address: %w", err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("no interface of this host has this address; see ip addr: %w", err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher one: %w", err)
	case errors.Is(err, unix.EAFNOSUPPORT):
		return fmt.Errorf("this kernel has that IP version switched off; listen on the other: %w", err)
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		return fmt.Errorf("too many open files; raise the limit (ulimit -n, LimitNOFILE): %w", err)
	}
	return err
}

// FD is the file descriptor, for epoll. It stays the Socket's.
func (s *Socket) FD() int { return s.fd }

// LocalAddr is the bound address with the port in use.
func (s *Socket) LocalAddr() netip.AddrPort { return s.local }

// Offloads reports whether the socket sends runs (UDP_SEGMENT) and receives merged datagrams (UDP_GRO).
func (s *Socket) Offloads() (gso, gro bool) { return s.gso, s.gro }

// Buffers returns what the kernel granted of ReceiveBuffer and SendBuffer, in bytes.
func (s *Socket) Buffers() (receive, send int) {
	receive, _ = unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	send, _ = unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	return receive / 2, send / 2 // the kernel doubles what it is asked for, and tells the double
}

// Overflows is the number of datagrams that the kernel dropped because the receive buffer was full, modulo 2^32.
func (s *Socket) Overflows() uint32 {
	const drops = 8 // SK_MEMINFO_DROPS
	var info [drops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(s.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0
	}
	return info[drops]
}

// Close closes the socket. Its Writers and ReadBatches must not be used with it any more.
func (s *Socket) Close() error {
	if err := unix.Close(s.fd); err != nil {
		return fmt.Errorf("udp: closing %v: %w", s.local, err)
	}
	return nil
}
