//go:build linux && (amd64 || arm64)

package udp

import (
	"encoding/binary"
	"hash/maphash"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// An Addr is an IPv4 or IPv6 address with its port, in the form the kernel wants it: a sockaddr_in or sockaddr_in6. It
// is comparable, and one peer has one form: an IPv4 address mapped into IPv6, as a dual-stack socket sees it, becomes
// plain IPv4. The zero value is no address.
type Addr struct {
	raw [unix.SizeofSockaddrInet6]byte
}

// Offsets in sockaddr_in and sockaddr_in6. Family and scope are in the machine's byte order, the port is big-endian.
const (
	portAt  = 2
	ip4At   = 4
	ip6At   = 8
	scopeAt = 24
)

var hashSeed = maphash.MakeSeed()

// AddrFrom converts a netip.AddrPort. An invalid one gives the zero Addr. A zone that is neither a number nor the name
// of an interface of this host counts as none.
func AddrFrom(ap netip.AddrPort) (a Addr) {
	ip := ap.Addr().Unmap()
	if !ip.IsValid() {
		return a
	}
	binary.BigEndian.PutUint16(a.raw[portAt:], ap.Port())
	if ip.Is4() {
		binary.NativeEndian.PutUint16(a.raw[:], unix.AF_INET)
		ip4 := ip.As4()
		copy(a.raw[ip4At:], ip4[:])
		return a
	}
	binary.NativeEndian.PutUint16(a.raw[:], unix.AF_INET6)
	ip6 := ip.As16()
	copy(a.raw[ip6At:], ip6[:])
	binary.NativeEndian.PutUint32(a.raw[scopeAt:], scopeOf(ip.Zone()))
	return a
}

func scopeOf(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	return 0
}

// AddrPort converts back. The zero Addr gives an invalid one; an interface of a link-local address is given by number.
func (a *Addr) AddrPort() netip.AddrPort {
	port := binary.BigEndian.Uint16(a.raw[portAt:])
	switch a.family() {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a.raw[ip4At:])), port)
	case unix.AF_INET6:
		ip := netip.AddrFrom16([16]byte(a.raw[ip6At:]))
		if scope := binary.NativeEndian.Uint32(a.raw[scopeAt:]); scope != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(scope), 10))
		}
		return netip.AddrPortFrom(ip, port)
	}
	return netip.AddrPort{}
}

// Hash is for tables keyed by Addr. It is seeded per process, so that nobody outside can choose colliding addresses.
func (a *Addr) Hash() uint64 { return maphash.Bytes(hashSeed, a.raw[:]) }

// String is AddrPort's.
func (a *Addr) String() string { return a.AddrPort().String() }

func (a *Addr) family() uint16 { return binary.NativeEndian.Uint16(a.raw[:]) }

// size is the length of the sockaddr in use.
func (a *Addr) size() uint32 {
	if a.family() == unix.AF_INET {
		return unix.SizeofSockaddrInet4
	}
	return unix.SizeofSockaddrInet6
}

// normalize gives what the kernel wrote its one form: mapped IPv4 becomes IPv4, and what is not part of the address
// (flow label, padding, bytes of a longer address before) becomes zero.
func (a *Addr) normalize() {
	switch a.family() {
	case unix.AF_INET6:
		if binary.BigEndian.Uint64(a.raw[ip6At:]) == 0 && binary.BigEndian.Uint32(a.raw[ip6At+8:]) == 0xffff {
			binary.NativeEndian.PutUint16(a.raw[:], unix.AF_INET)
			copy(a.raw[ip4At:], a.raw[ip6At+12:ip6At+16])
			clear(a.raw[ip4At+4:])
			return
		}
		clear(a.raw[ip4At:ip6At])
	case unix.AF_INET:
		clear(a.raw[ip4At+4:])
	}
}
