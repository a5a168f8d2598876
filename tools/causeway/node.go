package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"causeway/control/pki"
	"causeway/control/zone"
)

func nodeCommand() *cli.Command {
	return &cli.Command{
		Name:        "node",
		Usage:       "the machines of a zone",
		Subcommands: []*cli.Command{nodeTokenCommand()},
	}
}

func nodeTokenCommand() *cli.Command {
	return &cli.Command{
		Name:  "token",
		Usage: "print a token that makes one machine a node of the zone, once, within the hour",
		Description: examples(
			"causeway node token --role mmr --name mmr1        # on the controller",
			"causeway mmr run --join TOKEN                     # on the router's machine",
		),
		Flags: []cli.Flag{
			stateFlag(),
			&cli.StringFlag{Name: "role", Value: string(pki.RoleRouter), Usage: "mmr"},
			&cli.StringFlag{Name: "name", Usage: "the node's `NAME` in the zone"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := need(c, "name"); err != nil {
				return err
			}
			if err := pki.CheckName(c.String("name")); err != nil {
				return wrong(fmt.Errorf("--name: %w", err))
			}
			role := pki.Role(c.String("role"))
			if role != pki.RoleRouter {
				return usagef("--role takes %s, not %q", pki.RoleRouter, role)
			}
			token, err := zone.JoinToken(filepath.Join(c.String("state"), zcDir), role, c.String("name"), 0)
			if errors.Is(err, pki.ErrNoAuthority) {
				return fmt.Errorf("no controller was ever run from %s: start one with `causeway zc run`, or name its directory with --state", c.String("state"))
			}
			if err != nil {
				return err
			}
			v := struct {
				Token string `json:"token"`
				Role  string `json:"role"`
				Name  string `json:"name"`
			}{token, string(role), c.String("name")}
			return report(c, v, func(w io.Writer) { fmt.Fprintln(w, token) })
		},
	}
}
