package client

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"causeway/router/handshake"
)

// answer is what the client reads from the server's SDP.
type answer struct {
	ufrag, pwd  string
	fingerprint handshake.Fingerprint
	candidates  []netip.AddrPort
	sections    []section // by the offer's order
}

// section is one media section of the answer.
type section struct {
	accepted  bool
	ssrc, rtx uint32 // what the server sends with; 0 if it does not, or has no RTX
	repair    bool   // RTX was agreed on
	level     uint8  // extension id of the audio level, 0 if not agreed on
}

// readAnswer checks an answer against the offer it belongs to: same sections in
// the same order, BUNDLE, ICE, DTLS with us as the client, our payload types,
// SSRCs for what we are to receive.
func readAnswer(text string, o *offer) (*answer, error) {
	var s sdp.SessionDescription
	if err := s.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("client: the answer is no SDP: %w", err)
	}
	if len(s.MediaDescriptions) != len(o.sections) {
		return nil, fmt.Errorf("client: the answer has %d sections for %d offered", len(s.MediaDescriptions), len(o.sections))
	}
	a := &answer{}
	for i, m := range s.MediaDescriptions {
		sec, err := a.section(&s, m, o.sections[i], strconv.Itoa(i))
		if err != nil {
			return nil, fmt.Errorf("client: section %d of the answer: %w", i, err)
		}
		a.sections = append(a.sections, sec)
	}
	switch {
	case a.ufrag == "" || a.pwd == "":
		return nil, errors.New("client: the answer has no ICE credentials")
	case len(a.candidates) == 0:
		return nil, errors.New("client: the answer has no UDP candidate")
	case a.fingerprint.Validate() != nil:
		return nil, fmt.Errorf("client: the answer's fingerprint: %w", a.fingerprint.Validate())
	}
	return a, unique(a.sections)
}

func (a *answer) section(s *sdp.SessionDescription, m *sdp.MediaDescription, o offered, mid string) (section, error) {
	var out section
	if m.MediaName.Port.Value == 0 {
		return out, nil
	}
	out.accepted = true
	if got, _ := m.Attribute("mid"); got != mid {
		return out, fmt.Errorf("its mid is %q, not %q", got, mid)
	}
	if err := a.transport(s, m); err != nil || o.data {
		return out, err
	}
	want := strconv.Itoa(ptOpus)
	if o.video {
		want = strconv.Itoa(ptVP8)
		out.repair = slices.Contains(m.MediaName.Formats, strconv.Itoa(ptVP8RTX))
	}
	if !slices.Contains(m.MediaName.Formats, want) {
		return out, fmt.Errorf("payload type %s is not accepted", want)
	}
	direction := "sendonly"
	if o.sends {
		direction = "recvonly"
	}
	if _, ok := m.Attribute(direction); !ok {
		return out, fmt.Errorf("it is not %s", direction)
	}
	for _, attr := range m.Attributes {
		if attr.Key == "extmap" && strings.HasSuffix(attr.Value, " "+uriLevel) {
			id, _, _ := strings.Cut(attr.Value, " ")
			n, err := strconv.ParseUint(id, 10, 4)
			if err != nil {
				return out, fmt.Errorf("bad extmap %q", attr.Value)
			}
			out.level = uint8(n)
		}
	}
	if o.sends {
		return out, nil
	}
	return out, out.ssrcs(m)
}

// ssrcs reads what the server sends with: a=ssrc, and a=ssrc-group:FID.
func (sec *section) ssrcs(m *sdp.MediaDescription) error {
	for _, attr := range m.Attributes {
		fields := strings.Fields(attr.Value)
		switch {
		case attr.Key == "ssrc-group" && len(fields) == 3 && fields[0] == "FID":
			primary, err1 := strconv.ParseUint(fields[1], 10, 32)
			rtx, err2 := strconv.ParseUint(fields[2], 10, 32)
			if err1 != nil || err2 != nil {
				return fmt.Errorf("bad ssrc-group %q", attr.Value)
			}
			sec.ssrc, sec.rtx = uint32(primary), uint32(rtx)
		case attr.Key == "ssrc" && len(fields) > 1 && sec.ssrc == 0:
			ssrc, err := strconv.ParseUint(fields[0], 10, 32)
			if err != nil {
				return fmt.Errorf("bad ssrc %q", attr.Value)
			}
			sec.ssrc = uint32(ssrc)
		}
	}
	if sec.ssrc == 0 {
		return errors.New("it names no SSRC")
	}
	return nil
}

// transport reads ICE and DTLS of a bundled section; all must agree.
func (a *answer) transport(s *sdp.SessionDescription, m *sdp.MediaDescription) error {
	get := func(key string) string {
		if v, ok := m.Attribute(key); ok {
			return v
		}
		v, _ := s.Attribute(key)
		return v
	}
	ufrag, pwd := get("ice-ufrag"), get("ice-pwd")
	if a.ufrag != "" && (ufrag != a.ufrag || pwd != a.pwd) {
		return errors.New("its ICE credentials differ from those of the section before")
	}
	a.ufrag, a.pwd = ufrag, pwd
	if setup := get("setup"); setup != "passive" {
		return fmt.Errorf("a=setup is %q, not passive", setup)
	}
	algorithm, value, _ := strings.Cut(get("fingerprint"), " ")
	raw, err := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
	if err != nil {
		return fmt.Errorf("bad fingerprint: %w", err)
	}
	a.fingerprint = handshake.Fingerprint{Algorithm: strings.ToLower(algorithm), Value: raw}
	for _, attr := range m.Attributes {
		if attr.Key == "candidate" {
			if c, ok := readCandidate(attr.Value); ok && !slices.Contains(a.candidates, c) {
				a.candidates = append(a.candidates, c)
			}
		}
	}
	return nil
}

// readCandidate reads "foundation component transport priority address port typ
// host …" (RFC 8839 section 5.1); only UDP with an address is of use.
func readCandidate(value string) (netip.AddrPort, bool) {
	f := strings.Fields(value)
	if len(f) < 8 || f[1] != "1" || !strings.EqualFold(f[2], "udp") {
		return netip.AddrPort{}, false
	}
	address, err := netip.ParseAddr(f[4])
	port, errPort := strconv.ParseUint(f[5], 10, 16)
	return netip.AddrPortFrom(address, uint16(port)), err == nil && errPort == nil && port != 0
}

// unique refuses answers in which one SSRC stands for two things.
func unique(sections []section) error {
	seen := map[uint32]bool{}
	for i, s := range sections {
		for _, ssrc := range [...]uint32{s.ssrc, s.rtx} {
			if ssrc != 0 && seen[ssrc] {
				return fmt.Errorf("client: SSRC %d in section %d of the answer was used before", ssrc, i)
			}
			seen[ssrc] = true
		}
	}
	return nil
}
