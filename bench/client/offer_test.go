package client

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// An independent peer takes the offer, and we understand its answer: pion
// answers as a full agent, so the test adds what an ICE-lite server says.
func TestAnIndependentPeerTakesTheOffer(t *testing.T) {
	c := Config{Door: Web, Audio: true, VideoRate: 1, AudioSlots: 2, VideoSlots: 3}
	o := newOffer(&c)
	media := &webrtc.MediaEngine{}
	if err := errors.Join(media.RegisterDefaultCodecs(),
		media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uriLevel}, webrtc.RTPCodecTypeAudio)); err != nil {
		t.Fatal(err)
	}
	peer, err := webrtc.NewAPI(webrtc.WithMediaEngine(media)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	fingerprint := "sha-256 " + strings.TrimSuffix(strings.Repeat("AB:", 32), ":")
	if err := peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.sdp(fingerprint)}); err != nil {
		t.Fatal(err)
	}
	for i, tr := range peer.GetTransceivers() {
		if tr.Direction() == webrtc.RTPTransceiverDirectionSendonly || i > 1 {
			kind := map[webrtc.RTPCodecType]string{webrtc.RTPCodecTypeAudio: webrtc.MimeTypeOpus, webrtc.RTPCodecTypeVideo: webrtc.MimeTypeVP8}
			track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: kind[tr.Kind()]}, fmt.Sprint("t", i), "s")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := peer.AddTrack(track); err != nil {
				t.Fatal(err)
			}
		}
	}
	text, err := peer.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	sdp := strings.ReplaceAll(text.SDP, "a=setup:active", "a=setup:passive")
	sdp = strings.Replace(sdp, "a=mid:0\r\n", "a=mid:0\r\na=candidate:1 1 udp 2130706431 192.0.2.1 8801 typ host\r\na=candidate:2 1 tcp 1 192.0.2.1 8801 typ host tcptype passive\r\n", 1)
	a, err := readAnswer(sdp, o)
	if err != nil {
		t.Fatalf("%v\n%s", err, sdp)
	}
	if len(a.candidates) != 1 || a.candidates[0].String() != "192.0.2.1:8801" || !a.sections[1].repair || a.sections[0].level == 0 {
		t.Fatalf("read %+v", a)
	}
	for i, s := range a.sections {
		receives := i >= 2 && i < 7
		if !s.accepted || receives != (s.ssrc != 0) {
			t.Errorf("section %d: %+v", i, s)
		}
	}
}

func TestBadAnswersAreRefused(t *testing.T) {
	c := Config{Door: WHEP, VideoSlots: 2}
	o := newOffer(&c)
	section := func(mid int, ssrc int) string {
		return fmt.Sprintf("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:%d\r\na=sendonly\r\na=setup:passive\r\n"+
			"a=ice-ufrag:u\r\na=ice-pwd:p\r\na=ssrc-group:FID %d %d\r\na=ssrc:%d cname:c\r\n", mid, ssrc, ssrc+1, ssrc)
	}
	head := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 " + strings.TrimSuffix(strings.Repeat("AB:", 32), ":") + "\r\n"
	candidate := "a=candidate:1 1 udp 1 192.0.2.1 8801 typ host\r\n"
	good := head + section(0, 10) + candidate + section(1, 20)
	if _, err := readAnswer(good, o); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for name, text := range map[string]string{
		"empty":             "",
		"a section short":   head + section(0, 10) + candidate,
		"no candidate":      head + section(0, 10) + section(1, 20),
		"same SSRC twice":   head + section(0, 10) + candidate + section(1, 10),
		"same RTX twice":    head + section(0, 10) + candidate + section(1, 11),
		"other mid":         strings.Replace(good, "a=mid:1", "a=mid:2", 1),
		"active":            strings.Replace(good, "a=setup:passive", "a=setup:active", 1),
		"receives":          strings.Replace(good, "a=sendonly", "a=recvonly", 1),
		"no fingerprint":    strings.Replace(good, "a=fingerprint", "a=x", 1),
		"two ICE agents":    strings.Replace(good, "a=ice-pwd:p", "a=ice-pwd:q", 1),
		"other codec":       strings.Replace(good, "SAVPF 96 97", "SAVPF 97", 1),
		"no SSRC":           strings.Replace(strings.Replace(good, "a=ssrc-group:FID 10 11", "a=x:y", 1), "a=ssrc:10", "a=x:10", 1),
		"no ICE":            strings.ReplaceAll(good, "a=ice-ufrag:u\r\n", ""),
		"bad fingerprint":   strings.Replace(good, "AB:", "XY:", 1),
		"SSRC no number":    strings.Replace(good, "FID 10 11", "FID x 11", 1),
		"SSRC too large":    strings.Replace(good, "FID 10 11", "FID 4294967296 11", 1),
		"port out of range": strings.Replace(good, "8801", "88010", 1),
	} {
		if _, err := readAnswer(text, o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	c := Config{Door: WHEP, VideoSlots: 1}
	o := newOffer(&c)
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=candidate:1 1 udp 1 ::1 1 typ host\r\na=ssrc:1 c\r\n")
	f.Fuzz(func(t *testing.T, text string) { readAnswer(text, o) })
}
