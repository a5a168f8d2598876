//go:build !purego

#include "textflag.h"

// AES-128 for the counter mode: eight blocks at a time, because AESENC takes several cycles to finish and one or two to
// start. Nothing here branches on data or looks anything up by it.

// Each round key is the one before, with its words summed from the left, and a word from AESKEYGENASSIST (FIPS 197
// section 5.2).
#define EXPAND(rcon, offset) \
	AESKEYGENASSIST $rcon, X0, X1 \
	PSHUFD $0xff, X1, X1 \
	MOVO X0, X2          \
	PSLLDQ $4, X2        \
	PXOR X2, X0          \
	PSLLDQ $4, X2        \
	PXOR X2, X0          \
	PSLLDQ $4, X2        \
	PXOR X2, X0          \
	PXOR X1, X0          \
	MOVOU X0, offset(DI)

// func expandKey(key *[16]byte, rounds *[176]byte)
TEXT ·expandKey(SB), NOSPLIT, $0-16
	MOVQ key+0(FP), SI
	MOVQ rounds+8(FP), DI
	MOVOU (SI), X0
	MOVOU X0, (DI)
	EXPAND(0x01, 16)
	EXPAND(0x02, 32)
	EXPAND(0x04, 48)
	EXPAND(0x08, 64)
	EXPAND(0x10, 80)
	EXPAND(0x20, 96)
	EXPAND(0x40, 112)
	EXPAND(0x80, 128)
	EXPAND(0x1b, 144)
	EXPAND(0x36, 160)
	PXOR X0, X0
	PXOR X1, X1
	PXOR X2, X2
	RET

// COUNT makes the block numbered R8: the counter with a big-endian number in its last two bytes, and the first round
// key added.
#define COUNT(x) \
	MOVL R8, AX       \
	ROLW $8, AX       \
	MOVO X8, x        \
	PINSRW $7, AX, x  \
	PXOR X9, x        \
	INCL R8

#define ROUND(op, offset) \
	MOVOU offset(DX), X10 \
	op X10, X0 \
	op X10, X1 \
	op X10, X2 \
	op X10, X3 \
	op X10, X4 \
	op X10, X5 \
	op X10, X6 \
	op X10, X7

// func encryptCounters(out *byte, groups, first int, ctr *[16]byte, rounds *[176]byte)
TEXT ·encryptCounters(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ groups+8(FP), CX
	MOVQ first+16(FP), R8
	MOVQ ctr+24(FP), SI
	MOVQ rounds+32(FP), DX
	MOVOU (SI), X8
	MOVOU (DX), X9

group:
	COUNT(X0)
	COUNT(X1)
	COUNT(X2)
	COUNT(X3)
	COUNT(X4)
	COUNT(X5)
	COUNT(X6)
	COUNT(X7)
	ROUND(AESENC, 16)
	ROUND(AESENC, 32)
	ROUND(AESENC, 48)
	ROUND(AESENC, 64)
	ROUND(AESENC, 80)
	ROUND(AESENC, 96)
	ROUND(AESENC, 112)
	ROUND(AESENC, 128)
	ROUND(AESENC, 144)
	ROUND(AESENCLAST, 160)
	MOVOU X0, (DI)
	MOVOU X1, 16(DI)
	MOVOU X2, 32(DI)
	MOVOU X3, 48(DI)
	MOVOU X4, 64(DI)
	MOVOU X5, 80(DI)
	MOVOU X6, 96(DI)
	MOVOU X7, 112(DI)
	ADDQ $128, DI
	DECQ CX
	JNZ group
	RET
