package placement

import (
	"fmt"
	"testing"
)

// BenchmarkZone is a controller of 200 routers with 250 meetings each: one
// operation is one router's report and three joins, as they come in turn.
func BenchmarkZone(b *testing.B) {
	const routers, meetings = 200, 250
	t := New(Config{Meetings: routers*meetings + b.N*3}, 0, nil)
	names := make([][]string, routers)
	for r := range routers {
		for m := range meetings {
			names[r] = append(names[r], fmt.Sprintf("m-%d-%d", r, m))
		}
		if err := t.Report(0, fmt.Sprint("r", r), report("p", 1, meetings, 350, names[r]...)); err != nil {
			b.Fatal(err)
		}
	}
	t.Changed()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := i % routers
		if err := t.Report(0, fmt.Sprint("r", r), report("p", uint64(2+i/routers), meetings, 350, names[r]...)); err != nil {
			b.Fatal(err)
		}
		for j := range 3 {
			p, err := t.Admit(0, names[(r+j)%routers][i%meetings])
			if err != nil {
				b.Fatal(err)
			}
			t.Done(0, p, Accepted)
		}
		if i%100 == 0 {
			t.Changed()
		}
	}
}
