// Package api is an MMR's side of the zone: the mTLS API over which a controller
// brings participants and ends sessions and meetings, and the agent that joins
// the zone, reports to its controllers once a second and at once on change, and
// keeps the node's certificate fresh.
//
// It knows the router as the few calls of the Router interface and carries no
// media. It decides nothing about meetings: it checks bounds, passes on, and
// says what the router says.
package api
