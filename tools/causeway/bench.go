package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"causeway/bench"
)

func benchCommand() *cli.Command {
	return &cli.Command{
		Name:  "bench",
		Usage: "load a system with synthetic participants and measure it",
		Subcommands: []*cli.Command{benchMeetCommand(), benchRouteCommand(), benchCompareCommand(), benchProfileCommand(),
			benchFloorCommand(), benchPerfCommand(), benchPageCommand()},
	}
}

func benchMeetCommand() *cli.Command {
	return &cli.Command{
		Name:  "meet",
		Usage: "everybody publishes a camera and a microphone and sees everybody else",
		Description: "Without --url it starts a system of its own and ends it afterwards. Exit status 1 means that something\nhappened that should not: packets lost by the router, damaged, misrouted.\n\n" + examples(
			"causeway bench meet --participants 20 --json",
			"causeway bench meet --url http://127.0.0.1:8080 --meeting M --state ./state",
		),
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "participants", Value: 20, Usage: "how many meet, at most 100"},
			&cli.DurationFlag{Name: "window", Value: 10 * time.Second, Usage: "how long costs and delays are measured"},
			&cli.IntFlag{Name: "video-rate", Value: 500_000, Usage: "each camera's bits per second"},
			&cli.IntFlag{Name: "frame-rate", Value: 30, Usage: "pictures per second"},
			&cli.IntSliceFlag{Name: "server-cpu", Usage: "`CPU`s of the system that is started, for example 0"},
			&cli.IntSliceFlag{Name: "load-cpu", Usage: "`CPU`s of the participants, for example 1"},
			&cli.StringFlag{Name: "url", Usage: "base `URL` of a system that runs already"},
			&cli.StringFlag{Name: "meeting", Usage: "with --url: the `ID` of the meeting to join"},
			&cli.StringFlag{Name: "state", Usage: "with --url: the state `DIR`ectory of that system, for tickets"},
			&cli.StringFlag{Name: "ticket-command", Usage: "with --url: a `PROGRAM` that prints tickets instead; {meeting} and {name} stand for those"},
			&cli.StringFlag{Name: "metrics", Usage: "with --url: the `URL` of its metrics, for processor time and memory"},
			jsonFlag(),
		},
		Action: runBenchMeet,
	}
}

func runBenchMeet(c *cli.Context) (err error) {
	if n := c.Int("participants"); n < 2 || n > 100 {
		return usagef("--participants is between 2 and 100, not %d", n)
	}
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	if cpus := c.IntSlice("load-cpu"); len(cpus) > 0 {
		if err := bench.Pin(cpus); err != nil {
			return err
		}
	}
	target, err := benchTarget(c, executable)
	if err != nil {
		return err
	}
	if target == nil {
		child, err := bench.StartChild(c.Context, executable, c.IntSlice("server-cpu"))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, child.Stop()) }()
		own := child.Target()
		target = &own
	}
	o := bench.MeetOptions{
		Participants: c.Int("participants"), Window: c.Duration("window"),
		VideoRate: c.Int("video-rate"), FrameRate: c.Int("frame-rate"),
	}
	if !c.Bool("json") {
		o.Progress = c.App.ErrWriter
	}
	result, err := bench.Meet(c.Context, *target, o)
	if err != nil {
		return err
	}
	if err := report(c, result, func(w io.Writer) { result.Print(w) }); err != nil {
		return err
	}
	if faults := result.Faults(); len(faults) > 0 {
		return fmt.Errorf("%s", strings.Join(faults, "; "))
	}
	return nil
}

// benchTarget is the running system that the flags name, or nil if they name none.
func benchTarget(c *cli.Context, executable string) (*bench.Target, error) {
	if c.String("url") == "" {
		for _, name := range []string{"meeting", "state", "ticket-command", "metrics"} {
			if c.IsSet(name) {
				return nil, usagef("--%s goes with --url", name)
			}
		}
		return nil, nil
	}
	if err := need(c, "meeting"); err != nil {
		return nil, err
	}
	t := &bench.Target{URL: c.String("url"), Meeting: c.String("meeting")}
	switch {
	case c.String("state") != "":
		t.Tickets = bench.StateTickets(executable, c.String("state"))
	case c.String("ticket-command") != "":
		t.Tickets = bench.TicketCommand(strings.Fields(c.String("ticket-command")))
	default:
		return nil, usagef("with --url, --state or --ticket-command is needed")
	}
	if metrics := c.String("metrics"); metrics != "" {
		t.Server = bench.Metrics(metrics)
	}
	return t, nil
}
