package flame

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

//go:noinline
func burn(until time.Time) (n int) {
	for time.Now().Before(until) {
		n++
	}
	return n
}

func find(f *Frame, name string) *Frame {
	if strings.Contains(f.Name, name) {
		return f
	}
	for _, c := range f.Calls {
		if got := find(c, name); got != nil {
			return got
		}
	}
	return nil
}

func TestAProfileOfTheRuntimeBecomesATreeAndAPicture(t *testing.T) {
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		t.Skip(err)
	}
	burn(time.Now().Add(400 * time.Millisecond))
	pprof.StopCPUProfile()
	root, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	f := find(root, "flame.burn")
	if f == nil || f.Value == 0 || f.Value > root.Value {
		t.Fatalf("%+v of %+v", f, root)
	}
	var svg strings.Builder
	if err := WriteSVG(&svg, root, "a <test>", "words"); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(svg.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(svg.String(), "flame.burn") || !strings.Contains(svg.String(), "a &lt;test&gt;") {
		t.Error(svg.String())
	}
}

func TestATreeIsDrawnToScale(t *testing.T) {
	root := &Frame{Name: "all", Value: 100, Calls: []*Frame{{Name: "causeway/router.b", Value: 25}, {Name: "a", Value: 75}}}
	var svg strings.Builder
	if err := WriteSVG(&svg, root, "t", "w"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"router.b: 25.00 %", "a: 75.00 %", `x="894.0"`} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("no %s in\n%s", want, &svg)
		}
	}
	if err := WriteSVG(&svg, &Frame{Name: "all"}, "t", "w"); err != nil {
		t.Error(err)
	}
}

func FuzzParseTakesNothingForGranted(f *testing.F) {
	f.Add([]byte{0x12, 4, 0x0A, 1, 1, 0x12})
	f.Add([]byte{0x12, 6, 0x0A, 1, 1, 0x12, 1, 9, 0x22, 6, 8, 1, 0x22, 2, 8, 7, 0x2A, 4, 8, 7, 16, 1, 0x32, 0, 0x32, 1, 'f'})
	f.Fuzz(func(t *testing.T, b []byte) {
		if root, err := parse(b); err == nil {
			WriteSVG(io.Discard, root, "", "")
		}
	})
}

func TestParseReadsPackedAndSingleNumbers(t *testing.T) {
	for name, sample := range map[string][]byte{"packed": {0x12, 6, 0x0A, 1, 1, 0x12, 1, 9}, "single": {0x12, 4, 8, 1, 16, 9}} {
		b := append(sample, 0x22, 6, 8, 1, 0x22, 2, 8, 7, 0x2A, 4, 8, 7, 16, 1, 0x32, 0, 0x32, 1, 'f')
		root, err := parse(b)
		if err != nil || root.Value != 9 || len(root.Calls) != 1 || root.Calls[0].Name != "f" || root.Calls[0].Value != 9 {
			t.Errorf("%s: %+v, %v", name, root, err)
		}
	}
	if _, err := Read(strings.NewReader("no")); !errors.Is(err, errFormat) {
		t.Error(err)
	}
}
