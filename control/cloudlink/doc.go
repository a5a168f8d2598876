// Package cloudlink is the zone controller's one connection to the cloud: a
// WebSocket that it opens and keeps open, over which it says what its meetings
// are doing and hears with which keys tickets are signed and which meetings to
// end.
//
// Everything that matters while the cloud is away is on disk: the pairing, the
// keys (so tickets verify, also after a restart), and the latest state of
// each meeting that the cloud has not acknowledged. The link carries latest
// states, never a history, so what waits is bounded by the number of meetings
// and an outage of hours costs nothing but the wait.
//
// The package takes no ticket and knows no router; the controller that owns a
// Link tells it the states and does what the cloud asks.
package cloudlink
