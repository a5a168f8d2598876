package policy

import (
	"slices"
	"strings"
)

// sansIO are the rooms in which decisions and wire formats live: bytes and
// instants come in, values go out. They reach no socket, file, clock, lock or
// log, and of our own packages only each other and the types of control/wire.
var sansIO = []string{
	"router/packet", "router/stun", "router/srtp", "router/rtp", "router/rtcp", "router/sdp",
	"router/session", "router/forward", "router/congestion", "router/meeting",
	"control/election",
}

// rule says what is wrong with a file, if anything.
type rule struct {
	name  string
	check func(file) (what []string)
}

var rules = []rule{
	{"a sans-IO room", func(f file) (what []string) {
		if f.test || !within(f.pkg, sansIO...) {
			return nil
		}
		for _, i := range f.imports {
			switch {
			case i == "net/netip", within(i, own+"control/wire"):
			case i == "golang.org/x/sys/cpu": // what the processor can do is not the system's business
			case strings.HasPrefix(i, own):
				if !within(strings.TrimPrefix(i, own), sansIO...) {
					what = append(what, "imports "+i)
				}
			case within(i, "net", "os", "syscall", "sync", "log", "golang.org/x/sys", "golang.org/x/net", "golang.org/x/sync"):
				what = append(what, "imports "+i)
			}
		}
		for _, c := range f.clocks {
			what = append(what, "uses "+c)
		}
		return what
	}},
	{"only router/handshake speaks DTLS and SCTP", func(f file) []string {
		if proving(f) || within(f.pkg, "router/handshake") {
			return nil
		}
		return importsOf(f, "github.com/pion/dtls", "github.com/pion/sctp", "github.com/pion/datachannel")
	}},
	{"the router is no wrapper of a WebRTC stack", func(f file) []string {
		if proving(f) {
			return nil
		}
		return importsOf(f, "github.com/pion/webrtc", "github.com/pion/ice", "github.com/pion/interceptor")
	}},
	{"session and forward do not know each other", func(f file) []string {
		switch {
		case within(f.pkg, "router/session"):
			return importsOf(f, own+"router/forward")
		case within(f.pkg, "router/forward"):
			return importsOf(f, own+"router/session")
		}
		return nil
	}},
	{"control knows no shard", func(f file) []string {
		if !within(f.pkg, "control") {
			return nil
		}
		return importsOf(f, own+"router/shard")
	}},
	{"nothing that serves starts a program", func(f file) []string {
		if f.test || within(f.pkg, "bench", "images") || within(f.pkg, "tools") && !within(f.pkg, "tools/causeway") {
			return nil
		}
		return importsOf(f, "os/exec")
	}},
	{"nobody imports bench, tools or images", func(f file) (what []string) {
		for _, i := range importsOf(f, own+"bench", own+"tools", own+"images") {
			path := strings.TrimPrefix(i, "imports "+own)
			inside, _, _ := strings.Cut(path, "/")
			switch {
			case inside != "tools" && within(f.pkg, inside): // bench uses bench
			case within(f.pkg, "tools/causeway") && within(path, "bench", "tools/causeway"):
			case inside == "tools" && f.pkg != "" && sameTool(f.pkg, path):
			default:
				what = append(what, i)
			}
		}
		return what
	}},
}

// proving reports whether f is a test or a program made for testing or
// measuring, which may use an independent WebRTC stack as the other side.
func proving(f file) bool { return f.test || within(f.pkg, "bench", "tools/e2e") }

// sameTool reports whether both import paths lie below the same tools/NAME.
func sameTool(a, b string) bool {
	tool := func(p string) string {
		parts := strings.SplitN(p, "/", 3)
		return strings.Join(parts[:min(2, len(parts))], "/")
	}
	return tool(a) == tool(b)
}

// within reports whether path is one of the roots or lies below one.
func within(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

func importsOf(f file, roots ...string) (what []string) {
	for _, i := range f.imports {
		if within(i, roots...) {
			what = append(what, "imports "+i)
		}
	}
	return what
}

// check applies every rule to every file.
func check(files []file) []violation {
	var found []violation
	for _, f := range files {
		for _, r := range rules {
			for _, what := range r.check(f) {
				found = append(found, violation{f.path, r.name, what})
			}
		}
	}
	return found
}
