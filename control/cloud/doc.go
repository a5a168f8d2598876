// Package cloud is the cloud's part: who may meet. It signs people in, keeps
// their meetings, lets people into them with tickets that a zone verifies by
// itself, and holds the other end of each zone's link.
//
// It holds metadata only: no media, no chat, no participant's address reaches
// it. It serves JSON, not pages; those are laid beside it by whoever builds the
// server. It trusts what a zone reports about the meetings that were given to
// that zone, and nothing else.
//
// What must survive is in package store, and is there before a call returns.
// What is in memory is who is connected now (links), how often somebody knocked
// (limiter), and the signing keys, read again each minute; each has one owner,
// named where it is declared. So a second process may work on the same state
// directory, as "causeway ticket" does.
package cloud
