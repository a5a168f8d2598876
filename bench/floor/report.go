//go:build linux && (amd64 || arm64)

package floor

import (
	"slices"
)

// Report is what Run measured. Keys carry their unit.
type Report struct {
	Machine      Machine `json:"machine"`
	CPU          int     `json:"cpu_index"`
	PeerCPU      int     `json:"peer_cpu_index"` // negative: the same
	Steer        bool    `json:"steered"`
	Steal        float64 `json:"steal_ratio"` // of the measured CPU's time, taken away by a hypervisor
	Rounds       int     `json:"rounds"`
	SampleMS     float64 `json:"sample_cpu_ms"`
	Destinations int     `json:"destinations"`
	Place        string  `json:"place"` // "veth" or "loopback"
	PlaceWords   string  `json:"place_words"`
	GSO          bool    `json:"gso"`
	// Notes say what could not be measured, or not as it should be.
	Notes []string `json:"notes,omitempty"`
	// Calibration is what sealing 1,124 bytes with AES-128-GCM cost in each
	// round; it is not among Rows.
	Calibration Row   `json:"calibration"`
	Rows        []Row `json:"rows"`
}

// Row is one thing measured: a median with its spread, of CPU time per packet,
// user and system together.
type Row struct {
	Group string `json:"group"` // "cipher", "send", "receive" or "loop"
	Name  string `json:"name"`  // for programs: "send/by=segment/run=8/bytes=1140"
	What  string `json:"what"`  // for people
	// Bytes of a packet: for the cipher before it is sealed, in a datagram for
	// sending and receiving, none for a loop, whose Shape says it.
	Bytes int    `json:"packet_bytes,omitempty"`
	Run   int    `json:"run_packets,omitempty"`
	Shape *Shape `json:"shape,omitempty"`

	CPU     float64   `json:"cpu_us_per_packet"` // the median
	Min     float64   `json:"cpu_us_per_packet_min"`
	Max     float64   `json:"cpu_us_per_packet_max"`
	Spread  float64   `json:"spread_ratio"` // (max - min) / median
	Samples []float64 `json:"samples_cpu_us_per_packet"`
	Packets int       `json:"packets"` // in all samples
	// Refused are packets that the kernel did not take. They are not in
	// Packets, but their time is.
	Refused int `json:"packets_refused"`
	// Waits is how often the receiving end had to catch up; that time is not
	// in, but a row with many waits is not to be trusted.
	Waits int `json:"waits"`
	// Bare is the median ratio to the standard library's cipher of the same
	// round, in rows of the group cipher.
	Bare float64 `json:"ratio_to_bare,omitempty"`
}

// Find returns the row of a name, nil if it was not measured.
func (r *Report) Find(name string) *Row {
	for i := range r.Rows {
		if r.Rows[i].Name == name {
			return &r.Rows[i]
		}
	}
	return nil
}

// add takes a sample into the row.
func (r *Row) add(s sample) {
	r.Samples = append(r.Samples, s.us())
	r.Packets += s.packets
}

// sum computes what the samples say together.
func (r *Row) sum() {
	r.CPU = median(r.Samples)
	r.Min, r.Max = slices.Min(r.Samples), slices.Max(r.Samples)
	r.Spread = (r.Max - r.Min) / r.CPU
}

// median is the middle value, or the mean of the two in the middle; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// ratio is the median of the quotients of samples from the same rounds.
func ratio(a, b []float64) float64 {
	quotients := make([]float64, min(len(a), len(b)))
	for i := range quotients {
		quotients[i] = a[i] / b[i]
	}
	return median(quotients)
}
