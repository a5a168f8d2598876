package sdp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// minimal is the least that is accepted, to be broken by the tests below.
const minimal = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n" +
	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\n" +
	"a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n" +
	"a=setup:actpass\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=ssrc:5 cname:x\r\n" +
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\na=sctp-port:5000\r\n"

func TestTheMinimalOfferIsTaken(t *testing.T) {
	for _, text := range []string{minimal, strings.ReplaceAll(minimal, "\r\n", "\n")} {
		o, err := ParseOffer(text)
		if err != nil {
			t.Fatal(err)
		}
		answer, sections, err := Answer(o, local())
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, o, answer)
		if o.Ufrag != "abcd" || o.Setup != "actpass" || len(o.Fingerprint.Value) != 32 || o.Fingerprint.Value[31] != 0x1f ||
			o.Sections[1].SCTPPort != 5000 || o.Sections[1].MaxMessage != 65536 || sections[0].Publish.Sources[0].SSRC != 5 {
			t.Errorf("%+v", o)
		}
	}
}

// TestRefusalsNameTheirReason: one line of the minimal offer changes, and the
// error says where and what.
func TestRefusalsNameTheirReason(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i+10)
		}
		return b.String()
	}
	for _, test := range []struct {
		old, new string // "" and text: text is put at the end
		line     int
		reason   string
	}{
		{"v=0\r\n", "", 1, "v=0"},
		{"s=-\r\n", "hello\r\n", 3, "a letter"},
		{"s=-\r\n", "s=a\x00b\r\n", 3, "control character"},
		{"s=-\r\n", "s=a\rm=audio\r\n", 3, "control character"},
		{"s=-\r\n", "s=" + strings.Repeat("x", maxLine) + "\r\n", 3, "bytes"},
		{"s=-\r\n", "a=ice-lite\r\n", 0, "ice-lite"},
		{"a=ice-ufrag:abcd\r\n", "", 9, "ICE credentials"},
		{"a=ice-pwd:0123456789abcdefghijkl\r\n", "", 9, "ICE credentials"},
		{"a=ice-ufrag:abcd", "a=ice-ufrag:ab d", 6, "ice-ufrag"},
		{"a=ice-ufrag:abcd", "a=ice-ufrag:abc", 6, "ice-ufrag"},
		{"a=ice-pwd:0", "a=ice-pwd:", 7, "ice-pwd"},
		{"a=fingerprint:sha-256 00", "a=fingerprint:sha-1 00", 10, "fingerprint"},
		{"a=fingerprint:sha-256 00", "a=fingerprint:sha-256 0x", 10, "fingerprint"},
		{"1D:1E:1F", "1D:1E", 10, "fingerprint"},
		{"1D:1E:1F", "1D:1E-1F", 10, "fingerprint"},
		{"a=setup:actpass\r\n", "", 9, "a=setup"},
		{"a=setup:actpass", "a=setup:holdconn", 9, "a=setup"},
		{"BUNDLE 0 1", "BUNDLE 0", 16, "BUNDLE"},
		{"a=group:BUNDLE 0 1\r\n", "", 9, "BUNDLE"},
		{"BUNDLE 0 1", "BUNDLE 0 0", 5, "distinct"},
		{"BUNDLE 0 1", "BUNDLE 0 1" + strings.Repeat("x", maxMID), 5, "tokens"},
		{"a=group:BUNDLE 0 1\r\n", "a=group:BUNDLE 0\r\na=group:BUNDLE 1\r\n", 6, "two BUNDLE"},
		{"a=mid:0\r\n", "", 10, "a=mid"},
		{"a=mid:0", "a=mid:0;1", 11, "a=mid"},
		{"a=mid:0\r\n", "a=mid:0\r\na=mid:2\r\n", 12, "one a=mid"},
		{"a=mid:1", "a=mid:0", 16, "two sections have the mid"},
		{"a=rtcp-mux\r\n", "", 10, "rtcp-mux"},
		{"a=sctp-port:5000\r\n", "", 16, "sctp-port"},
		{"a=sctp-port:5000", "a=sctp-port:0", 18, "sctp-port"},
		{"a=sctp-port:5000", "a=max-message-size:-1", 18, "max-message-size"},
		{"m=audio 9", "m=audio 99999", 10, "port"},
		{"m=audio 9", "m=audio x", 10, "port"},
		{"m=audio 9", "m=au/dio 9", 10, "medium"},
		{"9 UDP/TLS/RTP/SAVPF", "9 UDP/TLS/RTP/EVIL", 10, "protocol"},
		{"RTP/SAVPF 111", "RTP/SAVPF", 10, "m= line"},
		{"RTP/SAVPF 111", "RTP/SAVPF 128", 10, "payload type"},
		{"RTP/SAVPF 111", "RTP/SAVPF" + many(65, " %d"), 10, "payload types"},
		{"opus/48000/2", "opus", 14, "rtpmap"},
		{"opus/48000/2", "op us/48000/2", 14, "rtpmap"},
		{"opus/48000/2", "opus/fast/2", 14, "clock rate"},
		{"opus/48000/2", "opus/48000/two", 14, "channels"},
		{"a=ssrc:5", "a=ssrc:x", 15, "SSRC"},
		{"a=ssrc:5", "a=ssrc:4294967296", 15, "SSRC"},
		{"a=ssrc:5 cname:x\r\n", many(65, "a=ssrc:%d cname:x\r\n"), 79, "64 SSRCs"},
		{"a=ssrc:5 cname:x", "a=ssrc-group:FID 5 x", 15, "SSRC"},
		{"a=ssrc:5 cname:x", "a=rid:a,b send", 15, "rids"},
		{"a=ssrc:5 cname:x", strings.TrimSpace(many(9, "a=rid:%d send\r\n")), 23, "rids"},
		{"a=ssrc:5 cname:x", "a=extmap:1 urn:a\r\na=extmap:1 urn:b", 16, "two things"},
		{"a=ssrc:5 cname:x", "a=extmap:1", 15, "extmap"},
		{"", many(127, "m=audio 0 RTP/AVP %d\r\n"), 145, "128 sections"},
		{"m=audio 9", "m=audio 0", 0, ""}, // one live section is left: taken
		{"", strings.Repeat("a=x\r\n", MaxOffer/5), 0, "bytes"},
	} {
		text := strings.Replace(minimal, test.old, test.new, 1)
		if test.old == "" {
			text = minimal + test.new
		}
		_, err := ParseOffer(text)
		if test.reason == "" {
			if err != nil {
				t.Errorf("%q for %q: %v", test.new, test.old, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.60q for %q: error is %v", test.new, test.old, err)
			continue
		}
		if e.Line != test.line || !strings.Contains(e.Reason, test.reason) {
			t.Errorf("%.60q for %q: got %v, want line %d, %q", test.new, test.old, e, test.line, test.reason)
		}
	}
}

func TestOffersWithNothingForUsAreRefused(t *testing.T) {
	session, sections, _ := strings.Cut(minimal, "m=audio")
	for _, test := range []struct{ name, text, reason string }{
		{"no sections", session, "no media section"},
		{"all rejected", strings.ReplaceAll("m=audio"+sections, " 9 ", " 0 "), "port 0"},
		{"nothing known", strings.NewReplacer("opus/48000/2", "opus/8000", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=application 9 DTLS/SCTP 5000").Replace("m=audio" + sections), "can be served"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := session
			if test.name != "no sections" {
				text += test.text
			}
			o, err := ParseOffer(text)
			if err == nil {
				_, _, err = Answer(o, local())
			}
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestTwoSectionsHaveNoSSRCInCommon(t *testing.T) {
	text := strings.Replace(minimal, "BUNDLE 0 1", "BUNDLE 0 1 2", 1) +
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=ssrc:5 cname:x\r\n"
	if _, err := ParseOffer(text + "a=sendonly\r\n"); err == nil || !strings.Contains(err.Error(), "SSRC 5") {
		t.Errorf("error is %v", err)
	}
	// Firefox declares SSRCs where it only receives: those do not count.
	if o, err := ParseOffer(text + "a=recvonly\r\n"); err != nil || len(o.Sections[2].Sources) != 0 {
		t.Errorf("receiving only: %v", err)
	}
	if _, err := ParseOffer(strings.Replace(text, "a=ssrc:5", "a=extmap:4 urn:a\r\na=ssrc:5", 1) + "a=recvonly\r\na=extmap:4 urn:b\r\n"); err == nil || !strings.Contains(err.Error(), "two things in one bundle") {
		t.Errorf("one extension id in two meanings: %v", err)
	}
}

func TestAPassiveOfferNeedsPermission(t *testing.T) {
	o, err := ParseOffer(strings.Replace(minimal, "actpass", "passive", 1))
	if err != nil {
		t.Fatal(err)
	}
	l := local()
	l.AllowActive = false
	if _, _, err := Answer(o, l); err == nil || !strings.Contains(err.Error(), "passive") {
		t.Errorf("error is %v", err)
	}
}

// TestTheTransportIsTheTaggedSections: where sections have transports of their
// own, the first in the bundle counts, and it must be one that we serve.
func TestTheTransportIsTheTaggedSections(t *testing.T) {
	text := strings.Replace(minimal, "a=mid:0", "a=mid:0\r\na=ice-ufrag:efgh\r\na=ice-pwd:abcdefghijkl0123456789", 1)
	o, err := ParseOffer(text)
	if err != nil || o.Ufrag != "efgh" {
		t.Fatal(o, err)
	}
	if _, _, err := Answer(o, local()); err != nil {
		t.Error(err)
	}
	if o, err = ParseOffer(strings.Replace(text, "BUNDLE 0 1", "BUNDLE 1 0", 1)); err != nil || o.Ufrag != "abcd" {
		t.Fatal(o, err)
	}
	if o, err = ParseOffer(strings.Replace(text, "opus/48000/2", "speex/8000", 1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Answer(o, local()); err == nil || !strings.Contains(err.Error(), "max-bundle") {
		t.Errorf("error is %v", err)
	}
}

func TestOurOwnMistakesAreErrors(t *testing.T) {
	o, err := ParseOffer(minimal)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Local){
		"no ufrag":       func(l *Local) { l.Ufrag = "" },
		"short pwd":      func(l *Local) { l.Pwd = "x" },
		"no fingerprint": func(l *Local) { l.Fingerprint = Fingerprint{} },
		"no candidates":  func(l *Local) { l.Candidates = nil },
		"bad codec":      func(l *Local) { l.Codecs = []CodecID{NumCodecs} },
		"bad stream":     func(l *Local) { l.Stream = "a b" },
	} {
		l := local()
		change(&l)
		if _, _, err := Answer(o, l); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestFingerprintsSurviveTheirText(t *testing.T) {
	for _, text := range []string{
		"sha-256 " + strings.Repeat("AB:", 31) + "0F", "sha-384 " + strings.Repeat("AB:", 47) + "0F", "sha-512 " + strings.Repeat("AB:", 63) + "0F",
	} {
		f, err := ParseFingerprint(strings.Replace(text, "sha", "SHA", 1))
		if err != nil || f.String() != text {
			t.Errorf("%v, %v", f, err)
		}
	}
}

func TestH264ProfilesAreToldApart(t *testing.T) {
	for fmtp, want := range map[string]CodecID{
		"packetization-mode=1;profile-level-id=42e01f":     H264Baseline,
		"packetization-mode=1; profile-level-id=42001f":    H264Baseline,
		"packetization-mode=1;profile-level-id=4de01f":     H264Baseline,
		"packetization-mode=1":                             H264Baseline,
		"packetization-mode=1;profile-level-id=4D001F":     H264Main,
		"packetization-mode=1;profile-level-id=640c1f":     H264High,
		"packetization-mode=1;profile-level-id=f4001f":     0, // 4:4:4
		"packetization-mode=1;profile-level-id=42e0":       0,
		"packetization-mode=0;profile-level-id=42e01f":     0,
		"profile-level-id=42e01f":                          0,
		"packetization-mode=1;profile-level-id=42e01f\x20": H264Baseline,
	} {
		if got := identify("h264", 90000, 0, fmtp); got != want {
			t.Errorf("%q is %v, not %v", fmtp, got, want)
		}
	}
}
