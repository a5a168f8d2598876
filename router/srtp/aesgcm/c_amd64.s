//go:build !purego

#include "textflag.h"

// AES-128-GCM on vectors of four blocks.
//
// Blocks are numbered as their counters are: block 1 masks the tag, the message starts with block 2. So the first
// vector holds block 1 and three of the message, and every other vector four. All counters of a message differ in the
// last byte only.
//
// The hash is a polynomial in the hash key H, whose coefficients are the blocks of associated data, of ciphertext, and
// one of lengths. A vector waits in WAIT, not yet multiplied; the sixteen blocks that follow need it times H^16 and
// themselves times H^12, H^8, H^4 and 1, each of the four blocks of a vector alike: Horner's rule, four polynomials
// apart. Only at the end each block of a vector gets its own power. The table lies in falling order, so that four
// powers are one load, at an offset that depends on how many blocks remain.
//
// Numbers are byte-reversed blocks. A product takes four carry-less multiplications, LO, MID (two) and HI, at 64 bits'
// distance, which are reduced only after a sum: Montgomery's way, with the polynomial's upper half, FOLD, twice.
//
// Masked loads and stores touch nothing outside the message, wherever their addresses begin.

//DATA ·reverse+0(SB)/8, $0x08090a0b0c0d0e0f
//DATA ·reverse+8(SB)/8, $0x0001020304050607
//GLOBL ·reverse(SB), NOPTR|RO//DATA, $16

//DATA ·polynomial+0(SB)/8, $0x0000000000000001
//DATA ·polynomial+8(SB)/8, $0xc200000000000000
//GLOBL ·polynomial(SB), NOPTR|RO//DATA, $16

//DATA ·fold+0(SB)/8, $0xc200000000000000
//DATA ·fold+8(SB)/8, $0xc200000000000000
//GLOBL ·fold(SB), NOPTR|RO//DATA, $16

//DATA ·first+0(SB)/8, $0
//DATA ·first+8(SB)/8, $0x0100000000000000
//DATA ·first+16(SB)/8, $0
//DATA ·first+24(SB)/8, $0x0200000000000000
//DATA ·first+32(SB)/8, $0
//DATA ·first+40(SB)/8, $0x0300000000000000
//DATA ·first+48(SB)/8, $0
//DATA ·first+56(SB)/8, $0x0400000000000000
//GLOBL ·first(SB), NOPTR|RO//DATA, $64

//DATA ·four+0(SB)/8, $0
//DATA ·four+8(SB)/8, $0x0400000000000000
//GLOBL ·four(SB), NOPTR|RO//DATA, $16

// AX tables, DI destination, SI source, CX bytes left, DX associated data, BX its length, R10 the destination's end
// K1 the message in the first vector, K2 the same in the last
#define WAIT Z4
#define LO Z5
#define MID Z6
#define HI Z7
#define T0 Z8
#define T1 Z9
#define POWERA Z10
#define POWERB Z11
#define ROUND0 Z16
#define ROUND10 Z26
#define COUNTER Z27
#define FOUR Z28
#define MASKX X29
#define FOLD Z30
#define REVERSE Z31

// Offsets of powers of H in the tables.
#define POWER(n) (192+16*(21-n))

#define SETUP \
	VBROADCASTI32X4 (AX), ROUND0     \
	VBROADCASTI32X4 16(AX), Z17      \
	VBROADCASTI32X4 32(AX), Z18      \
	VBROADCASTI32X4 48(AX), Z19      \
	VBROADCASTI32X4 64(AX), Z20      \
	VBROADCASTI32X4 80(AX), Z21      \
	VBROADCASTI32X4 96(AX), Z22      \
	VBROADCASTI32X4 112(AX), Z23     \
	VBROADCASTI32X4 128(AX), Z24     \
	VBROADCASTI32X4 144(AX), Z25     \
	VBROADCASTI32X4 160(AX), ROUND10 \
	VBROADCASTI32X4 ·four(SB), FOUR  \
	VBROADCASTI32X4 ·fold(SB), FOLD  \
	VBROADCASTI32X4 ·reverse(SB), REVERSE

#define COUNT(z) \
	VPXORD ROUND0, COUNTER, z  \
	VPADDD FOUR, COUNTER, COUNTER

#define ROUNDS1(a) \
	VAESENC Z17, a, a \
	VAESENC Z18, a, a \
	VAESENC Z19, a, a \
	VAESENC Z20, a, a \
	VAESENC Z21, a, a \
	VAESENC Z22, a, a \
	VAESENC Z23, a, a \
	VAESENC Z24, a, a \
	VAESENC Z25, a, a

#define ROUND2(k) \
	VAESENC k, Z0, Z0 \
	VAESENC k, Z1, Z1
#define ROUND3(k) \
	ROUND2(k) \
	VAESENC k, Z2, Z2
#define ROUND4(k) \
	ROUND3(k) \
	VAESENC k, Z3, Z3

#define ROUNDS(round) \
	round(Z17) \
	round(Z18) \
	round(Z19) \
	round(Z20) \
	round(Z21) \
	round(Z22) \
	round(Z23) \
	round(Z24) \
	round(Z25)

// LO, MID, HI = a·p
#define MUL(a, p) \
	VPCLMULQDQ $0x00, p, a, LO  \
	VPCLMULQDQ $0x01, p, a, MID \
	VPCLMULQDQ $0x10, p, a, T0  \
	VPCLMULQDQ $0x11, p, a, HI  \
	VPXORD     T0, MID, MID

// LO, MID, HI += a·p
#define MULADD(a, p) \
	VPCLMULQDQ $0x01, p, a, T0   \
	VPCLMULQDQ $0x10, p, a, T1   \
	VPTERNLOGD $0x96, T0, T1, MID \
	VPCLMULQDQ $0x00, p, a, T0   \
	VPCLMULQDQ $0x11, p, a, T1   \
	VPXORD     T0, LO, LO        \
	VPXORD     T1, HI, HI

// HI = LO + MID·2^64 + HI·2^128, reduced
#define REDUCE \
	VPCLMULQDQ $0x00, FOLD, LO, T0   \
	VPSHUFD    $0x4e, LO, LO         \
	VPTERNLOGD $0x96, T0, LO, MID    \
	VPCLMULQDQ $0x00, FOLD, MID, T0  \
	VPSHUFD    $0x4e, MID, MID       \
	VPTERNLOGD $0x96, T0, MID, HI

// LO, MID, HI = the block of lengths times H; X0 is free
#define LENGTHS(n, a) \
	SHLQ    $3, n              \
	SHLQ    $3, a              \
	VMOVQ   n, X0              \
	VPINSRQ $1, a, X0, X0      \
	VMOVDQU POWER(1)(AX), X10  \
	VPCLMULQDQ $0x00, X10, X0, X5 \
	VPCLMULQDQ $0x01, X10, X0, X6 \
	VPCLMULQDQ $0x10, X10, X0, X8 \
	VPCLMULQDQ $0x11, X10, X0, X7 \
	VPXOR   X8, X6, X6

// func sealVector(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64)

#define ENCLAST4 \
	VPXORD (SI), ROUND10, Z8     \
	VPXORD 64(SI), ROUND10, Z9   \
	VPXORD 128(SI), ROUND10, Z10 \
	VPXORD 192(SI), ROUND10, Z11 \
	VAESENCLAST Z8, Z0, Z0   \
	VAESENCLAST Z9, Z1, Z1   \
	VAESENCLAST Z10, Z2, Z2  \
	VAESENCLAST Z11, Z3, Z3  \
	VMOVDQU64 Z0, (DI)       \
	VMOVDQU64 Z1, 64(DI)     \
	VMOVDQU64 Z2, 128(DI)    \
	VMOVDQU64 Z3, 192(DI)    \
	VPSHUFB REVERSE, Z0, Z12 \
	VPSHUFB REVERSE, Z1, Z13 \
	VPSHUFB REVERSE, Z2, Z14 \
	VPSHUFB REVERSE, Z3, Z15 \
	ADDQ $256, SI            \
	ADDQ $256, DI

// a ends in Z10, b in Z11
#define HASH1 \
	VPCLMULQDQ $0x00, Z10, WAIT, LO  \
	VPCLMULQDQ $0x11, Z10, WAIT, HI \
	VBROADCASTI32X4 POWER(12)(AX), Z11
#define HASH2 \
	VPCLMULQDQ $0x01, Z10, WAIT, MID  \
	VPCLMULQDQ $0x10, Z10, WAIT, T0 
#define HASH3 \
	VPCLMULQDQ $0x01, Z11, Z12, T1 \
	VPCLMULQDQ $0x10, Z11, Z12, WAIT \
	VPTERNLOGD $0x96, T0, T1, MID \
	VBROADCASTI32X4 POWER(8)(AX), Z10
#define HASH4 \
	VPCLMULQDQ $0x00, Z11, Z12, T0 \
	VPCLMULQDQ $0x11, Z11, Z12, T1 \
	VBROADCASTI32X4 POWER(4)(AX), Z11
#define HASH5 \
	VPCLMULQDQ $0x01, Z10, Z13, Z12 \
	VPTERNLOGD $0x96, WAIT, Z12, MID \
	VPCLMULQDQ $0x00, Z10, Z13, Z12 \
	VPTERNLOGD $0x96, T0, Z12, LO
#define HASH6 \
	VPCLMULQDQ $0x10, Z10, Z13, Z12 \
	VPCLMULQDQ $0x11, Z10, Z13, T0 \
	VPTERNLOGD $0x96, T0, T1, HI
#define HASH7 \
	VPCLMULQDQ $0x00, Z11, Z14, T0 \
	VPCLMULQDQ $0x10, Z11, Z14, T1 \
	VPXORD T0, LO, LO \
	VPTERNLOGD $0x96, Z12, T1, MID
#define HASH8 \
	VPCLMULQDQ $0x00, FOLD, LO, T0   \
	VPCLMULQDQ $0x01, Z11, Z14, T1 \
	VPCLMULQDQ $0x11, Z11, Z14, Z12 \
	VPXORD T1, MID, MID \
	VPSHUFD    $0x4e, LO, LO         \
	VPTERNLOGD $0x96, T0, LO, MID   
#define HASH9 \
	VPCLMULQDQ $0x00, FOLD, MID, T0 \
	VPTERNLOGD $0x96, Z12, Z15, HI \
	VPSHUFD    $0x4e, MID, WAIT       \
	VPTERNLOGD $0x96, T0, HI, WAIT

TEXT ·sealVectorC(SB), NOSPLIT, $0-64
	MOVQ t+0(FP), AX
	MOVQ dst+8(FP), DI
	MOVQ src+16(FP), SI
	MOVQ n+24(FP), CX
	MOVQ aad+32(FP), DX
	MOVQ a+40(FP), BX
	MOVL $0xaa, R8
	KMOVB R8, K3
	VPBROADCASTQ head+48(FP), COUNTER
	VPBROADCASTQ tail+56(FP), K3, COUNTER
	VPADDD ·first(SB), COUNTER, COUNTER
	SETUP
	LEAQ (DI)(CX*1), R10

	// The first vector.
	MOVQ    $48, R9
	CMPQ    CX, R9
	CMOVQLT CX, R9
	MOVQ    $-1, R8
	BZHIQ   R9, R8, R9
	KMOVQ   R9, K1
	SHLQ    $16, R9
	KMOVQ   R9, K2
	VMOVDQU8.Z (SI), K1, Z12
	VALIGNQ $6, Z12, Z12, Z12
	VPXORD  ROUND10, Z12, Z12
	COUNT(Z0)
	ROUNDS1(Z0)
	VAESENCLAST Z12, Z0, Z0
	VALIGNQ $2, Z0, Z0, Z13
	VMOVDQU8 Z13, K1, (DI)
	VMOVDQA64 X0, MASKX

	// The last block of associated data goes before its three blocks.
	VPXOR X12, X12, X12
	TESTQ BX, BX
	JZ    headed
	LEAQ  -1(BX), R11
	ANDQ  $-16, R11 // the bytes of the blocks before
	MOVQ  BX, R9
	SUBQ  R11, R9
	BZHIQ R9, R8, R9
	KMOVQ R9, K3
	VMOVDQU8.Z (DX)(R11*1), K3, X12
	TESTQ R11, R11
	JZ    headed
	VPXOR X14, X14, X14
	JMP long

headed:
	VMOVDQU8 Z0, K2, Z12
	VPSHUFB REVERSE, Z12, WAIT
	MOVQ CX, R12
	SUBQ $48, CX
	ADDQ $48, SI
	ADDQ $48, DI
	CMPQ CX, $256
	JLE  last

sixteen:
	COUNT(Z0)
	COUNT(Z1)
	COUNT(Z2)
	COUNT(Z3)
	ROUNDS(ROUND4)
	ENCLAST4
	SUBQ $256, CX
	CMPQ CX, $256
	JLE  drain

more:
	COUNT(Z0)
	COUNT(Z1)
	COUNT(Z2)
	COUNT(Z3)
	VBROADCASTI32X4 POWER(16)(AX), POWERA
	ROUND4(Z17)
	ROUND4(Z18)
	ROUND4(Z19)
	ROUND4(Z20)
	ROUND4(Z21)
	ROUND4(Z22)
	ROUND4(Z23)
	ROUND4(Z24)
	ROUND4(Z25)
	ENCLAST4
	SUBQ $256, CX
	CMPQ CX, $256
	JGT  more

drain:
	VBROADCASTI32X4 POWER(16)(AX), POWERA
	HASH1
	HASH2
	HASH3
	HASH4
	HASH5
	HASH6
	HASH7
	HASH8
	HASH9

last:
	LENGTHS(R12, BX)
	CMPQ CX, $0
	JLE  none
	LEAQ 15(CX), R9
	ANDQ $-16, R9
	NEGQ R9
	LEAQ POWER(5)(AX)(R9*1), R9 // power of the waiting vector's first block
	VMOVDQU64 (R9), POWERA
	MULADD(WAIT, POWERA)
	LEAQ  -1(CX), R11
	ANDQ  $63, R11
	INCQ  R11
	BZHIQ R11, R8, R11
	KMOVQ R11, K2
	COUNT(Z0)
	CMPQ  CX, $64
	JLE   one
	COUNT(Z1)
	CMPQ  CX, $128
	JLE   two
	COUNT(Z2)
	CMPQ  CX, $192
	JLE   three
	COUNT(Z3)
	ROUNDS(ROUND4)
	VPXORD (SI), ROUND10, Z12
	VPXORD 64(SI), ROUND10, Z13
	VPXORD 128(SI), ROUND10, Z14
	VMOVDQU8.Z 192(SI), K2, Z15
	VPXORD ROUND10, Z15, Z15
	VAESENCLAST Z12, Z0, Z0
	VAESENCLAST Z13, Z1, Z1
	VAESENCLAST Z14, Z2, Z2
	VAESENCLAST Z15, Z3, Z3
	VMOVDQU64 Z0, (DI)
	VMOVDQU64 Z1, 64(DI)
	VMOVDQU64 Z2, 128(DI)
	VMOVDQU8 Z3, K2, 192(DI)
	VMOVDQU8.Z Z3, K2, Z3
	VPSHUFB REVERSE, Z0, Z0
	VPSHUFB REVERSE, Z1, Z1
	VPSHUFB REVERSE, Z2, Z2
	VPSHUFB REVERSE, Z3, Z3
	VMOVDQU64 64(R9), POWERA
	MULADD(Z0, POWERA)
	VMOVDQU64 128(R9), POWERA
	MULADD(Z1, POWERA)
	VMOVDQU64 192(R9), POWERA
	MULADD(Z2, POWERA)
	VMOVDQU64 256(R9), POWERA
	MULADD(Z3, POWERA)

tag:
	REDUCE
	VEXTRACTI64X4 $1, HI, Y0
	VPXORD Y0, Y7, Y7
	VEXTRACTI32X4 $1, Y7, X0
	VPXORD X0, X7, X7
	VPSHUFB X31, X7, X7
	VPXORD MASKX, X7, X7
	VMOVDQU X7, (R10)
	VZEROUPPER
	RET

one:
	ROUNDS1(Z0)
	VMOVDQU8.Z (SI), K2, Z12
	VPXORD ROUND10, Z12, Z12
	VAESENCLAST Z12, Z0, Z0
	VMOVDQU8 Z0, K2, (DI)
	VMOVDQU8.Z Z0, K2, Z0
	VPSHUFB REVERSE, Z0, Z0
	VMOVDQU64 64(R9), POWERA
	MULADD(Z0, POWERA)
	JMP tag

two:
	ROUNDS(ROUND2)
	VPXORD (SI), ROUND10, Z12
	VMOVDQU8.Z 64(SI), K2, Z13
	VPXORD ROUND10, Z13, Z13
	VAESENCLAST Z12, Z0, Z0
	VAESENCLAST Z13, Z1, Z1
	VMOVDQU64 Z0, (DI)
	VMOVDQU8 Z1, K2, 64(DI)
	VMOVDQU8.Z Z1, K2, Z1
	VPSHUFB REVERSE, Z0, Z0
	VPSHUFB REVERSE, Z1, Z1
	VMOVDQU64 64(R9), POWERA
	MULADD(Z0, POWERA)
	VMOVDQU64 128(R9), POWERA
	MULADD(Z1, POWERA)
	JMP tag

three:
	ROUNDS(ROUND3)
	VPXORD (SI), ROUND10, Z12
	VPXORD 64(SI), ROUND10, Z13
	VMOVDQU8.Z 128(SI), K2, Z14
	VPXORD ROUND10, Z14, Z14
	VAESENCLAST Z12, Z0, Z0
	VAESENCLAST Z13, Z1, Z1
	VAESENCLAST Z14, Z2, Z2
	VMOVDQU64 Z0, (DI)
	VMOVDQU64 Z1, 64(DI)
	VMOVDQU8 Z2, K2, 128(DI)
	VMOVDQU8.Z Z2, K2, Z2
	VPSHUFB REVERSE, Z0, Z0
	VPSHUFB REVERSE, Z1, Z1
	VPSHUFB REVERSE, Z2, Z2
	VMOVDQU64 64(R9), POWERA
	MULADD(Z0, POWERA)
	VMOVDQU64 128(R9), POWERA
	MULADD(Z1, POWERA)
	VMOVDQU64 192(R9), POWERA
	MULADD(Z2, POWERA)
	JMP tag

none: // up to three blocks, all of them in the waiting vector
	LEAQ 15+48(CX), R9
	ANDQ $-16, R9
	NEGQ R9
	VMOVDQU64 POWER(2)(AX)(R9*1), POWERA
	MULADD(WAIT, POWERA)
	JMP  tag

long: // more than sixteen bytes of associated data: vectors of them, the first of 1 to 4 blocks
	VBROADCASTI32X4 POWER(4)(AX), POWERA
	LEAQ (DX)(R11*1), R11
	MOVQ R11, R9
	SUBQ DX, R9
	SUBQ $16, R9
	ANDQ $48, R9
	MOVQ R9, R12
	SHRQ $3, R9           // 0, 2, 4, 6
	XORQ $6, R9
	MOVL $0xff, R13
	SHLXQ R9, R13, R13
	KMOVB R13, K3
	VPEXPANDQ.Z (DX), K3, Z13
	LEAQ 16(DX)(R12*1), DX // the first vector's end

again:
	VPSHUFB REVERSE, Z13, Z13
	VPXORD  Z14, Z13, Z13
	CMPQ DX, R11
	JEQ  prefixed
	MUL(Z13, POWERA)
	REDUCE
	VMOVDQA64 HI, Z14
	VMOVDQU64 (DX), Z13
	ADDQ $64, DX
	JMP  again

prefixed:
	VMOVDQU64 POWER(4)(AX), POWERA
	MUL(Z13, POWERA)
	REDUCE
	VEXTRACTI64X4 $1, HI, Y13
	VPXORD Y13, Y7, Y7
	VEXTRACTI32X4 $1, Y7, X13
	VPXORD X13, X7, X7
	VPSHUFB X31, X7, X7
	VPXORD X7, X12, X12
	JMP headed

