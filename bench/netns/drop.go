//go:build linux

package netns

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// drop puts a program of two instructions at the ingress of the device: every
// packet is dropped there. Without the program's help the same would take
// nftables or tc actions, which not every kernel has.
func drop(h *netlink.Handle) error {
	link, err := h.LinkByName(Device)
	if err != nil {
		return fmt.Errorf("netns: %s: %w", Device, err)
	}
	program, err := loadDrop()
	if err != nil {
		return err
	}
	defer unix.Close(program) // the filter holds it from now on
	index := link.Attrs().Index
	if err := h.QdiscAdd(&netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT,
	}}); err != nil {
		return fmt.Errorf("netns: clsact: %w", err)
	}
	if err := h.FilterAdd(&netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: index, Parent: netlink.HANDLE_MIN_INGRESS, Handle: 1, Priority: 1, Protocol: unix.ETH_P_ALL,
		},
		Fd: program, Name: "drop", DirectAction: true,
	}); err != nil {
		return fmt.Errorf("netns: ingress filter: %w", err)
	}
	return nil
}

// loadDrop loads "return TC_ACT_SHOT" as a classifier.
func loadDrop() (fd int, err error) {
	const (
		movImmediate = unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K
		exit         = unix.BPF_JMP | unix.BPF_EXIT
		shot         = 2 // TC_ACT_SHOT
	)
	type instruction struct { // struct bpf_insn
		code      uint8
		_         uint8 // registers: the first, both times
		_         int16 // offset
		immediate int32
	}
	code := [...]instruction{{code: movImmediate, immediate: shot}, {code: exit}}
	license := [...]byte{'G', 'P', 'L', 0}
	attr := struct { // union bpf_attr, BPF_PROG_LOAD
		kind, count    uint32
		code, license  uint64
		level, size    uint32
		log            uint64
		version, flags uint32
	}{
		kind: unix.BPF_PROG_TYPE_SCHED_CLS, count: uint32(len(code)),
		code: uint64(uintptr(unsafe.Pointer(&code))), license: uint64(uintptr(unsafe.Pointer(&license))),
	}
	var pins runtime.Pinner // the kernel reads them through integers
	defer pins.Unpin()
	pins.Pin(&code)
	pins.Pin(&license)
	got, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 {
		return -1, fmt.Errorf("netns: loading the dropping filter: %w", errno)
	}
	return int(got), nil
}
