package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"

	"causeway/bench/client"
	"causeway/router/handshake"
)

// crowd is the participants of one scenario. Number i is clients[i], nil if it
// could not join; to others it is called "bench-i".
type crowd struct {
	target  Target
	run     uint32
	clients []*client.Client
	films   []bool // whether number i publishes a picture
	failed  error  // of the first join that failed
}

const parallel = 4 // tickets or joins under way at once

func name(number int) string { return "bench-" + strconv.Itoa(number) }

// number is the inverse of name; -1 for strangers.
func number(name string) int {
	text, ok := strings.CutPrefix(name, "bench-")
	n, err := strconv.Atoi(text)
	if !ok || err != nil {
		return -1
	}
	return n
}

// gather lets n participants in; shape says what each does. It fails only if
// nobody could join, or ctx ended.
func gather(ctx context.Context, t Target, n int, shape func(number int, c *client.Config), joined func(so int)) (*crowd, error) {
	if err := t.validate(); err != nil {
		return nil, err
	}
	identity, err := handshake.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	c := &crowd{target: t, run: rand.Uint32(), clients: make([]*client.Client, n), films: make([]bool, n)}
	var mu sync.Mutex
	so := 0
	each(n, func(i int) {
		one, err := c.join(ctx, i, identity, shape)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			c.clients[i] = one
			so++
			joined(so)
		case c.failed == nil:
			c.failed = fmt.Errorf("bench: %s: %w", name(i), err)
		}
	})
	if so == 0 || ctx.Err() != nil {
		return nil, errors.Join(c.failed, ctx.Err(), c.leave())
	}
	return c, nil
}

func (c *crowd) join(ctx context.Context, i int, identity *handshake.Identity, shape func(int, *client.Config)) (*client.Client, error) {
	config := client.Config{
		URL: c.target.URL, Meeting: c.target.Meeting, HTTP: c.target.HTTP,
		Run: c.run, Number: uint32(i), Identity: identity,
	}
	shape(i, &config)
	var err error
	if config.Ticket, err = c.target.Tickets.Ticket(ctx, config.Meeting, name(i)); err != nil {
		return nil, err
	}
	c.films[i] = config.VideoRate > 0
	one, err := client.Join(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := one.Publish(true); err != nil {
		return nil, errors.Join(err, one.Close())
	}
	return one, nil
}

// each calls f for 0 to n-1, a few at a time.
func each(n int, f func(i int)) {
	var group sync.WaitGroup
	places := make(chan struct{}, parallel)
	for i := range n {
		places <- struct{}{}
		group.Go(func() {
			f(i)
			<-places
		})
	}
	group.Wait()
}

// in calls f for everybody who is in.
func (c *crowd) in(f func(number int, one *client.Client)) {
	for i, one := range c.clients {
		if one != nil {
			f(i, one)
		}
	}
}

func (c *crowd) size() (n int) {
	c.in(func(int, *client.Client) { n++ })
	return n
}

func (c *crowd) figures() (sum client.Figures) {
	c.in(func(_ int, one *client.Client) { sum = sum.Add(one.Figures()) })
	return sum
}

// latency takes the delays since the last call, in microseconds.
func (c *crowd) latency() *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, 100_000_000, 2)
	c.in(func(_ int, one *client.Client) { one.Latency(h) })
	return h
}

// failure is the first session that ended by itself, or was refused something.
func (c *crowd) failure() (err error) {
	c.in(func(i int, one *client.Client) {
		if e := errors.Join(one.Err(), one.Refused()); e != nil && err == nil {
			err = fmt.Errorf("bench: %s: %w", name(i), e)
		}
	})
	return err
}

// unseen counts the pairs of whom the first is not shown the second's picture.
func (c *crowd) unseen() (pairs int) {
	c.in(func(i int, one *client.Client) {
		seen := map[uint32]bool{uint32(i): true}
		for _, lane := range one.Shown() {
			for _, s := range lane {
				if s.Video && s.Current {
					seen[s.Publisher] = true
				}
			}
		}
		c.in(func(other int, _ *client.Client) {
			if c.films[other] && !seen[uint32(other)] {
				pairs++
			}
		})
	})
	return pairs
}

// tails counts the packets at the end of streams that did not arrive, which no
// gap shows. Everybody must have stopped publishing.
func (c *crowd) tails() (packets uint64) {
	last := map[uint32]uint64{}
	c.in(func(i int, one *client.Client) { _, last[uint32(i)] = one.Published() })
	c.in(func(_ int, one *client.Client) {
		for _, lane := range one.Shown() {
			for _, s := range lane {
				if s.Video && s.Current && last[s.Publisher] > s.Last {
					packets += last[s.Publisher] - s.Last
				}
			}
		}
	})
	return packets
}

// misplaced counts the lanes whose picture is not that of whom "control" names.
func (c *crowd) misplaced() (lanes int) {
	c.in(func(_ int, one *client.Client) {
		people, shown := one.Roster(), one.Shown()
		for mid, placement := range one.Placements() {
			at, err := strconv.Atoi(mid)
			for _, s := range shown[at] {
				if s.Current && (err != nil || number(people[placement.Participant].Name) != int(s.Publisher)) {
					lanes++
				}
			}
		}
	})
	return lanes
}

// strangers counts the clients whose roster is not exactly the crowd.
func (c *crowd) strangers() (clients int) {
	n := c.size()
	c.in(func(_ int, one *client.Client) {
		people, ok := one.Roster(), true
		for _, p := range people {
			i := number(p.Name)
			ok = ok && i >= 0 && i < len(c.clients) && c.clients[i] != nil
		}
		if !ok || len(people) != n {
			clients++
		}
	})
	return clients
}

// pause stops everybody's publishing without a word to the server.
func (c *crowd) pause() { c.in(func(_ int, one *client.Client) { one.Pause() }) }

// leave lets everybody out.
func (c *crowd) leave() error {
	var mu sync.Mutex
	var first error
	each(len(c.clients), func(i int) {
		if c.clients[i] == nil {
			return
		}
		if err := c.clients[i].Close(); err != nil {
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = fmt.Errorf("bench: %s: %w", name(i), err)
			}
		}
	})
	return first
}
