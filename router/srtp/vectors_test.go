package srtp

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// RFC 3711 appendix B.3; the authentication key is the first 20 of the 94 bytes there.
func TestKeyDerivation(t *testing.T) {
	rtp, _, err := derive(AES128CMSHA1_80,
		unhex(t, "E1F97A0D3E018BE0D64FA32C06DE4139"), unhex(t, "0EC675AD498AFEEBB6960B3AABE6"))
	if err != nil {
		t.Fatal(err)
	}
	if want := unhex(t, "C61E7A93744F39EE10734AFE3FF7A087"); !bytes.Equal(rtp.cipher[:], want) {
		t.Errorf("cipher key %x, want %x", rtp.cipher, want)
	}
	if want := unhex(t, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"); !bytes.Equal(rtp.auth[:], want) {
		t.Errorf("authentication key %x, want %x", rtp.auth, want)
	}
	if want := unhex(t, "30CBBC08863D8C85D49DB34A9AE1"); !bytes.Equal(rtp.salt[:], want) {
		t.Errorf("salt %x, want %x", rtp.salt, want)
	}
}

// Keys and packets that libsrtp's test driver has used since its first release: RFC 3711's B.3 master key with whole
// packets, which the RFC does not give.
func TestCounterModePackets(t *testing.T) {
	key, salt := unhex(t, "E1F97A0D3E018BE0D64FA32C06DE4139"), unhex(t, "0EC675AD498AFEEBB6960B3AABE6")
	s, o := pair(t, AES128CMSHA1_80, key, salt)
	plain := unhex(t, "800f1234decafbadcafebabe abababababababababababababababab")
	want := unhex(t, "800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb")
	sealRTPVector(t, s, o, plain, want)

	plain = unhex(t, "81c8000bcafebabe abababababababababababababababab")
	want = unhex(t, "81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798")
	s.sent = 1
	sealRTCPVector(t, s, o, plain, want)
}

// RFC 7714 sections 16.1 and 17.1 and 17.2, which give session keys.
func TestGCMPackets(t *testing.T) {
	k := sessionKeys{cipher: [16]byte(unhex(t, "000102030405060708090a0b0c0d0e0f"))}
	copy(k.salt[:], "Quid pro quo")
	s, err := newSealer(AEADAES128GCM, &k, &k)
	if err != nil {
		t.Fatal(err)
	}
	o, err := newOpener(AEADAES128GCM, &k, &k)
	if err != nil {
		t.Fatal(err)
	}
	plain := unhex(t, `8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
		61727465 73207472 6573`)
	want := unhex(t, `8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
		51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`)
	sealRTPVector(t, s, o, plain, want)

	plain = unhex(t, `81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
		deadbeef deadbeef deadbeef`)
	want = unhex(t, `81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
		4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`)
	s.sent = 0x5d4
	sealRTCPVector(t, s, o, plain, want)
}

func sealRTPVector(t *testing.T, s *Sealer, o *Opener, plain, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	index := uint64(plain[2])<<8 | uint64(plain[3])
	if n := s.SealRTP(got, plain[:12], plain[12:], index); n != len(want) || !bytes.Equal(got, want) {
		t.Fatalf("sealed %d bytes\n%x, want\n%x", n, got, want)
	}
	var stream Stream
	n, opened, err := o.OpenRTP(&stream, got, 12)
	if err != nil || opened != index || !bytes.Equal(got[:n], plain) {
		t.Fatalf("opened %x, index %d, %v; want %x", got[:n], opened, err, plain)
	}
}

func sealRTCPVector(t *testing.T, s *Sealer, o *Opener, plain, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if n := s.SealRTCP(got, plain); n != len(want) || !bytes.Equal(got, want) {
		t.Fatalf("sealed %d bytes\n%x, want\n%x", n, got, want)
	}
	n, err := o.OpenRTCP(got)
	if err != nil || !bytes.Equal(got[:n], plain) {
		t.Fatalf("opened %x, %v; want %x", got[:n], err, plain)
	}
}

func pair(t testing.TB, p Profile, key, salt []byte) (*Sealer, *Opener) {
	t.Helper()
	s, err := NewSealer(p, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	o, err := NewOpener(p, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

func TestKeysOfAnotherLengthAreRefused(t *testing.T) {
	for _, p := range []Profile{AEADAES128GCM, AES128CMSHA1_80, 0, 2, 8} {
		for key := range 40 {
			for salt := range 20 {
				_, err := NewSealer(p, make([]byte, key), make([]byte, salt))
				_, err2 := NewOpener(p, make([]byte, key), make([]byte, salt))
				fits := p.Known() && key == p.KeyLen() && salt == p.SaltLen()
				if (err == nil) != fits || (err2 == nil) != fits {
					t.Fatalf("%v, key %d, salt %d: %v, %v", p, key, salt, err, err2)
				}
			}
		}
	}
}
