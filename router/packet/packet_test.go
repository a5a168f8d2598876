package packet

import "testing"

func TestClassifyFollowsRFC7983(t *testing.T) {
	for first := range 256 {
		want := Unknown
		switch {
		case first <= 3:
			want = STUN
		case first >= 20 && first <= 63:
			want = DTLS
		case first >= 128 && first <= 191:
			want = RTP
		}
		if got := Classify([]byte{byte(first), 96}); got != want {
			t.Errorf("first byte %d: got %d, want %d", first, got, want)
		}
	}
}

func TestClassifyTellsRTCPFromRTP(t *testing.T) {
	for second := range 256 {
		want := RTP
		if second >= 192 && second <= 223 {
			want = RTCP
		}
		if got := Classify([]byte{0x80, byte(second)}); got != want {
			t.Errorf("second byte %d: got %d, want %d", second, got, want)
		}
	}
}

func TestClassifyRefusesWhatIsTooShort(t *testing.T) {
	for _, b := range [][]byte{nil, {}, {0x80}, {0}} {
		if got := Classify(b); got != Unknown {
			t.Errorf("%v: got %d", b, got)
		}
	}
}
