package aesgcm

// numPowers is how many powers of the hash key a message's end needs one by one: for a vector that waits, sixteen blocks
// at most, and the block of lengths.
const numPowers = 21

// tables are what the assembly keeps of a key, and it knows their layout. There are no pointers in them: so the
// allocator puts 704 bytes on a multiple of 64, and few loads straddle cache lines. A power of the hash key is a block
// with its bytes reversed, times x.
type tables struct {
	rounds [11 * 16]byte // round keys (FIPS 197 section 5.2); the first is the key
	_      [16]byte
	// The powers by which sixteen blocks after sixteen others are multiplied, 32, 28, 24 and 20.
	high [4][2]uint64
	// The exclusive or of either half, of the powers 32, 28 and so on to 4.
	halves [8]uint64
	// The powers from the 21st down to the first, then zeros, so that a vector that ends beyond the message adds nothing.
	powers [numPowers + 3][2]uint64
}

func (t *tables) setHalves() {
	for i := range 4 {
		t.halves[i] = t.high[i][0] ^ t.high[i][1]
		p := t.powers[numPowers-16+4*i]
		t.halves[4+i] = p[0] ^ p[1]
	}
}
