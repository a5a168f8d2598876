// Package plot writes bar charts as SVG: one file that a browser or a page of
// documentation shows as it is, in light or dark as the reader has chosen,
// without script, font or anything else to load.
//
// It draws what it is given and computes nothing about it. It is no general
// plotting library: horizontal bars in groups, each group on a scale of its own.
package plot

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Chart is one picture.
type Chart struct {
	Title string
	Lines []string // below the title: the machine, the unit, how it was measured
	// Groups are drawn one below the other.
	Groups []Group
}

// Group is bars that compare with each other.
type Group struct {
	Title string
	Bars  []Bar
}

// Bar is one value with its spread.
type Bar struct {
	Label string
	Value float64 // not negative
	// Low and High are drawn as a whisker if High is above Low.
	Low, High float64
	// Text is the value in words, behind the bar.
	Text string
	// Strong sets the bar apart from its neighbours.
	Strong bool
}

// All in pixels.
const (
	width    = 880
	margin   = 24
	labelEnd = 400 // labels end here, bars begin right of it
	barBegin = labelEnd + 10
	barSpan  = width - margin - barBegin - 70 // the longest bar; its text needs the rest
	rowStep  = 20
	barThick = 12
)

const style = `
text{font:13px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:#1c2024}
.title{font-size:18px;font-weight:600}
.group{font-size:14px;font-weight:600}
.soft{fill:#60646c}
.label{text-anchor:end}
.value{font-variant-numeric:tabular-nums}
.paper{fill:#ffffff}
.bar{fill:#9aa7b8}
.strong{fill:#2f6fdb}
.base{stroke:#c9ced6}
.whisker{stroke:#1c2024;stroke-opacity:.65}
@media (prefers-color-scheme:dark){
text{fill:#e6e8eb}
.soft{fill:#a0a6af}
.paper{fill:#14171b}
.bar{fill:#5f6b7a}
.strong{fill:#6ea0f5}
.base{stroke:#3a4048}
.whisker{stroke:#e6e8eb}
}
`

// WriteSVG writes the chart.
func (c Chart) WriteSVG(w io.Writer) error {
	var b strings.Builder
	y := margin + 14
	body := &strings.Builder{}
	text(body, "title", margin, y, c.Title)
	for _, line := range c.Lines {
		y += rowStep
		text(body, "soft", margin, y, line)
	}
	for _, g := range c.Groups {
		y = g.draw(body, y+38)
	}
	height := y + margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title">`,
		width, height, width, height)
	fmt.Fprintf(&b, "\n<title id=\"title\">%s</title>\n<style>%s</style>\n", escape(c.Title), style)
	fmt.Fprintf(&b, `<rect class="paper" width="%d" height="%d"/>`+"\n%s</svg>\n", width, height, body)
	_, err := io.WriteString(w, b.String())
	return err
}

// draw writes a group whose title stands at y, and returns where it ends.
func (g Group) draw(b *strings.Builder, y int) (end int) {
	text(b, "group", margin, y, g.Title)
	scale := g.scale()
	top := y + 10
	fmt.Fprintf(b, `<path class="base" d="M%d.5 %dV%d"/>`+"\n", barBegin-1, top, top+rowStep*len(g.Bars))
	for i, bar := range g.Bars {
		bar.draw(b, top+i*rowStep, scale)
	}
	return top + rowStep*len(g.Bars)
}

// scale is pixels per unit. A whisker much longer than all bars is cut off
// rather than let it flatten them.
func (g Group) scale() float64 {
	value, high := 0.0, 0.0
	for _, bar := range g.Bars {
		value, high = max(value, bar.Value), max(high, bar.High)
	}
	if value <= 0 {
		return 0
	}
	return barSpan / min(max(value, high), value*1.4)
}

func (bar Bar) draw(b *strings.Builder, y int, scale float64) {
	class := "bar"
	if bar.Strong {
		class += " strong"
	}
	end := bar.Value * scale
	middle := y + rowStep/2
	fmt.Fprintf(b, `<g><title>%s: %s</title>`, escape(bar.Label), escape(bar.Text))
	text(b, "label", labelEnd, middle+4, bar.Label)
	fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n", class, barBegin, middle-barThick/2, end, barThick)
	if bar.High > bar.Low {
		low, high := min(bar.Low*scale, barSpan), min(bar.High*scale, barSpan)
		fmt.Fprintf(b, `<path class="whisker" d="M%.1f %d.5H%.1f"/>`+"\n", barBegin+low, middle-1, barBegin+high)
		end = max(end, high)
	}
	text(b, "value soft", barBegin+int(end)+6, middle+4, bar.Text)
	b.WriteString("</g>\n")
}

func text(b *strings.Builder, class string, x, y int, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, escape(s))
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
