package cloud

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"causeway/control/wire"
)

// limiter lets each key do burst things at once and one more per interval
// (a token bucket). It owns its map, behind its lock.
type limiter struct {
	burst float64
	every time.Duration

	mu      sync.Mutex
	buckets map[string]bucket
	swept   time.Time // when all buckets were looked at last
}

type bucket struct {
	tokens float64
	at     time.Time
}

// maxBuckets bounds the keys that are remembered. When they are full, those
// that have recovered go, looked for at most once per interval; if none has, any
// one goes: a flood from that many addresses is not a limiter's to stop.
const maxBuckets = 20000

func newLimiter(burst int, every time.Duration) *limiter {
	return &limiter{burst: float64(burst), every: every, buckets: map[string]bucket{}}
}

// take takes a token of key, or returns the problem too-many-requests.
func (l *limiter) take(key string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.refilled(key, now)
	if b.tokens < 1 {
		wait := time.Duration((1 - b.tokens) * float64(l.every))
		return wire.NewProblem(http.StatusTooManyRequests, wire.CodeTooManyRequests,
			"That was tried too often. Wait a little, then try again.").Retry(max(wait, time.Second))
	}
	if _, known := l.buckets[key]; !known && len(l.buckets) >= maxBuckets {
		l.makeRoom(now)
	}
	b.tokens--
	l.buckets[key] = b
	return nil
}

// giveBack returns a token that was taken for something harmless.
func (l *limiter) giveBack(key string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.refilled(key, now); b.tokens+1 >= l.burst {
		delete(l.buckets, key)
	} else {
		b.tokens++
		l.buckets[key] = b
	}
}

func (l *limiter) refilled(key string, now time.Time) bucket {
	b, known := l.buckets[key]
	if !known {
		return bucket{tokens: l.burst, at: now}
	}
	if gone := now.Sub(b.at); gone > 0 {
		b.tokens = min(l.burst, b.tokens+float64(gone)/float64(l.every))
	}
	b.at = now
	return b
}

func (l *limiter) makeRoom(now time.Time) {
	if now.Sub(l.swept) >= l.every {
		l.swept = now
		for key := range l.buckets {
			if l.refilled(key, now).tokens >= l.burst {
				delete(l.buckets, key)
			}
		}
	}
	for key := range l.buckets {
		if len(l.buckets) < maxBuckets {
			return
		}
		delete(l.buckets, key)
	}
}

// addressKey is whom a request comes from: an IPv4 address, or the /64 that one
// IPv6 subscriber has.
func addressKey(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := peer.Addr().Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
