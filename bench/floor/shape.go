//go:build linux && (amd64 || arm64)

package floor

import (
	"errors"
	"fmt"
)

// Shape is what one turn of a forwarder does: some packets come in, are opened
// once, and each is sealed for every destination.
type Shape struct {
	Name         string `json:"name"`
	Destinations int    `json:"destinations"`
	Lanes        []Lane `json:"lanes"`
}

// Lane is one source of a turn: Packets of Bytes each, RTP header included and
// the tag not.
type Lane struct {
	Packets int `json:"packets"`
	Bytes   int `json:"packet_bytes"`
}

// Webinar is one publisher's video to n destinations: packets to each in a turn.
func Webinar(n, packets int) Shape {
	return Shape{fmt.Sprintf("webinar-%d", packets), n, []Lane{{packets, videoBytes}}}
}

// Audio is one voice to n destinations: one packet to each in a turn.
func Audio(n int) Shape { return Shape{"audio", n, []Lane{{1, audioBytes}}} }

// Mix is three speakers' video, eight packets each, and five packets of audio,
// all in one turn to each of n destinations.
func Mix(n int) Shape {
	return Shape{"mix", n, []Lane{{8, videoBytes}, {8, videoBytes}, {8, videoBytes}, {5, audioBytes}}}
}

// words describe the shape in a row.
func (s Shape) words() string {
	switch {
	case len(s.Lanes) > 1:
		return s.Name
	case s.Lanes[0].Packets == 1:
		return fmt.Sprintf("%s: single, %s bytes", s.Name, comma(s.Lanes[0].Bytes))
	}
	return fmt.Sprintf("%s: %d × %s bytes", s.Name, s.Lanes[0].Packets, comma(s.Lanes[0].Bytes))
}

const maxInputs = 256 // packets that a turn may bring in

func (s Shape) inputs() (packets int) {
	for _, l := range s.Lanes {
		packets += l.Packets
	}
	return packets
}

func (s Shape) validate() error {
	var errs []error
	if s.Destinations < 1 || s.Destinations > maxDestinations {
		errs = append(errs, fmt.Errorf("destinations are between 1 and %d, not %d", maxDestinations, s.Destinations))
	}
	for _, l := range s.Lanes {
		if l.Packets < 1 || l.Bytes < headerBytes || l.Bytes > packetRoom-tagBytes {
			errs = append(errs, fmt.Errorf("a lane has packets of %d to %d bytes, not %+v", headerBytes, packetRoom-tagBytes, l))
		}
	}
	if n := s.inputs(); n < 1 || n > maxInputs {
		errs = append(errs, fmt.Errorf("a turn brings between 1 and %d packets, not %d", maxInputs, n))
	}
	if errs != nil {
		return fmt.Errorf("floor: shape %q: %w", s.Name, errors.Join(errs...))
	}
	return nil
}
