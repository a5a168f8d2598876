package client

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A socket receives in batches with UDP_GRO, so that a run which the server
// sent as one message is not cut up by the kernel at the server's expense, and
// with the kernel's time stamps, so that delay ends where the datagram arrived
// and not where this process woke up.
//
// The buffers belong to a pool and are held only while there is something to
// read: hundreds of waiting clients cost nothing.

const (
	batchMessages = 8
	messageSize   = 64 << 10
	controlSize   = 128
)

// mmsghdr is struct mmsghdr of recvmmsg(2) on 64-bit Linux.
type mmsghdr struct {
	unix.Msghdr
	length uint32
	_      [4]byte
}

type batch struct {
	headers [batchMessages]mmsghdr
	vectors [batchMessages]unix.Iovec
	control [batchMessages][controlSize]byte
	data    [batchMessages][messageSize]byte
}

var batches = sync.Pool{New: func() any {
	b := &batch{}
	for i := range b.headers {
		b.vectors[i].Base = &b.data[i][0]
		b.vectors[i].SetLen(messageSize)
		b.headers[i].Iov = &b.vectors[i]
		b.headers[i].SetIovlen(1)
		b.headers[i].Control = &b.control[i][0]
	}
	return b
}}

type socket struct {
	*net.UDPConn
	raw syscall.RawConn
}

// dial makes a socket that exchanges datagrams with remote only.
func dial(remote netip.AddrPort, receiveBuffer int) (*socket, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("client: %w", err)
	}
	c.SetReadBuffer(receiveBuffer) // as far as the system lets us; Drops tells whether it was enough
	raw.Control(func(fd uintptr) {
		// Each of these is a refinement; without it the figures are coarser.
		unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer)
		unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_GRO, 1)
		unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
	return &socket{c, raw}, nil
}

// read waits for datagrams and hands each to f with the instant, in nanoseconds
// since 1970, at which it arrived. f may change the bytes and must not keep them.
func (s *socket) read(f func(b []byte, at int64)) error {
	var b *batch
	n, failure := 0, error(nil)
	err := s.raw.Read(func(fd uintptr) bool {
		if b = batches.Get().(*batch); !b.fill(fd, &n, &failure) {
			batches.Put(b)
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	defer batches.Put(b)
	if failure != nil {
		return failure
	}
	now := time.Now().UnixNano()
	for i := range n {
		data, size, at := b.data[i][:b.headers[i].length], 0, now
		parseControl(b.control[i][:b.headers[i].Controllen], &size, &at)
		for size > 0 && len(data) > size {
			f(data[:size:size], at)
			data = data[size:]
		}
		f(data, at)
	}
	return nil
}

// fill reads what is there; false means that nothing is.
func (b *batch) fill(fd uintptr, n *int, failure *error) bool {
	for i := range b.headers {
		b.headers[i].SetControllen(controlSize)
	}
	r, _, errno := syscall.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.headers)), batchMessages, unix.MSG_DONTWAIT, 0, 0)
	switch {
	case errno == 0:
		*n = int(r)
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return false
	case errno == unix.ECONNREFUSED:
		*n = 0 // an ICMP answer to something sent earlier; the peer may come back
	default:
		*failure = fmt.Errorf("client: recvmmsg: %w", errno)
	}
	return true
}

// parseControl takes the segment size of a merged run and the time stamp from
// the control messages of one datagram.
func parseControl(b []byte, size *int, at *int64) {
	const head = unix.SizeofCmsghdr
	for len(b) >= head {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		if int(h.Len) < head || int(h.Len) > len(b) {
			return
		}
		data := b[head:h.Len]
		switch {
		case h.Level == unix.SOL_UDP && h.Type == unix.UDP_GRO && len(data) >= 4:
			*size = int(*(*int32)(unsafe.Pointer(&data[0])))
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS && len(data) >= 16:
			t := (*unix.Timespec)(unsafe.Pointer(&data[0]))
			*at = t.Nano()
		}
		next := (int(h.Len) + 7) &^ 7
		if next > len(b) {
			return
		}
		b = b[next:]
	}
}

// Drops is how many datagrams the kernel dropped because this socket's buffer
// was full.
func (s *socket) drops() (uint64, error) {
	var info [unix.SK_MEMINFO_VARS]uint32
	size := uint32(unsafe.Sizeof(info))
	var errno syscall.Errno
	err := s.raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if errno != 0 {
		err = errno
	}
	if err != nil {
		return 0, errors.Join(errors.New("client: socket drops unknown"), err)
	}
	return uint64(info[unix.SK_MEMINFO_DROPS]), nil
}
