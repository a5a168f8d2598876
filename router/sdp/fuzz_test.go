package sdp

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// written is every form that a line of an answer may take. What a hostile offer
// could smuggle in would have to look like one of these, in its place.
var written = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`v=0`, `o=causeway 42 2 IN IP4 127\.0\.0\.1`, `s=-`, `t=0 0`, `a=ice-lite`,
	"a=group:BUNDLE(?: [-!#$%&'*+.^_`{|}~A-Za-z0-9]{1,32})+",
	`a=msid-semantic: WMS \*`,
	"m=(?:audio|video|text|application|message) (?:0|8801) [A-Z/]{3,32}(?: [-!#$%&'*+.^_`{|}~A-Za-z0-9]{1,32})+",
	`c=IN IP4 (?:192\.0\.2\.7|0\.0\.0\.0)`,
	"a=mid:[-!#$%&'*+.^_`{|}~A-Za-z0-9]{1,32}",
	`a=ice-ufrag:abcdefgh`, `a=ice-pwd:0123456789abcdefghijkl`, `a=fingerprint:sha-256 AB(?::AB){31}`,
	`a=setup:(?:passive|active)`, `a=candidate:[12] 1 udp \d+ (?:192\.0\.2\.7|2001:db8::7) 8801 typ host`, `a=end-of-candidates`,
	`a=(?:sendrecv|sendonly|recvonly|inactive|rtcp-mux|rtcp-rsize)`,
	`a=extmap:\d{1,2}(?:/recvonly)? (?:urn:ietf:params:rtp-hdrext:(?:ssrc-audio-level|sdes:mid|sdes:(?:repaired-)?rtp-stream-id)|http://www\.ietf\.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01)`,
	`a=rtpmap:\d{1,3} (?:opus/48000/2|(?:VP8|VP9|H264|AV1|rtx)/90000|rtx/48000)`,
	`a=rtcp-fb:\d{1,3} (?:goog-remb|transport-cc|ccm fir|nack|nack pli)`,
	`a=fmtp:\d{1,3} (?:[a-z-]+=[0-9a-f]+)(?:;[a-z-]+=[0-9a-f]+)*`,
	`a=rid:[A-Za-z0-9_-]{1,16} recv`, `a=simulcast:recv [A-Za-z0-9_-]{1,16}(?:;[A-Za-z0-9_-]{1,16}){0,2}`,
	`a=msid:slot-\d+ slot-\d+`, `a=ssrc-group:FID \d+ \d+`, `a=ssrc:\d+ cname:causeway-2a`,
	`a=sctp-port:5000`, `a=max-message-size:65536`,
}, "|") + `)$`)

// FuzzAnswer: no offer makes us panic; what is refused is refused with a
// sentence; what is answered is answered in our words.
func FuzzAnswer(f *testing.F) {
	f.Add(minimal)
	f.Add(strings.Replace(minimal, "a=mid:0", "a=mid:0\ra=ice-lite", 1))
	f.Add(strings.Replace(minimal, "a=rtpmap", "a=fmtp:111 stereo=1\r\na=rtpmap", 1))
	seeds, err := filepath.Glob("testdata/*.sdp")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range seeds {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 16<<10 { // the gallery repeats what the others have
			f.Add(string(b))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOffer(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Reason == "" || strings.ContainsAny(e.Reason, "\r\n") {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		answer, sections, err := Answer(o, local())
		if err != nil {
			return
		}
		if len(sections) != len(o.Sections) {
			t.Fatalf("%d of %d sections", len(sections), len(o.Sections))
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(answer, "\r\n"), "\r\n") {
			if !written.MatchString(line) {
				t.Fatalf("the answer says %q", line)
			}
		}
		wellFormed(t, o, answer)
	})
}

func BenchmarkGallery(b *testing.B) {
	text := offer(b, "chromium-gallery")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		o, err := ParseOffer(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := Answer(o, local()); err != nil {
			b.Fatal(err)
		}
	}
}
