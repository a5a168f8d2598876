// Package placement decides on which router a meeting lives. It is a table of
// the routers that report, of the meetings they host and of the placements that
// are not in any report yet, and it holds no meeting that no router holds: what
// it knows it can learn again from the next reports.
//
// It is sans-IO: instants come in as monotonic nanoseconds, nothing is written,
// and it does not talk to routers. One owner calls it, one call at a time; in
// the zone controller that is whoever holds its mutex.
package placement
