package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/urfave/cli/v2"

	"causeway/control/cloudlink"
	"causeway/control/zone"
)

// zcDir is the controller's part of a state directory.
const zcDir = "zc"

func zcCommand() *cli.Command {
	return &cli.Command{
		Name:        "zc",
		Usage:       "the zone controller, which admits participants and places meetings",
		Subcommands: []*cli.Command{zcRunCommand()},
	}
}

func zcRunCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "run the controller of a zone",
		Description: "The pairing code is needed at the first start only.\n\n" + examples(
			"causeway cloud pairing-code                       # on the cloud's machine",
			"causeway zc run --cloud https://meet.example.com --pair CODE --public 192.0.2.7:443",
		),
		Flags: append([]cli.Flag{
			stateFlag(), publicFlag("127.0.0.1:8443"), httpFlag("127.0.0.1:8080", "joining, health and metrics"),
			&cli.StringSliceFlag{Name: "url", Usage: "public `BASE` address of this controller, if browsers know it by another one than --public"},
			&cli.StringFlag{Name: "node-api", Value: zone.DefaultNodeListen, Usage: "`ADDR`ess where routers join and report (mTLS)"},
			&cli.StringSliceFlag{Name: "advertise-node-api", Usage: "the `ADDR`ess that join tokens carry, if routers see another one"},
			&cli.StringFlag{Name: "name", Value: "zc1", Usage: "this controller's `NAME` in the zone"},
			&cli.StringFlag{Name: "cloud", Usage: "the cloud's base `URL`; kept after the first start"},
			&cli.StringFlag{Name: "cloud-pin", Usage: "the cloud certificate's `PIN`, if no authority vouches for it; kept after the first start"},
			&cli.StringFlag{Name: "pair", Usage: "the pairing `CODE` from the cloud"},
			limitFlag("meetings", "how many meetings this controller takes", 250),
			jsonFlag(),
		}, logFlags()...),
		Action: runZC,
	}
}

func runZC(c *cli.Context) error {
	log, err := newLog(c)
	if err != nil {
		return err
	}
	err = errors.Join(checkAddress("public", c.String("public")), checkLoopback("http", c.String("http")),
		checkAddress("node-api", c.String("node-api")), checkLimits(c, "meetings"))
	if err != nil {
		return wrong(err)
	}
	state, err := openState(c.String("state"), zcDir)
	if err != nil {
		return err
	}
	defer state.Close()
	at, err := whichCloud(state.path, c.String("cloud"), c.String("cloud-pin"))
	if err != nil {
		return err
	}
	d, err := openDoors(c.String("public"), c.String("http"), log)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.certify(state.path); err != nil {
		return err
	}
	urls := c.StringSlice("url")
	if len(urls) == 0 {
		urls = []string{https(d.publicAt)}
	}
	z, err := zone.Open(c.Context, zone.Config{
		StateDir: state.path, Controller: c.String("name"), NodeListen: c.String("node-api"),
		NodeAdvertise: c.StringSlice("advertise-node-api"), PublicURLs: urls, Limits: zone.Limits{Meetings: c.Int("meetings")},
		CloudURL: at.URL, CloudPin: at.Pin, PairingCode: c.String("pair"), Version: version, Log: log,
	})
	if err != nil {
		return controllerError(c.String("node-api"), err)
	}
	defer z.Close()
	if err := at.keep(state.path); err != nil {
		return err
	}
	z.Register(d.registry)
	d.open(z.Handler(), z.Ready)
	return d.run(c, func() error {
		v := struct {
			Zone      string   `json:"zone"`
			Public    string   `json:"public"`
			PublicURL []string `json:"public_urls"`
			HTTP      string   `json:"http"`
			NodeAPI   string   `json:"node_api"`
			Cloud     string   `json:"cloud"`
		}{z.Zone(), d.publicAt.String(), urls, d.httpAt.String(), z.NodeAddr(), at.URL}
		return report(c, v, func(w io.Writer) {
			fmt.Fprintf(w, "Controller of zone %s serves %s\nRouters join and report at %s\n", v.Zone, strings.Join(urls, ", "), v.NodeAPI)
		})
	}, z.Run)
}

// controllerError adds the cure to what may keep a controller from starting.
func controllerError(nodeAPI string, err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, cloudlink.ErrNotPaired):
		return fmt.Errorf("%w: make a code with `causeway cloud pairing-code` on the cloud's machine and pass it with --pair", err)
	case errors.As(err, &op) && op.Op == "listen":
		return listenError("node-api", "tcp", nodeAPI, err)
	}
	return err
}
