package aesgcm

// numPowers is how many powers of the hash key the assembly multiplies by between two reductions: a vector that waits
// since the sixteen blocks before, sixteen blocks, and the block of lengths.
const numPowers = 21

// tables are what the assembly keeps of a key, and it knows their layout. There are no pointers in them: so the
// allocator puts 576 bytes on a multiple of 64, and few loads straddle cache lines.
type tables struct {
	rounds [11 * 16]byte // round keys (FIPS 197 section 5.2); the first is the key
	_      [16]byte
	// powers of the hash key, from the 21st down to the first, byte-reversed and shifted by one bit, then zeros, so that
	// a vector that ends beyond the message adds nothing.
	powers [(numPowers + 3) * 16]byte
}
