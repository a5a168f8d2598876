// AES-128-GCM on vectors of four blocks: what sealing and opening share.
//
// Blocks are numbered as their counters are: block 1 masks the tag, the message starts with block 2. So the first
// vector holds block 1 and three of the message, and every other vector four. All counters of a message differ in the
// last byte only.
//
// The hash is a polynomial in the hash key H, whose coefficients are the blocks of associated data, of ciphertext, and
// one of lengths. A vector waits in WAIT, not yet multiplied; the thirty-two blocks that follow need it times H^32 and
// themselves times H^28, H^24 and so on to 1, each of the four blocks of a vector alike: Horner's rule, on four
// polynomials side by side. An odd sixteen go first, as the second half of thirty-two. Only at the end each block of a
// vector gets its own power: the powers lie in falling order, so that four are one load, whose offset depends on how
// many blocks remain.
//
// Numbers are byte-reversed blocks. A product takes four carry-less multiplications, LO, MID (two) and HI, 64 bits
// apart, or three by Karatsuba's rule. They are reduced only after a sum: Montgomery's way, with the polynomial's upper
// half, FOLD, twice. VAESENC wants port 0, VPCLMULQDQ port 5 and two cycles, so the cipher and the hash stand interleaved.
//
// Masked loads and stores touch nothing outside the message. Their addresses start inside it, since one that starts on
// an absent page before it takes a microcode assist of a quarter of a microsecond.

// AX tables, DI destination, SI source, CX bytes left, DX associated data, BX its length, R14 counters
// Z0-Z3 states of the cipher, Z12-Z15 vectors to hash
#define WAIT Z4
#define LO Z5
#define MID Z6
#define HI Z7
#define T0 Z8
#define T1 Z9
#define T2 Z10
#define T3 Z11
#define PA Z16
#define PB Z28
#define ROUND10 Z26
#define BASE Z27 // the nonce with counter 0, and the first round key added
#define MASK X29 // block 1, encrypted
#define FOLD Z30
#define REVERSE Z31

// Offsets into the tables.
#define HIGH(n) (192+4*(32-n))
#define HALVES(n) (256+2*(32-n))
#define POWER(n) (320+16*(21-n))

// K3 = every second quadword, where the nonce's tail goes; clobbers R8.
#define TAILMASK \
	MOVL  $0xaa, R8 \
	KMOVB R8, K3

// Round keys and constants, once BASE is the nonce; clobbers Z16.
#define SETUP \
	VBROADCASTI32X4 (AX), Z16         \
	VPXORD Z16, BASE, BASE            \
	MOVQ   ·counters(SB), R14         \
	VBROADCASTI32X4 16(AX), Z17       \
	VBROADCASTI32X4 32(AX), Z18       \
	VBROADCASTI32X4 48(AX), Z19       \
	VBROADCASTI32X4 64(AX), Z20       \
	VBROADCASTI32X4 80(AX), Z21       \
	VBROADCASTI32X4 96(AX), Z22       \
	VBROADCASTI32X4 112(AX), Z23      \
	VBROADCASTI32X4 128(AX), Z24      \
	VBROADCASTI32X4 144(AX), Z25      \
	VBROADCASTI32X4 160(AX), ROUND10  \
	VBROADCASTI32X4 ·fold(SB), FOLD   \
	VBROADCASTI32X4 ·reverse(SB), REVERSE

// The next n counters in Z0, Z1 and so on, the first round key added.
#define COUNT1 \
	VPXORD (R14), BASE, Z0 \
	ADDQ   $64, R14
#define COUNT2 \
	VPXORD (R14), BASE, Z0 \
	VPXORD 64(R14), BASE, Z1
#define COUNT3 \
	COUNT2                 \
	VPXORD 128(R14), BASE, Z2
#define COUNT4 \
	COUNT3                     \
	VPXORD 192(R14), BASE, Z3  \
	ADDQ   $256, R14

// One round of n vectors.
#define ROUND1(k) \
	VAESENC k, Z0, Z0
#define ROUND2(k) \
	ROUND1(k) \
	VAESENC k, Z1, Z1
#define ROUND3(k) \
	ROUND2(k) \
	VAESENC k, Z2, Z2
#define ROUND4(k) \
	ROUND3(k) \
	VAESENC k, Z3, Z3

// All rounds but the last.
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

// The last round adds its key and, on the way, the message. Full vectors; T0 is free.
#define CRYPT(at, z) \
	VPXORD at(SI), ROUND10, T0 \
	VAESENCLAST T0, z, z       \
	VMOVDQU64 z, at(DI)

// LO, MID, HI = a·p
#define MUL(a, p) \
	VPCLMULQDQ $0x00, p, a, LO  \
	VPCLMULQDQ $0x01, p, a, MID \
	VPCLMULQDQ $0x10, p, a, T0  \
	VPCLMULQDQ $0x11, p, a, HI  \
	VPXORD     T0, MID, MID

// LO, MID, HI += a·p
#define MULADD(a, p) \
	VPCLMULQDQ $0x01, p, a, T0    \
	VPCLMULQDQ $0x10, p, a, T1    \
	VPTERNLOGD $0x96, T0, T1, MID \
	VPCLMULQDQ $0x00, p, a, T0    \
	VPCLMULQDQ $0x11, p, a, T1    \
	VPXORD     T0, LO, LO         \
	VPXORD     T1, HI, HI

// HI = LO + MID·2^64 + HI·2^128, reduced
#define REDUCE \
	VPCLMULQDQ $0x00, FOLD, LO, T0  \
	VPSHUFD    $0x4e, LO, LO        \
	VPTERNLOGD $0x96, T0, LO, MID   \
	VPCLMULQDQ $0x00, FOLD, MID, T0 \
	VPSHUFD    $0x4e, MID, MID      \
	VPTERNLOGD $0x96, T0, MID, HI

// X7, which is HI's first block, = the sum of HI's blocks; X9 is free.
#define SUM \
	VEXTRACTI64X4 $1, HI, Y9 \
	VPXOR  Y9, Y7, Y7        \
	VEXTRACTI128 $1, Y7, X9  \
	VPXOR  X9, X7, X7

// LO, MID, HI += a·H^m + b·H^n, with three multiplications for each (Karatsuba's), whose MID lacks LO and HI: in four
// steps, to stand between the rounds of the cipher. pa and pb are the powers, ha and hb their halves' sums. Z8 to Z11 and
// a are free.
#define PAIR1(a, pa, ha) \
	VPSHUFD $0x4e, a, T0          \
	VBROADCASTI32X4 pa(AX), PA    \
	VPBROADCASTQ ha(AX), PB       \
	VPXORD  a, T0, T0             \
	VPCLMULQDQ $0x00, PA, a, T1
#define PAIR2(a) \
	VPCLMULQDQ $0x11, PA, a, T2  \
	VPCLMULQDQ $0x00, PB, T0, T0
#define PAIR3(a, b, pb, hb) \
	VPSHUFD $0x4e, b, T3         \
	VBROADCASTI32X4 pb(AX), PA   \
	VPBROADCASTQ hb(AX), PB      \
	VPCLMULQDQ $0x00, PA, b, a   \
	VPXORD  b, T3, T3            \
	VPTERNLOGD $0x96, T1, a, LO
#define PAIR4(a, b) \
	VPCLMULQDQ $0x11, PA, b, a   \
	VPCLMULQDQ $0x00, PB, T3, T3 \
	VPTERNLOGD $0x96, T2, a, HI  \
	VPTERNLOGD $0x96, T0, T3, MID

// WAIT = LO + (MID+LO+HI)·2^64 + HI·2^128, reduced, + Z15; and zeros in their places.
#define SETTLE \
	VPCLMULQDQ $0x00, FOLD, LO, T0   \
	VPSHUFD    $0x4e, LO, T1         \
	VPTERNLOGD $0x96, LO, HI, MID    \
	VPTERNLOGD $0x96, T0, T1, MID    \
	VPCLMULQDQ $0x00, FOLD, MID, T0  \
	VPSHUFD    $0x4e, MID, WAIT      \
	VPXORD     Z15, HI, HI           \
	VPTERNLOGD $0x96, T0, HI, WAIT   \
	CLEAR

#define CLEAR \
	VPXOR X5, X5, X5 \
	VPXOR X6, X6, X6 \
	VPXOR X7, X7, X7

// Nine rounds of four vectors while WAIT, Z12, Z13 and Z14 are multiplied by the powers m to m-12.
#define ROUNDSHASH(pm, hm, pn, hn, po, ho, pp, hp) \
	ROUND4(Z17) \
	PAIR1(Z12, pn, hn)         \
	ROUND4(Z18) \
	PAIR2(Z12)         \
	ROUND4(Z19) \
	PAIR3(Z12, Z13, po, ho)         \
	ROUND4(Z20) \
	PAIR4(Z12, Z13)         \
	ROUND4(Z21) \
	PAIR1(Z14, pp, hp)         \
	ROUND4(Z22) \
	PAIR2(Z14)         \
	ROUND4(Z23) \
	PAIR3(Z14, WAIT, pm, hm)         \
	ROUND4(Z24) \
	PAIR4(Z14, WAIT)         \
	ROUND4(Z25)

#define ROUNDSHIGH \
	ROUNDSHASH(HIGH(32), HALVES(32), HIGH(28), HALVES(28), HIGH(24), HALVES(24), HIGH(20), HALVES(20)) \
	VMOVDQA64 Z15, WAIT
#define ROUNDSLOW \
	ROUNDSHASH(POWER(16), HALVES(16), POWER(12), HALVES(12), POWER(8), HALVES(8), POWER(4), HALVES(4)) \
	SETTLE

// LO, MID, HI = the block of lengths times H, of n and a bytes; clobbers n, a, Z0, T0 and PA.
#define LENGTHS(n, a) \
	SHLQ    $3, n                 \
	SHLQ    $3, a                 \
	VMOVQ   n, X0                 \
	VPINSRQ $1, a, X0, X0         \
	VMOVDQU64 POWER(1)(AX), X16     \
	VPCLMULQDQ $0x00, X16, X0, X5 \
	VPCLMULQDQ $0x01, X16, X0, X6 \
	VPCLMULQDQ $0x10, X16, X0, X8 \
	VPCLMULQDQ $0x11, X16, X0, X7 \
	VPXOR   X8, X6, X6

// K1 = the message's bytes in the first vector's last three blocks, moved to its start; K2 = the same where they
// belong; R8 = all ones. Clobbers R9.
#define HEADMASKS \
	MOVQ    $48, R9    \
	CMPQ    CX, R9     \
	CMOVQLT CX, R9     \
	MOVQ    $-1, R8    \
	BZHIQ   R9, R8, R9 \
	KMOVQ   R9, K1     \
	SHLQ    $16, R9    \
	KMOVQ   R9, K2

// Z12 = the last block of associated data, and R11 the bytes of the blocks before it: to headed if there are none, to
// long if there are. Expects HEADMASKS' R8; clobbers R9, K3.
#define ASSOCIATED \
	VPXOR X12, X12, X12                \
	TESTQ BX, BX                       \
	JZ    headed                       \
	LEAQ  -1(BX), R11                  \
	ANDQ  $-16, R11                    \
	MOVQ  BX, R9                       \
	SUBQ  R11, R9                      \
	BZHIQ R9, R8, R9                   \
	KMOVQ R9, K3                       \
	VMOVDQU8.Z (DX)(R11*1), K3, X12    \
	TESTQ R11, R11                     \
	JNZ   long

// The blocks of associated data before the last, R11 bytes of them, are hashed and added to Z12's first block: a vector
// whose last one to four blocks are they, R12 bytes and 16, then whole vectors. Clobbers DX, R9, R12, R13, K3, Z5 to Z10,
// Z13 and Z14. Its labels are again and summed.
#define LONG \
	LEAQ  (DX)(R11*1), R11          \
	MOVQ  R11, R9                   \
	SUBQ  DX, R9                    \
	SUBQ  $16, R9                   \
	ANDQ  $48, R9                   \
	MOVQ  R9, R12                   \
	SHRQ  $3, R9                    \
	XORQ  $6, R9                    \
	MOVL  $0xff, R13                \
	SHLXQ R9, R13, R13              \
	KMOVB R13, K3                   \
	VPEXPANDQ.Z (DX), K3, Z13       \
	LEAQ  16(DX)(R12*1), DX         \
	VPXOR X14, X14, X14             \
	VBROADCASTI32X4 POWER(4)(AX), PA \
again:                            \
	VPSHUFB REVERSE, Z13, Z13       \
	VPXORD  Z14, Z13, Z13           \
	CMPQ    DX, R11                 \
	JEQ     summed                  \
	MUL(Z13, PA)                    \
	REDUCE                          \
	VMOVDQA64 HI, Z14               \
	VMOVDQU64 (DX), Z13             \
	ADDQ    $64, DX                 \
	JMP     again                   \
summed:                           \
	VMOVDQU64 POWER(4)(AX), PA      \
	MUL(Z13, PA)                    \
	REDUCE                          \
	SUM                             \
	VPSHUFB X31, X7, X7             \
	VPXORD  X7, X12, X12

// R9 = where the powers of the waiting vector lie, if CX bytes follow it, K2 = those of them in the last vector.
// Expects R8 to be all ones; clobbers R11.
#define LAST \
	LEAQ  15(CX), R9           \
	ANDQ  $-16, R9             \
	NEGQ  R9                   \
	LEAQ  POWER(5)(AX)(R9*1), R9 \
	LEAQ  -1(CX), R11          \
	ANDQ  $63, R11             \
	INCQ  R11                  \
	BZHIQ R11, R8, R11         \
	KMOVQ R11, K2

// LO, MID, HI += z times the powers at an offset from R9.
#define MULLAST(at, z) \
	VMOVDQU64 at(R9), PA \
	MULADD(z, PA)

// The same for a waiting vector that nothing follows: CX is -48 to 0.
#define MULNONE \
	LEAQ 63(CX), R9                      \
	ANDQ $-16, R9                        \
	NEGQ R9                              \
	VMOVDQU64 POWER(2)(AX)(R9*1), PA     \
	MULADD(WAIT, PA)

// The tag in X7.
#define TAG \
	REDUCE              \
	SUM                 \
	VPSHUFB X31, X7, X7 \
	VPXORD  MASK, X7, X7
