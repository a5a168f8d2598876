// Command check runs the project's checks and tests in order, cheap ones
// first, and closes with one line that counts the tests: "N passed, N failed".
//
// Every count comes from a runner's own machine-readable stream (test2json of
// the go command, TAP of node's test runner); nothing is counted by hand. A
// step that should run tests and ran none has failed. It does not install
// anything: tools/setup does, and `make test` calls it first.
//
// Usage:
//
//	check [-fuzztime 60s] [STEP...]   all steps, or the named ones in this order
//	check -perf                       the measurements instead of the tests
//	check -list                       names of the steps
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	perf := flag.Bool("perf", false, "run the measurements instead of the tests")
	list := flag.Bool("list", false, "print the names of the steps")
	fuzztime := flag.String("fuzztime", "10000x", "how long each fuzz target runs: a duration, or executions as in 10000x")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	steps := testSteps(*fuzztime)
	if *perf {
		steps = perfSteps()
	}
	if *list {
		for _, s := range steps {
			fmt.Println(s.name)
		}
		return
	}
	steps, err := choose(steps, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(2)
	}
	sum := runSteps(ctx, steps)
	if !*perf {
		fmt.Println(sum)
	}
	if sum.failed > 0 {
		stop()
		os.Exit(1)
	}
}

// choose returns the steps with these names, in the order of steps, or all if
// names is empty.
func choose(steps []step, names []string) ([]step, error) {
	if len(names) == 0 {
		return steps, nil
	}
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	var chosen []step
	for _, s := range steps {
		if wanted[s.name] {
			chosen = append(chosen, s)
			delete(wanted, s.name)
		}
	}
	for n := range wanted {
		return nil, fmt.Errorf("no step is called %q (check -list names them)", n)
	}
	return chosen, nil
}

// runSteps runs every step even if one fails, so that one run says everything
// that is wrong; only an interrupt ends it early.
func runSteps(ctx context.Context, steps []step) tally {
	var sum tally
	for _, s := range steps {
		fmt.Printf("== %s\n", s.name)
		began := time.Now()
		t, err := s.run(ctx)
		took := time.Since(began).Round(100 * time.Millisecond)
		if err == nil && s.tests && t.passed+t.failed == 0 {
			err = fmt.Errorf("ran no test")
		}
		if err != nil {
			// A check that fails counts as one failure, so that the closing
			// line can never call a failed run a good one.
			if t.failed == 0 {
				t.failed = 1
			}
			fmt.Printf("-- %s FAILED after %s: %v\n", s.name, took, err)
		} else if s.tests {
			fmt.Printf("-- %s: %s (%s)\n", s.name, t, took)
		} else {
			fmt.Printf("-- %s: ok (%s)\n", s.name, took)
		}
		sum = sum.plus(t)
		if ctx.Err() != nil {
			fmt.Println("-- interrupted")
			sum.failed++
			break
		}
	}
	if sum.passed+sum.failed == 0 && anyTests(steps) {
		fmt.Println("-- no test ran")
		sum.failed++
	}
	return sum
}

func anyTests(steps []step) bool {
	for _, s := range steps {
		if s.tests {
			return true
		}
	}
	return false
}
