package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// counts are a process's metrics at an instant, by name. Shards are summed up.
// What has a cause is called name/cause, a histogram's bucket name/le.
type counts map[string]float64

// scrape asks for metrics in Prometheus' text format.
func scrape(ctx context.Context, c *http.Client, url string) (counts, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("bench: metrics: %w", err)
	}
	w, err := c.Do(r)
	if err != nil {
		return nil, fmt.Errorf("bench: metrics: %w", err)
	}
	defer w.Body.Close()
	if w.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("bench: metrics: %s answers %s", url, w.Status)
	}
	return readCounts(io.LimitReader(w.Body, 8<<20))
}

func readCounts(r io.Reader) (counts, error) {
	c := counts{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, text, ok := cutLast(lines.Text())
		value, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || strings.HasPrefix(name, "#") {
			continue
		}
		bare, _, _ := strings.Cut(name, "{")
		for _, key := range []string{"cause", "le"} {
			if v := label(name, key); v != "" {
				bare += "/" + v
			}
		}
		c[bare] += value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("bench: metrics: %w", err)
	}
	return c, nil
}

const (
	metricPrefix = "causeway_mmr_"
	pausesMetric = "go_sched_pauses_total_gc_seconds"
)

// router is a counter of the router, summed over its shards.
func (c counts) router(name string) float64 { return c[metricPrefix+name] }

// since is what was counted between before and c.
func (c counts) since(before counts) counts {
	d := counts{}
	for name, v := range c {
		d[name] = v - before[name]
	}
	return d
}

// lost is what the router says that it lost of media, by cause; causes without
// any are left out. What it did not let into a handshake is repeated there.
func (c counts) lost() map[string]uint64 {
	lost := map[string]uint64{}
	for name, v := range c {
		cause, ok := strings.CutPrefix(name, metricPrefix+"packets_lost_total/")
		if ok && v > 0 && cause != "handshake_full" {
			lost[cause] = uint64(v)
		}
	}
	return lost
}

// Pauses is how long the server's garbage collector stopped its world.
type Pauses struct {
	Stops uint64  `json:"stops"`
	P50MS float64 `json:"p50_ms"` // upper bounds of the runtime's buckets
	P99MS float64 `json:"p99_ms"`
	MaxMS float64 `json:"max_ms"`
}

// pauses reads the runtime's histogram.
func (c counts) pauses() (p Pauses) {
	type bucket struct{ le, below float64 }
	var buckets []bucket
	for name, v := range c {
		text, ok := strings.CutPrefix(name, pausesMetric+"_bucket/")
		if le, err := strconv.ParseFloat(text, 64); ok && err == nil {
			buckets = append(buckets, bucket{le, v})
		}
	}
	slices.SortFunc(buckets, func(a, b bucket) int {
		if a.le < b.le {
			return -1
		}
		return 1
	})
	total := c[pausesMetric+"_count"]
	p.Stops = uint64(total)
	if total == 0 {
		return p
	}
	at := func(share float64) float64 {
		last := 0.0
		for _, b := range buckets {
			if !math.IsInf(b.le, 1) {
				last = b.le
			}
			if b.below >= share*total {
				break
			}
		}
		return last * 1000
	}
	p.P50MS, p.P99MS, p.MaxMS = at(0.5), at(0.99), at(1)
	return p
}
