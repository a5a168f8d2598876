package main

import (
	"time"

	"github.com/urfave/cli/v2"

	"causeway/bench/floor"
)

func benchFloorCommand() *cli.Command {
	return &cli.Command{
		Name:        "floor",
		Usage:       "what a packet costs on this machine at the very least",
		Description: "The cipher, sending and receiving in their variants, and a bare forwarder made of nothing but those.\nNo router takes part.\n\n" + examples("causeway bench floor", "causeway bench floor --json > floor.json"),
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "cpu", Usage: "the `CPU` that is measured"},
			&cli.IntFlag{Name: "peer-cpu", Usage: "the `CPU` at the other end; negative for none", DefaultText: "the lowest other one"},
			&cli.BoolFlag{Name: "steer", Usage: "let the peer's CPU take in what is sent"},
			&cli.IntFlag{Name: "rounds", Value: 5, Usage: "rounds that count, after one that does not"},
			&cli.DurationFlag{Name: "sample", Value: 50 * time.Millisecond, Usage: "CPU time of one sample"},
			&cli.IntFlag{Name: "destinations", Value: 350, Usage: "how many receivers"},
			&cli.BoolFlag{Name: "loopback", Usage: "do without network namespaces"},
			&cli.BoolFlag{Name: "benchstat", Usage: "print what benchstat reads"},
			&cli.PathFlag{Name: "svg", Usage: "draw the result into a `FILE` as well"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			config := floor.Config{
				CPU: c.Int("cpu"), PeerCPU: c.Int("peer-cpu"), Steer: c.Bool("steer"), Rounds: c.Int("rounds"), Sample: c.Duration("sample"),
				Destinations: c.Int("destinations"), Loopback: c.Bool("loopback"),
			}
			if err := config.Validate(); err != nil {
				return wrong(err)
			}
			if !c.Bool("json") && !c.Bool("benchstat") {
				config.Progress = c.App.ErrWriter
			}
			r, err := floor.Run(c.Context, config)
			if err != nil {
				return err
			}
			if path := c.Path("svg"); path != "" {
				if err := writeTo(path, r.PrintSVG); err != nil {
					return err
				}
			}
			switch {
			case c.Bool("json"):
				return r.PrintJSON(c.App.Writer)
			case c.Bool("benchstat"):
				return r.PrintBenchstat(c.App.Writer)
			}
			return r.Print(c.App.Writer)
		},
	}
}
