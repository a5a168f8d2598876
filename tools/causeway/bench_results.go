package main

import (
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"causeway/bench"
)

func benchCompareCommand() *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "say what changed between two results of bench route --json",
		ArgsUsage: "OLD NEW",
		Description: "A figure is better or worse only if the spreads of its samples do not overlap. Compare what was measured\nin turns on one machine, and look at the calibration row first.\n\n" + examples(
			"causeway bench compare before.json after.json"),
		Flags: []cli.Flag{jsonFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() != 2 {
				return usagef("compare takes two files, not %d", c.NArg())
			}
			before, err := bench.ReadRoutes(c.Args().Get(0))
			if err != nil {
				return err
			}
			after, err := bench.ReadRoutes(c.Args().Get(1))
			if err != nil {
				return err
			}
			changes, err := bench.Compare(before, after)
			if err != nil {
				return err
			}
			return report(c, changes, func(w io.Writer) { bench.PrintChanges(w, changes) })
		},
	}
}

func benchProfileCommand() *cli.Command {
	return &cli.Command{
		Name:  "profile",
		Usage: "leave a CPU profile and a flame graph of a router under load",
		Description: "Runs a scenario as bench route does. Writes cpu.pprof and cpu.svg.\n\n" + examples(
			"causeway bench profile --scenario webinar --at 0.7 --out /tmp/profile --window 10s"),
		Flags: append(routeFlags(), &cli.PathFlag{Name: "out", Value: ".", Usage: "the `DIR`ectory to write to"}, jsonFlag()),
		Action: func(c *cli.Context) error {
			o, err := routeOptions(c)
			if err != nil {
				return err
			}
			if !c.IsSet("window") {
				o.Window = 10 * time.Second
			}
			files, err := bench.Profile(c.Context, o, c.Path("out"))
			if err != nil {
				return err
			}
			return report(c, map[string][]string{"files": files}, func(w io.Writer) {
				for _, file := range files {
					fmt.Fprintln(w, file)
				}
			})
		},
	}
}
