package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Result is what a scenario measured. Keys carry their unit. Packets are RTP
// packets; what was counted "over all" goes from the first join to the last
// packet, the rest is of the window.
type Result struct {
	Scenario     string  `json:"scenario"`
	Participants int     `json:"participants"`
	WindowMS     int64   `json:"window_ms"`
	VideoBPS     int     `json:"video_bps"`
	FrameHz      int     `json:"frame_hz"`
	Loss         float64 `json:"loss_ratio"` // dropped on purpose, each way
	JoinsFailed  int     `json:"joins_failed"`
	JoinP50MS    float64 `json:"join_p50_ms"`
	JoinP99MS    float64 `json:"join_p99_ms"`
	AllSeenMS    float64 `json:"all_seen_ms"` // from the last join until everybody was shown everybody

	PacketsIn     uint64  `json:"packets_in"`  // sent by publishers
	PacketsOut    uint64  `json:"packets_out"` // arrived at receivers, resends included
	BytesOut      uint64  `json:"bytes_out"`
	PacketsPerSec float64 `json:"packets_out_per_s"`

	// Over all: packets that never arrived. LostBySocket are as many of them as
	// participants dropped themselves, because a socket's buffer was full or on
	// purpose; the router answers for the rest.
	LostByRouter uint64 `json:"lost_by_router"`
	LostBySocket uint64 `json:"lost_by_socket"`
	LostSound    uint64 `json:"lost_sound"` // of all lost: sound, which is not resent
	Repaired     uint64 `json:"repaired"`   // over all: missed, then resent
	SocketDrops  uint64 `json:"socket_drops"`
	Dropped      uint64 `json:"dropped_on_purpose"`
	// RouterLost is what the router itself says that it lost, if it was asked.
	RouterLost map[string]uint64 `json:"router_lost,omitempty"`

	// Over all: what no correct router causes, and what the clients themselves
	// were late with.
	Duplicated  uint64 `json:"duplicated"`
	Misrouted   uint64 `json:"misrouted"`
	Damaged     uint64 `json:"damaged"`
	Disordered  uint64 `json:"disordered"`
	Unauthentic uint64 `json:"unauthentic"`
	Stray       uint64 `json:"stray"`
	Unseen      int    `json:"unseen"`     // pairs of participants of whom one was not shown the other at the end
	Misplaced   int    `json:"misplaced"`  // lanes that show another than "control" says
	Roster      int    `json:"roster_bad"` // clients whose roster is not the crowd
	Behind      uint64 `json:"frames_behind"`
	KeyFrames   uint64 `json:"key_frames"`

	CPUPerPacketUS    float64 `json:"cpu_us_per_packet"`
	CPUCores          float64 `json:"cpu_cores"` // processors that the server used
	LoadCores         float64 `json:"load_cpu_cores"`
	P50MS             float64 `json:"p50_ms"`
	P99MS             float64 `json:"p99_ms"`
	P999MS            float64 `json:"p999_ms"`
	MaxMS             float64 `json:"max_ms"`
	RSS               int64   `json:"rss_bytes"`
	RSSPerParticipant int64   `json:"rss_per_participant_bytes"`

	// Failures are sentences: the first join that failed, the first session that
	// ended by itself, the first that could not leave.
	Failures []string `json:"failures,omitempty"`
	Machine  Machine  `json:"machine"`
}

// Faults says in words what should not have happened; nothing if all is well.
func (r *Result) Faults() (faults []string) {
	for _, f := range []struct {
		n    uint64
		what string
	}{
		{uint64(r.JoinsFailed), "joins failed"},
		{r.LostByRouter, "packets lost by the router"},
		{r.Misrouted, "packets at the wrong participant or lane"},
		{r.Damaged, "packets with other bytes than were sent"},
		{r.Disordered, "packets out of order or wrongly numbered"},
		{r.Unauthentic, "packets that do not verify"},
		{r.Stray, "packets of unknown SSRCs"},
		{uint64(r.Unseen), "participants not shown to another"},
		{uint64(r.Misplaced), "lanes that show another than announced"},
		{uint64(r.Roster), "clients with a wrong roster"},
	} {
		if f.n > 0 {
			faults = append(faults, fmt.Sprintf("%d %s", f.n, f.what))
		}
	}
	return append(faults, r.Failures...)
}

// Print writes the result as a table for people.
func (r *Result) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	row("scenario", "%s, %d participants, %d kbit/s at %d Hz each, %.1f s", r.Scenario, r.Participants, r.VideoBPS/1000, r.FrameHz, float64(r.WindowMS)/1000)
	row("joining", "p50 %.1f ms, p99 %.1f ms; all seen after %.0f ms; %d failed", r.JoinP50MS, r.JoinP99MS, r.AllSeenMS, r.JoinsFailed)
	row("packets", "%d in, %d out (%.0f/s)", r.PacketsIn, r.PacketsOut, r.PacketsPerSec)
	row("lost", "%d by the router, %d by participants' sockets (sound: %d); %d repaired", r.LostByRouter, r.LostBySocket, r.LostSound, r.Repaired)
	row("processor", "%.2f µs per packet out, %.2f cores; the load itself %.2f, %d frames late", r.CPUPerPacketUS, r.CPUCores, r.LoadCores, r.Behind)
	row("delay", "p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, max %.1f ms", r.P50MS, r.P99MS, r.P999MS, r.MaxMS)
	row("memory", "%.1f MB, %.0f kB per participant", float64(r.RSS)/1e6, float64(r.RSSPerParticipant)/1e3)
	row("machine", "%s, %d cores, Linux %s, %s; %.0f ns to seal", r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go, r.Machine.CalibrationNS)
	faults := r.Faults()
	if faults == nil {
		faults = []string{"none"}
	}
	row("faults", "%s", strings.Join(faults, "; "))
	return t.Flush()
}
