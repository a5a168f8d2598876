//go:build !purego

#include "textflag.h"
#include "vector_amd64.h"

DATA ·reverse+0(SB)/8, $0x08090a0b0c0d0e0f
DATA ·reverse+8(SB)/8, $0x0001020304050607
GLOBL ·reverse(SB), NOPTR|RODATA, $16

DATA ·polynomial+0(SB)/8, $0x0000000000000001
DATA ·polynomial+8(SB)/8, $0xc200000000000000
GLOBL ·polynomial(SB), NOPTR|RODATA, $16

DATA ·fold+0(SB)/8, $0xc200000000000000
DATA ·fold+8(SB)/8, $0xc200000000000000
GLOBL ·fold(SB), NOPTR|RODATA, $16

// Each round key is the one before, with its words summed from the left, and a word from AESKEYGENASSIST (FIPS 197
// section 5.2). X1 follows: the zero block, encrypted.
#define EXPAND(rcon, offset, enc) \
	VAESKEYGENASSIST $rcon, X0, X2 \
	VPSHUFD $0xff, X2, X2          \
	VPSLLDQ $4, X0, X3             \
	VPXOR   X3, X0, X0             \
	VPSLLDQ $4, X3, X3             \
	VPXOR   X3, X0, X0             \
	VPSLLDQ $4, X3, X3             \
	VPXOR   X3, X0, X0             \
	VPXOR   X2, X0, X0             \
	VMOVDQU X0, offset(DI)         \
	enc     X0, X1, X1

// X0 = X0·X1, reduced by X4 = FOLD
#define MULTIPLY \
	VPCLMULQDQ $0x00, X1, X0, X5 \
	VPCLMULQDQ $0x01, X1, X0, X6 \
	VPCLMULQDQ $0x10, X1, X0, X7 \
	VPCLMULQDQ $0x11, X1, X0, X8 \
	VPXOR      X7, X6, X6        \
	VPCLMULQDQ $0x00, X4, X5, X7 \
	VPSHUFD    $0x4e, X5, X5     \
	VPXOR      X5, X6, X6        \
	VPXOR      X7, X6, X6        \
	VPCLMULQDQ $0x00, X4, X6, X7 \
	VPSHUFD    $0x4e, X6, X6     \
	VPXOR      X6, X8, X8        \
	VPXOR      X7, X8, X0

// func expand(t *tables, key *[16]byte)
TEXT ·expand(SB), NOSPLIT, $0-16
	MOVQ t+0(FP), DI
	MOVQ key+8(FP), SI
	VMOVDQU (SI), X0
	VMOVDQU X0, (DI)
	VMOVDQA X0, X1
	EXPAND(0x01, 16, VAESENC)
	EXPAND(0x02, 32, VAESENC)
	EXPAND(0x04, 48, VAESENC)
	EXPAND(0x08, 64, VAESENC)
	EXPAND(0x10, 80, VAESENC)
	EXPAND(0x20, 96, VAESENC)
	EXPAND(0x40, 112, VAESENC)
	EXPAND(0x80, 128, VAESENC)
	EXPAND(0x1b, 144, VAESENC)
	EXPAND(0x36, 160, VAESENCLAST)

	// The hash key, its bytes reversed, times x modulo the reversed polynomial x^128+x^127+x^126+x^121+1: products of
	// reversed numbers come out one bit too low, and this makes up for it.
	VPSHUFB ·reverse(SB), X1, X1
	VPSRAD  $31, X1, X2
	VPSHUFD $0xff, X2, X2 // the highest bit everywhere
	VPAND   ·polynomial(SB), X2, X2
	VPSRLQ  $63, X1, X3
	VPSLLDQ $8, X3, X3
	VPADDQ  X1, X1, X1
	VPOR    X3, X1, X1
	VPXOR   X2, X1, X1

	// X1 is the first power, X0 the latest.
	VMOVDQU ·fold(SB), X4
	VMOVDQA X1, X0
	LEAQ    POWER(1)(DI), SI
	MOVQ    $21, CX

power:
	VMOVDQU X0, (SI)
	MULTIPLY
	SUBQ $16, SI
	DECQ CX
	JNZ  power

	VMOVDQU POWER(20)(DI), X0
	VMOVDQU POWER(4)(DI), X1
	LEAQ    HIGH(20)(DI), SI
	MOVQ    $4, CX

high:
	VMOVDQU X0, (SI)
	MULTIPLY
	SUBQ $16, SI
	DECQ CX
	JNZ  high
	VPXOR X0, X0, X0
	VPXOR X1, X1, X1
	VPXOR X2, X2, X2
	VPXOR X3, X3, X3
	VZEROUPPER
	RET
