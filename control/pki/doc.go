// Package pki is a zone's own certificate authority and everything that nodes
// do with it: join tokens, enrolment, short-lived certificates that renew
// themselves, and the TLS 1.3 configurations with which nodes talk to each
// other. It also keeps the generated certificate of the public HTTPS address.
//
// A node's name and role stand in its certificate as one URI,
// causeway://ZONE/ROLE/NAME; nothing else in the certificate is believed. Host
// names and addresses are not checked between nodes: a node is who its
// certificate says, wherever it answers.
//
// The package does not decide who may join (that is who holds a token) nor
// what a role may do (each API says so). An Authority is owned by the zone
// controller; Credentials by the process that runs the node.
package pki
