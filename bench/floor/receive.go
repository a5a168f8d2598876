//go:build linux && (amd64 || arm64)

package floor

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	arrivals    = 256                    // datagrams that a receive row takes at a time
	mergedRoom  = 64 * 1024              // the longest message that UDP_GRO makes
	mergedSpace = mergedRoom + 21*64     // rooms a round number apart would share sets of the caches
	arrivalRoom = 4096                   // what a small socket buffer pays for a datagram, generously
	received    = unix.SizeofCmsghdr + 4 // of control data: UDP_GRO's
)

// inbox receives what has arrived, many messages at a time.
type inbox struct {
	fd      int
	merged  bool
	msg     [maxBatch]message
	iov     [maxBatch]unix.Iovec
	control [maxBatch]control
	from    [maxBatch]unix.RawSockaddrInet4
	slab    []byte
}

func newInbox(fd int, merged bool) *inbox {
	room, space := packetRoom, packetRoom
	if merged {
		room, space = mergedRoom, mergedSpace
	}
	in := &inbox{fd: fd, merged: merged, slab: make([]byte, maxBatch*space)}
	for i := range in.msg {
		in.iov[i].Base, in.iov[i].Len = &in.slab[i*space], uint64(room)
		h := &in.msg[i].hdr
		h.Iov, h.Iovlen = &in.iov[i], 1
		h.Name = (*byte)(unsafe.Pointer(&in.from[i]))
		if merged {
			h.Control = (*byte)(unsafe.Pointer(&in.control[i]))
		}
	}
	return in
}

// read takes one batch and returns how many datagrams were in it, 0 if none has
// arrived.
func (in *inbox) read() (datagrams int, err error) {
	for i := range in.msg {
		in.msg[i].hdr.Namelen = unix.SizeofSockaddrInet4
		if in.merged {
			in.msg[i].hdr.Controllen = controlBytes
		}
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(in.fd), uintptr(unsafe.Pointer(&in.msg)), maxBatch, unix.MSG_DONTWAIT, 0, 0)
	if errno == unix.EAGAIN || errno == unix.EINTR {
		return 0, nil
	}
	if errno != 0 {
		return 0, fmt.Errorf("floor: recvmmsg: %w", errno)
	}
	if !in.merged {
		return int(n), nil
	}
	for i := range int(n) {
		datagrams++
		c := &in.control[i]
		if in.msg[i].hdr.Controllen < received || c.hdr.Type != unix.UDP_GRO {
			continue
		}
		if segment := binary.NativeEndian.Uint32(c.data[:]); segment > 0 {
			datagrams += int((in.msg[i].n - 1) / segment)
		}
	}
	return datagrams, nil
}

// await waits until something is there to read.
func (in *inbox) await() error {
	fds := []unix.PollFd{{Fd: int32(in.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, patience)
	if err == unix.EINTR {
		return nil
	}
	if err != nil {
		return fmt.Errorf("floor: poll: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("floor: datagrams that were sent to be received are lost")
	}
	return nil
}

// receiving lets the peer send datagrams in runs, and measures how they are
// read once they have arrived.
func (r *Rig) receiving(bytes, run int, merged bool) (p probe, done func(), err error) {
	fd, err := r.place.near()
	if err != nil {
		return nil, nil, err
	}
	peer, err := r.place.far()
	if err != nil {
		unix.Close(fd)
		return nil, nil, err
	}
	done = func() { unix.Close(fd); unix.Close(peer) }
	if merged {
		if err := unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1); err != nil {
			return nil, done, fmt.Errorf("floor: UDP_GRO: %w", err)
		}
	}
	to, err := nameOf(fd)
	if err != nil {
		return nil, done, err
	}
	wave := arrivals
	if space, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF); err == nil {
		wave = min(wave, max(space/arrivalRoom, run)/run*run)
	}
	in, out := newInbox(fd, merged), newBatch(peer, maxBatch)
	return func(w *watch) (int, error) {
		r.onPeer(func() {
			for range wave / run {
				out.put(&to, 0, bytes, run)
			}
			out.flush()
		})
		if out.refused > 0 {
			return 0, fmt.Errorf("floor: the peer cannot send: %w", out.errno)
		}
		return wave, in.drain(w, wave)
	}, done, nil
}

// drain measures how n datagrams are read. Waiting for late ones does not
// count.
func (in *inbox) drain(w *watch, n int) error {
	for left := n; left > 0; {
		w.start()
		got, err := 1, error(nil)
		for left > 0 && got > 0 && err == nil {
			got, err = in.read()
			left -= got
		}
		w.stop()
		if err == nil && left > 0 {
			err = in.await()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// onPeer runs f on the peer's CPU. It is called on the measured thread.
func (r *Rig) onPeer(f func()) {
	if r.peer == r.thread {
		f()
		return
	}
	r.peer.do(f)
}

// receiveRows read what came alone and what came in runs, with and without
// merging. done closes their sockets.
func (r *Rig) receiveRows() (rows []*row, done func(), err error) {
	var closers []func()
	done = func() {
		for _, c := range closers {
			c()
		}
	}
	for _, bytes := range []int{videoDatagram, audioDatagram} {
		for _, merged := range []bool{false, true} {
			for _, run := range []int{1, 8} {
				if run > 1 && !r.gso {
					continue
				}
				p, closer, err := r.receiving(bytes, run, merged)
				if closer != nil {
					closers = append(closers, closer)
				}
				if merged && err != nil {
					continue // a kernel before 5.0
				}
				if err != nil {
					return nil, done, err
				}
				by, words := "recvmmsg", "recvmmsg"
				if merged {
					by, words = "gro", "recvmmsg with UDP_GRO"
				}
				came := "sent singly"
				if run > 1 {
					came = fmt.Sprintf("sent in runs of %d", run)
				}
				rows = append(rows, &row{probe: p, Row: Row{
					Group: "receive", Name: fmt.Sprintf("receive/by=%s/run=%d/bytes=%d", by, run, bytes), Bytes: bytes, Run: run,
					What: fmt.Sprintf("%s, %s bytes, %s", words, comma(bytes), came),
				}})
			}
		}
	}
	return rows, done, nil
}
