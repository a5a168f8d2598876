package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// usageError is a wrong flag or argument: exit status 2.
type usageError struct {
	command string // as typed: "causeway zc run"
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }

// usagef makes a usageError; strict adds which command was used wrongly.
func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

// wrong makes a usage error of err, or nil of nil.
func wrong(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err: err}
}

// strict makes every command refuse what it does not know, as a usage error.
func strict(parent string, commands []*cli.Command) {
	for _, cmd := range commands {
		name := parent + " " + cmd.Name
		cmd.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return &usageError{name, err} }
		if len(cmd.Subcommands) > 0 {
			cmd.Action = group(name)
			strict(name, cmd.Subcommands)
			continue
		}
		action := cmd.Action
		cmd.Action = func(c *cli.Context) error {
			err := usagef("%q is no flag of %s", c.Args().First(), name)
			if !c.Args().Present() || cmd.ArgsUsage != "" {
				err = action(c)
			}
			var use *usageError
			if errors.As(err, &use) && use.command == "" {
				use.command = name
			}
			return err
		}
	}
}

// group is the action of a command that only holds others.
func group(name string) cli.ActionFunc {
	return func(c *cli.Context) error {
		if c.Args().Present() {
			return &usageError{name, fmt.Errorf("%s has no command %q", name, c.Args().First())}
		}
		if err := cli.ShowSubcommandHelp(c); err != nil {
			return err
		}
		return &usageError{name, fmt.Errorf("%s needs a command", name)}
	}
}

// need reports the first of the named flags that was not given.
func need(c *cli.Context, flags ...string) error {
	for _, name := range flags {
		if c.String(name) == "" {
			return usagef("--%s is needed", name)
		}
	}
	return nil
}

// examples lays out a command's examples for its help text.
func examples(lines ...string) string {
	return "Examples:\n" + strings.Join(lines, "\n")
}

// jsonFlag is on whatever reports.
func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print one JSON object per line instead of text"}
}

// report prints v as one line of JSON if --json was given, otherwise lets
// text say it.
func report(c *cli.Context, v any, text func(io.Writer)) error {
	if c.Bool("json") {
		return json.NewEncoder(c.App.Writer).Encode(v)
	}
	text(c.App.Writer)
	return nil
}
