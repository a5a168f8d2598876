//go:build !race

package handshake

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// crowd brings n server sessions up against n clients, each with one channel
// if data, and returns what closes them all.
func crowd(t testing.TB, n int, data bool) (disperse func()) {
	t.Helper()
	serverID, clientID := identity(t), identity(t)
	var up, down sync.WaitGroup
	closed := func(error) { down.Done() }
	var all []*Conn
	for range n {
		up.Add(1)
		down.Add(2)
		var server, client *Conn
		ready := make(chan struct{})
		channel, keys := func(string) {}, func(Keys) { up.Done() }
		if data {
			channel, keys = func(string) { up.Done() }, nil
		}
		server = Start(
			Config{Identity: serverID, RemoteFingerprint: clientID.fingerprint, Data: data},
			Events{Datagram: func(b []byte) { <-ready; client.Receive(b) }, Channel: channel, Keys: keys, Closed: closed})
		client = Start(
			Config{Identity: clientID, RemoteFingerprint: serverID.fingerprint, Data: data, Client: true},
			Events{Datagram: func(b []byte) { <-ready; server.Receive(b) }, Closed: closed})
		close(ready)
		if data {
			if err := client.Open("control"); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, server, client)
	}
	up.Wait()
	return func() {
		for _, c := range all {
			c.Close()
		}
		down.Wait()
	}
}

// settled is the memory in use: heap and stacks, after a collection.
func settled() (heap, stacks uint64, goroutines int) {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, m.StackInuse, runtime.NumGoroutine()
}

// TestAnIdleSessionIsSmall measures two sides and halves them: server and
// client differ by little.
func TestAnIdleSessionIsSmall(t *testing.T) {
	for _, test := range []struct {
		name   string
		data   bool
		budget uint64 // bytes per session
	}{
		{"with a data channel", true, 80 << 10},
		{"without data", false, 48 << 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			const n = 200
			heap, stacks, goroutines := settled()
			disperse := crowd(t, n, test.data)
			// Transient work (acknowledgements, retransmission timers) ends within
			// the delayed-ack time; settle until nothing shrinks any more.
			var h, s uint64
			var g int
			for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); {
				h2, s2, g2 := settled()
				if h2 == h && s2 == s && g2 == g {
					break
				}
				h, s, g = h2, s2, g2
			}
			per := func(a, b uint64) uint64 { return (a - b) / (2 * n) }
			total := per(h, heap) + per(s, stacks)
			t.Logf("per session: %d B heap, %d B stacks, %d B in all, %.1f goroutines",
				per(h, heap), per(s, stacks), total, float64(g-goroutines)/(2*n))
			if total > test.budget {
				t.Errorf("%d bytes per idle session; the budget is %d", total, test.budget)
			}
			disperse()
		})
	}
}

func BenchmarkHandshake(b *testing.B) {
	for b.Loop() {
		crowd(b, 1, false)()
	}
}
