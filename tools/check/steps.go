package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// step is one thing that a run does. tests says that it must run at least one
// test; run returns the tests it counted and an error if it did not succeed.
type step struct {
	name  string
	tests bool
	run   func(context.Context) (tally, error)
}

// testSteps are what `make test` runs, cheap ones first.
func testSteps(fuzztime string) []step {
	return []step{
		{"gofmt", false, gofmt},
		{"tsc", false, script("control/web", "check")},
		{"vet", false, command("go", "vet", "./...")},
		{"staticcheck", false, command("go", "tool", "staticcheck", "./...")},
		{"govulncheck", false, govulncheck},
		{"web", true, vitest("control/web")},
		{"test", true, goTests("", func(pkg string) bool { return !within(pkg, "control") })},
		{"race", true, goTests("-race", racing)},
		{"purego", true, goTests("-tags=purego", func(pkg string) bool { return within(pkg, "router/srtp") })},
		{"fuzz", true, fuzz(fuzztime)},
		{"browser", true, nodeTests("tools/e2e")},
	}
}

// results is where `make perf` keeps what it measured.
const results = "bench/results"

// perfSteps are what `make perf` runs.
func perfSteps() []step {
	return []step{
		{"bench", false, command("bin/causeway", "bench", "perf", "--results", results)},
		{"first run", false, kept(filepath.Join(results, "clone.json"), "tools/firstrun")},
		{"click-to-first-frame", false, recorded("tools/e2e", "perf", filepath.Join(results, "browser.json"))},
		{"page", false, command("bin/causeway", "bench", "page", "--results", results, "--out", "PERF.md")},
	}
}

// recorded makes a step of one script of the package.json in dir, whose output
// is kept in file if it succeeds.
func recorded(dir, name, file string) func(context.Context) (tally, error) {
	return func(ctx context.Context) (tally, error) {
		if err := install(ctx, dir); err != nil {
			return tally{}, err
		}
		return tally{}, keep(start(ctx, dir, os.Stdout, "npm", "run", "--silent", name), file)
	}
}

// kept makes a step of one command whose output is kept in file if it succeeds.
func kept(file, name string, args ...string) func(context.Context) (tally, error) {
	return func(ctx context.Context) (tally, error) {
		return tally{}, keep(start(ctx, "", os.Stdout, name, args...), file)
	}
}

// keep runs cmd, shows what it prints, and writes that to file if it succeeds.
func keep(cmd *exec.Cmd, file string) error {
	var out bytes.Buffer
	cmd.Stdout = io.MultiWriter(os.Stdout, &out)
	if err := cmd.Run(); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// command makes a step of one command whose exit status decides.
func command(name string, args ...string) func(context.Context) (tally, error) {
	return func(ctx context.Context) (tally, error) {
		return tally{}, start(ctx, "", os.Stdout, name, args...).Run()
	}
}

// script makes a step of one script of the package.json in dir.
func script(dir, name string) func(context.Context) (tally, error) {
	return func(ctx context.Context) (tally, error) {
		if err := install(ctx, dir); err != nil {
			return tally{}, err
		}
		return tally{}, start(ctx, dir, os.Stdout, "npm", "run", "--silent", name).Run()
	}
}

// start prepares a command that is asked to stop, and a little later killed,
// if ctx ends.
func start(ctx context.Context, dir string, out io.Writer, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// gofmt fails if a Go file of the tree is not formatted.
func gofmt(ctx context.Context) (tally, error) {
	files, err := output(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.go")
	if err != nil {
		return tally{}, err
	}
	args := []string{"-l"}
	for f := range strings.SplitSeq(strings.TrimRight(files, "\x00"), "\x00") {
		if _, err := os.Stat(f); err == nil { // deleted, but still in the index
			args = append(args, f)
		}
	}
	unformatted, err := output(ctx, "gofmt", args...)
	if err != nil {
		return tally{}, err
	}
	if unformatted != "" {
		return tally{}, fmt.Errorf("not formatted:\n%s", unformatted)
	}
	return tally{}, nil
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	var b bytes.Buffer
	if err := start(ctx, "", &b, name, args...).Run(); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return b.String(), nil
}

// racing reports whether goroutines meet in a package, so that its tests run
// under the race detector. Packages of control run only there; those of router
// run without it too, because it allocates, and their tests count allocations.
func racing(pkg string) bool {
	return pkg == "causeway/router" || within(pkg, "control", "router/api", "router/handshake", "router/shard", "tools/causeway")
}

// within reports whether a package is one of these rooms or lies in one.
func within(pkg string, rooms ...string) bool {
	pkg = strings.TrimPrefix(pkg, "causeway/")
	return slices.ContainsFunc(rooms, func(room string) bool {
		return pkg == room || strings.HasPrefix(pkg, room+"/")
	})
}

// goTests makes a step that runs the tests of the chosen packages once, with
// one extra flag if flag is not empty. Results are never taken from the cache.
func goTests(flag string, chosen func(pkg string) bool) func(context.Context) (tally, error) {
	return func(ctx context.Context) (tally, error) {
		list, err := output(ctx, "go", "list", "./...")
		if err != nil {
			return tally{}, err
		}
		args := []string{"test", "-json", "-count=1", "-timeout=5m"}
		if flag != "" {
			args = append(args, flag)
		}
		for pkg := range strings.FieldsSeq(list) {
			if chosen(pkg) {
				args = append(args, pkg)
			}
		}
		return counted(ctx, goTally, "", "go", args...)
	}
}

// nodeTests makes a step that runs the tests of the package.json in dir: its
// script "test", which must end in node's test runner.
func nodeTests(dir string) func(context.Context) (tally, error) {
	return func(ctx context.Context) (tally, error) {
		if err := install(ctx, dir); err != nil {
			return tally{}, err
		}
		return counted(ctx, tapTally, dir, "npm", "run", "--silent", "test", "--", "--test-reporter=tap")
	}
}

// vitest makes a step that runs the tests of the package.json in dir: its
// script "test", which must end in vitest.
func vitest(dir string) func(context.Context) (tally, error) {
	return func(ctx context.Context) (tally, error) {
		if err := install(ctx, dir); err != nil {
			return tally{}, err
		}
		return counted(ctx, vitestTally, dir, "npm", "run", "--silent", "test", "--", "--reporter=json")
	}
}

// install brings in what dir's lock file names, unless it is there already.
func install(ctx context.Context, dir string) error {
	lock, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return err
	}
	done, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json"))
	if err == nil && !done.ModTime().Before(lock.ModTime()) {
		return nil
	}
	return start(ctx, dir, os.Stdout, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error").Run()
}

// counted runs a command and feeds what it prints to count.
func counted(ctx context.Context, count func(io.Reader, io.Writer) (tally, error), dir, name string, args ...string) (tally, error) {
	r, w := io.Pipe()
	cmd := start(ctx, dir, w, name, args...)
	exit := make(chan error, 1)
	go func() {
		err := cmd.Run()
		w.Close()
		exit <- err
	}()
	t, err := count(r, os.Stdout)
	r.CloseWithError(err) // a reader that gave up must not block the writer
	return t, errors.Join(err, <-exit)
}
