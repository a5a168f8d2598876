// Package stun is the wire format of STUN (RFC 8489) as far as an ICE-lite
// agent and a client that checks against it need it (RFC 8445): Binding
// requests, successes and errors with USERNAME, PRIORITY, USE-CANDIDATE,
// ICE-CONTROLLING, ICE-CONTROLLED, XOR-MAPPED-ADDRESS, ERROR-CODE,
// MESSAGE-INTEGRITY and FINGERPRINT.
//
// It does not send, retransmit, know a candidate pair or read a clock, and it
// leaves out TURN, the long-term credential mechanism, SHA-256 integrity and
// the RFC 3489 form without a magic cookie.
//
// Nothing here is shared: a Message belongs to whoever parsed it and borrows
// the datagram's bytes, and a Key belongs to one goroutine at a time. Parsing,
// verifying and (given capacity) appending allocate nothing.
package stun
