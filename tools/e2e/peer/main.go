// Command peer is the other side of the end-to-end tests: a WHIP publisher and
// a WHEP viewer made of pion/webrtc, a WebRTC stack that shares no code with
// the router's media path.
//
// It talks in lines of JSON on stdout and ends when its standard input does,
// giving its session back on the way.
//
//	peer -film FILE whip URL TICKET   publish FILE in a loop
//	peer whep URL TICKET              receive, and say what arrives
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/pion/webrtc/v4"
)

func main() {
	film := flag.String("film", "", "frames to publish, one JSON object per line")
	flag.Parse()
	if flag.NArg() != 3 {
		fmt.Fprintln(os.Stderr, "usage: peer [-film FILE] whip|whep URL TICKET")
		os.Exit(2)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := run(ctx, flag.Arg(0), flag.Arg(1), flag.Arg(2), *film); err != nil {
		say(map[string]any{"error": err.Error()})
		os.Exit(1)
	}
}

func run(ctx context.Context, door, address, ticket, film string) error {
	pc, err := connection()
	if err != nil {
		return err
	}
	defer pc.Close()
	connected := make(chan struct{})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		say(map[string]any{"state": s.String()})
		if s == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	var play func(context.Context) error
	switch door {
	case "whip":
		play, err = publish(pc, film)
	case "whep":
		play, err = watch(pc)
	default:
		err = fmt.Errorf("%q is neither whip nor whep", door)
	}
	if err != nil {
		return err
	}
	location, err := exchange(ctx, pc, address, ticket)
	if err != nil {
		return err
	}
	select {
	case <-connected:
		err = play(ctx)
	case <-ctx.Done():
	}
	if status, gone := end(location, ticket); gone != nil {
		return gone
	} else {
		say(map[string]any{"deleted": status})
	}
	return err
}

// connection makes a peer connection that finds a router on loopback.
func connection() (*webrtc.PeerConnection, error) {
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return webrtc.NewAPI(webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
}

// exchange is the one HTTP exchange of WHIP and WHEP: offer in, answer out. It
// returns the session's URL.
func exchange(ctx context.Context, pc *webrtc.PeerConnection, address, ticket string) (string, error) {
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		return "", err
	}
	<-gathered
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader([]byte(pc.LocalDescription().SDP)))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+ticket)
	req.Header.Set("Content-Type", "application/sdp")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%s: %s", resp.Status, body)
	}
	base, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	location, err := base.Parse(resp.Header.Get("Location"))
	if err != nil {
		return "", err
	}
	say(map[string]any{"location": location.String(), "etag": resp.Header.Get("ETag")})
	return location.String(), pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(body)})
}

// end gives the session back and returns the status of the answer.
func end(location, ticket string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, location, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+ticket)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}

// say prints one line of JSON. One goroutine's line never cuts another's: each
// is one write.
func say(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(line, '\n'))
}
