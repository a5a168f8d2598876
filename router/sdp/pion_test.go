package sdp

import (
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// TestPionTakesOurAnswers: an independent stack offers in several shapes, and
// sets what we answer as its remote description.
func TestPionTakesOurAnswers(t *testing.T) {
	audio := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	video := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	type lane struct {
		kind      webrtc.RTPCodecType
		direction webrtc.RTPTransceiverDirection
	}
	const send, receive, both = webrtc.RTPTransceiverDirectionSendonly, webrtc.RTPTransceiverDirectionRecvonly, webrtc.RTPTransceiverDirectionSendrecv
	const a, v = webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo
	for _, test := range []struct {
		name  string
		lanes []lane
		data  bool
		want  []string // the answer's directions, by section
	}{
		{"WHIP", []lane{{a, send}, {v, send}}, false, []string{"recvonly", "recvonly"}},
		{"WHEP", []lane{{a, receive}, {v, receive}, {v, receive}}, false, []string{"sendonly", "sendonly", "sendonly"}},
		{"a meeting", []lane{{a, send}, {v, send}, {a, receive}, {v, receive}, {v, receive}}, true, []string{"recvonly", "recvonly", "sendonly", "sendonly", "sendonly", ""}},
		{"both ways at once", []lane{{a, both}, {v, both}}, true, []string{"sendrecv", "sendrecv", ""}},
		{"data alone", nil, true, []string{""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
			if err != nil {
				t.Fatal(err)
			}
			defer pc.Close()
			for _, l := range test.lanes {
				if l.direction == receive {
					if _, err := pc.AddTransceiverFromKind(l.kind, webrtc.RTPTransceiverInit{Direction: receive}); err != nil {
						t.Fatal(err)
					}
					continue
				}
				codec := audio
				if l.kind == v {
					codec = video
				}
				track, err := webrtc.NewTrackLocalStaticRTP(codec, "track", "stream")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: l.direction}); err != nil {
					t.Fatal(err)
				}
			}
			if test.data {
				if _, err := pc.CreateDataChannel("control", nil); err != nil {
					t.Fatal(err)
				}
			}
			offer, err := pc.CreateOffer(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := pc.SetLocalDescription(offer); err != nil {
				t.Fatal(err)
			}
			o, err := ParseOffer(offer.SDP)
			if err != nil {
				t.Fatalf("%v\n%s", err, offer.SDP)
			}
			text, sections, err := Answer(o, local())
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, o, text)
			if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: text}); err != nil {
				t.Fatalf("pion refuses: %v\n%s", err, text)
			}
			parts := strings.Split(text, "\r\nm=")[1:]
			for i, want := range test.want {
				if sections[i].Refused != "" {
					t.Errorf("section %d is refused: %s", i, sections[i].Refused)
				}
				if want != "" && !strings.Contains(parts[i], "\r\na="+want+"\r\n") {
					t.Errorf("section %d is not %s", i, want)
				}
			}
			for i, tr := range pc.GetTransceivers() {
				if got := tr.Mid(); got != sections[i].MID {
					t.Errorf("transceiver %d has mid %q", i, got)
				}
			}
		})
	}
}
