package zone

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"causeway/control/pki"
	"causeway/control/strictjson"
	"causeway/control/ticket"
	"causeway/control/wire"
	"causeway/control/zone/placement"
)

// Bounds of a report. A router's own limit is 350 participants; these leave room
// for machines that hold more.
const (
	maxReportBytes  = 8 << 20
	maxParticipants = 20_000 // of one router
	maxEnded        = 20_000
)

// nodeServer is the API for nodes: joining and renewing without or with a
// certificate that has just ended, reporting with a router's.
func (z *ZC) nodeServer() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("POST "+pki.EnrolPath, z.authority.EnrolHandler(z.c.StateDir, z.enrolled))
	mux.Handle("POST "+pki.RenewPath, z.authority.RenewHandler(z.creds, func(pki.Identity) error { return nil }))
	mux.HandleFunc("POST /v1/nodes/report", z.report)
	return &http.Server{
		Handler: mux, TLSConfig: z.creds.EnrolServerTLS(),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(z.c.Log.Handler(), slog.LevelDebug),
	}
}

func (z *ZC) serveNodes() error {
	return z.node.Serve(tls.NewListener(z.listener, z.node.TLSConfig))
}

// enrolled is told of each node that a token has made.
func (z *ZC) enrolled(id pki.Identity) error {
	z.c.Log.Info("node joined", "node", id.String())
	return nil
}

// report takes what a router says of itself: who reports is in its certificate.
func (z *ZC) report(w http.ResponseWriter, r *http.Request) {
	id, err := z.creds.Peer(r, 0, pki.RoleRouter)
	var in *wire.RouterReport
	if err == nil {
		in, err = readReport(w, r)
	}
	if err == nil {
		err = z.takeReport(id.Name, in)
	}
	if err != nil {
		z.metrics.reports.WithLabelValues("refused").Inc()
		z.fail(w, "report", err)
		return
	}
	z.metrics.reports.WithLabelValues("taken").Inc()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(wire.ReportAnswer{Epoch: z.memory.Epoch, Taken: in.Seq})
}

// takeReport puts a report into the table. What the router forgets because of
// the answer is on disk before takeReport returns nil.
func (z *ZC) takeReport(router string, in *wire.RouterReport) error {
	if err := z.memory.know(router); err != nil {
		return err
	}
	now := z.now()
	var over, again []string
	z.mu.Lock()
	before, known := z.table.Incarnation(router)
	err := z.table.Report(now, router, in)
	if err == nil {
		for _, e := range in.Ended {
			if e.ForAll {
				over = append(over, e.Meeting)
				z.table.End(e.Meeting, now+int64(overFor))
			}
		}
		for _, m := range in.Meetings {
			if z.table.Ended(now, m.Meeting) {
				again = append(again, m.Meeting)
			}
		}
	}
	z.mu.Unlock()
	var refusal *placement.Refusal
	switch {
	case errors.Is(err, placement.ErrStale):
		return nil // a later one of the same process was quicker
	case errors.As(err, &refusal):
		return wire.NewProblem(http.StatusServiceUnavailable, wire.CodeZoneFull,
			"This controller takes %d routers and has them.", refusal.Value)
	case err != nil:
		return err
	}
	if before != in.Incarnation {
		z.routers.drop(router) // connections to the process before it are dead
	}
	if !known {
		z.c.Log.Info("router reports", "router", router, "api", in.API, "meetings", len(in.Meetings), "max_participants", in.MaxParticipants)
	}
	err = z.memory.end(time.Now(), over...)
	z.publish()
	if err == nil && z.link != nil && len(in.Ended) > 0 {
		err = z.link.Save()
	}
	for _, id := range again {
		z.late.Go(func() { z.tellOver(id) })
	}
	return err
}

// readReport reads a report and bounds its every field.
func readReport(w http.ResponseWriter, r *http.Request) (*wire.RouterReport, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReportBytes))
	if err != nil {
		return nil, badReport("it cannot be read, or is larger than %d bytes", maxReportBytes)
	}
	var in wire.RouterReport
	if err := strictjson.Unmarshal(body, &in); err != nil {
		return nil, badReport("%v", err)
	}
	if in.API, err = resolve(in.API, r.RemoteAddr); err != nil {
		return nil, err
	}
	return &in, checkReport(&in)
}

func checkReport(in *wire.RouterReport) error {
	switch {
	case in.Incarnation == "" || len(in.Incarnation) > wire.MaxIDBytes || len(in.Version) > wire.MaxIDBytes:
		return badReport("incarnation or version has a wrong length")
	case in.MaxParticipants < 0 || in.MaxParticipants > maxParticipants || in.Participants < 0 || in.Participants > maxParticipants:
		return badReport("a count of participants is out of bounds")
	case len(in.Meetings) > maxParticipants || len(in.Ended) > maxEnded:
		return badReport("it lists too many meetings")
	}
	seen, people := make(map[string]bool, len(in.Meetings)), 0
	for _, m := range in.Meetings {
		if !ticket.ValidMeeting(m.Meeting) || seen[m.Meeting] {
			return badReport("a meeting's id is not well-formed, or occurs twice")
		}
		seen[m.Meeting] = true
		people += len(m.Participants)
	}
	for _, e := range in.Ended {
		if !ticket.ValidMeeting(e.Meeting) {
			return badReport("an ended meeting's id is not well-formed")
		}
	}
	if people > 2*maxParticipants {
		return badReport("it lists too many participants")
	}
	return nil
}

// resolve completes the address of a router's API that names no host: it is the
// one from which the router reports. That the router itself answers there, and
// nobody else, is for its certificate to prove.
func resolve(api, from string) (string, error) {
	host, port, err := net.SplitHostPort(api)
	if err != nil || len(api) > 255 {
		return "", badReport("api is no host:port")
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		if host, _, err = net.SplitHostPort(from); err != nil {
			return "", err
		}
	}
	return net.JoinHostPort(host, port), nil
}

func badReport(format string, args ...any) error {
	return wire.NewProblem(http.StatusBadRequest, wire.CodeBadRequest, "The report is refused: "+format+".", args...)
}
