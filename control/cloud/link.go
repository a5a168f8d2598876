package cloud

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/coder/websocket"

	"causeway/control/wire"
)

// Bounds of a link.
const (
	linkMessageBytes = 1 << 20
	linkQueue        = 64 // messages to a zone that wait for its socket
	linkHello        = 10 * time.Second
	linkWrite        = 10 * time.Second
	linkPing         = 20 * time.Second // a peer that is silent for twice this is gone
	linkReason       = 120              // bytes of a close frame's reason (RFC 6455 section 5.5)
)

// link is the connection of one controller of a zone. Three goroutines serve
// it: the request's own reads and answers, one writes, one pings. zone,
// controller, epoch and urls do not change once it has joined links, which owns
// room.
//
// out is bounded. When it is full the link ends: the zone comes back, and its
// Welcome says everything anew. Only answers to what the zone sent wait for
// room, and with them the zone.
type link struct {
	zone, controller string
	epoch            uint64
	urls             []string
	room             int

	conn    *websocket.Conn
	reading context.Context
	cut     context.CancelFunc // ends reading, and with it the connection, without a word
	out     chan wire.LinkMessage

	once sync.Once
	over chan struct{} // closed by end, after the two below are set
	code websocket.StatusCode
	why  string
}

func newLink(zone string, conn *websocket.Conn) *link {
	conn.SetReadLimit(linkMessageBytes)
	reading, cut := context.WithCancel(context.Background())
	return &link{zone: zone, conn: conn, reading: reading, cut: cut, out: make(chan wire.LinkMessage, linkQueue), over: make(chan struct{})}
}

// end asks the link's goroutines to close it; the first reason stays.
func (l *link) end(code websocket.StatusCode, why string) {
	l.once.Do(func() {
		l.code, l.why = code, why
		close(l.over)
	})
}

// tell queues m without waiting.
func (l *link) tell(m wire.LinkMessage) {
	select {
	case l.out <- m:
	default:
		l.end(websocket.StatusPolicyViolation, "what is sent is not read")
	}
}

// answer queues m and waits for room.
func (l *link) answer(m wire.LinkMessage) {
	select {
	case l.out <- m:
	case <-l.over:
	}
}

// write sends what is queued until the link is over, then closes it.
func (l *link) write() {
	for {
		select {
		case m := <-l.out:
			l.send(m)
		case <-l.over:
			for range len(l.out) {
				l.send(<-l.out)
			}
			l.conn.Close(l.code, l.why[:min(len(l.why), linkReason)])
			return
		}
	}
}

func (l *link) send(m wire.LinkMessage) {
	ctx, cancel := context.WithTimeout(context.Background(), linkWrite)
	defer cancel()
	text, err := json.Marshal(m)
	if err == nil {
		err = l.conn.Write(ctx, websocket.MessageText, text)
	}
	if err != nil {
		l.end(websocket.StatusGoingAway, "writing failed")
	}
}

// ping ends a link whose peer does not answer within every.
func (l *link) ping(every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-l.over:
			return
		case <-t.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), every)
		err := l.conn.Ping(ctx)
		cancel()
		if err != nil {
			l.end(websocket.StatusGoingAway, "the controller does not answer")
			l.cut() // nobody is there to say good-bye to
			return
		}
	}
}
