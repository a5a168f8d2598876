package cloud

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.CounterVec
	logins   *prometheus.CounterVec
	tickets  *prometheus.CounterVec
	reports  *prometheus.CounterVec
	foreign  prometheus.Counter
}

func newMetrics() *metrics {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &metrics{
		requests: counters("causeway_cloud_requests_total", "Requests to the cloud's API by route and status.", "route", "status"),
		logins:   counters("causeway_cloud_logins_total", "Attempts to sign in by result: ok, failed, limited.", "result"),
		tickets:  counters("causeway_cloud_tickets_total", "Tickets issued by role.", "role"),
		reports:  counters("causeway_cloud_zone_reports_total", "Reports of zones by result: taken, repeated, stale, bad.", "result"),
		foreign: prometheus.NewCounter(prometheus.CounterOpts{Name: "causeway_cloud_foreign_meetings_total",
			Help: "Meetings in zones' reports that are not the reporting zone's, left alone."}),
	}
}

// Register adds the cloud's metrics to r.
func (c *Cloud) Register(r prometheus.Registerer) error {
	zones := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "causeway_cloud_zones_connected", Help: "Zones that hold a link now."},
		func() float64 { return float64(c.links.count()) })
	m := c.metrics
	return errors.Join(r.Register(m.requests), r.Register(m.logins), r.Register(m.tickets), r.Register(m.reports),
		r.Register(m.foreign), r.Register(zones))
}
