//go:build linux && (amd64 || arm64)

package floor

import (
	"fmt"
	"io"
	"strings"

	"causeway/bench/plot"
)

// PrintSVG writes the report as a bar chart.
func (r *Report) PrintSVG(w io.Writer) error {
	c := plot.Chart{
		Title: "What a packet costs on this machine at the very least",
		Lines: []string{
			"ns of CPU time per packet; bar: median, line: least to most",
			r.machineWords(), r.runWords(),
			fmt.Sprintf("calibration: sealing %s bytes cost %s ns (%s to %s)", comma(r.Calibration.Bytes),
				ns(r.Calibration.CPU), ns(r.Calibration.Min), ns(r.Calibration.Max)),
		},
	}
	for _, row := range r.Rows {
		if n := len(c.Groups); n == 0 || c.Groups[n-1].Title != titles[row.Group] {
			c.Groups = append(c.Groups, plot.Group{Title: titles[row.Group]})
		}
		g := &c.Groups[len(c.Groups)-1]
		g.Bars = append(g.Bars, plot.Bar{
			Label: row.What, Value: row.CPU, Low: row.Min, High: row.Max, Text: ns(row.CPU), Strong: row.strong(),
		})
	}
	return c.WriteSVG(w)
}

// strong are the rows that work on runs, and the bare cipher.
func (r *Row) strong() bool {
	return strings.Contains(r.Name, "by=segment") || strings.Contains(r.Name, "by=gro/run=8") || strings.Contains(r.Name, "of=bare")
}
