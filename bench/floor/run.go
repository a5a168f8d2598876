//go:build linux && (amd64 || arm64)

package floor

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// row is a Row with how to measure it.
type row struct {
	Row
	probe   probe
	base    *row   // a cipher row's bare cipher
	sending *batch // what the row sends with, if it sends
}

// Run measures the floor of this machine. It takes up to twice the CPU time of
// all samples: half a minute by default. When ctx ends it stops within a
// sample, and nothing remains.
func Run(ctx context.Context, c Config) (report Report, err error) {
	rig, err := Open(c)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, rig.Close()) }()
	report = rig.report()
	rows, done, err := rig.rows()
	defer done()
	if err != nil {
		return report, err
	}
	before := steal(c.CPU)
	if err := rig.measure(ctx, rows); err != nil {
		return report, err
	}
	report.Steal = steal(c.CPU).since(before)
	for _, r := range rows {
		r.sum()
		if r.base != nil {
			r.Bare = ratio(r.Samples, r.base.Samples)
		}
		if r.sending != nil {
			r.Refused, r.Waits = r.sending.refused, r.sending.waits
		}
		report.Rows = append(report.Rows, r.Row)
	}
	report.Calibration, report.Rows = report.Rows[0], report.Rows[1:]
	return report, nil
}

// report is one with its head filled in.
func (r *Rig) report() Report {
	c := &r.config
	report := Report{
		Machine: thisMachine(c.CPU), CPU: c.CPU, PeerCPU: c.PeerCPU, Steer: c.Steer, Rounds: c.Rounds, SampleMS: c.Sample.Seconds() * 1000,
		Destinations: c.Destinations, Place: r.place.kind, PlaceWords: r.place.words, GSO: r.gso,
	}
	if r.place.note != "" {
		report.Notes = append(report.Notes, r.place.note)
	}
	if !r.gso {
		report.Notes = append(report.Notes, "this kernel refuses UDP_SEGMENT: no row has runs")
	}
	if c.Steer && (r.place.pair == nil || c.PeerCPU < 0) {
		report.Notes = append(report.Notes, "no other CPU takes in what is sent: that needs a second one, and a namespace")
	}
	return report
}

// rows are all of them, the calibration first. done releases what they hold.
func (r *Rig) rows() (rows []*row, done func(), err error) {
	done = func() {}
	p, err := calibration()
	if err != nil {
		return nil, done, err
	}
	rows = append(rows, &row{probe: p, Row: Row{
		Group: "calibration", Name: fmt.Sprintf("calibration/op=seal/bytes=%d", videoBytes), Bytes: videoBytes,
		What: "seal " + comma(videoBytes) + " bytes, standard library's GCM",
	}})
	cipher, err := cipherRows()
	if err != nil {
		return nil, done, err
	}
	receive, done, err := r.receiveRows()
	if err != nil {
		return nil, done, err
	}
	loops, err := r.loopRows()
	if err != nil {
		return nil, done, err
	}
	for _, more := range [][]*row{cipher, r.sendRows(), receive, loops} {
		rows = append(rows, more...)
	}
	return rows, done, nil
}

// loopRows are the bare forwarders of the usual shapes.
func (r *Rig) loopRows() (rows []*row, err error) {
	n := r.config.Destinations
	for _, s := range []Shape{Webinar(n, 4), Webinar(n, 8), Audio(n), Mix(n)} {
		for _, f := range []Form{GSO, Plain} {
			l, err := r.loop(s, f)
			if errors.Is(err, ErrNoGSO) {
				continue
			}
			if err != nil {
				return nil, err
			}
			rows = append(rows, &row{probe: l.measure, sending: l.out, Row: Row{
				Group: "loop", Name: fmt.Sprintf("loop/shape=%s/by=%v", s.Name, f), Shape: &s,
				What: fmt.Sprintf("%s, %s", s.words(), f.words()),
			}})
		}
	}
	return rows, nil
}

// measure takes a sample of every row in every round.
func (r *Rig) measure(ctx context.Context, rows []*row) error {
	defer io.WriteString(r.config.Progress, "\r\x1b[K")
	for round := range r.config.Rounds + 1 {
		for i, one := range rows {
			fmt.Fprintf(r.config.Progress, "\r\x1b[Kfloor: round %d of %d, row %d of %d: %s",
				round, r.config.Rounds, i+1, len(rows), one.What)
			s, err := r.sample(ctx, one.probe)
			if err != nil {
				return fmt.Errorf("%w (%s)", err, one.Name)
			}
			if round > 0 { // the first warms up
				one.add(s)
			}
		}
	}
	return nil
}
