package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"causeway/control/cloud"
)

func meetingCommand() *cli.Command {
	return &cli.Command{
		Name:        "meeting",
		Usage:       "meetings of a local cloud",
		Subcommands: []*cli.Command{meetingCreateCommand()},
	}
}

func meetingCreateCommand() *cli.Command {
	return &cli.Command{
		Name:        "create",
		Usage:       "make a meeting and print its id",
		Description: examples(`causeway meeting create --title "Weekly" --url http://127.0.0.1:8080`),
		Flags: []cli.Flag{
			stateFlag(),
			&cli.StringFlag{Name: "title", Usage: "what it is about"},
			&cli.StringFlag{Name: "owner", Usage: "`EMAIL` of the account that hosts it; the first account if not given"},
			&cli.StringFlag{Name: "url", Value: "http://127.0.0.1:8080", Usage: "the `BASE` of its link"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			return withCloud(c, func(ctx context.Context, cl *cloud.Cloud) error {
				owner := c.String("owner")
				if owner == "" {
					var err error
					if owner, _, _, err = cl.EnsureFirstAccount(ctx); err != nil {
						return err
					}
				}
				m, err := cl.CreateMeeting(ctx, owner, c.String("title"))
				if err != nil {
					return err
				}
				v := struct {
					Meeting string    `json:"meeting"`
					Title   string    `json:"title"`
					JoinURL string    `json:"join_url"`
					Expires time.Time `json:"expires"`
				}{m.ID, m.Title, joinURL(c.String("url"), m.ID), m.Expires}
				return report(c, v, func(w io.Writer) { fmt.Fprintf(w, "%s\n%s\n", v.Meeting, v.JoinURL) })
			})
		},
	}
}

// joinURL is a meeting's link below a base such as https://meet.example.com.
func joinURL(base, meeting string) string { return base + "/m/" + meeting }
