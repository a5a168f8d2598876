package meeting

import (
	"fmt"
	"testing"
)

// crowd lets n participants with a camera each come in over two seconds.
func crowd(t testing.TB, n, slots int) *world {
	w := newWorld(t)
	gap := int64(2e9) / int64(n)
	for i := range n {
		c := w.join(web(fmt.Sprintf("p%d", i), slots))
		w.channel(c)
		w.say(c, `{"type":"source","mid":"0","kind":"mic","muted":false}`)
		w.say(c, `{"type":"source","mid":"1","kind":"camera","muted":false}`)
		w.pass(gap)
	}
	w.pass(2e9)
	w.consistent(true)
	return w
}

// Each client hears of at most five flushes a second, each one roster message
// and one of slots, whatever the number of others.
func TestMessagesPerClientDoNotGrowWithTheCrowd(t *testing.T) {
	for _, n := range []int{50, 350} {
		w := crowd(t, n, 25)
		if per := w.sent / n; per > 30 {
			t.Errorf("%d participants: %d messages each", n, per)
		}
	}
}

// crowdInto is crowd without the clients' side, so that the meeting alone is
// measured.
func crowdInto(n int) (messages, bytes int) {
	m, now := New("m", Config{}), int64(0)
	drain := func() {
		for _, e := range m.Effects() {
			if e.Kind == Send {
				messages++
				bytes += len(e.Data)
			}
		}
	}
	mute := []byte(`{"type":"source","mid":"1","kind":"camera","muted":false}`)
	for i := range n {
		j := web(fmt.Sprintf("p%d", i), 25)
		m.Join(now, j)
		drain()
		m.Channel(now, j.Session)
		drain()
		m.Receive(now, j.Session, mute)
		drain()
		now += int64(2e9) / int64(n)
	}
	m.Tick(now + 1e9)
	drain()
	return messages, bytes
}

func BenchmarkCrowdJoins(b *testing.B) {
	for _, n := range []int{50, 350} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var messages, bytes int
			for range b.N {
				messages, bytes = crowdInto(n)
			}
			b.ReportMetric(float64(messages)/float64(n), "messages/participant")
			b.ReportMetric(float64(bytes)/float64(n), "sent_B/participant")
		})
	}
}

func BenchmarkSpeakers(b *testing.B) {
	w := crowd(b, 350, 25)
	levels := make([]Level, 0, 20)
	for id := range w.router {
		if len(levels) < 20 && !w.router[id].video {
			levels = append(levels, Level{id, 30})
		}
	}
	b.ResetTimer()
	b.ReportAllocs()
	for i := range b.N {
		w.now += 100 * msec
		w.m.Speakers(w.now, levels[i/10%10:])
		w.m.Effects()
	}
}
