package rtp

import (
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	clock "time"

	_ "causeway/control/wire"
	_ "causeway/router/stun"
	_ "causeway/router/udp"
)

var (
	_ net.Addr
	_ netip.Addr
	_ = os.Args
	_ atomic.Bool
	_ = clock.Since(clock.Now())
	_ = clock.Second
)
