package client

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Drain is a socket filter that drops RTP in the kernel, where it arrives, and
// lets STUN, DTLS and RTCP through (RFC 7983, RFC 5761 section 4). Hundreds of
// receivers that share one cost little more than the delivery of their packets.
//
// With root it counts what it drops, packet by packet, runs included. Without,
// it is a classic BPF program, which cannot count.
type Drain struct {
	program, counts int // descriptors; -1 without root
}

// errNoCount is why a Drain does not count.
var errNoCount = errors.New("client: counting in the kernel needs root")

// NewDrain makes a filter. Close it when the clients are gone.
func NewDrain() *Drain {
	d := &Drain{-1, -1}
	if d.open() != nil {
		d.Close()
	}
	return d
}

// Close frees what the kernel holds beside the sockets.
func (d *Drain) Close() {
	for _, fd := range []*int{&d.program, &d.counts} {
		if *fd >= 0 {
			unix.Close(*fd)
		}
		*fd = -1
	}
}

// Counts reports whether Taken can tell.
func (d *Drain) Counts() bool { return d.program >= 0 }

// Taken is how many RTP packets were dropped, and their bytes of UDP payload.
func (d *Drain) Taken() (packets, bytes uint64, err error) {
	if !d.Counts() {
		return 0, 0, errNoCount
	}
	var key uint32
	var value [2]uint64
	attr := struct { // union bpf_attr, BPF_MAP_LOOKUP_ELEM
		fd         uint32
		_          uint32
		key, value uint64
		flags      uint64
	}{fd: uint32(d.counts), key: pointer(&key), value: pointer(&value)}
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(&key)
	pins.Pin(&value)
	if _, err := bpf(unix.BPF_MAP_LOOKUP_ELEM, unsafe.Pointer(&attr), unsafe.Sizeof(attr)); err != nil {
		return 0, 0, fmt.Errorf("client: reading the drain's counts: %w", err)
	}
	return value[0], value[1], nil
}

// attach makes a socket's media end here.
func (d *Drain) attach(s *socket) error {
	var failed error
	err := s.raw.Control(func(fd uintptr) {
		if d.Counts() {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_BPF, d.program)
			return
		}
		program := classicDrain()
		failed = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	})
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("client: attaching the drain: %w", err)
	}
	return nil
}

// The filters see a datagram from its UDP header on.
const (
	udpHeader = 8
	keep      = 0xFFFFFFFF // bytes of the datagram
)

// classicDrain is the filter for those without privileges.
func classicDrain() []unix.SockFilter {
	jump := func(code uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | code | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: at}
	}
	end := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	return []unix.SockFilter{
		load(udpHeader),
		jump(unix.BPF_JGE, 128, 0, 5), // neither RTP nor RTCP
		jump(unix.BPF_JGE, 192, 4, 0),
		load(udpHeader + 1),
		jump(unix.BPF_JGE, 192, 0, 1),
		jump(unix.BPF_JGT, 223, 0, 1), // RTCP
		end(0),
		end(keep),
	}
}

// open makes the map and loads the program.
func (d *Drain) open() error {
	create := struct{ kind, key, value, entries, flags uint32 }{unix.BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0}
	fd, err := bpf(unix.BPF_MAP_CREATE, unsafe.Pointer(&create), unsafe.Sizeof(create))
	if err != nil {
		return err
	}
	d.counts = fd
	code := countingDrain(int32(fd))
	license := [...]byte{'G', 'P', 'L', 0}
	attr := struct { // union bpf_attr, BPF_PROG_LOAD
		kind, count    uint32
		code, license  uint64
		level, size    uint32
		log            uint64
		version, flags uint32
	}{
		kind: unix.BPF_PROG_TYPE_SOCKET_FILTER, count: uint32(len(code)),
		code: pointer(&code[0]), license: pointer(&license),
	}
	var pins runtime.Pinner // the kernel reads them through integers
	defer pins.Unpin()
	pins.Pin(&code[0])
	pins.Pin(&license)
	d.program, err = bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	return err
}

func pointer[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

func bpf(command uintptr, attr unsafe.Pointer, size uintptr) (fd int, err error) {
	got, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(got), nil
}

// instruction is struct bpf_insn.
type instruction struct {
	code      uint8
	registers uint8 // destination, source << 4
	offset    int16
	immediate int32
}

// countingDrain is the same filter, which adds up what it drops: in the map's
// only entry packets (a run holds several) and bytes of payload.
func countingDrain(counts int32) []instruction {
	const (
		mov32, mov, movK = unix.BPF_ALU | unix.BPF_MOV | unix.BPF_K, unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_X, unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K
		addK             = unix.BPF_ALU64 | unix.BPF_ADD | unix.BPF_K
		absolute         = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
		field            = unix.BPF_LDX | unix.BPF_W | unix.BPF_MEM
		store            = unix.BPF_ST | unix.BPF_W | unix.BPF_MEM
		add              = unix.BPF_STX | unix.BPF_XADD | unix.BPF_DW
		wide             = unix.BPF_LD | unix.BPF_IMM | unix.BPF_DW
		less, above      = unix.BPF_JMP | unix.BPF_JLT | unix.BPF_K, unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
		differs, equals  = unix.BPF_JMP | unix.BPF_JNE | unix.BPF_K, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		call, exit       = unix.BPF_JMP | unix.BPF_CALL, unix.BPF_JMP | unix.BPF_EXIT
		lookup           = 1      // bpf_map_lookup_elem
		length, segments = 0, 164 // of struct __sk_buff
		r0, r1, r2       = 0, 1, 2
		r6, r7, r8, r10  = 6, 7, 8, 10
	)
	from := func(dst, src uint8) uint8 { return dst | src<<4 }
	return []instruction{
		{mov, from(r6, r1), 0, 0},
		{absolute, 0, 0, udpHeader},
		{less, r0, 20, 128},
		{above, r0, 19, 191},
		{absolute, 0, 0, udpHeader + 1},
		{less, r0, 1, 192},
		{less, r0, 16, 224}, // RTCP
		{field, from(r7, r6), segments, 0},
		{differs, r7, 1, 0},
		{movK, r7, 0, 1}, // no run
		{field, from(r8, r6), length, 0},
		{addK, r8, 0, -udpHeader},
		{store, r10, -4, 0},
		{mov, from(r2, r10), 0, 0},
		{addK, r2, 0, -4},
		{wide, from(r1, 1), 0, counts}, // BPF_PSEUDO_MAP_FD
		{},
		{call, 0, 0, lookup},
		{equals, r0, 2, 0},
		{add, from(r0, r7), 0, 0},
		{add, from(r0, r8), 8, 0},
		{movK, r0, 0, 0},
		{exit, 0, 0, 0},
		// to here the first three jumps go, and that of RTCP
		{mov32, r0, 0, -1},
		{exit, 0, 0, 0},
	}
}
