package policy

import (
	"slices"
	"testing"
)

const module = "causeway"

func TestTheTreeKeepsTheImportRules(t *testing.T) {
	files, err := load("../..", module)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d Go files found: the wrong root?", len(files))
	}
	for _, v := range check(files) {
		t.Error(v)
	}
}

// The tree below testdata/seeded breaks every rule once, and does beside it
// what is allowed.
func TestTheRulesCatchSeededViolations(t *testing.T) {
	files, err := load("testdata/seeded", module)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range check(files) {
		got = append(got, v.path+" "+v.what)
	}
	want := []string{
		"control/cloud/cloud.go imports ./bench",
		"control/cloud/cloud.go imports ./tools/check",
		"control/zone/zone.go imports ./router/shard",
		"control/zone/zone.go imports os/exec",
		"router/forward/forward.go imports ./router/session",
		"router/rtp/rtp.go imports net",
		"router/rtp/rtp.go imports os",
		"router/rtp/rtp.go imports sync/atomic",
		"router/rtp/rtp.go imports ./router/udp",
		"router/rtp/rtp.go uses time.Now",
		"router/rtp/rtp.go uses time.Since",
		"router/session/session.go imports ./router/forward",
		"router/session/session.go imports github.com/pion/dtls/v3",
		"router/session/session.go imports github.com/pion/ice/v4",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// Every sans-IO room that a rule names must be spelt as it stands in the tree,
// once it is there; a rule about a room that was renamed would guard nothing.
func TestTheRulesNameRoomsThatExist(t *testing.T) {
	files, err := load("../..", module)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, f := range files {
		there[f.pkg] = true
	}
	for _, room := range []string{"router/stun", "router/srtp", "router/rtp", "router/rtcp", "router/sdp", "router/meeting"} {
		if !slices.Contains(sansIO, room) {
			t.Errorf("%s is not among the sans-IO rooms", room)
		}
		if !there[room] {
			t.Errorf("%s holds no Go file", room)
		}
	}
}
