package main

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"causeway/router"
	"causeway/router/shard"
)

// routerMetrics turns a router's figures into metrics whenever they are asked
// for; between two questions it costs nothing.
type routerMetrics struct {
	stats func() router.Stats
}

var (
	meetingsDesc     = prometheus.NewDesc("causeway_mmr_meetings", "Meetings hosted now.", nil, nil)
	participantsDesc = prometheus.NewDesc("causeway_mmr_participants", "Participants now, connecting ones included.", nil, nil)
	limitDesc        = prometheus.NewDesc("causeway_mmr_participants_limit", "Participants that the router takes.", nil, nil)
	joinedDesc       = prometheus.NewDesc("causeway_mmr_sessions_total", "Sessions admitted.", nil, nil)
	refusedDesc      = prometheus.NewDesc("causeway_mmr_sessions_refused_total", "Joins refused, by problem code.", []string{"code"}, nil)
	peersDesc        = prometheus.NewDesc("causeway_mmr_shard_sessions", "Sessions owned by a shard now.", []string{"shard"}, nil)

	datagramsRefusedDesc = prometheus.NewDesc("causeway_mmr_datagrams_refused_total", "Datagrams that changed nothing, by cause.", []string{"shard", "cause"}, nil)
	packetsLostDesc      = prometheus.NewDesc("causeway_mmr_packets_lost_total", "Packets that the router took and could not pass on, by cause.", []string{"shard", "cause"}, nil)
)

// perShard are the counters that need no label but the shard's number.
var perShard = []struct {
	desc  *prometheus.Desc
	value func(*shard.Counters) uint64
}{
	counter("turns_total", "Turns of the packet loop.", func(c *shard.Counters) uint64 { return c.Turns }),
	counter("turns_gathered_total", "Of those, turns that waited for the rest of a picture.", func(c *shard.Counters) uint64 { return c.Gathered }),
	counter("turns_split_total", "Times that one source brought more packets than a turn gathers.", func(c *shard.Counters) uint64 { return c.Split }),
	counter("packets_in_total", "Authentic media packets from publishers, resends included.", func(c *shard.Counters) uint64 { return c.PacketsIn }),
	counter("payload_in_bytes_total", "Payload of the packets in.", func(c *shard.Counters) uint64 { return c.BytesIn }),
	counter("packets_out_total", "Media packets sealed for receivers, resends included.", func(c *shard.Counters) uint64 { return c.PacketsOut }),
	counter("payload_out_bytes_total", "Payload of the packets out.", func(c *shard.Counters) uint64 { return c.BytesOut }),
	counter("packets_resent_total", "Packets out that answered a NACK.", func(c *shard.Counters) uint64 { return c.Resent }),
	counter("nacked_total", "Sequence numbers that receivers asked for again.", func(c *shard.Counters) uint64 { return c.NACKed }),
	counter("nacked_too_late_total", "Of those, not kept any more.", func(c *shard.Counters) uint64 { return c.NACKedTooLate }),
	counter("packets_asked_total", "Sequence numbers that publishers were asked for again.", func(c *shard.Counters) uint64 { return c.PacketsAsked }),
	counter("key_frames_asked_total", "Key frames that publishers were asked for.", func(c *shard.Counters) uint64 { return c.KeyFramesAsked }),
	counter("rtcp_in_total", "Compound RTCP packets received.", func(c *shard.Counters) uint64 { return c.RTCPIn }),
	counter("rtcp_out_total", "Compound RTCP packets sent.", func(c *shard.Counters) uint64 { return c.RTCPOut }),
	counter("checks_total", "Connectivity checks answered.", func(c *shard.Counters) uint64 { return c.Checks }),
	counter("handshake_datagrams_in_total", "Datagrams passed to a handshake.", func(c *shard.Counters) uint64 { return c.DTLSIn }),
	counter("handed_over_total", "Packets handed to another shard.", func(c *shard.Counters) uint64 { return c.HandedOver }),
	counter("datagrams_sent_total", "Datagrams that the kernel took.", func(c *shard.Counters) uint64 { return c.Sent.Datagrams }),
	counter("sent_bytes_total", "Payload of the datagrams sent.", func(c *shard.Counters) uint64 { return c.Sent.Bytes }),
	counter("batches_sent_total", "System calls in which they left.", func(c *shard.Counters) uint64 { return c.Sent.Batches }),
	counter("messages_sent_total", "Messages in which they left: one holds a run of datagrams.", func(c *shard.Counters) uint64 { return c.Sent.Messages }),
	counter("messages_segmented_total", "Messages that the kernel or device cut into datagrams.", func(c *shard.Counters) uint64 { return c.Sent.Segmented }),
	counter("segmentation_refused_total", "Times that a route refused segmentation.", func(c *shard.Counters) uint64 { return c.Sent.GSORefused }),
	counter("datagrams_received_total", "Datagrams read.", func(c *shard.Counters) uint64 { return c.Received.Datagrams }),
	counter("received_bytes_total", "Payload of the datagrams read.", func(c *shard.Counters) uint64 { return c.Received.Bytes }),
	counter("messages_received_total", "Messages in which they came, merged by the kernel or not.", func(c *shard.Counters) uint64 { return c.Received.Messages }),
	counter("batches_received_total", "System calls in which they came.", func(c *shard.Counters) uint64 { return c.Received.Batches }),
}

// refusedBy and lostBy are counters with a cause.
var (
	refusedBy = map[string]func(*shard.Counters) uint64{
		"stranger":      func(c *shard.Counters) uint64 { return c.Strangers },
		"malformed":     func(c *shard.Counters) uint64 { return c.Malformed },
		"check_refused": func(c *shard.Counters) uint64 { return c.CheckRefused },
		"bad_tag":       func(c *shard.Counters) uint64 { return c.BadTag },
		"replayed":      func(c *shard.Counters) uint64 { return c.Replayed },
		"repeated":      func(c *shard.Counters) uint64 { return c.Repeated },
		"unknown_ssrc":  func(c *shard.Counters) uint64 { return c.UnknownSSRC },
		"bad_payload":   func(c *shard.Counters) uint64 { return c.BadPayload },
		"not_ready":     func(c *shard.Counters) uint64 { return c.NotReady },
		"truncated":     func(c *shard.Counters) uint64 { return c.Received.Truncated },
	}
	lostBy = map[string]func(*shard.Counters) uint64{
		"ring_full":       func(c *shard.Counters) uint64 { return c.RingFull },
		"handshake_full":  func(c *shard.Counters) uint64 { return c.HandshakeFull },
		"socket_overflow": func(c *shard.Counters) uint64 { return c.Overflow },
		"would_block":     func(c *shard.Counters) uint64 { return c.Sent.Dropped.WouldBlock },
		"no_buffer":       func(c *shard.Counters) uint64 { return c.Sent.Dropped.NoBuffer },
		"too_big":         func(c *shard.Counters) uint64 { return c.Sent.Dropped.TooBig },
		"refused":         func(c *shard.Counters) uint64 { return c.Sent.Dropped.Refused },
		"other":           func(c *shard.Counters) uint64 { return c.Sent.Dropped.Other },
	}
)

func counter(name, help string, value func(*shard.Counters) uint64) struct {
	desc  *prometheus.Desc
	value func(*shard.Counters) uint64
} {
	return struct {
		desc  *prometheus.Desc
		value func(*shard.Counters) uint64
	}{prometheus.NewDesc("causeway_mmr_"+name, help, []string{"shard"}, nil), value}
}

// Describe implements prometheus.Collector.
func (m routerMetrics) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, out) }

// Collect implements prometheus.Collector.
func (m routerMetrics) Collect(out chan<- prometheus.Metric) {
	s := m.stats()
	gauge := func(d *prometheus.Desc, v int, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(meetingsDesc, s.Meetings)
	gauge(participantsDesc, s.Participants)
	gauge(limitDesc, s.Limit)
	count(joinedDesc, s.Joined)
	for code, n := range s.Refused {
		count(refusedDesc, n, code)
	}
	for i := range s.Shards {
		c, number := &s.Shards[i], strconv.Itoa(i)
		gauge(peersDesc, c.Peers, number)
		for _, p := range perShard {
			count(p.desc, p.value(c), number)
		}
		for cause, value := range refusedBy {
			count(datagramsRefusedDesc, value(c), number, cause)
		}
		for cause, value := range lostBy {
			count(packetsLostDesc, value(c), number, cause)
		}
	}
}
