//go:build linux && (amd64 || arm64)

package floor

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

var titles = map[string]string{
	"calibration": "Calibration", "cipher": "Cipher", "send": "Sending", "receive": "Receiving", "loop": "Bare forwarder: open once, seal for each, send",
}

const line = "%9s  %6s  %6s  %7s  %7s  %s"

// Print writes the report as a table for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", r.machineWords(), r.runWords())
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "Note: %s\n", note)
	}
	group := ""
	for _, row := range append([]Row{r.Calibration}, r.Rows...) {
		if row.Group != group {
			group = row.Group
			fmt.Fprintf(&b, "\n%s\n"+line+"\n", titles[group], "ns/packet", "min", "max", "spread", "to bare", "")
		}
		bare, but := "", ""
		if row.Bare > 0 {
			bare = fmt.Sprintf("%.2f", row.Bare)
		}
		if row.Refused > 0 {
			but = fmt.Sprintf(" (%s packets refused)", comma(row.Refused))
		}
		if row.Waits > 0 {
			but += fmt.Sprintf(" (waited %s times for the other end)", comma(row.Waits))
		}
		fmt.Fprintf(&b, line+"%s\n", ns(row.CPU), ns(row.Min), ns(row.Max), fmt.Sprintf("%.0f %%", row.Spread*100), bare, row.What, but)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// PrintJSON writes the report as one line of JSON.
func (r *Report) PrintJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// PrintBenchstat writes every sample of every row in the format of Go
// benchmarks, which benchstat reads and compares.
func (r *Report) PrintBenchstat(w io.Writer) error {
	var b strings.Builder
	m := &r.Machine
	for _, pair := range [][2]string{
		{"goos", m.OS}, {"goarch", m.Arch}, {"pkg", "causeway/bench/floor"}, {"cpu", m.CPU}, {"cores", strconv.Itoa(m.Cores)},
		{"kernel", m.Kernel}, {"go", m.Go}, {"governor", m.Governor}, {"place", r.Place}, {"steered", strconv.FormatBool(r.Steer)},
		{"cpu-index", strconv.Itoa(r.CPU)}, {"peer-cpu-index", strconv.Itoa(r.PeerCPU)}, {"destinations", strconv.Itoa(r.Destinations)},
	} {
		fmt.Fprintf(&b, "%s: %s\n", pair[0], pair[1])
	}
	rows := append([]Row{r.Calibration}, r.Rows...)
	for round := range r.Rounds {
		for _, row := range rows {
			fmt.Fprintf(&b, "BenchmarkFloor/%s\t%d\t%s ns/packet\n", row.Name, max(1, row.Packets/r.Rounds),
				strconv.FormatFloat(row.Samples[round]*1000, 'f', 2, 64))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) machineWords() string {
	m := &r.Machine
	return fmt.Sprintf("%s, %d cores, Linux %s, %s, governor %s", m.CPU, m.Cores, m.Kernel, m.Go, m.Governor)
}

func (r *Report) runWords() string {
	stolen := ""
	if r.Steal >= 0.01 {
		stolen = fmt.Sprintf(", %.0f %% of which the hypervisor took", r.Steal*100)
	}
	return fmt.Sprintf("CPU %d%s; median of %d rounds, %.3g ms a sample; %d destinations, %s",
		r.CPU, stolen, r.Rounds, r.SampleMS, r.Destinations, r.PlaceWords)
}

// ns writes µs as nanoseconds.
func ns(us float64) string {
	if us < 0.01 {
		return fmt.Sprintf("%.1f", us*1000)
	}
	return comma(int(us*1000 + 0.5))
}

// comma writes a number with commas between thousands.
func comma(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", comma(n/1000), n%1000)
}
