package sdp

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// CodecID is a codec that the router can forward, with what must be equal on
// both sides of a call. Small and dense, for tables of NumCodecs.
type CodecID uint8

// The codecs. 0 is none of them.
const (
	Opus         CodecID = iota + 1 // RFC 7587
	VP8                             // RFC 7741
	H264Baseline                    // RFC 6184, (constrained) baseline, packetization-mode 1
	H264Main                        // the same, main profile
	H264High                        // the same, (constrained) high profile
	VP9                             // RFC 9628, profile 0
	AV1                             // AV1 RTP payload format, profile 0
	NumCodecs
)

// DefaultCodecs is the order in which codecs are answered unless Local says
// otherwise: what every browser decodes comes first.
var DefaultCodecs = []CodecID{Opus, VP8, H264Baseline, H264Main, H264High, VP9, AV1}

// String is the codec's usual name.
func (c CodecID) String() string {
	names := [NumCodecs]string{"none", "opus", "VP8", "H264 baseline", "H264 main", "H264 high", "VP9", "AV1"}
	if c >= NumCodecs {
		return "codec " + strconv.Itoa(int(c))
	}
	return names[c]
}

// Kind is Audio or Video; 0 for what is no codec.
func (c CodecID) Kind() Kind {
	switch {
	case c == Opus:
		return Audio
	case c > Opus && c < NumCodecs:
		return Video
	}
	return 0
}

// encoding is the name in rtpmap.
func (c CodecID) encoding() string {
	return [NumCodecs]string{"", "opus/48000/2", "VP8/90000", "H264/90000", "H264/90000", "H264/90000", "VP9/90000", "AV1/90000"}[c]
}

// identify finds the codec of an rtpmap and its fmtp; 0 if we do not route it.
func identify(name string, clock uint32, channels uint8, fmtp string) CodecID {
	name = strings.ToLower(name)
	if name == "opus" {
		if clock == 48000 && channels == 2 {
			return Opus
		}
		return 0
	}
	if clock != 90000 {
		return 0
	}
	switch name {
	case "vp8":
		return VP8
	case "vp9":
		if p := parameter(fmtp, "profile-id"); p == "" || p == "0" {
			return VP9
		}
	case "av1":
		if p := parameter(fmtp, "profile"); p == "" || p == "0" {
			return AV1
		}
	case "h264":
		if parameter(fmtp, "packetization-mode") == "1" {
			id, _ := h264(fmtp)
			return id
		}
	}
	return 0
}

// h264 reads profile-level-id (RFC 6184 section 8.1, table 5). constrained
// tells constrained baseline from plain baseline, which no encoder that we
// meet makes use of, so that both are one codec here; the former is preferred.
func h264(fmtp string) (id CodecID, constrained bool) {
	p := profileLevel(fmtp)
	if p == nil { // the default, 42000A
		return H264Baseline, false
	}
	const set0, set1 = 0x80, 0x40
	switch idc, iop := p[0], p[1]; {
	case idc == 0x42:
		return H264Baseline, iop&set1 != 0
	case idc == 0x4d && iop&set0 != 0, idc == 0x58 && iop&(set0|set1) == set0|set1:
		return H264Baseline, true
	case idc == 0x4d:
		return H264Main, false
	case idc == 0x64:
		return H264High, false
	}
	return 0, false
}

// profileLevel is the three bytes of profile-level-id; nil if it is absent, and
// zeros, which are no profile, if it is malformed.
func profileLevel(fmtp string) []byte {
	p := parameter(fmtp, "profile-level-id")
	if p == "" {
		return nil
	}
	b, err := hex.DecodeString(p)
	if err != nil || len(b) != 3 {
		return make([]byte, 3)
	}
	return b
}

// parameter is the value of key in "key=value;key=value", "" if absent.
func parameter(fmtp, key string) string {
	for field := range strings.SplitSeq(fmtp, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(field), "=")
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

// format is the fmtp that answers c; "" for none. It is written from numbers,
// never copied. start is the start bitrate in kbit/s that we hint to browsers,
// 0 for none.
func (c *Codec) format(start int) string {
	var f []string
	switch c.ID {
	case Opus:
		f = append(f, "minptime=10", "useinbandfec=1")
		// We forward what comes: whoever can send stereo may.
		if parameter(c.Fmtp, "stereo") == "1" || parameter(c.Fmtp, "sprop-stereo") == "1" {
			f = append(f, "stereo=1")
		}
	case H264Baseline, H264Main, H264High:
		f = append(f, "level-asymmetry-allowed=1", "packetization-mode=1")
		if p := profileLevel(c.Fmtp); p != nil {
			f = append(f, "profile-level-id="+hex.EncodeToString(p))
		}
	case VP9:
		f = append(f, "profile-id=0")
	case AV1:
		for _, p := range []struct {
			key string
			max int
		}{{"level-idx", 31}, {"profile", 0}, {"tier", 1}} {
			if n, err := strconv.Atoi(parameter(c.Fmtp, p.key)); err == nil && n >= 0 && n <= p.max {
				f = append(f, fmt.Sprintf("%s=%d", p.key, n))
			}
		}
	}
	if start > 0 && c.ID >= VP8 && c.ID <= H264High {
		f = append(f, "x-google-start-bitrate="+strconv.Itoa(start))
	}
	return strings.Join(f, ";")
}
