package client

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestADrainTakesMediaAndLeavesTheRest(t *testing.T) {
	for name, d := range map[string]*Drain{"counting": NewDrain(), "classic": {-1, -1}} {
		t.Run(name, func(t *testing.T) {
			defer d.Close()
			server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			s, err := dial(server.LocalAddr().(*net.UDPAddr).AddrPort(), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := d.attach(s); err != nil {
				t.Fatal(err)
			}
			to := s.LocalAddr().(*net.UDPAddr).AddrPort()
			drained := [][]byte{{0x80, 96, 1}, {0x80, 0x80 | 96, 1, 2}, {0xBF, 111}, {0x80, 0x80 | 111}, {0x80, 191}, {0x80, 224}}
			kept := [][]byte{{0, 1}, {20, 96}, {63, 96}, {127, 96}, {192, 96}, {0x80, 192}, {0x81, 200}, {0x80, 223}}
			bytes := 0
			for _, b := range slices.Concat(drained, kept) {
				send(t, server, b, to)
			}
			for _, b := range drained {
				bytes += len(b)
			}
			s.SetReadDeadline(time.Now().Add(10 * time.Second))
			for _, want := range kept {
				got := make([]byte, 100)
				n, err := s.Read(got)
				if err != nil || !slices.Equal(got[:n], want) {
					t.Fatalf("%v, %v; want %v", got[:n], err, want)
				}
			}
			packets, n, err := d.Taken()
			if d.Counts() != (err == nil) || d.Counts() && (int(packets) != len(drained) || int(n) != bytes) {
				t.Errorf("%d packets, %d bytes, %v; want %d, %d", packets, n, err, len(drained), bytes)
			}
			if name == "counting" && !d.Counts() {
				t.Skip("counting needs root")
			}
		})
	}
}

func TestADrainCountsThePacketsOfARun(t *testing.T) {
	d := NewDrain()
	defer d.Close()
	if !d.Counts() {
		t.Skip("counting needs root")
	}
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s, err := dial(server.LocalAddr().(*net.UDPAddr).AddrPort(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := d.attach(s); err != nil {
		t.Fatal(err)
	}
	const size, packets = 100, 7
	run := make([]byte, size*packets-50)
	for i := range packets {
		run[i*size], run[i*size+1] = 0x80, 96
	}
	to := s.LocalAddr().(*net.UDPAddr).AddrPort()
	if _, _, err := server.WriteMsgUDPAddrPort(run, segmentSize(size), to); err != nil {
		t.Skipf("no UDP_SEGMENT here: %v", err)
	}
	send(t, server, []byte{0, 1}, to)
	if _, err := s.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if n, bytes, err := d.Taken(); n != packets || bytes != uint64(len(run)) || err != nil {
		t.Fatalf("%d packets, %d bytes, %v", n, bytes, err)
	}
}

func send(t *testing.T, from *net.UDPConn, b []byte, to netip.AddrPort) {
	t.Helper()
	if _, err := from.WriteToUDPAddrPort(b, to); err != nil {
		t.Fatal(err)
	}
}

// segmentSize is the control message that makes the kernel cut a datagram.
func segmentSize(bytes uint16) []byte {
	b := make([]byte, unix.CmsgSpace(2))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(b[unix.CmsgLen(0):], bytes)
	return b
}
