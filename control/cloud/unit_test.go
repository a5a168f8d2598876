package cloud

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway/control/ticket"
	"causeway/control/wire"
)

func TestGeneratedIdsHaveTheirForm(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := randomWord(3, 4)
		if len(id) != 14 || id[4] != '-' || id[9] != '-' || !ticket.ValidMeeting(id) || strings.ContainsAny(id, "ilo01") || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

func TestALimiterRemembersBoundedly(t *testing.T) {
	l := newLimiter(2, time.Minute)
	now := noon
	for i := range 2 * maxBuckets {
		if err := l.take(fmt.Sprint(i), now); err != nil {
			t.Fatalf("key %d: %v", i, err)
		}
		if len(l.buckets) > maxBuckets {
			t.Fatalf("%d buckets", len(l.buckets))
		}
	}
	now = now.Add(time.Minute) // all have recovered
	if err := l.take("new", now); err != nil || len(l.buckets) != 1 {
		t.Errorf("%v, %d buckets", err, len(l.buckets))
	}
	l.giveBack("new", now)
	if len(l.buckets) != 0 {
		t.Error("a full bucket is remembered")
	}
}

func TestALimiterSaysHowLongToWait(t *testing.T) {
	l := newLimiter(2, time.Minute)
	take := func(at time.Duration) error { return l.take("k", noon.Add(at)) }
	for range 2 {
		if err := take(0); err != nil {
			t.Fatalf("refused within the burst: %v", err)
		}
	}
	err := take(15 * time.Second)
	if p, ok := err.(*wire.Problem); !ok || p.Code != wire.CodeTooManyRequests || p.RetryAfter != 45*time.Second {
		t.Errorf("%+v", err)
	}
	if take(-time.Hour) == nil { // a clock that goes back gives nothing away
		t.Error("a clock that was set back refilled the bucket")
	}
	if l.take("other", noon) != nil {
		t.Error("another key is limited as well")
	}
}

func TestAnAddressIsOneSubscriber(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:99":             "192.0.2.1",
		"[::ffff:192.0.2.1]:99":    "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:9": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:9":         "fe80::/64",
		"nonsense":                 "",
	} {
		if got := addressKey(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}

func TestALinkThatIsNotReadEnds(t *testing.T) {
	l := &link{out: make(chan wire.LinkMessage, 2), over: make(chan struct{})}
	for range 3 {
		select {
		case <-l.over:
			t.Fatal("ended while there was room")
		default:
		}
		l.tell(wire.LinkMessage{})
	}
	select {
	case <-l.over:
	default:
		t.Error("a full queue does not end the link")
	}
	l.answer(wire.LinkMessage{}) // does not wait for ever
}

func TestPasswordHashesVerifyAndDamagedOnesDoNot(t *testing.T) {
	h := newHashers()
	phc, err := h.make(t.Context(), "ten letters")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("hash %q", phc)
	}
	for word, want := range map[string]bool{"ten letters": true, "ten letterS": false, "": false, strings.Repeat("x", 2000): false} {
		if got, err := h.verify(t.Context(), word, phc); got != want || err != nil {
			t.Errorf("%q: %v, %v", word, got, err)
		}
	}
	if got, err := h.verify(t.Context(), "", nobody); got || err != nil {
		t.Errorf("nobody: %v, %v", got, err)
	}
	for _, damaged := range []string{
		"", "x", "$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA", strings.Replace(phc, "m=47104", "m=99999999", 1),
		strings.Replace(phc, "t=1", "t=0", 1), strings.Replace(phc, "p=1", "p=0", 1), strings.Replace(phc, "v=19", "v=16", 1), phc[:len(phc)-2],
	} {
		if got, err := h.verify(t.Context(), "ten letters", damaged); got || err == nil {
			t.Errorf("%q: %v, %v", damaged, got, err)
		}
	}
}
