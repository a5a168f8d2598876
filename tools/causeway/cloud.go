package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"causeway/control/cloud"
	"causeway/control/web"
)

// cloudDir is the cloud's part of a state directory.
const cloudDir = "cloud"

func cloudCommand() *cli.Command {
	return &cli.Command{
		Name:        "cloud",
		Usage:       "accounts, meetings and tickets",
		Subcommands: []*cli.Command{cloudRunCommand(), pairingCodeCommand()},
	}
}

func cloudRunCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "run the cloud alone; zones connect to it from elsewhere",
		Description: examples(
			"causeway cloud run --public 192.0.2.7:443 --url https://meet.example.com",
			"causeway cloud pairing-code              # then, on the zone's machine:",
			"causeway zc run --cloud https://meet.example.com --pair CODE",
		),
		Flags: append([]cli.Flag{
			stateFlag(), publicFlag("127.0.0.1:8443"), httpFlag("127.0.0.1:8080", "pages, health and metrics"),
			&cli.StringFlag{Name: "url", Usage: "the `BASE` of join links, if it is not the address that a browser used"},
			jsonFlag(),
		}, logFlags()...),
		Action: runCloud,
	}
}

func runCloud(c *cli.Context) error {
	log, err := newLog(c)
	if err != nil {
		return err
	}
	if err := errors.Join(checkAddress("public", c.String("public")), checkLoopback("http", c.String("http"))); err != nil {
		return wrong(err)
	}
	state, err := openState(c.String("state"), cloudDir)
	if err != nil {
		return err
	}
	defer state.Close()
	d, err := openDoors(c.String("public"), c.String("http"), log)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.certify(state.path); err != nil {
		return err
	}
	cl, err := cloud.Open(c.Context, cloud.Config{StateDir: state.path, PublicURL: c.String("url"), Logger: log})
	if err != nil {
		return err
	}
	defer cl.Close()
	if err := cl.Register(d.registry); err != nil {
		return err
	}
	email, password, _, err := cl.EnsureFirstAccount(c.Context)
	if err != nil {
		return err
	}
	d.open(pages(cl), cl.Ready)
	return d.run(c, func() error {
		v := struct {
			Public    string `json:"public"`
			PublicURL string `json:"public_url"`
			Pin       string `json:"pin"`
			HTTP      string `json:"http"`
			HTTPURL   string `json:"http_url"`
			Account   string `json:"account"`
			Password  string `json:"password,omitempty"`
		}{d.publicAt.String(), https(d.publicAt), d.cert.Pin(), d.httpAt.String(), httpURL(d.httpAt), email, password}
		return report(c, v, func(w io.Writer) {
			fmt.Fprintf(w, "The cloud serves %s and %s\nFirst account %s%s\nCertificate pin for zones: %s\n",
				v.PublicURL, v.HTTPURL, email, withPassword(password), v.Pin)
		})
	})
}

// pages is the cloud's API with the pages that call it beside it.
func pages(cl *cloud.Cloud) *http.ServeMux {
	mux, api := http.NewServeMux(), cl.Handler()
	mux.Handle("/api/", api)
	mux.Handle("/v1/", api)
	mux.Handle("/", web.Handler())
	return mux
}

func withPassword(password string) string {
	if password == "" {
		return " (its password was changed)"
	}
	return ", password " + password
}

func pairingCodeCommand() *cli.Command {
	return &cli.Command{
		Name:        "pairing-code",
		Usage:       "print a code with which one zone pairs itself with this cloud",
		Description: examples("causeway cloud pairing-code --state ./state --json"),
		Flags:       []cli.Flag{stateFlag(), jsonFlag()},
		Action: func(c *cli.Context) error {
			return withCloud(c, func(ctx context.Context, cl *cloud.Cloud) error {
				code, expires, err := cl.NewPairingCode(ctx)
				if err != nil {
					return err
				}
				v := struct {
					Code    string    `json:"code"`
					Expires time.Time `json:"expires"`
				}{code, expires}
				return report(c, v, func(w io.Writer) {
					fmt.Fprintf(w, "%s\n", code)
				})
			})
		},
	}
}

// withCloud opens the cloud of a state directory for one command, beside the
// process that runs it or without one. It makes none where there is none.
func withCloud(c *cli.Context, do func(context.Context, *cloud.Cloud) error) error {
	dir := filepath.Join(c.String("state"), cloudDir)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no cloud was ever run from %s: start one with `causeway up --state %[1]s`, or name its directory with --state", c.String("state"))
	}
	cl, err := cloud.Open(c.Context, cloud.Config{StateDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer cl.Close()
	return do(c.Context, cl)
}
