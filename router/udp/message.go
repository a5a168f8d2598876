//go:build linux && (amd64 || arm64)

package udp

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// message is the kernel's struct mmsghdr.
type message struct {
	hdr unix.Msghdr
	n   uint32 // bytes moved, set by the kernel
	_   uint32
}

// controlSize is room for one control message with up to eight bytes: UDP_SEGMENT (two) or UDP_GRO (four).
const controlSize = unix.SizeofCmsghdr + 8

// control is one control message, aligned as the kernel wants it.
type control struct {
	hdr  unix.Cmsghdr
	data [8]byte
}

// segmentControl makes the control message that tells the kernel where to cut a run.
func segmentControl() (c control) {
	c.hdr = unix.Cmsghdr{Len: unix.SizeofCmsghdr + 2, Level: unix.SOL_UDP, Type: unix.UDP_SEGMENT}
	return c
}

func (c *control) bytes() *byte { return (*byte)(unsafe.Pointer(c)) }

func (c *control) setSegment(size uint16) { binary.NativeEndian.PutUint16(c.data[:], size) }

// mergedSegment is the size of the datagrams that the kernel merged into one, 0 if it did not. n is how many bytes of
// control data it wrote.
func (c *control) mergedSegment(n uint64) int {
	if n < unix.SizeofCmsghdr+4 || c.hdr.Level != unix.SOL_UDP || c.hdr.Type != unix.UDP_GRO {
		return 0
	}
	return int(binary.NativeEndian.Uint32(c.data[:]))
}

// sendmmsg and recvmmsg never block (MSG_DONTWAIT) and carry at most 64 messages, so a raw system call delays a stop of
// the world by less than the scheduler's detour would cost each time.

func sendmmsg(fd int, m []message) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(m))),
		uintptr(len(m)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

func recvmmsg(fd int, m []message) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(m))),
		uintptr(len(m)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
