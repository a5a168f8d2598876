package sdp

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pion "github.com/pion/sdp/v3"
)

var update = flag.Bool("update", false, "write the golden answers anew")

// local is our side in tests: SSRCs count up from 1,000.
func local() Local {
	next := uint32(999)
	return Local{
		Ufrag: "abcdefgh", Pwd: "0123456789abcdefghijkl",
		Fingerprint:  Fingerprint{"sha-256", bytes.Repeat([]byte{0xab}, 32)},
		Candidates:   []netip.AddrPort{netip.MustParseAddrPort("192.0.2.7:8801"), netip.MustParseAddrPort("[2001:db8::7]:8801")},
		SessionID:    42,
		SSRC:         func() uint32 { next++; return next },
		Extensions:   []string{ExtMID, ExtAudioLevel, ExtTransportCC, ExtRID, ExtRepairedRID},
		StartBitrate: 800,
		Simulcast:    true,
		AllowActive:  true,
	}
}

func offer(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".sdp"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// describe writes what was negotiated, for golden files.
func describe(sections []Negotiated) string {
	var b strings.Builder
	for i, n := range sections {
		fmt.Fprintf(&b, "%d %s mid=%s", i, n.Kind, n.MID)
		if n.Refused != "" {
			fmt.Fprintf(&b, " refused: %s", n.Refused)
		}
		if n.Data {
			b.WriteString(" data")
		}
		if p := n.Publish; p != nil {
			b.WriteString(" publish")
			for pt, id := range p.PT {
				if id != 0 {
					fmt.Fprintf(&b, " %d=%q", pt, id)
				}
			}
			for pt, of := range p.Repairs {
				if of != 0 {
					fmt.Fprintf(&b, " %d repairs %d", pt, of)
				}
			}
			fmt.Fprintf(&b, " ext mid=%d level=%d cc=%d rid=%d rrid=%d sources=%v", p.MID, p.AudioLevel, p.TransportCC, p.RID, p.RepairedRID, p.Sources)
		}
		if s := n.Slot; s != nil {
			fmt.Fprintf(&b, " slot %d/%d pt=%v rtx=%v ext mid=%d level=%d", s.SSRC, s.RTX, s.PT[1:], s.RTXPT[1:], s.MID, s.AudioLevel)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestAnswersAreTheGoldenOnes(t *testing.T) {
	offers, err := filepath.Glob("testdata/*.sdp")
	if err != nil || len(offers) == 0 {
		t.Fatal(offers, err)
	}
	for _, path := range offers {
		name := strings.TrimSuffix(filepath.Base(path), ".sdp")
		t.Run(name, func(t *testing.T) {
			o, err := ParseOffer(offer(t, name))
			if err != nil {
				t.Fatal(err)
			}
			text, sections, err := Answer(o, local())
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, o, text)
			got := strings.ReplaceAll(text, "\r\n", "\n") + "\n" + describe(sections)
			golden := filepath.Join("testdata", name+".answer")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the answer differs from %s (run with -update to accept):\n%s", golden, got)
			}
		})
	}
}

// wellFormed fails unless an answer fits its offer and SDP's grammar, read by
// another implementation.
func wellFormed(t testing.TB, o *Offer, text string) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) < 3 || line[1] != '=' || strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %q", line)
		}
	}
	var s pion.SessionDescription
	if err := s.UnmarshalString(text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(s.MediaDescriptions) != len(o.Sections) {
		t.Fatalf("%d sections answer %d", len(s.MediaDescriptions), len(o.Sections))
	}
	seen, live, tagged := map[string]bool{}, []string{}, 0
	for i, m := range s.MediaDescriptions {
		if mid, _ := m.Attribute("mid"); mid != o.Sections[i].MID {
			t.Errorf("section %d has mid %q, not %q", i, mid, o.Sections[i].MID)
		}
		if m.MediaName.Port.Value == 0 {
			continue
		}
		live = append(live, o.Sections[i].MID)
		if _, ok := m.Attribute("candidate"); ok {
			tagged++
		}
		for _, a := range m.Attributes {
			if a.Key == "ssrc" {
				id, _, _ := strings.Cut(a.Value, " ")
				if seen[id] {
					t.Errorf("SSRC %s is declared twice", id)
				}
				seen[id] = true
			}
		}
	}
	if tagged != 1 {
		t.Errorf("candidates stand in %d sections", tagged)
	}
	if o.Bundle != nil {
		group, _ := s.Attribute("group")
		members := strings.Fields(group)[1:]
		if len(members) != len(live) {
			t.Errorf("group %q, live sections %q", group, live)
		}
	}
}

func TestTheGalleryHasASlotForEachReceivingSection(t *testing.T) {
	o, err := ParseOffer(offer(t, "chromium-gallery"))
	if err != nil {
		t.Fatal(err)
	}
	text, sections, err := Answer(o, local())
	if err != nil {
		t.Fatal(err)
	}
	publish, audio, video, data := 0, 0, 0, 0
	for _, n := range sections {
		switch {
		case n.Publish != nil:
			publish++
		case n.Slot != nil && n.Kind == Audio:
			audio++
		case n.Slot != nil:
			video++
		case n.Data:
			data++
		}
	}
	if publish != 3 || audio != 3 || video != 26 || data != 1 {
		t.Errorf("%d published, %d and %d slots, %d data", publish, audio, video, data)
	}
	t.Logf("an answer of %d bytes to %d", len(text), len(offer(t, "chromium-gallery")))
}

func TestTheOrderOfCodecsIsOurs(t *testing.T) {
	o, err := ParseOffer(offer(t, "chromium-simulcast"))
	if err != nil {
		t.Fatal(err)
	}
	l := local()
	l.Codecs = []CodecID{AV1, H264Baseline, Opus}
	_, sections, err := Answer(o, l)
	if err != nil {
		t.Fatal(err)
	}
	p := sections[1].Publish
	if len(p.Codecs) != 2 || p.Codecs[0].ID != AV1 || p.Codecs[1].ID != H264Baseline || p.Codecs[1].PT != 108 {
		t.Errorf("codecs %+v", p.Codecs)
	}
	if s := sections[2].Slot; s.PT[VP8] != 0 || s.PT[AV1] != 45 || s.RTXPT[AV1] != 46 {
		t.Errorf("slot %+v", s)
	}
}

func TestWithoutOptionsNothingOptionalIsAnswered(t *testing.T) {
	o, err := ParseOffer(offer(t, "chromium-simulcast"))
	if err != nil {
		t.Fatal(err)
	}
	l := local()
	l.Extensions, l.StartBitrate, l.Simulcast = nil, 0, false
	text, sections, err := Answer(o, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"extmap", "transport-cc", "x-google", "simulcast", "a=rid"} {
		if strings.Contains(text, word) {
			t.Errorf("the answer speaks of %s", word)
		}
	}
	if got := sections[1].Publish.Sources; len(got) != 0 {
		t.Errorf("sources %v", got)
	}
}

func TestTransportCCIsForPublishersOnly(t *testing.T) {
	o, err := ParseOffer(offer(t, "chromium-gallery"))
	if err != nil {
		t.Fatal(err)
	}
	_, sections, err := Answer(o, local())
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range sections {
		for _, c := range n.codecs {
			if c.TransportCC != (n.Publish != nil) {
				t.Errorf("section %d, %v: transport-cc is %v", i, c.ID, c.TransportCC)
			}
		}
	}
}

func TestASectionThatCannotBeServedLeavesTheOthers(t *testing.T) {
	text := strings.NewReplacer("opus/48000/2", "speex/16000", "OPUS/48000/2", "speex/16000").Replace(offer(t, "obs-whip"))
	o, err := ParseOffer(text)
	if err != nil {
		t.Fatal(err)
	}
	answer, sections, err := Answer(o, local())
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, o, answer)
	if sections[0].Refused == "" || sections[1].Publish == nil {
		t.Errorf("%+v", sections)
	}
	if !strings.Contains(answer, "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n") || !strings.Contains(answer, "a=group:BUNDLE 1\r\n") {
		t.Errorf("answer:\n%s", answer)
	}
}

func TestSSRCsOfSlotsAreFree(t *testing.T) {
	o, err := ParseOffer(offer(t, "chromium-simulcast"))
	if err != nil {
		t.Fatal(err)
	}
	l := local()
	sequence := []uint32{0, 1688125247, 7, 7, 2607559409, 1478610913, 7, 8, 9}
	l.SSRC = func() (n uint32) { n, sequence = sequence[0], sequence[1:]; return }
	_, sections, err := Answer(o, l)
	if err != nil {
		t.Fatal(err)
	}
	if a, v := sections[0].Slot, sections[2].Slot; a.SSRC != 7 || a.RTX != 0 || v.SSRC != 8 || v.RTX != 9 {
		t.Errorf("%d %d, %d %d", a.SSRC, a.RTX, v.SSRC, v.RTX)
	}
	l.SSRC = func() uint32 { return 1688125247 }
	if _, _, err := Answer(o, l); err == nil {
		t.Error("a taken SSRC was used")
	}
}
