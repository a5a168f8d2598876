package cloud

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"causeway/control/cloudlink"
	"causeway/control/wire"
)

// The zone's real end of the link, against ours.
func TestTheControllersOwnLinkIsUnderstood(t *testing.T) {
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan string, 8)
	config := cloudlink.Config{Dir: t.TempDir(), URL: h.http.URL, Controller: "zc-1", URLs: []string{""}, Epoch: 1, Version: "test",
		End: func(meeting string) { ended <- meeting }}
	code, _, err := h.NewPairingCode(ctx)
	h.must(err)
	zone, err := cloudlink.Pair(ctx, config, code)
	h.must(err)
	h.clock.advance(time.Since(h.clock.now())) // the controller reads the real clock
	run := func(config cloudlink.Config) (l *cloudlink.Link, wait func()) {
		t.Helper()
		l, err := cloudlink.Open(config)
		h.must(err)
		done := make(chan struct{})
		go func() { l.Run(ctx); close(done) }()
		return l, func() { <-done }
	}
	l, wait := run(config)
	until(t, "the link stands", func() bool { return l.Connected() == nil && h.links.connected(zone) })

	ann := h.signedIn("ann@example.com")
	m := ann.newMeeting("Plan")
	a := ann.admit(m.ID, "Ann", "")
	if got, err := l.Verifier().VerifyFor(m.ID, a.Ticket); err != nil || got.Participant != a.Participant {
		t.Errorf("the zone reads the ticket as %+v, %v", got, err)
	}
	l.Totals(3, 350)
	l.Set(wire.MeetingStatus{Meeting: m.ID, Live: true, Participants: 3, Since: time.Now()})
	live := func(participants int) func() bool {
		return func() bool {
			found, err := h.meeting(ctx, m.ID)
			return err == nil && found.Live && found.Participants == participants
		}
	}
	until(t, "the cloud sees three", live(3))
	until(t, "the zone knows that", func() bool { return l.Backlog() == 0 })
	ann.want(204, "", "POST", "/api/meetings/"+m.ID+"/end", nil, nil)
	if got := <-ended; got != m.ID {
		t.Errorf("the zone ends %q", got)
	}
	stop()
	wait()

	// The same zone trusted by a cloud in its process, under a new epoch.
	ctx, stop = context.WithCancel(t.Context())
	defer stop()
	h.must(cloudlink.Trust(ctx, config.Dir, zone, func(ctx context.Context, zone string, key ed25519.PublicKey) (string, error) {
		return h.Issuer(), h.TrustZone(ctx, zone, key)
	}))
	config.Epoch = 2
	l, wait = run(config)
	until(t, "the link stands again", func() bool { return l.Connected() == nil && h.links.connected(zone) })
	if got := <-ended; got != m.ID { // it was live in the last report
		t.Errorf("the zone ends %q", got)
	}
	stop()
	wait()
}
