//go:build linux

package netns

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// macs are the ends' hardware addresses, fixed so that neither has to ask for
// the other's: a peer that drops everything would not answer.
var macs = [2]net.HardwareAddr{{2, 0xca, 0, 0, 0, 1}, {2, 0xca, 0, 0, 0, 2}}

// addrGenNone is IN6_ADDR_GEN_MODE_NONE: with it the kernel announces no IPv6
// address, so that only the measured packets are on the wire.
const addrGenNone = 1

// join makes the veth pair and sets up both ends.
func (p *Pair) join(c Config) error {
	if c.MTU == 0 {
		c.MTU = 1500
	}
	h, err := p.Server.handle()
	if err != nil {
		return err
	}
	defer h.Close()
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU, attrs.HardwareAddr = Device, c.MTU, macs[0]
	attrs.NumTxQueues, attrs.NumRxQueues = 1, 1 // so that one setting holds for all packets
	v := netlink.NewVeth(attrs)
	v.PeerName, v.PeerMTU, v.PeerHardwareAddr = Device, uint32(c.MTU), macs[1]
	v.PeerNumTxQueues, v.PeerNumRxQueues = 1, 1
	v.PeerNamespace = netlink.NsFd(p.Client.fd)
	if err := h.LinkAdd(v); err != nil {
		return fmt.Errorf("netns: making the veth pair: %w", err)
	}
	if err := p.Server.settle(h, p.Client, macs[1], c.ServerRPS); err != nil {
		return err
	}
	peer, err := p.Client.handle()
	if err != nil {
		return err
	}
	defer peer.Close()
	if err := p.Client.settle(peer, p.Server, macs[0], c.ClientRPS); err != nil {
		return err
	}
	if c.ClientDrops {
		if err := drop(peer); err != nil {
			return err
		}
	}
	return errors.Join(awaitCarrier(h), awaitCarrier(peer))
}

// awaitCarrier waits until the kernel has noticed that the other end is up;
// what is sent before is lost without an error.
func awaitCarrier(h *netlink.Handle) error {
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		link, err := h.LinkByName(Device)
		if err != nil {
			return fmt.Errorf("netns: %s: %w", Device, err)
		}
		if link.Attrs().OperState == netlink.OperUp {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("netns: %s has no carrier after 10 s", Device)
		}
	}
}

// unjoin removes the veth pair at once; the kernel takes its time with
// namespaces.
func (p *Pair) unjoin() error {
	h, err := p.Server.handle()
	if err != nil {
		return err
	}
	defer h.Close()
	link, err := h.LinkByName(Device)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.LinkDel(link)
}

// settle gives one end its address, its neighbour and its CPUs.
func (n *Namespace) settle(h *netlink.Handle, peer *Namespace, mac net.HardwareAddr, rps []int) error {
	lo, err := h.LinkByName("lo")
	if err == nil {
		err = h.LinkSetUp(lo)
	}
	if err != nil {
		return fmt.Errorf("netns: loopback: %w", err)
	}
	link, err := h.LinkByName(Device)
	if err != nil {
		return fmt.Errorf("netns: %s: %w", Device, err)
	}
	index := link.Attrs().Index
	subnet := &net.IPNet{IP: n.addr.AsSlice(), Mask: net.CIDRMask(network.Bits(), 32)}
	if err := h.AddrAdd(link, &netlink.Addr{IPNet: subnet}); err != nil {
		return fmt.Errorf("netns: address %v: %w", n.addr, err)
	}
	_ = h.LinkSetIP6AddrGenMode(link, addrGenNone) // fails only where there is no IPv6
	if err := h.LinkSetUp(link); err != nil {
		return fmt.Errorf("netns: %s up: %w", Device, err)
	}
	if err := h.NeighAdd(&netlink.Neigh{
		LinkIndex: index, Family: unix.AF_INET, State: unix.NUD_PERMANENT, IP: peer.addr.AsSlice(), HardwareAddr: mac,
	}); err != nil {
		return fmt.Errorf("netns: neighbour %v: %w", peer.addr, err)
	}
	if len(rps) > 0 {
		return n.steer(rps)
	}
	return nil
}

func (n *Namespace) handle() (*netlink.Handle, error) {
	h, err := netlink.NewHandleAt(netns.NsHandle(n.fd), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netns: netlink: %w", err)
	}
	return h, nil
}

// Arrived is how many packets have reached this end's device, before anything
// drops them. A run that was sent with UDP_SEGMENT counts as one.
func (n *Namespace) Arrived() (packets uint64, err error) {
	h, err := n.handle()
	if err != nil {
		return 0, err
	}
	defer h.Close()
	link, err := h.LinkByName(Device)
	if err != nil {
		return 0, fmt.Errorf("netns: %s: %w", Device, err)
	}
	return link.Attrs().Statistics.RxPackets, nil
}
