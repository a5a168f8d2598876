//go:build linux

package netns

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// steer makes the given CPUs take in what arrives at this end's device. Each
// namespace's devices show only in a sysfs of its own, so one is made, detached
// from any directory, for as long as the setting takes (Linux 5.2).
func (n *Namespace) steer(cpus []int) error {
	return n.Do(func() error {
		root, err := mountSysfs()
		if err != nil {
			return fmt.Errorf("netns: sysfs of the namespace: %w", err)
		}
		defer unix.Close(root)
		const path = "class/net/" + Device + "/queues/rx-0/rps_cpus"
		fd, err := unix.Openat(root, path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("netns: %s: %w", path, err)
		}
		_, err = unix.Write(fd, []byte(cpuMask(cpus)))
		if err = errors.Join(err, unix.Close(fd)); err != nil {
			return fmt.Errorf("netns: writing %s to %s: %w", cpuMask(cpus), path, err)
		}
		return nil
	})
}

func mountSysfs() (fd int, err error) {
	context, err := unix.Fsopen("sysfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(context)
	if err := unix.FsconfigCreate(context); err != nil {
		return -1, err
	}
	return unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, 0)
}

// cpuMask writes CPUs as the kernel reads them: hexadecimal words of 32 bits,
// the highest first, with commas between.
func cpuMask(cpus []int) string {
	words := make([]uint32, 1)
	for _, cpu := range cpus {
		for len(words) <= cpu/32 {
			words = append(words, 0)
		}
		words[cpu/32] |= 1 << (cpu % 32)
	}
	var b strings.Builder
	for i := len(words) - 1; i >= 0; i-- {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%08x", words[i])
	}
	return b.String()
}
