//go:build linux && (amd64 || arm64)

// Package floor measures what forwarding costs on this machine at the very
// least: the cipher, the kernel's sending and receiving, and a bare forwarder
// made of nothing but those. What a router costs beyond it is the router's.
//
//	packet   one SRTP packet in one datagram
//	run      consecutive packets of one size to one destination, sent as one
//	         message with UDP_SEGMENT
//	row      one thing measured, in CPU time per packet
//	sample   one row measured once; a round is one sample of every row
//	shape    what one turn of a forwarder brings to each destination
//
// Rows are interleaved: each round samples every row in turn, the first round
// is dropped, and a row is the median of its samples. The calibration row, a
// GCM seal of known size, shows by its spread whether the machine had a slow
// hour.
//
// CPU time is that of one pinned thread by its own clock
// (CLOCK_THREAD_CPUTIME_ID). getrusage tells the same account, but on kernels
// without full accounting only as it stood at the last timer tick, up to 4 ms
// ago, which is longer than most stretches here. What the kernel does for the
// thread in soft interrupts counts unless the kernel keeps interrupts apart
// (CONFIG_IRQ_TIME_ACCOUNTING).
//
// Packets go through a veth pair into a namespace that drops them at ingress.
// Without root they go over loopback to a socket whose filter drops them, which
// is another way; the report says so. Sockets are used by raw system calls of this
// package's own, so that router/udp is not measured by itself.
//
// Run makes the report. A Rig is for others that need the bare forwarder beside
// their own measurement, in the same run and on the same CPU. Both belong to one
// goroutine; what is measured runs on threads of the Rig.
package floor
