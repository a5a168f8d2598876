package flame

import (
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
)

// All in pixels.
const (
	width   = 1200
	margin  = 12
	head    = 56
	step    = 17
	letter  = 6.7 // of a monospaced letter
	least   = 0.4 // narrower frames are left out
	maximum = 120 // frames above one another
)

const style = `
text{font:11px ui-monospace,monospace;fill:#1c2024;pointer-events:none}
.title{font:600 16px ui-sans-serif,system-ui,sans-serif}
.soft{font:12px ui-sans-serif,system-ui,sans-serif;fill:#60646c}
.paper{fill:#fff}
rect.f:hover{stroke:#1c2024}
@media (prefers-color-scheme:dark){.paper{fill:#14171b}.title{fill:#e6e8eb}.soft{fill:#a0a6af}}
`

// WriteSVG draws the tree below root, callers below what they call. Widths are
// shares of root's value. title stands above it, words in a line below that.
func WriteSVG(w io.Writer, root *Frame, title, words string) error {
	depth := min(root.depth(), maximum)
	height := head + depth*step + 2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<style>%s</style>\n<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", escape(title), style, width, height)
	fmt.Fprintf(&b, `<text class="title" x="%d" y="26">%s</text><text class="soft" x="%d" y="44">%s</text>`+"\n", margin, escape(title), margin, escape(words))
	if root.Value > 0 {
		d := drawing{&b, float64(root.Value), height - margin}
		d.frame(root, margin, width-2*margin, 0)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

type drawing struct {
	b    *strings.Builder
	all  float64
	base int // bottom of the lowest frame
}

func (d *drawing) frame(f *Frame, x, span float64, level int) {
	if span < least || level >= maximum {
		return
	}
	y := d.base - (level+1)*step
	fmt.Fprintf(d.b, `<g><title>%s: %.2f %%</title><rect class="f" x="%.1f" y="%d" width="%.1f" height="%d" rx="1" fill="%s"/>`,
		escape(f.Name), 100*float64(f.Value)/d.all, x, y, max(span-0.5, 0.3), step-1, colour(f.Name))
	if room := int((span - 6) / letter); room >= 3 {
		fmt.Fprintf(d.b, `<text x="%.1f" y="%d">%s</text>`, x+3, y+12, escape(short(f.Name, room)))
	}
	d.b.WriteString("</g>\n")
	calls := slices.Clone(f.Calls)
	slices.SortStableFunc(calls, func(a, b *Frame) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range calls {
		part := span * float64(c.Value) / float64(f.Value)
		d.frame(c, x, part, level+1)
		x += part
	}
}

func (f *Frame) depth() int {
	most := 0
	for _, c := range f.Calls {
		most = max(most, c.depth())
	}
	return most + 1
}

// short is a name without its path, cut to a number of letters.
func short(name string, room int) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	if len(name) > room {
		name = name[:room-1] + "…"
	}
	return name
}

// colour tells packages apart: blue the kernel and the runtime, green the
// ciphers, orange what is our own, grey the rest.
func colour(name string) string {
	hue, saturation := 220, 8
	switch {
	case strings.HasPrefix(name, "runtime") || strings.HasPrefix(name, "syscall") || strings.Contains(name, "x/sys/unix"):
		hue, saturation = 210, 55
	case strings.Contains(name, "crypto") || strings.Contains(name, "aesgcm") || strings.Contains(name, "/srtp"):
		hue, saturation = 140, 40
	case strings.HasPrefix(name, "causeway"):
		hue, saturation = 28, 75
	}
	h := fnv.New32a()
	h.Write([]byte(name)) // never fails
	return fmt.Sprintf("hsl(%d,%d%%,%d%%)", hue, saturation, 66+h.Sum32()%14)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
