//go:build linux && (amd64 || arm64)

package floor

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	maxBatch    = 64         // messages in one system call
	maxSegments = 64         // packets in one message
	maxMessage  = 65_507     // bytes in one message
	ringBytes   = 256 * 1024 // what lies ready to be sent: it stays in a core's L2 cache
	bufferBytes = 4 << 20    // asked of the kernel for sockets, both ways
	patience    = 2000       // ms that the other end may take
)

// message is the kernel's struct mmsghdr.
type message struct {
	hdr unix.Msghdr
	n   uint32 // bytes moved, set by the kernel
	_   uint32
}

// control is a control message with room for UDP_SEGMENT's or UDP_GRO's value.
type control struct {
	hdr  unix.Cmsghdr
	data [8]byte
}

const controlBytes = uint64(unsafe.Sizeof(control{}))

// batch is what one sendmmsg carries: messages that point into a ring.
type batch struct {
	fd    int
	limit int // messages
	ring  []byte

	n       int
	msg     [maxBatch]message
	iov     [maxBatch]unix.Iovec
	control [maxBatch]control
	packets [maxBatch]int

	// What became of packets so far, and why the kernel did not take the last
	// one that it refused.
	taken, refused int
	errno          unix.Errno
	waits          int    // how often the peer had to catch up
	watch          *watch // does not run in those times; nil if nobody measures
}

func newBatch(fd, limit int) *batch {
	b := &batch{fd: fd, limit: limit, ring: make([]byte, ringBytes)}
	for i := range b.msg {
		b.msg[i].hdr.Iov, b.msg[i].hdr.Iovlen = &b.iov[i], 1
		b.msg[i].hdr.Namelen = unix.SizeofSockaddrInet4
		b.control[i].hdr = unix.Cmsghdr{Len: unix.SizeofCmsghdr + 2, Level: unix.SOL_UDP, Type: unix.UDP_SEGMENT}
	}
	return b
}

// put adds a message of some packets with segment bytes each, which lie at off
// in the ring. A batch that is full is sent.
func (b *batch) put(to *unix.RawSockaddrInet4, off, segment, packets int) {
	i := b.n
	b.iov[i].Base, b.iov[i].Len = &b.ring[off], uint64(segment*packets)
	h := &b.msg[i].hdr
	h.Name = (*byte)(unsafe.Pointer(to))
	if packets > 1 {
		binary.NativeEndian.PutUint16(b.control[i].data[:], uint16(segment))
		h.Control, h.Controllen = (*byte)(unsafe.Pointer(&b.control[i])), controlBytes
	} else {
		h.Control, h.Controllen = nil, 0
	}
	b.packets[i] = packets
	if b.n++; b.n == b.limit {
		b.flush()
	}
}

// flush sends the batch. When the socket's buffer is full it waits, which does
// not count. Another message that the kernel refuses is counted and left out;
// what comes after it still goes.
func (b *batch) flush() {
	for at := 0; at < b.n; {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(b.fd), uintptr(unsafe.Pointer(&b.msg[at])),
			uintptr(b.n-at), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch {
		case errno == 0:
			for _, packets := range b.packets[at : at+int(n)] {
				b.taken += packets
			}
			at += int(n)
		case errno == unix.EINTR:
		case errno == unix.EAGAIN && b.await():
		default:
			b.refused += b.packets[at]
			b.errno = errno
			at++
		}
	}
	b.n = 0
}

// await waits until the peer has caught up, and reports whether it did.
func (b *batch) await() bool {
	b.waits++
	if b.watch != nil {
		b.watch.stop()
		defer b.watch.start()
	}
	fds := []unix.PollFd{{Fd: int32(b.fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(fds, patience)
	return n > 0 || err == unix.EINTR
}

// socket opens a UDP socket on local with large buffers.
func socket(local netip.AddrPort) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return -1, fmt.Errorf("floor: socket: %w", err)
	}
	for _, option := range [][2]int{{unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}, {unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, option[0], bufferBytes) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option[1], bufferBytes) // as much as is allowed
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: local.Addr().As4(), Port: int(local.Port())}); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("floor: binding %v: %w", local, err)
	}
	return fd, nil
}

// nameOf is a socket's own address, as others send to it.
func nameOf(fd int) (unix.RawSockaddrInet4, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return unix.RawSockaddrInet4{}, fmt.Errorf("floor: getsockname: %w", err)
	}
	in := sa.(*unix.SockaddrInet4)
	return raw(netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port))), nil
}

func raw(a netip.AddrPort) unix.RawSockaddrInet4 {
	sa := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: a.Addr().As4()}
	setPort(&sa, a.Port())
	return sa
}

func setPort(sa *unix.RawSockaddrInet4, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], port)
}
