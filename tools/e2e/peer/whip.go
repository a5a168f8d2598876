package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// frame is one line of a film: an encoded frame, made in a browser.
type frame struct {
	Kind       string `json:"kind"` // "video" (VP8) or "audio" (Opus)
	Data       []byte `json:"data"`
	DurationUS int64  `json:"duration_us"`
}

// publish adds the film's two tracks to pc and returns what plays them.
func publish(pc *webrtc.PeerConnection, path string) (func(context.Context) error, error) {
	frames, err := readFilm(path)
	if err != nil {
		return nil, err
	}
	var rewind atomic.Bool // somebody needs a key frame: the film's first
	video, err := addTrack(pc, webrtc.MimeTypeVP8, 90000, func(p rtcp.Packet) {
		switch p.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			rewind.Store(true)
		}
	})
	if err != nil {
		return nil, err
	}
	audio, err := addTrack(pc, webrtc.MimeTypeOpus, 48000, func(rtcp.Packet) {})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		ended := make(chan error, 2)
		go func() { ended <- loop(ctx, audio, frames["audio"], new(atomic.Bool)) }()
		go func() { ended <- loop(ctx, video, frames["video"], &rewind) }()
		err := <-ended
		if other := <-ended; err == nil {
			err = other
		}
		return err
	}, nil
}

// addTrack adds a track of one codec and hands every RTCP packet about it to heard.
func addTrack(pc *webrtc.PeerConnection, mime string, clock uint32, heard func(rtcp.Packet)) (*webrtc.TrackLocalStaticSample, error) {
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clock}, mime, "film")
	if err != nil {
		return nil, err
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			packets, _, err := sender.ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				heard(p)
			}
		}
	}()
	return track, nil
}

// loop plays frames in real time, over and over, from the first again whenever
// rewind is set.
func loop(ctx context.Context, track *webrtc.TrackLocalStaticSample, frames []frame, rewind *atomic.Bool) error {
	due := time.Now()
	for i := 0; ; i = (i + 1) % len(frames) {
		if rewind.Swap(false) {
			i = 0
		}
		f := frames[i]
		length := time.Duration(f.DurationUS) * time.Microsecond
		if err := track.WriteSample(media.Sample{Data: f.Data, Duration: length}); err != nil {
			return err
		}
		due = due.Add(length)
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return nil
		}
	}
}

func readFilm(path string) (map[string][]frame, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	frames := map[string][]frame{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var f frame
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		frames[f.Kind] = append(frames[f.Kind], f)
	}
	if len(frames["audio"]) == 0 || len(frames["video"]) == 0 {
		return nil, fmt.Errorf("%s holds no audio or no video", path)
	}
	return frames, lines.Err()
}
