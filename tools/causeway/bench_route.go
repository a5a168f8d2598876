package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"causeway/bench"
	"causeway/control/cloud"
	"causeway/control/wire"
)

func benchRouteCommand() *cli.Command {
	return &cli.Command{
		Name:  "route",
		Usage: "what a router costs while it forwards, beside a bare forwarder",
		Description: "Starts a system on processors of its own and loads it from the others, through two network namespaces\n(without root: loopback). " +
			"Exit status 1 means that something happened that should not, or that the load\nwas saturated before the router.\n\n" + examples(
			"causeway bench route --scenario webinar --participants 350 --at 0.25,0.7,1",
			"causeway bench route --scenario gallery --json > gallery.json",
		),
		Flags: append(routeFlags(),
			&cli.BoolFlag{Name: "benchstat", Usage: "print what benchstat reads"},
			&cli.PathFlag{Name: "svg", Usage: "draw the result into a `FILE` as well"},
			jsonFlag(),
		),
		Action: runBenchRoute,
	}
}

// routeFlags are what bench route and bench profile have in common.
func routeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "scenario", Value: bench.Scenarios[0], Usage: strings.Join(bench.Scenarios, ", ")},
		&cli.IntFlag{Name: "participants", Value: 350, Usage: "how many take part"},
		&cli.IntFlag{Name: "publishers", Usage: "how many of a meeting publish", DefaultText: "the scenario's own"},
		&cli.Float64Flag{Name: "rate", Value: 1, Usage: "how many times a publisher sends 150 packets of pictures and 50 of sound a second"},
		&cli.Float64SliceFlag{Name: "at", Usage: "look for the rate that saturates the router, and measure at these `SHARES` of it"},
		&cli.StringFlag{Name: "sweep", Usage: "raise `WHAT`, rate or participants, from the given value until something is lost"},
		&cli.IntFlag{Name: "rounds", Value: 5, Usage: "rounds that count, after one that does not"},
		&cli.DurationFlag{Name: "window", Value: 2 * time.Second, Usage: "how long each measurement takes"},
		&cli.IntFlag{Name: "verifiers", Value: 4, Usage: "how many participants look at every packet"},
		&cli.IntSliceFlag{Name: "server-cpu", Value: cli.NewIntSlice(0), Usage: "`CPU`s of the router"},
		&cli.IntSliceFlag{Name: "load-cpu", Value: cli.NewIntSlice(1), Usage: "`CPU`s of the participants"},
		&cli.BoolFlag{Name: "loopback", Usage: "do without network namespaces"},
		&cli.BoolFlag{Name: "no-gso", Usage: "forbid the router to send runs"},
	}
}

func routeOptions(c *cli.Context) (bench.RouteOptions, error) {
	executable, err := os.Executable()
	if err != nil {
		return bench.RouteOptions{}, err
	}
	o := bench.RouteOptions{
		Executable: executable, Scenario: c.String("scenario"), Participants: c.Int("participants"), Publishers: c.Int("publishers"),
		Rate: c.Float64("rate"), Shares: c.Float64Slice("at"), Sweep: c.String("sweep"), Rounds: c.Int("rounds"), Window: c.Duration("window"), Verifiers: c.Int("verifiers"),
		ServerCPUs: c.IntSlice("server-cpu"), LoadCPUs: c.IntSlice("load-cpu"), Loopback: c.Bool("loopback"), NoGSO: c.Bool("no-gso"),
		Tickets: func(state string) (bench.Tickets, error) { return openMint(c.Context, state) },
	}
	if !c.Bool("json") && !c.Bool("benchstat") {
		o.Progress = c.App.ErrWriter
	}
	return o, nil
}

func runBenchRoute(c *cli.Context) error {
	o, err := routeOptions(c)
	if err != nil {
		return err
	}
	result, err := bench.Route(c.Context, o)
	if err != nil {
		return err
	}
	result.Command = strings.Join(append([]string{"causeway"}, os.Args[1:]...), " ")
	if path := c.Path("svg"); path != "" {
		if err := writeTo(path, result.PrintSVG); err != nil {
			return err
		}
	}
	if c.Bool("benchstat") {
		err = result.PrintBenchstat(c.App.Writer)
	} else {
		err = report(c, result, func(w io.Writer) { result.Print(w) })
	}
	if err != nil {
		return err
	}
	if faults := result.Faults(); len(faults) > 0 {
		return fmt.Errorf("%s", strings.Join(faults, "; "))
	}
	return nil
}

// mint makes tickets in this process, from the state directory of a system that
// runs in another.
type mint struct{ cloud *cloud.Cloud }

func openMint(ctx context.Context, state string) (bench.Tickets, error) {
	cl, err := cloud.Open(ctx, cloud.Config{StateDir: filepath.Join(state, cloudDir), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return mint{cl}, nil
}

// Ticket implements bench.Tickets.
func (m mint) Ticket(ctx context.Context, meeting, name string) (string, error) {
	token, _, err := m.cloud.MintTicket(ctx, meeting, name, wire.RoleParticipant)
	return token, err
}

// Close implements io.Closer.
func (m mint) Close() error { return m.cloud.Close() }

// writeTo makes a file of what write writes.
func writeTo(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
