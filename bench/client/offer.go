package client

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// What the client offers. Payload types and extension ids are those that
// Chrome uses, so that nothing depends on ours being special.
const (
	ptOpus   = 111
	ptVP8    = 96
	ptVP8RTX = 97

	extLevel = 1

	uriLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	uriMID   = "urn:ietf:params:rtp-hdrext:sdes:mid"
)

// sending are the SSRCs of a client's own media.
type sending struct {
	audio, video, rtx uint32
	cname             string
}

// offered is one media section of the offer, in order; its mid is its index.
type offered struct {
	video, sends, data bool
}

// offer is what the client asks for.
type offer struct {
	ufrag, pwd string
	sending    sending
	sections   []offered
}

func newOffer(c *Config) *offer {
	o := &offer{
		ufrag: token(8), pwd: token(24),
		sending: sending{rand.Uint32() | 1, rand.Uint32() &^ 1, rand.Uint32() ^ 1<<31, token(16)},
	}
	if c.Audio {
		o.sections = append(o.sections, offered{sends: true})
	}
	if c.VideoRate > 0 {
		o.sections = append(o.sections, offered{sends: true, video: true})
	}
	for range c.AudioSlots {
		o.sections = append(o.sections, offered{})
	}
	for range c.VideoSlots {
		o.sections = append(o.sections, offered{video: true})
	}
	if c.Door == Web {
		o.sections = append(o.sections, offered{data: true})
	}
	return o
}

// sdp writes the offer as RFC 8829 shapes it.
func (o *offer) sdp(fingerprint string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0")
	line("o=- %d 1 IN IP4 0.0.0.0", rand.Int64N(1<<62))
	line("s=-")
	line("t=0 0")
	mids := make([]string, len(o.sections))
	for i := range mids {
		mids[i] = fmt.Sprint(i)
	}
	line("a=group:BUNDLE %s", strings.Join(mids, " "))
	line("a=msid-semantic: WMS *")
	for mid, s := range o.sections {
		switch {
		case s.data:
			line("m=application 9 UDP/DTLS/SCTP webrtc-datachannel")
		case s.video:
			line("m=video 9 UDP/TLS/RTP/SAVPF %d %d", ptVP8, ptVP8RTX)
		default:
			line("m=audio 9 UDP/TLS/RTP/SAVPF %d", ptOpus)
		}
		line("c=IN IP4 0.0.0.0")
		line("a=mid:%d", mid)
		line("a=ice-ufrag:%s", o.ufrag)
		line("a=ice-pwd:%s", o.pwd)
		line("a=fingerprint:%s", fingerprint)
		line("a=setup:actpass")
		if s.data {
			line("a=sctp-port:5000")
			line("a=max-message-size:65536")
			continue
		}
		o.media(line, s)
	}
	return b.String()
}

func (o *offer) media(line func(string, ...any), s offered) {
	line("a=rtcp:9 IN IP4 0.0.0.0")
	line("a=rtcp-mux")
	line("a=rtcp-rsize")
	line("a=extmap:4 %s", uriMID)
	ssrc := o.sending.audio
	if s.video {
		line("a=rtpmap:%d VP8/90000", ptVP8)
		for _, fb := range []string{"nack", "nack pli", "ccm fir"} {
			line("a=rtcp-fb:%d %s", ptVP8, fb)
		}
		line("a=rtpmap:%d rtx/90000", ptVP8RTX)
		line("a=fmtp:%d apt=%d", ptVP8RTX, ptVP8)
		ssrc = o.sending.video
	} else {
		line("a=extmap:%d %s", extLevel, uriLevel)
		line("a=rtpmap:%d opus/48000/2", ptOpus)
		line("a=fmtp:%d minptime=10;useinbandfec=1", ptOpus)
	}
	if !s.sends {
		line("a=recvonly")
		return
	}
	line("a=sendonly")
	line("a=msid:bench %d", ssrc)
	if s.video {
		line("a=ssrc-group:FID %d %d", ssrc, o.sending.rtx)
	}
	line("a=ssrc:%d cname:%s", ssrc, o.sending.cname)
	if s.video {
		line("a=ssrc:%d cname:%s", o.sending.rtx, o.sending.cname)
	}
}

// token is n characters that ICE allows (RFC 8839 section 5.4), not secret.
func token(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rand.IntN(len(alphabet))]
	}
	return string(b)
}
