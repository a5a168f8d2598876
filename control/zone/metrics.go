package zone

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"causeway/control/zone/placement"
)

// metrics is what a controller counts. docs/api-zone.md lists it.
type metrics struct {
	requests *prometheus.CounterVec // by door and problem code; "ok", "left", "patched"
	refusals *prometheus.CounterVec // by the limit that was met
	reports  *prometheus.CounterVec
	join     prometheus.Histogram
	gauges   []prometheus.Collector
}

func newMetrics(z *ZC) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "causeway_zone_requests_total", Help: "Public requests by door and result (a problem's code, or ok, left, patched).",
		}, []string{"door", "result"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "causeway_zone_refusals_total", Help: "Participants not admitted, by the limit that was met.",
		}, []string{"limit"}),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "causeway_zone_reports_total", Help: "Reports of routers, by result.",
		}, []string{"result"}),
		join: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "causeway_zone_join_seconds", Help: "From a participant's request to the answer, for those admitted.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5},
		}),
	}
	total := func(name, help string, pick func(placement.Totals) int) {
		m.gauge(name, help, func() float64 {
			z.mu.Lock()
			defer z.mu.Unlock()
			return float64(pick(z.table.Totals()))
		})
	}
	total("causeway_zone_meetings", "Meetings that live.", func(t placement.Totals) int { return t.Meetings })
	total("causeway_zone_meetings_limit", "Meetings that this controller takes.", func(t placement.Totals) int { return t.MaxMeetings })
	total("causeway_zone_participants", "Participants on all routers.", func(t placement.Totals) int { return t.Participants })
	total("causeway_zone_participants_limit", "Participants that all routers take.", func(t placement.Totals) int { return t.MaxParticipants })
	total("causeway_zone_routers", "Routers that report.", func(t placement.Totals) int { return t.Routers })
	total("causeway_zone_routers_draining", "Routers that take no new meetings.", func(t placement.Totals) int { return t.Draining })
	m.gauge("causeway_zone_epoch", "Number of this controller's leadership.", func() float64 { return float64(z.memory.Epoch) })
	m.gauge("causeway_zone_certificate_left_seconds", "Until the controller's own certificate ends.",
		func() float64 { return time.Until(z.creds.Expires()).Seconds() })
	m.gauge("causeway_zone_cloud_connected", "1 while the link to the cloud stands.", func() float64 {
		if z.link != nil && z.link.Connected() == nil {
			return 1
		}
		return 0
	})
	m.gauge("causeway_zone_cloud_backlog_meetings", "Meetings whose state the cloud has not acknowledged.", func() float64 {
		if z.link == nil {
			return 0
		}
		return float64(z.link.Backlog())
	})
	return m
}

func (m *metrics) gauge(name, help string, value func() float64) {
	m.gauges = append(m.gauges, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Register registers the controller's metrics, all of which begin with
// causeway_zone_. It panics if they are registered already.
func (z *ZC) Register(r prometheus.Registerer) {
	m := z.metrics
	r.MustRegister(append(m.gauges, m.requests, m.refusals, m.reports, m.join)...)
}
