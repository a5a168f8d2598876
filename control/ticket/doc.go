// Package ticket signs and verifies the two signed tokens between cloud and
// zone: the ticket that lets one participant into one meeting, and the token
// with which a zone opens its link to the cloud.
//
// Both are JWTs (RFC 7519) with one algorithm, EdDSA over Ed25519 (RFC 8037),
// taken from an allow-list and never from the token, and with a type of their
// own (RFC 8725 section 3.11), so that neither passes for the other. Whatever
// is not exactly as this package writes it is refused: a missing claim, a
// second audience, a key that occurs twice, a life of more than ten minutes.
//
// The package does not remember which tickets were used: the MMR does, until
// each has expired. It reads no clock but the one that it is given, logs
// nothing, and its errors are *wire.Problem with a code that callers may show.
package ticket
