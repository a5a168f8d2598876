//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

// The last vector, of which K2 is message; what lies beyond counts as zeros in the hash. T0 and T1 are free.
#define SEALLAST(at, z) \
	VMOVDQU8.Z at(SI), K2, T0 \
	VPXORD T0, ROUND10, T0    \
	VAESENCLAST T0, z, z      \
	VMOVDQU8 z, K2, at(DI)    \
	VMOVDQU8.Z z, K2, z       \
	VPSHUFB REVERSE, z, z

#define SEAL(at, z, hash) \
	CRYPT(at, z)             \
	VPSHUFB REVERSE, z, hash

#define SEAL4 \
	SEAL(0, Z0, Z12)   \
	SEAL(64, Z1, Z13)  \
	SEAL(128, Z2, Z14) \
	SEAL(192, Z3, Z15) \
	ADDQ $256, SI      \
	ADDQ $256, DI      \
	SUBQ $256, CX

// func sealVector(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64)
TEXT ·sealVector(SB), NOSPLIT, $0-64
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
	LEAQ (DI)(CX*1), R10
	HEADMASKS
	VMOVDQU8.Z (SI), K1, Z12
	VALIGNQ $6, Z12, Z12, Z12
	VPXORD ROUND10, Z12, Z12
	COUNT1
	ROUNDS(ROUND1)
	VAESENCLAST Z12, Z0, Z0
	VALIGNQ $2, Z0, Z0, Z13
	VMOVDQU8 Z13, K1, (DI)
	VMOVDQA64 X0, MASK
	ASSOCIATED

headed:
	VMOVDQU8 Z0, K2, Z12
	VPSHUFB REVERSE, Z12, WAIT
	MOVQ CX, R12
	SUBQ $48, CX
	ADDQ $48, SI
	ADDQ $48, DI
	CMPQ CX, $256
	JLE  last
	CLEAR
	LEAQ -1(CX), R9 // 256 times the hashes to come, and a rest
	COUNT4
	ROUNDS(ROUND4)
	SEAL4
	TESTQ $256, R9
	JNE  low

high: // encrypts sixteen blocks and hashes the first half of thirty-two
	COUNT4
	ROUNDSHIGH
	SEAL4

low: // the same with the second half
	CMPQ CX, $256
	JLE  drain
	COUNT4
	ROUNDSLOW
	SEAL4
	JMP  high

drain:
	PAIR1(Z12, POWER(12), HALVES(12))
	PAIR2(Z12)
	PAIR3(Z12, Z13, POWER(8), HALVES(8))
	PAIR4(Z12, Z13)
	PAIR1(Z14, POWER(4), HALVES(4))
	PAIR2(Z14)
	PAIR3(Z14, WAIT, POWER(16), HALVES(16))
	PAIR4(Z14, WAIT)
	SETTLE

last: // at most sixteen blocks follow the waiting vector
	LENGTHS(R12, BX)
	CMPQ CX, $0
	JLE  none
	LAST
	MULLAST(0, WAIT)
	CMPQ CX, $64
	JLE  one
	CMPQ CX, $128
	JLE  two
	CMPQ CX, $192
	JLE  three
	COUNT4
	ROUNDS(ROUND4)
	SEAL(0, Z0, Z12)
	SEAL(64, Z1, Z13)
	SEAL(128, Z2, Z14)
	SEALLAST(192, Z3)
	MULLAST(64, Z12)
	MULLAST(128, Z13)
	MULLAST(192, Z14)
	MULLAST(256, Z3)

tag:
	TAG
	VMOVDQU X7, (R10)
	VZEROUPPER
	RET

three:
	COUNT3
	ROUNDS(ROUND3)
	SEAL(0, Z0, Z12)
	SEAL(64, Z1, Z13)
	SEALLAST(128, Z2)
	MULLAST(64, Z12)
	MULLAST(128, Z13)
	MULLAST(192, Z2)
	JMP tag

two:
	COUNT2
	ROUNDS(ROUND2)
	SEAL(0, Z0, Z12)
	SEALLAST(64, Z1)
	MULLAST(64, Z12)
	MULLAST(128, Z1)
	JMP tag

one:
	COUNT1
	ROUNDS(ROUND1)
	SEALLAST(0, Z0)
	MULLAST(64, Z0)
	JMP tag

none:
	MULNONE
	JMP tag

long:
	LONG
	JMP headed
