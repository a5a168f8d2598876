// Package zone is the zone controller (ZC): it lets participants with a ticket
// into meetings, puts each meeting on a router, and tells the cloud what the
// zone is doing.
//
// A controller holds no connection to any participant and no session. What it
// knows of meetings it learns from the reports of the routers (package
// placement), so it can be killed and started again while meetings run: within a
// second it has learned everything anew. On its disk is what cannot be learned
// again: the zone's authority, which routers there are, the number of its
// leadership, and which meetings were ended for all.
//
// Files: zone.go makes and runs a ZC; node.go is the API for routers; public.go,
// join.go and whip.go are the API for participants; forward.go talks to routers;
// cloud.go to the cloud.
package zone
