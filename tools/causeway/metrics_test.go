package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"causeway/router"
	"causeway/router/shard"
)

// Every counter of a shard is set to 1, so that one which no metric shows is a
// one that is missing from the sum.
func TestEveryCounterOfAShardIsAMetric(t *testing.T) {
	var c shard.Counters
	counters := ones(reflect.ValueOf(&c).Elem())
	registry := prometheus.NewRegistry()
	registry.MustRegister(routerMetrics{func() router.Stats { return router.Stats{Shards: []shard.Counters{c}} }})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "causeway_") {
			t.Errorf("%s does not begin with causeway_", f.GetName())
		}
		for _, m := range f.GetMetric() {
			shown += int(m.GetCounter().GetValue() + m.GetGauge().GetValue())
		}
	}
	if shown != counters {
		t.Errorf("%d of %d counters are shown", shown, counters)
	}
}

// ones sets every number below v to 1 and returns how many there are.
func ones(v reflect.Value) int {
	n := 0
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			n += ones(f)
		case reflect.Uint64:
			f.SetUint(1)
			n++
		case reflect.Int:
			f.SetInt(1)
			n++
		}
	}
	return n
}
