package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// tally counts tests: top-level test functions in Go, test() calls in node.
type tally struct {
	passed, failed, skipped int
}

func (t tally) plus(u tally) tally {
	return tally{t.passed + u.passed, t.failed + u.failed, t.skipped + u.skipped}
}

// String is the closing line of a run.
func (t tally) String() string {
	s := fmt.Sprintf("%d passed, %d failed", t.passed, t.failed)
	if t.skipped > 0 {
		s += fmt.Sprintf(", %d skipped", t.skipped)
	}
	return s
}

// goEvent is one line of `go test -json` (cmd/test2json, and the build events
// of cmd/go's "go help buildjson").
type goEvent struct {
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// goTally reads `go test -json` from r until its end. It prints to w one line
// per package that has tests, and the whole output of what failed. A package
// that fails without a failing test (it does not build, it panics outside a
// test, it runs out of time) counts as one failure.
func goTally(r io.Reader, w io.Writer) (tally, error) {
	var sum tally
	perPackage := map[string]*tally{}
	output := map[string]*strings.Builder{} // by package and test
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), 16<<20)
	for lines.Scan() {
		var e goEvent
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(w, lines.Text()) // the go command's own words
			continue
		}
		if e.Action == "build-output" {
			fmt.Fprint(w, e.Output)
			continue
		}
		p := perPackage[e.Package]
		if p == nil {
			p = new(tally)
			perPackage[e.Package] = p
		}
		top, _, sub := strings.Cut(e.Test, "/")
		key := e.Package + " " + top
		switch e.Action {
		case "output":
			if output[key] == nil {
				output[key] = new(strings.Builder)
			}
			output[key].WriteString(e.Output)
		case "pass", "fail", "skip":
			if sub {
				continue
			}
			if e.Action == "fail" && output[key] != nil {
				fmt.Fprint(w, output[key])
			}
			delete(output, key)
			if e.Test != "" {
				p.count(e.Action)
				continue
			}
			if e.Action == "fail" && p.failed == 0 {
				p.failed++
			}
			if *p != (tally{}) {
				fmt.Fprintf(w, "   %-4s %s: %s (%.1fs)\n", e.Action, e.Package, p, e.Elapsed)
			}
			sum = sum.plus(*p)
			delete(perPackage, e.Package)
		}
	}
	return sum, lines.Err()
}

func (t *tally) count(action string) {
	switch action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
	case "skip":
		t.skipped++
	}
}

// tapPoint is one test point of TAP 14: indentation, ok or not ok, directive.
var tapPoint = regexp.MustCompile(`^(?:not )?ok \d+`)

// tapSummary is one of the closing comments of node's test runner, for
// example "# pass 12".
var tapSummary = regexp.MustCompile(`^# (pass|fail|cancelled|skipped|todo) (\d+)$`)

// tapTally reads the TAP stream of node's test runner from r and echoes to w
// what a person wants to see of it: each top-level result, and diagnostics.
// The counts are the runner's own.
func tapTally(r io.Reader, w io.Writer) (tally, error) {
	var t tally
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), 16<<20)
	failing := false
	for lines.Scan() {
		line := lines.Text()
		if m := tapSummary.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[2])
			switch m[1] {
			case "pass":
				t.passed += n
			case "fail", "cancelled":
				t.failed += n
			default:
				t.skipped += n
			}
			continue
		}
		if point := strings.TrimLeft(line, " "); tapPoint.MatchString(point) {
			failing = strings.HasPrefix(point, "not ok")
			fmt.Fprintln(w, "  ", line)
		} else if failing || strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "# Subtest") {
			fmt.Fprintln(w, "  ", line)
		}
	}
	return t, lines.Err()
}

// vitestReport is what we read of vitest's JSON reporter.
type vitestReport struct {
	NumPassedTests, NumFailedTests, NumPendingTests, NumTodoTests int
	NumFailedTestSuites                                           int
	TestResults                                                   []struct {
		Name             string // the file
		Message          string // why the file as a whole failed
		AssertionResults []struct {
			FullName        string
			Status          string
			FailureMessages []string
		}
	}
}

// vitestTally reads the report of vitest's JSON reporter from r and tells w
// what failed. A file that could not run at all counts as one failure.
func vitestTally(r io.Reader, w io.Writer) (tally, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return tally{}, err
	}
	var report vitestReport
	if err := json.Unmarshal(text, &report); err != nil {
		return tally{}, fmt.Errorf("no report of vitest, but: %.2000s", text)
	}
	t := tally{report.NumPassedTests, report.NumFailedTests, report.NumPendingTests + report.NumTodoTests}
	for _, file := range report.TestResults {
		if file.Message != "" {
			fmt.Fprintf(w, "   %s: %s\n", file.Name, file.Message)
			t.failed++
		}
		for _, a := range file.AssertionResults {
			if a.Status == "failed" {
				fmt.Fprintf(w, "   %s: %s\n%s\n", file.Name, a.FullName, strings.Join(a.FailureMessages, "\n"))
			}
		}
	}
	return t, nil
}
