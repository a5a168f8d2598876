package main

import (
	"runtime"

	"causeway/router"
)

// openRouter starts the router and adds its figures to the doors' metrics.
func openRouter(config router.Config, d *doors) (*router.Router, error) {
	r, err := router.New(config)
	if err != nil {
		return nil, err
	}
	// A shard that waits for its next packet keeps its P (package shard, waiter), so
	// each gets one besides those that everything else runs on.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + r.Shards())
	return r, d.registry.Register(routerMetrics{r.Stats})
}
