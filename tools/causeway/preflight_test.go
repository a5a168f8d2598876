package main

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestThisKernelHasWhatTheRouterNeeds(t *testing.T) {
	if err := checkKernel(kernelProbes); err != nil {
		t.Fatal(err)
	}
}

func TestAMissingKernelFeatureIsNamedWithItsCure(t *testing.T) {
	probes := []probe{
		{"epoll", "2.6", func() error { return nil }},
		{"recvmmsg", "2.6.33", func() error { return unix.ENOSYS }},
	}
	err := checkKernel(probes)
	if err == nil {
		t.Fatal("a kernel without recvmmsg passed")
	}
	for _, want := range []string{"recvmmsg", "Linux 2.6.33", "not implemented"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
}

func TestOneProcessHoldsAStateDirectory(t *testing.T) {
	root := t.TempDir()
	first, err := openState(root, "zc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openState(root, "zc"); err == nil || !strings.Contains(err.Error(), "--state") {
		t.Errorf("a second process got the directory, or no cure: %v", err)
	}
	if other, err := openState(root, "mmr"); err != nil {
		t.Errorf("another role was kept out: %v", err)
	} else {
		other.Close()
	}
	first.Close()
	again, err := openState(root, "zc")
	if err != nil {
		t.Fatalf("the directory was not given back: %v", err)
	}
	again.Close()
}
