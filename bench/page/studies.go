//go:build linux && (amd64 || arm64)

package page

import (
	"fmt"
	"strings"
)

// Study is one run of bench route: what is asked, and with which arguments.
type Study struct {
	Name  string
	Title string
	Args  []string
}

// Command is the study as one types it.
func (s Study) Command() string {
	return "causeway bench route " + strings.Join(s.Args, " ") + " --json"
}

// Studies are what `make perf` measures, in this order.
var Studies = []Study{
	{"webinar", "One publishes to 349", args("webinar", 350, "--at 0.25,0.7,1")},
	{"webinar-plain", "The same without segmentation offload", args("webinar", 350, "--at 1 --no-gso")},
	{"gallery", "350 are shown 25, three speak", args("gallery", 350, "--rate 1")},
	{"gallery-40", "40 are shown 25", args("gallery", 40, "--at 0.7,1")},
	{"talk", "Three publish to 350", args("talk", 350, "--at 0.7,1")},
	{"many", "87 meetings of four", args("many", 348, "--rate 1")},
	{"churn", "Coming and going", args("churn", 50, "--rate 1")},
	{"one-shard", "One packet loop, with the load on both processors", args("talk", 200, "--at 1 --load-cpu 0,1")},
	{"two-shards", "Two packet loops, with the load on both processors", args("talk", 200, "--at 1 --load-cpu 0,1 --server-cpu 0,1")},
}

func args(scenario string, participants int, more string) []string {
	return append([]string{"--scenario", scenario, "--participants", fmt.Sprint(participants)}, strings.Fields(more)...)
}

// title is what a result is called in the page.
func title(name string) string {
	for _, s := range Studies {
		if s.Name == name {
			return s.Title
		}
	}
	return name
}
