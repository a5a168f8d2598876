//go:build !purego

package srtp

import "golang.org/x/sys/cpu"

// hasVector reports whether expandKey and encryptCounters run on this processor.
var hasVector = cpu.X86.HasAES && cpu.X86.HasSSE41

// expandKey writes AES-128's eleven round keys.
//
//go:noescape
func expandKey(key *[16]byte, rounds *[176]byte)

// encryptCounters encrypts 8·groups counter blocks to out, groups being at least 1: ctr with its last two bytes
// replaced by first, first+1 and so on, modulo 2^16.
//
//go:noescape
func encryptCounters(out *byte, groups, first int, ctr *[16]byte, rounds *[176]byte)
