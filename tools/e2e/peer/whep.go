package main

import (
	"context"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media/samplebuilder"
)

// received is what a viewer has got so far. Its goroutines share it, one per
// track and one that tells, hence the lock.
type received struct {
	mu           sync.Mutex
	AudioPackets int `json:"audio_packets"`
	VideoFrames  int `json:"video_frames"`
	KeyFrames    int `json:"key_frames"`
	Width        int `json:"width"` // of the last key frame
	Height       int `json:"height"`
}

// watch makes pc receive one audio and one video track and returns what tells
// five times a second how much of them has arrived.
func watch(pc *webrtc.PeerConnection) (func(context.Context) error, error) {
	var got received
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			got.hear(track)
			return
		}
		// What came before this viewer is lost on it: ask for a key frame.
		pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
		got.see(track)
	})
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		receive := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		if _, err := pc.AddTransceiverFromKind(kind, receive); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				got.mu.Lock()
				say(&got)
				got.mu.Unlock()
			case <-ctx.Done():
				return nil
			}
		}
	}, nil
}

func (r *received) hear(track *webrtc.TrackRemote) {
	for {
		if _, _, err := track.ReadRTP(); err != nil {
			return
		}
		r.mu.Lock()
		r.AudioPackets++
		r.mu.Unlock()
	}
}

// see puts packets together to whole frames and reads the size that a VP8 key
// frame carries (RFC 6386 section 9.1).
func (r *received) see(track *webrtc.TrackRemote) {
	builder := samplebuilder.New(256, &codecs.VP8Packet{}, 90000)
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		builder.Push(packet)
		for sample := builder.Pop(); sample != nil; sample = builder.Pop() {
			r.mu.Lock()
			r.VideoFrames++
			if d := sample.Data; len(d) >= 10 && d[0]&1 == 0 && d[3] == 0x9d && d[4] == 0x01 && d[5] == 0x2a {
				r.KeyFrames++
				r.Width = int(d[6]) | int(d[7]&0x3f)<<8
				r.Height = int(d[8]) | int(d[9]&0x3f)<<8
			}
			r.mu.Unlock()
		}
	}
}
