package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"causeway/bench/page"
)

func resultsFlag() cli.Flag {
	return &cli.PathFlag{Name: "results", Value: filepath.Join("bench", "results"), Usage: "the `DIR`ectory of results"}
}

func benchPerfCommand() *cli.Command {
	return &cli.Command{
		Name:        "perf",
		Usage:       "make all results that the page of measurements consists of",
		Description: "Runs bench floor, bench meet and every study of bench route, one after the other, and keeps what each prints\nwith --json. Takes about a quarter of an hour; nothing else should run.\n\n" + examples("causeway bench perf --only webinar --only floor"),
		Flags: []cli.Flag{
			resultsFlag(),
			&cli.StringSliceFlag{Name: "only", Usage: "the `NAME` of a result, again for more than one"},
		},
		Action: runBenchPerf,
	}
}

func runBenchPerf(c *cli.Context) error {
	dir, only := c.Path("results"), c.StringSlice("only")
	studies := []page.Study{{Name: "floor", Args: []string{"floor"}}}
	for _, s := range page.Studies {
		s.Args = append([]string{"route"}, s.Args...)
		studies = append(studies, s)
	}
	// The last: it ties this process to the load's processor for good.
	studies = append(studies, page.Study{Name: "meet", Args: []string{"meet", "--server-cpu", "0", "--load-cpu", "1"}})
	for _, name := range only {
		if !slices.ContainsFunc(studies, func(s page.Study) bool { return s.Name == name }) {
			return usagef("there is no result %q", name)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var failed []error
	for _, s := range studies {
		if len(only) > 0 && !slices.Contains(only, s.Name) {
			continue
		}
		args := append([]string{"causeway", "bench"}, append(s.Args, "--json")...)
		fmt.Fprintln(c.App.ErrWriter, strings.Join(args, " "))
		var out bytes.Buffer
		err := newApp(&out, c.App.ErrWriter).RunContext(c.Context, args)
		if out.Len() > 0 {
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, s.Name+".json"), out.Bytes(), 0o644))
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", s.Name, err))
		}
		if c.Context.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

func benchPageCommand() *cli.Command {
	return &cli.Command{
		Name:        "page",
		Usage:       "write the page of measurements from the results",
		Description: examples("causeway bench page --results bench/results --out PERF.md"),
		Flags:       []cli.Flag{resultsFlag(), &cli.PathFlag{Name: "out", Value: "PERF.md", Usage: "the `FILE` to write"}},
		Action:      func(c *cli.Context) error { return page.Write(c.Path("results"), c.Path("out")) },
	}
}
