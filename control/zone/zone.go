package zone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"causeway/control/cloudlink"
	"causeway/control/pki"
	"causeway/control/statefile"
	"causeway/control/zone/placement"
)

// ZC is a zone controller. Make it with Open, run it with Run, end it with
// Close. Its methods may be called from any goroutine.
type ZC struct {
	c         Config
	lock      *os.File
	start     time.Time
	memory    *memory
	authority *pki.Authority
	creds     *pki.Credentials
	listener  net.Listener
	node      *http.Server
	link      *cloudlink.Link // nil without a cloud
	routers   *routers
	tags      tagger
	rates     *rates
	spent     *spent
	metrics   *metrics
	late      background

	mu     sync.Mutex // guards what follows; held for moments, never over a wait
	table  *placement.Table
	ending map[string]bool // meetings whose router is being told that they are over

	closing sync.Once
	closed  error
}

// Open makes a zone in the state directory, or takes up the one that is there,
// and listens for nodes. With a PairingCode it waits for the cloud's answer.
func Open(ctx context.Context, c Config) (*ZC, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	if err := statefile.Dir(c.StateDir); err != nil {
		return nil, err
	}
	z := &ZC{c: c, start: time.Now(), ending: map[string]bool{}, spent: newSpent(), rates: newRates(c.Limits)}
	err := z.open(ctx)
	if err != nil {
		z.Close()
		return nil, err
	}
	c.Log.Info("controller opened", "node", z.creds.Identity().String(), "epoch", z.memory.Epoch, "node_api", z.NodeAddr(),
		"routers_known", len(z.memory.Routers))
	return z, nil
}

func (z *ZC) open(ctx context.Context) (err error) {
	if z.lock, err = lock(z.c.StateDir); err != nil {
		return err
	}
	if z.memory, err = recall(z.c.StateDir, z.start); err != nil {
		return err
	}
	if err = z.openAuthority(ctx); err != nil {
		return err
	}
	if z.creds, err = z.authority.Enrol(z.c.StateDir, pki.RoleController, z.c.Controller); err != nil {
		return err
	}
	if z.tags, err = newTagger(z.authority); err != nil {
		return err
	}
	if err = z.openLink(ctx); err != nil {
		return err
	}
	if err = z.listen(); err != nil {
		return err
	}
	z.routers = newRouters(z.creds)
	z.table = placement.New(placement.Config{
		Meetings: z.c.Limits.Meetings, Routers: z.c.Limits.Routers, Headroom: z.c.Limits.Headroom,
	}, z.now(), z.memory.Routers)
	for id, until := range z.memory.Over {
		z.table.End(id, z.now()+int64(time.Until(until)))
	}
	z.table.Changed() // the cloud has heard of these, or has them in its outbox
	z.metrics = newMetrics(z)
	return nil
}

// openAuthority opens the zone's authority, or makes it: after pairing, so that
// the zone has one name everywhere.
func (z *ZC) openAuthority(ctx context.Context) (err error) {
	z.authority, err = pki.OpenAuthority(z.c.StateDir)
	if err == nil || !errors.Is(err, pki.ErrNoAuthority) {
		return err
	}
	if err := z.pair(ctx); err != nil {
		return err
	}
	name := z.c.Zone
	if name == "" {
		if paired, err := cloudlink.Paired(z.linkDir()); err == nil && pki.CheckName(paired) == nil {
			name = paired
		}
	}
	z.authority, err = pki.CreateAuthority(z.c.StateDir, name)
	return err
}

// listen opens the node API's port and keeps its addresses for join tokens.
func (z *ZC) listen() error {
	l, err := net.Listen("tcp", z.c.NodeListen)
	if err != nil {
		return fmt.Errorf("the controller's node API: %w", err)
	}
	z.listener = &capped{Listener: l, open: map[string]int{}}
	z.node = z.nodeServer()
	addresses := z.c.NodeAdvertise
	if len(addresses) == 0 {
		addresses = reachable(l.Addr().(*net.TCPAddr))
	}
	return z.memory.advertise(addresses)
}

// reachable lists the host:port under which a listener can be reached: its own,
// or this host's addresses if it listens on all, loopback last.
func reachable(a *net.TCPAddr) []string {
	if !a.IP.IsUnspecified() {
		return []string{a.String()}
	}
	var found, local []string
	addresses, _ := net.InterfaceAddrs() // none found leaves the loopback address
	for _, x := range addresses {
		n, ok := x.(*net.IPNet)
		if !ok || n.IP.IsLinkLocalUnicast() || n.IP.IsLoopback() {
			continue
		}
		found = append(found, (&net.TCPAddr{IP: n.IP, Port: a.Port}).String())
	}
	local = append(local, (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: a.Port}).String())
	return append(found[:min(len(found), 15)], local...)
}

// now is the controller's monotonic clock in nanoseconds.
func (z *ZC) now() int64 { return int64(time.Since(z.start)) }

// Run serves nodes, keeps certificates fresh and the link to the cloud open,
// until ctx ends; then it closes. The public API works while Run runs.
func (z *ZC) Run(ctx context.Context) error {
	defer z.Close()
	ctx, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	work.Go(func() { z.creds.Maintain(ctx, z.authority.Issuer(z.creds), z.c.Log) })
	work.Go(func() { z.tick(ctx) })
	if z.link != nil {
		work.Go(func() { z.link.Run(ctx) })
	}
	failed := make(chan error, 1)
	work.Go(func() { failed <- z.serveNodes() })
	select {
	case err := <-failed:
		return fmt.Errorf("the controller's node API: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	z.node.Shutdown(grace) // what has not ended by then ends with Close
	z.late.wait(grace)
	return nil
}

// tick notices what is over because nobody says anything of it any more.
func (z *ZC) tick(ctx context.Context) {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		z.mu.Lock()
		gone := z.table.Expire(z.now())
		z.mu.Unlock()
		for _, name := range gone {
			z.c.Log.Warn("router is silent: its meetings are opened elsewhere", "router", name)
			z.routers.drop(name)
		}
		z.reconcile()
		z.publish()
	}
}

// NodeAddr is where nodes join and report.
func (z *ZC) NodeAddr() string { return z.listener.Addr().String() }

// Zone is the zone's name in its certificates.
func (z *ZC) Zone() string { return z.authority.Zone() }

// JoinToken makes the text of a token with which one node joins the zone, once,
// within the hour.
func (z *ZC) JoinToken(role pki.Role, name string) (string, error) {
	return JoinToken(z.c.StateDir, role, name, 0)
}

// JoinToken is the method of that name for any process that may write the state
// directory of a controller, which need not run. life is an hour if zero.
func JoinToken(stateDir string, role pki.Role, name string, life time.Duration) (string, error) {
	a, err := pki.OpenAuthority(stateDir)
	if err != nil {
		return "", err
	}
	var m memoryFile
	if _, err := statefile.ReadJSON(memoryPath(stateDir), &m); err != nil {
		return "", err
	}
	if len(m.NodeAPI) == 0 {
		return "", fmt.Errorf("%s: start the controller once, so that a token can say where it listens", stateDir)
	}
	t, err := a.NewToken(stateDir, role, name, m.NodeAPI, life)
	if err != nil {
		return "", err
	}
	return t.String(), nil
}

// Ready returns nil if the controller can take a participant into a new meeting,
// as far as it knows, and otherwise why it cannot.
func (z *ZC) Ready() error {
	var why []error
	switch {
	case z.link == nil:
		why = append(why, cloudlink.ErrNotPaired)
	case !z.link.HasKeys():
		why = append(why, errors.New("the cloud has not sent the keys that verify tickets"))
	}
	z.mu.Lock()
	t, complete := z.table.Totals(), z.table.Complete(z.now())
	z.mu.Unlock()
	switch {
	case t.Routers == t.Draining:
		why = append(why, errors.New("no router is there that takes new meetings"))
	case !complete:
		why = append(why, errors.New("not every router has reported since the start"))
	}
	return errors.Join(why...)
}

// Close ends everything at once and gives the state directory back. Run calls it.
func (z *ZC) Close() error {
	z.closing.Do(func() { z.closed = z.close() })
	return z.closed
}

func (z *ZC) close() error {
	if z.node != nil {
		z.node.Close()
	}
	if z.listener != nil {
		z.listener.Close()
	}
	if z.routers != nil {
		z.routers.close()
	}
	if z.link != nil {
		z.link.Save()
	}
	if z.lock != nil {
		return z.lock.Close()
	}
	return nil
}

func (z *ZC) linkDir() string { return filepath.Join(z.c.StateDir, "cloud") }

// background counts goroutines that a request has started and that outlive it.
type background struct{ sync.WaitGroup }

// wait waits for them until ctx ends.
func (b *background) wait(ctx context.Context) {
	done := make(chan struct{})
	go func() { b.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
