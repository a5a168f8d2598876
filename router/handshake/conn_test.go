package handshake

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBothSidesExportTheSameKeys(t *testing.T) {
	for _, test := range []struct {
		name     string
		profiles []uint16
		want     uint16
		salt     int
	}{
		{"GCM is preferred", nil, ProfileAES128GCM, 12},
		{"AES-CM if the client has only that", []uint16{ProfileAES128CMSHA1}, ProfileAES128CMSHA1, 14},
		{"the server's order decides", []uint16{ProfileAES128CMSHA1, ProfileAES128GCM}, ProfileAES128GCM, 12},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, client := pair(t, nil, func(_, c *Config) { c.Profiles = test.profiles })
				synctest.Wait()
				sameKeys(t, server, client, test.want)
				k := server.keys[0]
				if len(k.ClientKey) != 16 || len(k.ServerKey) != 16 || len(k.ClientSalt) != test.salt || len(k.ServerSalt) != test.salt {
					t.Errorf("lengths %d %d %d %d", len(k.ClientKey), len(k.ServerKey), len(k.ClientSalt), len(k.ServerSalt))
				}
				if bytes.Equal(k.ClientKey, k.ServerKey) {
					t.Error("both directions have one key")
				}
				stop(client, server)
			})
		})
	}
}

func TestMessagesTravelBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, nil, nil)
		if err := client.conn.Open("control"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := server.opened; len(got) != 1 || got[0] != "control" {
			t.Fatalf("the server saw channels %q", got)
		}
		send := func(s *side, text bool, m string) {
			t.Helper()
			if err := s.conn.Send("control", text, []byte(m)); err != nil {
				t.Fatal(err)
			}
		}
		send(client, true, "hello")
		send(client, false, "")
		send(server, true, "")
		send(server, false, "\x00\x01")
		send(server, true, strings.Repeat("x", MaxMessage))
		time.Sleep(time.Second)
		synctest.Wait()
		want := func(s *side, want ...string) {
			t.Helper()
			if strings.Join(s.messages, "|") != strings.Join(want, "|") {
				t.Errorf("got %q, want %q", s.messages, want)
			}
		}
		want(server, "control text hello", "control binary ")
		want(client, "control text ", "control binary \x00\x01", "control text xxxxxxxx…")

		if err := client.conn.Send("control", true, make([]byte, MaxMessage+1)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("a message one byte too long: %v", err)
		}
		if err := client.conn.Send("chat", true, nil); !errors.Is(err, ErrNoChannel) {
			t.Errorf("a channel that is not open: %v", err)
		}
		stop(client, server)
		if err := client.conn.Send("control", true, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
		if err := client.conn.Open("late"); !errors.Is(err, ErrClosed) {
			t.Errorf("opening after the end: %v", err)
		}
	})
}

func TestTheServerOpensChannelsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, nil, nil)
		if err := server.conn.Open("news"); err != nil {
			t.Fatal(err)
		}
		if err := client.conn.Open("control"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(server.opened) != 2 || len(client.opened) != 2 {
			t.Fatalf("channels: %q, %q", server.opened, client.opened)
		}
		if err := server.conn.Send("news", true, []byte("extra")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(client.messages) != 1 || client.messages[0] != "news text extra" {
			t.Errorf("got %q", client.messages)
		}
		if err := client.conn.Open(strings.Repeat("l", maxLabel+1)); err == nil {
			t.Error("a label of 129 bytes was taken")
		}
		stop(client, server)
	})
}

func TestSessionsWithoutDataHaveKeysOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, nil, func(s, c *Config) { s.Data, c.Data = false, false })
		synctest.Wait()
		sameKeys(t, server, client, ProfileAES128GCM)
		client.conn.Close()
		synctest.Wait()
		if err := server.end(); !errors.Is(err, ErrPeerClosed) {
			t.Errorf("the server ended with %v", err)
		}
	})
}

func TestEitherSideCloses(t *testing.T) {
	for _, closer := range []string{"client", "server"} {
		t.Run(closer, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, client := pair(t, nil, nil)
				if err := client.conn.Open("control"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				one, other := client, server
				if closer == "server" {
					one, other = server, client
				}
				// What was sent before Close arrives.
				if err := one.conn.Send("control", true, []byte("bye")); err != nil {
					t.Fatal(err)
				}
				one.conn.Close()
				one.conn.Close()
				time.Sleep(2 * linger)
				synctest.Wait()
				if err := one.end(); err != nil {
					t.Errorf("who closed ended with %v", err)
				}
				if err := other.end(); !errors.Is(err, ErrPeerClosed) {
					t.Errorf("the other ended with %v", err)
				}
				if len(other.messages) != 1 || other.messages[0] != "control text bye" {
					t.Errorf("the other got %q", other.messages)
				}
			})
		})
	}
}

func TestCloseDoesNotWaitForASilentPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut atomic.Bool
		server, client := pair(t, func(int, bool) bool { return cut.Load() }, nil)
		if err := client.conn.Open("control"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cut.Store(true)
		if err := server.conn.Send("control", true, []byte("nobody hears")); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		server.conn.Close()
		for !server.ended() {
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
		}
		if d := time.Since(begin); d > linger+100*time.Millisecond {
			t.Errorf("Close took %v", d)
		}
		stop(client)
	})
}

func TestACloseDuringTheHandshakeEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, func(n int, _ bool) bool { return n > 1 }, nil)
		synctest.Wait()
		stop(server, client)
		if err := server.end(); err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestTheDeadlineEndsWhatNeverFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, func(n int, toServer bool) bool { return toServer && n > 2 }, nil)
		begin := time.Now()
		for !server.ended() {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if err := server.end(); !errors.Is(err, ErrDeadline) {
			t.Errorf("ended with %v", err)
		}
		if d := time.Since(begin); d < 30*time.Second || d > 31*time.Second {
			t.Errorf("ended after %v", d)
		}
		stop(client)
	})
}

func TestLossDelaysTheHandshakeOnly(t *testing.T) {
	patterns := map[string]lossy{
		"every second to the server": func(n int, toServer bool) bool { return toServer && n%2 == 1 },
		"every second to the client": func(n int, toServer bool) bool { return !toServer && n%2 == 1 },
		"every third both ways":      func(n int, _ bool) bool { return n%3 == 1 },
		"two of three to the server": func(n int, toServer bool) bool { return toServer && n%3 != 0 },
		"the first two of each side": func(n int, _ bool) bool { return n <= 2 },
	}
	for name, drop := range patterns {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, client := pair(t, drop, nil)
				if err := client.conn.Open("control"); err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				for n := 0; n == 0 && !server.ended() && !client.ended(); n, _ = server.counts() {
					time.Sleep(50 * time.Millisecond)
				}
				synctest.Wait()
				sameKeys(t, server, client, ProfileAES128GCM)
				t.Logf("up after %v", time.Since(begin))
				for range 20 {
					if err := server.conn.Send("control", false, make([]byte, 5000)); err != nil {
						t.Fatal(err)
					}
				}
				n := 0
				begin = time.Now()
				for n < 20 && time.Since(begin) < 10*time.Minute {
					time.Sleep(50 * time.Millisecond)
					_, n = client.counts()
				}
				if n != 20 {
					t.Errorf("%d of 20 messages arrived", n)
				}
				t.Logf("100 kB after %v", time.Since(begin))
				stop(server, client)
			})
		})
	}
}

func TestBackpressureRefusesInsteadOfBlocking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut atomic.Bool
		server, client := pair(t, func(int, bool) bool { return cut.Load() }, func(s, _ *Config) { s.SendBuffer = 64 << 10 })
		if err := client.conn.Open("control"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cut.Store(true)
		var err error
		sent := 0
		for err == nil && sent < 1000 {
			if err = server.conn.Send("control", true, make([]byte, 1000)); err == nil {
				sent++
			}
		}
		if !errors.Is(err, ErrBackpressure) || sent != 65 {
			t.Fatalf("after %d messages of 1,000 bytes: %v", sent, err)
		}
		cut.Store(false)
		time.Sleep(time.Minute)
		if err := server.conn.Send("control", true, make([]byte, 1000)); err != nil {
			t.Errorf("after the outage: %v", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(client.messages) != 66 {
			t.Errorf("%d of 66 messages arrived", len(client.messages))
		}
		stop(server, client)
	})
}

func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 5 {
		// A bubble ends only when all its goroutines have; this proves it for
		// the whole of a session, and the count for what may hide outside.
		synctest.Test(t, func(t *testing.T) {
			server, client := pair(t, nil, nil)
			for _, l := range []string{"a", "b", "c"} {
				if err := client.conn.Open(l); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			stop(server, client)
		})
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched() // what has returned may not have been counted off yet
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestABadConfigurationIsNamedByClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &side{t: t}
		s.conn = Start(Config{RemoteFingerprint: Fingerprint{Algorithm: "sha-1", Value: make([]byte, 20)}, Profiles: []uint16{9}}, s.events(func([]byte) {}))
		synctest.Wait()
		err := s.end()
		for _, want := range []string{"Identity is missing", `"sha-1"`, "0x0009"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %s", err, want)
			}
		}
	})
}

func TestReceiveAllocatesNothing(t *testing.T) {
	p := newPipe(func([]byte) {})
	p.established.Store(true)
	record := append([]byte{typeApplicationData, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 4, 0}, make([]byte, 1024)...)
	b := make([]byte, maxDatagram)
	if n := testing.AllocsPerRun(1000, func() {
		if !p.put(record) {
			t.Fatal("dropped")
		}
		if n, _, err := p.ReadFrom(b); n != len(record) || err != nil {
			t.Fatal(n, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for range queueLength {
		p.put(record)
	}
	if p.put(record) {
		t.Error("a full queue took one more")
	}
}
