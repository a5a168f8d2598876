//go:build linux && (amd64 || arm64)

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"causeway/bench/client"
)

// Joining is what coming in cost, DTLS and the welcome included.
type Joining struct {
	Joined     int     `json:"joined"`
	Failed     int     `json:"failed"`
	PerS       float64 `json:"joins_per_s"`
	CPUMS      float64 `json:"cpu_ms_per_join"` // of the server
	ServerBusy float64 `json:"server_busy_ratio"`
	LoadBusy   float64 `json:"load_busy_ratio"`
	P50MS      float64 `json:"p50_ms"`
	P99MS      float64 `json:"p99_ms"`
}

// Audit compares what was sent with what arrived over the whole run, after all
// was quiet.
type Audit struct {
	Sent        uint64            `json:"sent"`         // by publishers, resends included
	RouterIn    uint64            `json:"router_in"`    // taken by the router
	RouterOut   uint64            `json:"router_out"`   // sealed by it
	Arrived     uint64            `json:"arrived"`      // at receivers
	RouterLost  map[string]uint64 `json:"router_lost"`  // what it says itself, by cause
	Verified    uint64            `json:"verified"`     // packets that verifiers looked at
	Missing     uint64            `json:"missing"`      // of theirs, for good
	Damaged     uint64            `json:"damaged"`      // of theirs: damaged, misrouted, not authentic, of no lane
	Disordered  uint64            `json:"disordered"`   // of theirs: numbers or pictures that do not follow, as after a loss
	Backlog     uint64            `json:"backlog_lost"` // by this machine's kernel between the devices
	SocketDrops uint64            `json:"socket_drops"` // at verifiers
}

// RouteResult is what Route measured. Its own figures are those of the last
// point.
type RouteResult struct {
	Scenario     string `json:"scenario"`
	Participants int    `json:"participants"`
	Meetings     int    `json:"meetings"`
	Publishers   int    `json:"publishers"` // in each
	Verifiers    int    `json:"verifiers"`
	Rounds       int    `json:"rounds"`
	Network      string `json:"network"` // "veth" or "loopback"
	Segmentation bool   `json:"segmentation"`
	ServerCPUs   string `json:"server_cpus"`
	LoadCPUs     string `json:"load_cpus"`
	Command      string `json:"command,omitempty"`

	Figures
	RSSPerParticipant int64 `json:"rss_per_participant_bytes"` // active: publishing and receiving
	RSSIdle           int64 `json:"rss_per_idle_participant_bytes"`

	Joining Joining   `json:"joining"`
	Points  []Point   `json:"points"`
	Probes  []Figures `json:"probes,omitempty"` // on the way to saturation
	// LimitedBy is what was saturated first, "router" or "load", if that was sought.
	LimitedBy string `json:"limited_by,omitempty"`
	GC        Pauses `json:"gc"`
	Audit     Audit  `json:"audit"`

	Notes    []string `json:"notes,omitempty"`
	Failures []string `json:"failures,omitempty"`
	Machine  Machine  `json:"machine"`
}

// program is what the result says before anything is measured.
func (t *theatre) program(o RouteOptions) *RouteResult {
	r := &RouteResult{
		Scenario: t.scene.name, Participants: t.scene.participants, Meetings: t.scene.meetings(), Publishers: t.scene.publishers,
		Verifiers: len(t.looks), Rounds: o.Rounds, Network: t.network(), Segmentation: !o.NoGSO,
		ServerCPUs: list(o.ServerCPUs), LoadCPUs: list(o.LoadCPUs), Machine: thisMachine(),
	}
	if t.note != "" {
		r.Notes = append(r.Notes, t.note)
	}
	if !t.drain.Counts() {
		r.Notes = append(r.Notes, "without root the kernel does not count what reaches sinks: packets out are the router's own count")
	}
	return r
}

func (r *RouteResult) joins(c *crowd, seconds, cpu, loadBusy float64, cores int) {
	var one Result
	one.joins(c)
	n := c.size()
	r.Joining = Joining{
		Joined: n, Failed: len(c.clients) - n, PerS: float64(n) / seconds, CPUMS: 1000 * cpu / float64(n),
		ServerBusy: cpu / seconds / float64(max(1, cores)), LoadBusy: loadBusy, P50MS: one.JoinP50MS, P99MS: one.JoinP99MS,
	}
}

// settle makes medians of samples.
func (r *RouteResult) settle(before Usage, people int) {
	for i := range r.Points {
		r.Points[i].settle()
		r.RSSPerParticipant = max(r.RSSPerParticipant, (int64(r.Points[i].RSS)-before.RSS)/int64(people))
	}
	r.Figures = r.Points[len(r.Points)-1].Figures
}

// audit waits until all is quiet, and compares what was sent with what arrived.
func (t *theatre) audit(ctx context.Context, r *RouteResult, progress *progress) error {
	progress.say("waiting for the last packets")
	t.publish(false)
	figures := func() (f client.Figures) {
		t.verifiers(func(one *client.Client) { f = f.Add(one.Figures()) })
		return f
	}
	if err := wait(ctx, drain, func() bool { return figures().Waiting == 0 }); err != nil {
		return err
	}
	at, err := t.now(ctx)
	if err != nil {
		return err
	}
	c, err := t.counts(ctx)
	if err != nil {
		return err
	}
	f := at.received
	r.Audit = Audit{
		Sent: at.sent.Sent + at.sent.Resent, RouterIn: uint64(c.router("packets_in_total")), RouterOut: uint64(c.router("packets_out_total")),
		Arrived: f.Received + at.drained[0], RouterLost: c.lost(),
		Verified: f.Received, Missing: f.Lost + f.Waiting + f.Skipped, Damaged: f.Damaged + f.Misrouted + f.Unauthentic + f.Stray, Disordered: f.Disordered,
		SocketDrops: f.SocketDrops, Backlog: at.backlog - t.backlog,
	}
	for _, err := range []error{t.crowd.failed, t.crowd.failure()} {
		if err != nil {
			r.Failures = append(r.Failures, err.Error())
		}
	}
	if err := t.crowd.leave(); err != nil {
		r.Failures = append(r.Failures, err.Error())
	}
	t.crowd = nil
	return nil
}

func (t *theatre) close() (err error) {
	if t.crowd != nil {
		err = t.crowd.leave()
	}
	return errors.Join(err, t.stage.close())
}

// Faults says in words what should not have happened. Losses of a router that
// was driven to its limit on purpose are none.
func (r *RouteResult) Faults() (faults []string) {
	add := func(n uint64, what string) {
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(uint64(r.Joining.Failed), "joins failed")
	add(r.Audit.Damaged, "packets damaged, misplaced or not authentic at the verifiers")
	if r.Audit.Missing == 0 {
		add(r.Audit.Disordered, "packets out of order at the verifiers though none is missing")
	}
	if r.LimitedBy == "" {
		for cause, n := range r.Audit.RouterLost {
			add(n, "packets lost by the router: "+cause)
		}
	}
	return append(faults, r.Failures...)
}

// Print writes the result as a table for people.
func (r *RouteResult) Print(w io.Writer) error {
	fmt.Fprintf(w, "%s, %d participants in %d meeting(s), %d publish in each; over %s, router on CPU %s, load on CPU %s; %d rounds of %.1f s\n\n",
		r.Scenario, r.Participants, r.Meetings, r.Publishers, r.Network, orElse(r.ServerCPUs, "any"), orElse(r.LoadCPUs, "any"), r.Rounds, r.WindowS)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "N\tload\trate\tin/s\tout/s\tMbit/s\tlost\tµs/packet\tspread\tuser\tsystem\tfloor\tratio\tp50 ms\tp99\tp99.9\trouter\tload\trun\tseal ns\t")
	for _, p := range r.Points {
		load := "-"
		if p.Share > 0 {
			load = fmt.Sprintf("%.0f %%", 100*p.Share)
		}
		fmt.Fprintf(t, "%d\t%s\t%.3g\t%.0f\t%.0f\t%.0f\t%.0f\t%.3f\t±%.0f %%\t%.3f\t%.3f\t%.3f\t%.2f\t%.3f\t%.3f\t%.3f\t%.0f %%\t%.0f %%\t%.1f\t%.0f\t\n",
			p.Participants, load, p.Rate, p.PacketsInPerS, p.PacketsOutPerS, p.BitsOutPerS/1e6, p.LostByRouter, p.CPUPerPacketUS, 50*p.Spread["cpu_us_per_packet"].share(),
			p.UserPerPacketUS, p.SystemPerPacketUS, p.FloorPerPacketUS, p.RatioToFloor, p.P50MS, p.P99MS, p.P999MS, 100*p.CPUCores, 100*p.LoadBusy, p.PerMessage, p.CalibrationNS)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.JoinsPerS > 0 {
		fmt.Fprintf(w, "\nchurn     %.0f joins and leaves per second, %.2f ms of the router's time each; saturated: %s\n", r.JoinsPerS, r.CPUJoinMS, orElse(r.LimitedBy, "neither side, four came at a time"))
	}
	j, a := r.Joining, r.Audit
	fmt.Fprintf(w, "\njoining   %.0f per second, %.2f ms of the router's time each (it was %.0f %% busy, the load %.0f %%); p50 %.1f ms, p99 %.1f ms; %d failed\n",
		j.PerS, j.CPUMS, 100*j.ServerBusy, 100*j.LoadBusy, j.P50MS, j.P99MS, j.Failed)
	fmt.Fprintf(w, "memory    %.1f kB per idle participant, %.1f kB per active one\n", float64(r.RSSIdle)/1e3, float64(r.RSSPerParticipant)/1e3)
	fmt.Fprintf(w, "gc        %d stops, p50 %.3f ms, p99 %.3f ms, most %.3f ms\n", r.GC.Stops, r.GC.P50MS, r.GC.P99MS, r.GC.MaxMS)
	fmt.Fprintf(w, "audit     %d sent, %d in, %d out, %d arrived; router lost %v; verifiers: %d of %d missing; sockets %d, backlog %d\n",
		a.Sent, a.RouterIn, a.RouterOut, a.Arrived, a.RouterLost, a.Missing, a.Verified+a.Missing, a.SocketDrops, a.Backlog)
	fmt.Fprintf(w, "machine   %s, %d cores, Linux %s, %s\n", r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go)
	for _, note := range r.Notes {
		fmt.Fprintln(w, "note      "+note)
	}
	faults := r.Faults()
	if faults == nil {
		faults = []string{"none"}
	}
	_, err := fmt.Fprintln(w, "faults    "+strings.Join(faults, "; "))
	return err
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
