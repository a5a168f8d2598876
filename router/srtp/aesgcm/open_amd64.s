//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

#define LOAD(at, hash) \
	VMOVDQU64 at(SI), hash \
	VPSHUFB REVERSE, hash, hash

#define LOAD4 \
	LOAD(0, Z12)   \
	LOAD(64, Z13)  \
	LOAD(128, Z14) \
	LOAD(192, Z15)

#define CRYPT4 \
	CRYPT(0, Z0)   \
	CRYPT(64, Z1)  \
	CRYPT(128, Z2) \
	CRYPT(192, Z3) \
	ADDQ $256, SI  \
	ADDQ $256, DI  \
	SUBQ $256, CX

// The last vector, of which K2 is message. T0 is free.
#define LOADLAST(at, hash) \
	VMOVDQU8.Z at(SI), K2, hash \
	VPSHUFB REVERSE, hash, hash
#define OPENLAST(at, z) \
	VMOVDQU8.Z at(SI), K2, T0 \
	VPXORD T0, ROUND10, T0    \
	VAESENCLAST T0, z, z      \
	VMOVDQU8 z, K2, at(DI)

// func openVector(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64, tag *[16]byte)
TEXT ·openVector(SB), NOSPLIT, $0-72
	MOVQ t+0(FP), AX
	MOVQ dst+8(FP), DI
	MOVQ src+16(FP), SI
	MOVQ n+24(FP), CX
	MOVQ aad+32(FP), DX
	MOVQ a+40(FP), BX
	TAILMASK
	VPBROADCASTQ head+48(FP), BASE
	VPBROADCASTQ tail+56(FP), K3, BASE
	SETUP
	MOVQ tag+64(FP), R10
	HEADMASKS
	VMOVDQU8.Z (SI), K1, Z1
	VALIGNQ $6, Z1, Z1, Z1
	VPXORD ROUND10, Z1, Z2
	COUNT1
	ROUNDS(ROUND1)
	VAESENCLAST Z2, Z0, Z0
	VALIGNQ $2, Z0, Z0, Z2
	VMOVDQU8 Z2, K1, (DI)
	VMOVDQA64 X0, MASK
	ASSOCIATED

headed:
	VMOVDQU8 Z1, K2, Z12
	VPSHUFB REVERSE, Z12, WAIT
	MOVQ CX, R12
	SUBQ $48, CX
	ADDQ $48, SI
	ADDQ $48, DI
	CMPQ CX, $256
	JLE  last

	CLEAR
	LEAQ -1(CX), R9 // 256 times the hashes to come, and a rest
	TESTQ $256, R9
	JNE  low

high: // decrypts and hashes the first half of thirty-two blocks
	LOAD4
	COUNT4
	ROUNDSHIGH
	CRYPT4

low: // the same with the second half
	LOAD4
	COUNT4
	ROUNDSLOW
	CRYPT4
	CMPQ CX, $256
	JGT  high

last: // at most sixteen blocks follow the waiting vector
	LENGTHS(R12, BX)
	CMPQ CX, $0
	JLE  none
	LAST
	MULLAST(0, WAIT)
	CMPQ CX, $64
	JLE  one
	LOAD(0, Z12)
	MULLAST(64, Z12)
	CMPQ CX, $128
	JLE  two
	LOAD(64, Z13)
	MULLAST(128, Z13)
	CMPQ CX, $192
	JLE  three
	LOAD(128, Z14)
	MULLAST(192, Z14)
	LOADLAST(192, Z15)
	MULLAST(256, Z15)
	COUNT4
	ROUNDS(ROUND4)
	CRYPT(0, Z0)
	CRYPT(64, Z1)
	CRYPT(128, Z2)
	OPENLAST(192, Z3)

tag:
	TAG
	VMOVDQU X7, (R10)
	VZEROUPPER
	RET

three:
	LOADLAST(128, Z14)
	MULLAST(192, Z14)
	COUNT3
	ROUNDS(ROUND3)
	CRYPT(0, Z0)
	CRYPT(64, Z1)
	OPENLAST(128, Z2)
	JMP tag

two:
	LOADLAST(64, Z13)
	MULLAST(128, Z13)
	COUNT2
	ROUNDS(ROUND2)
	CRYPT(0, Z0)
	OPENLAST(64, Z1)
	JMP tag

one:
	LOADLAST(0, Z12)
	MULLAST(64, Z12)
	COUNT1
	ROUNDS(ROUND1)
	OPENLAST(0, Z0)
	JMP tag

none:
	MULNONE
	JMP tag

long:
	LONG
	JMP headed
