package handshake

import (
	"bytes"
	"testing"
	"testing/synctest"
)

// FuzzFilter: whatever comes in, what passes is a sequence of whole records of
// which none can end a session, and passing twice changes nothing.
func FuzzFilter(f *testing.F) {
	f.Add([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 13, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 7}, false)
	f.Add([]byte{20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2, 5, 5}, false)
	f.Add([]byte{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 40}, true)
	f.Fuzz(func(t *testing.T, b []byte, established bool) {
		dst := make([]byte, len(b))
		n, _ := filter(dst, b, established)
		again := make([]byte, n)
		if m, _ := filter(again, dst[:n], established); m != n || !bytes.Equal(again, dst[:n]) {
			t.Fatalf("%d bytes pass, then %d of them", n, m)
		}
		for r := dst[:n]; len(r) > 0; {
			size := recordHeader + int(r[11])<<8 + int(r[12])
			epoch := int(r[3])<<8 | int(r[4])
			if epoch > 1 || epoch == 0 && (established || r[0] == typeAlert || r[0] == typeApplicationData) {
				t.Fatalf("record type %d of epoch %d passed", r[0], epoch)
			}
			r = r[size:]
		}
	})
}

func TestAHandshakePassesTheFilterWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, nil, nil)
		synctest.Wait()
		for _, b := range append(append([][]byte(nil), server.first...), client.first...) {
			if n, _ := filter(make([]byte, len(b)), b, false); n != len(b) {
				t.Errorf("%d of %d bytes pass: %x", n, len(b), b[:recordHeader])
			}
		}
		stop(server, client)
	})
}
