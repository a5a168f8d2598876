package bench

import (
	"math"
	"slices"
)

// Spread is what several samples of one figure say.
type Spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// spread of no samples is zero.
func spread(samples []float64) Spread {
	if len(samples) == 0 {
		return Spread{}
	}
	s := slices.Clone(samples)
	slices.Sort(s)
	middle := s[len(s)/2]
	if len(s)%2 == 0 {
		middle = (s[len(s)/2-1] + middle) / 2
	}
	return Spread{middle, s[0], s[len(s)-1]}
}

// share is how far the samples lie apart, as a share of the median.
func (s Spread) share() float64 {
	if s.Median == 0 {
		return 0
	}
	return (s.High - s.Low) / math.Abs(s.Median)
}

// overlaps reports whether two spreads have a value in common: then what lies
// between their medians may be chance.
func (s Spread) overlaps(t Spread) bool { return s.Low <= t.High && t.Low <= s.High }

// rounded keeps three significant digits or more of a figure that people read.
func rounded(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	scale := math.Pow(10, 4-math.Ceil(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}
