package client

import (
	"time"

	"github.com/pion/rtcp"
)

// reception keeps a lane's figures for receiver reports (RFC 3550 section
// 6.4.1 and appendix A.3). Jitter is not estimated.
type reception struct {
	base, received    uint64 // first index, packets
	expected, counted uint64 // at the last report
	begun             bool
	senderNTP         uint32 // middle 32 bits of the last sender report
	senderAt          time.Time
}

func (r *reception) arrive(index uint64) {
	if !r.begun {
		r.begun, r.base = true, index
	}
	r.received++
}

func (r *reception) senderReport(ntp uint64) {
	r.senderNTP, r.senderAt = uint32(ntp>>16), time.Now()
}

// block ends a reporting interval.
func (r *reception) block(ssrc uint32, highest uint64) rtcp.ReceptionReport {
	expected := highest - r.base + 1
	b := rtcp.ReceptionReport{SSRC: ssrc, LastSequenceNumber: uint32(highest - 1<<16)}
	if expected > r.received {
		b.TotalLost = uint32(min(expected-r.received, 1<<23-1))
	}
	interval, got := expected-r.expected, r.received-r.counted
	if interval > got {
		b.FractionLost = uint8((interval - got) * 255 / interval)
	}
	r.expected, r.counted = expected, r.received
	if r.senderNTP != 0 {
		b.LastSenderReport = r.senderNTP
		b.Delay = uint32(time.Since(r.senderAt) * 65536 / time.Second)
	}
	return b
}

// ntpTime is an instant in NTP's format (RFC 3550 section 4).
func ntpTime(t time.Time) uint64 {
	const from1900 = 2208988800
	nanos := uint64(t.Nanosecond())
	return (uint64(t.Unix())+from1900)<<32 | nanos<<32/1e9
}
