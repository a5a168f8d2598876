// Package wire holds the types that travel between the cloud, the zone
// controllers, the multimedia routers and the pages in the browser.
//
// It carries meaning, not behaviour: every type here is JSON on some
// connection, and the doc comment of each says which. Field names are part of
// the protocol. Instants are RFC 3339 UTC strings, durations whole
// milliseconds with the unit in the key.
package wire
