//go:build !amd64 || purego

package srtp

const hasVector = false

func expandKey(*[16]byte, *[176]byte) { panic("srtp: no vector key stream") }

func encryptCounters(*byte, int, int, *[16]byte, *[176]byte) { panic("srtp: no vector key stream") }
