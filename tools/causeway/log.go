package main

import (
	"io"
	"log/slog"

	"github.com/urfave/cli/v2"
)

// logFlags are on every command that runs until it is stopped.
func logFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "log-level", Value: "info", Usage: "debug, info, warn or error"},
		&cli.StringFlag{Name: "log-format", Value: "text", Usage: "text or json"},
	}
}

// newLog makes the logger that the flags ask for. It writes to stderr.
func newLog(c *cli.Context) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return nil, usagef("--log-level takes debug, info, warn or error, not %q", c.String("log-level"))
	}
	return logTo(c, c.App.ErrWriter, &slog.HandlerOptions{Level: level})
}

func logTo(c *cli.Context, w io.Writer, o *slog.HandlerOptions) (*slog.Logger, error) {
	switch format := c.String("log-format"); format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	default:
		return nil, usagef("--log-format takes text or json, not %q", format)
	}
}
