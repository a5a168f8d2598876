// Package rtcp is the wire format of RTCP as far as a router speaks it: sender
// and receiver reports, source descriptions and goodbyes (RFC 3550 §6), NACK
// and PLI (RFC 4585), FIR (RFC 5104), REMB (draft-alvestrand-rmcat-remb-03) and
// transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//
// Next walks a compound, the Parse functions look into one of its packets, the
// Append functions write one. It decides nothing: no report interval, no round
// trip time, no estimate, and it reads no clock. APP and XR packets are walked
// over.
//
// Nothing here is shared: values belong to whoever parsed them and borrow the
// compound's bytes; a FeedbackBuilder belongs to the owner of the transport
// whose packets it records. Parsing allocates nothing, and appending only where
// dst lacks capacity.
package rtcp
