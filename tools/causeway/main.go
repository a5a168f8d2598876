// Command causeway is the whole of Causeway in one binary: the system in one
// process (up), its roles alone (cloud run, zc run, mmr run), and the tools of
// operators, scripts and performance engineers.
//
// This package reads flags, opens listeners and puts the parts together; what
// the parts do stands in control and router. One file per noun. A command that
// reports prints to stdout, as JSON with --json; logs go to stderr. The exit
// status is 0 if it is done, 1 if it failed, 2 if it was used wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"
)

// version is set by the Makefile from git.
var version = "dev"

// lastDeadline ends a stop that hangs. The parts have shorter ones of their own.
const lastDeadline = 15 * time.Second

func main() {
	os.Exit(run(os.Args, os.Stdout, os.Stderr))
}

// run is main with its surroundings as parameters. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
		time.AfterFunc(lastDeadline, func() {
			fmt.Fprintf(stderr, "causeway: a part did not stop within %v; it was ended\n", lastDeadline)
			os.Exit(1)
		})
	}()
	err := newApp(stdout, stderr).RunContext(ctx, args)
	var wrong *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "causeway: %v (see %s --help)\n", wrong.err, wrong.command)
		return 2
	default:
		fmt.Fprintf(stderr, "causeway: %v\n", err)
		return 1
	}
}

func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:  "causeway",
		Usage: "meetings whose audio, video and data stay on your own machines",
		Description: examples(
			"causeway up                              # everything, in one process",
			"causeway ticket --meeting M --name Ann   # a ticket for a script",
			"causeway bench meet                      # how much this machine forwards",
		),
		Version:        version,
		HideVersion:    true, // the command "version" says it, with --json too
		Writer:         stdout,
		ErrWriter:      stderr,
		ExitErrHandler: func(*cli.Context, error) {}, // run decides
		Commands: []*cli.Command{
			upCommand(), cloudCommand(), zcCommand(), mmrCommand(), nodeCommand(),
			accountCommand(), meetingCommand(), ticketCommand(), benchCommand(), versionCommand(),
		},
	}
	app.Action = group("causeway")
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return &usageError{"causeway", err} }
	strict("causeway", app.Commands)
	return app
}
