package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

func draw(t *testing.T, c Chart) string {
	t.Helper()
	var b strings.Builder
	if err := c.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// widths reads a picture as XML and returns the bars' widths; all else that it
// says must parse.
func widths(t *testing.T, svg string) (bars []float64, texts []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return bars, texts
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			attr := map[string]string{}
			for _, a := range token.Attr {
				attr[a.Name.Local] = a.Value
			}
			if token.Name.Local == "rect" && strings.HasPrefix(attr["class"], "bar") {
				w, err := strconv.ParseFloat(attr["width"], 64)
				if err != nil || w < 0 || w > width {
					t.Errorf("a bar of width %q", attr["width"])
				}
				bars = append(bars, w)
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(token)); s != "" {
				texts = append(texts, s)
			}
		}
	}
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	svg := draw(t, Chart{Title: "T", Lines: []string{"L"}, Groups: []Group{
		{"g", []Bar{{Label: "a", Value: 10, Text: "ten"}, {Label: "b", Value: 5, Low: 4, High: 6, Text: "five", Strong: true}}},
		{"h", []Bar{{Label: "c", Value: 1000, Text: "1,000"}}},
	}})
	bars, texts := widths(t, svg)
	if len(bars) != 3 || math.Abs(bars[0]-2*bars[1]) > 0.2 || bars[0] != bars[2] {
		t.Errorf("bars %v", bars)
	}
	if all := strings.Join(texts, "|"); !strings.Contains(all, "five") || !strings.Contains(all, "|L|") {
		t.Error(all)
	}
}

func TestAnOutlierFlattensNoBar(t *testing.T) {
	bars, _ := widths(t, draw(t, Chart{Groups: []Group{{"g", []Bar{{Value: 10, Low: 9, High: 10_000}, {Value: 8}}}}}))
	if bars[0] < barSpan/2 {
		t.Error(bars)
	}
}

func TestWordsCannotBreakThePicture(t *testing.T) {
	_, texts := widths(t, draw(t, Chart{Title: `<script>"&'</title>`, Groups: []Group{{`</style>`, []Bar{{Label: "<a>", Text: "]]>"}}}}}))
	all := strings.Join(texts, "|")
	for _, want := range []string{`<script>"&'</title>`, "</style>", "<a>", "]]>"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in %s", want, all)
		}
	}
}

func TestItIsReadInLightAndDark(t *testing.T) {
	if svg := draw(t, Chart{}); !strings.Contains(svg, "prefers-color-scheme:dark") || strings.Contains(svg, "href") {
		t.Error(svg)
	}
}
