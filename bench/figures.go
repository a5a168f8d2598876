package bench

import (
	"fmt"
	"reflect"
	"strings"
)

// Figures are what one window showed, or the medians of several. Keys carry
// their unit. Packets are RTP packets with sound or pictures.
type Figures struct {
	Rate    float64 `json:"rate"` // how many times a publisher at rate 1
	WindowS float64 `json:"window_s"`

	PacketsIn      float64 `json:"packets_in"`  // sent by publishers
	PacketsOut     float64 `json:"packets_out"` // arrived at receivers' sockets
	PacketsInPerS  float64 `json:"packets_in_per_s"`
	PacketsOutPerS float64 `json:"packets_out_per_s"`
	BitsOutPerS    float64 `json:"bits_out_per_s"` // of UDP payload
	SoundRatio     float64 `json:"sound_ratio"`    // of the packets out
	PerMessage     float64 `json:"packets_per_message"`

	LostByRouter float64 `json:"lost_by_router"` // what the router says, its own socket included
	LostBySocket float64 `json:"lost_by_socket"` // a receiver's buffer was full
	LostByClient float64 `json:"lost_by_client"` // the load's kernel had no time to take it in

	CPUPerPacketUS    float64 `json:"cpu_us_per_packet"`
	UserPerPacketUS   float64 `json:"cpu_user_us_per_packet"`
	SystemPerPacketUS float64 `json:"cpu_system_us_per_packet"`
	FloorPerPacketUS  float64 `json:"floor_us_per_packet"`
	RatioToFloor      float64 `json:"ratio_to_floor"`
	CPUCores          float64 `json:"cpu_cores"`
	LoadCores         float64 `json:"load_cpu_cores"`
	ServerBusy        float64 `json:"server_busy_ratio"`    // of its processors, whoever uses them
	LoadBusy          float64 `json:"load_busy_ratio"`      // likewise
	LoadInterrupts    float64 `json:"load_interrupt_ratio"` // of them: taking packets in
	Stolen            float64 `json:"stolen_ratio"`         // by the hypervisor, of all processors

	P50MS  float64 `json:"p50_ms"`
	P99MS  float64 `json:"p99_ms"`
	P999MS float64 `json:"p999_ms"`
	MaxMS  float64 `json:"max_ms"`

	// Joins are those of churn, each with the leaving that follows it.
	JoinsPerS float64 `json:"joins_per_s"`
	CPUJoinMS float64 `json:"cpu_ms_per_join"` // beyond what forwarding costs

	RSS           float64 `json:"rss_bytes"`
	CalibrationNS float64 `json:"calibration_seal_ns"`
}

// each calls f for every figure, by its key.
func (v *Figures) each(f func(key string, value *float64)) {
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		key, _, _ := strings.Cut(s.Type().Field(i).Tag.Get("json"), ",")
		f(key, s.Field(i).Addr().Interface().(*float64))
	}
}

// Get is one figure by its key; 0 if there is none.
func (v *Figures) Get(key string) (value float64) {
	v.each(func(k string, p *float64) {
		if k == key {
			value = *p
		}
	})
	return value
}

// Point is one load at which a scenario was measured. Its own figures are the
// medians of Samples.
type Point struct {
	// Share is the load as a share of what saturated the router; 0 if that was
	// not sought.
	Share float64 `json:"load_share"`
	// Participants is how many took part.
	Participants int `json:"participants"`
	Figures
	Spread  map[string]Spread `json:"spread"`
	Samples []Figures         `json:"samples"`
}

// settle makes the medians and spreads of what was sampled.
func (p *Point) settle() {
	p.Spread = map[string]Spread{}
	p.Figures.each(func(key string, value *float64) {
		s := spread(p.values(key))
		*value = s.Median
		if s.Low != s.High {
			p.Spread[key] = s
		}
	})
}

// values are the samples of one figure.
func (p *Point) values(key string) []float64 {
	values := make([]float64, len(p.Samples))
	for i := range p.Samples {
		values[i] = p.Samples[i].Get(key)
	}
	return values
}

// String is one line of progress.
func (v *Figures) String() string {
	s := fmt.Sprintf("rate %.3g, %.0f packets/s in, %.0f out, %.0f lost, %.3f µs each, p99 %.2f ms",
		v.Rate, v.PacketsInPerS, v.PacketsOutPerS, v.LostByRouter, v.CPUPerPacketUS, v.P99MS)
	if v.RatioToFloor > 0 {
		s += fmt.Sprintf(", %.2f × the floor", v.RatioToFloor)
	}
	if v.JoinsPerS > 0 {
		s += fmt.Sprintf(", %.0f joins/s of %.2f ms", v.JoinsPerS, v.CPUJoinMS)
	}
	return s
}
