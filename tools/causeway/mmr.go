package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/urfave/cli/v2"

	"causeway/router"
	"causeway/router/api"
)

// mmrDir is a router's part of a state directory.
const mmrDir = "mmr"

func mmrCommand() *cli.Command {
	return &cli.Command{
		Name:        "mmr",
		Usage:       "the multimedia router, which forwards audio, video and data",
		Subcommands: []*cli.Command{mmrRunCommand()},
	}
}

func mmrRunCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "run one router of a zone",
		Description: "The join token is needed at the first start only.\n\n" + examples(
			"causeway node token --role mmr --name mmr1        # on the controller",
			"causeway mmr run --join TOKEN --media 192.0.2.8:8801",
		),
		Flags: append(append([]cli.Flag{
			stateFlag(),
			&cli.StringFlag{Name: "join", Usage: "the `TOKEN` that makes this machine a node of the zone"},
			&cli.StringSliceFlag{Name: "controller", Usage: "node API `ADDR`ess of a controller, if it is not the one that the token named"},
			&cli.StringFlag{Name: "api", Value: api.DefaultListen, Usage: "`ADDR`ess at which controllers reach this router (mTLS)"},
			&cli.StringFlag{Name: "advertise-api", Usage: "the `ADDR`ess to tell the controllers, if they see another one"},
			httpFlag("127.0.0.1:9464", "health and metrics"), jsonFlag(),
		}, routerFlags()...), logFlags()...),
		Action: runMMR,
	}
}

// routerFlags are on every command that runs a router.
func routerFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "media", Usage: "UDP `ADDR`ess for audio, video and data, again for more than one", DefaultText: "127.0.0.1:8801 and the host's own addresses"},
		&cli.StringSliceFlag{Name: "advertise-media", Usage: "UDP `ADDR`ess to tell browsers instead, if a NAT stands before this machine"},
		limitFlag("participants", "how many participants this router takes", 350),
		&cli.IntFlag{Name: "shards", Usage: "how many packet loops run", DefaultText: "one per CPU"},
		&cli.BoolFlag{Name: "pprof", Usage: "let programs on this machine profile this one, below /debug/pprof/ at the --http address"},
		&cli.BoolFlag{Name: "no-gso", Usage: "send every datagram by itself, for devices whose segmentation offload is broken"},
	}
}

// routerConfig reads routerFlags.
func routerConfig(c *cli.Context, log *slog.Logger) (router.Config, error) {
	if err := checkLimits(c, "participants", "shards"); err != nil {
		return router.Config{}, err
	}
	media, err := mediaAddresses(c.StringSlice("media"))
	if err != nil {
		return router.Config{}, wrong(err)
	}
	config := router.Config{Media: media, Participants: c.Int("participants"), Shards: c.Int("shards"), NoGSO: c.Bool("no-gso"), Log: log}
	if given := c.StringSlice("advertise-media"); len(given) > 0 {
		if config.Advertise, err = mediaAddresses(given); err != nil {
			return router.Config{}, wrong(errors.New(strings.Replace(err.Error(), "--media", "--advertise-media", 1)))
		}
	}
	return config, wrong(config.Validate())
}

func runMMR(c *cli.Context) error {
	log, err := newLog(c)
	if err != nil {
		return err
	}
	if err := errors.Join(checkLoopback("http", c.String("http")), checkAddress("api", c.String("api"))); err != nil {
		return wrong(err)
	}
	config, err := routerConfig(c, log)
	if err != nil {
		return err
	}
	if err := checkKernel(kernelProbes); err != nil {
		return err
	}
	state, err := openState(c.String("state"), mmrDir)
	if err != nil {
		return err
	}
	defer state.Close()
	d, err := openDoors("", c.String("http"), log)
	if err != nil {
		return err
	}
	defer d.Close()
	r, err := openRouter(config, d)
	if err != nil {
		return err
	}
	defer r.Close()
	node, err := api.Open(c.Context, api.Config{
		StateDir: state.path, Token: token(c.String("join")), Controllers: c.StringSlice("controller"),
		Listen: c.String("api"), Advertise: c.String("advertise-api"), Router: r, Version: version, Log: log,
	})
	if err != nil {
		return err
	}
	d.open(http.NotFoundHandler(), node.Ready)
	d.profile(c)
	return d.run(c, func() error {
		v := struct {
			Node  string   `json:"node"`
			Zone  string   `json:"zone"`
			API   string   `json:"api"`
			Media string   `json:"media"`
			All   []string `json:"media_all"`
			HTTP  string   `json:"http"`
		}{node.Name(), node.Zone(), node.Addr(), r.Media()[0].String(), texts(r.Media()), d.httpAt.String()}
		return report(c, v, func(w io.Writer) {
			fmt.Fprintf(w, "Router %s of zone %s takes media on %s\n", v.Node, v.Zone, strings.Join(v.All, ", "))
		})
	}, node.Run)
}

// token is how a node gets the join token that was given on the command line.
func token(given string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if given == "" {
			return "", errors.New("this machine is no node of a zone yet: make a token with `causeway node token` on the controller and pass it with --join")
		}
		return given, nil
	}
}
