package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"causeway/control/cloud"
)

func accountCommand() *cli.Command {
	return &cli.Command{
		Name:        "account",
		Usage:       "who may sign in to a local cloud",
		Subcommands: []*cli.Command{accountAddCommand(), accountPasswordCommand()},
	}
}

func accountAddCommand() *cli.Command {
	return &cli.Command{
		Name:        "add",
		Usage:       "add an account and print its generated password",
		Description: examples("causeway account add --email ann@example.com --name Ann"),
		Flags: []cli.Flag{
			stateFlag(), emailFlag(),
			&cli.StringFlag{Name: "name", Usage: "the `NAME` that others see"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := need(c, "email", "name"); err != nil {
				return err
			}
			password := rand.Text()
			return withCloud(c, func(ctx context.Context, cl *cloud.Cloud) error {
				if err := cl.CreateAccount(ctx, c.String("email"), c.String("name"), password); err != nil {
					return err
				}
				return reportPassword(c, password)
			})
		},
	}
}

func accountPasswordCommand() *cli.Command {
	return &cli.Command{
		Name:        "password",
		Usage:       "replace an account's password by a generated one, and print it",
		Description: "The account is signed out everywhere.\n\n" + examples("causeway account password --email host@causeway.local"),
		Flags:       []cli.Flag{stateFlag(), emailFlag(), jsonFlag()},
		Action: func(c *cli.Context) error {
			if err := need(c, "email"); err != nil {
				return err
			}
			password := rand.Text()
			return withCloud(c, func(ctx context.Context, cl *cloud.Cloud) error {
				if err := cl.SetPassword(ctx, c.String("email"), password); err != nil {
					return err
				}
				return reportPassword(c, password)
			})
		},
	}
}

func emailFlag() cli.Flag {
	return &cli.StringFlag{Name: "email", Usage: "the account's `EMAIL` address"}
}

func reportPassword(c *cli.Context, password string) error {
	v := struct {
		Account  string `json:"account"`
		Password string `json:"password"`
	}{c.String("email"), password}
	return report(c, v, func(w io.Writer) { fmt.Fprintln(w, password) })
}
