package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"causeway/control/cloud"
	"causeway/control/wire"
)

func ticketCommand() *cli.Command {
	return &cli.Command{
		Name:  "ticket",
		Usage: "print a ticket that lets one participant into one meeting, once",
		Description: "A meeting that does not exist yet is made. The ticket is good for ten minutes.\n\n" + examples(
			"causeway ticket --meeting standup --name Camera --role participant",
			`curl -X POST -H "Authorization: Bearer $(causeway ticket --meeting standup --name OBS)" \`,
			`     -H "Content-Type: application/sdp" --data-binary @offer.sdp http://127.0.0.1:8080/whip/standup`,
		),
		Flags: []cli.Flag{
			stateFlag(),
			&cli.StringFlag{Name: "meeting", Usage: "the meeting's `ID`, the last part of its link"},
			&cli.StringFlag{Name: "name", Usage: "the `NAME` that others see"},
			&cli.StringFlag{Name: "role", Value: string(wire.RoleParticipant), Usage: "host or participant"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := need(c, "meeting", "name"); err != nil {
				return err
			}
			role := wire.Role(c.String("role"))
			if !role.Valid() {
				return usagef("--role takes %s or %s, not %q", wire.RoleHost, wire.RoleParticipant, role)
			}
			return withCloud(c, func(ctx context.Context, cl *cloud.Cloud) error {
				token, t, err := cl.MintTicket(ctx, c.String("meeting"), c.String("name"), role)
				if err != nil {
					return err
				}
				v := struct {
					Ticket      string           `json:"ticket"`
					Meeting     string           `json:"meeting"`
					Participant wire.Participant `json:"participant"`
					Zone        string           `json:"zone"`
					Expires     time.Time        `json:"expires"`
				}{token, t.Meeting, t.Participant, t.Zone, t.Expires}
				return report(c, v, func(w io.Writer) { fmt.Fprintln(w, token) })
			})
		},
	}
}
