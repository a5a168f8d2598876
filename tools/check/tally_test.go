package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGoTallyCountsTopLevelTests(t *testing.T) {
	const stream = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/sub"}
{"Action":"pass","Package":"p","Test":"TestA/sub"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"why it failed\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"fail","Package":"p","Elapsed":1.5}
{"Action":"skip","Package":"without/tests"}
`
	var out strings.Builder
	got, err := goTally(strings.NewReader(stream), &out)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tally{1, 1, 1}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if !strings.Contains(out.String(), "why it failed") {
		t.Errorf("the failing test's output is missing from %q", out.String())
	}
}

func TestGoTallyCountsAPackageThatDoesNotBuild(t *testing.T) {
	const stream = `{"ImportPath":"p","Action":"build-output","Output":"p/x.go:1: no\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"start","Package":"p"}
{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p"}
`
	got, err := goTally(strings.NewReader(stream), io.Discard)
	if want := (tally{0, 1, 0}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestTapTallyTakesTheRunnersOwnCounts(t *testing.T) {
	const stream = `TAP version 13
# Subtest: two people meet
ok 1 - two people meet
  ---
  duration_ms: 5
  ...
# Subtest: four people meet
not ok 2 - four people meet
  ---
  error: 'no frame'
  ...
1..2
# tests 2
# pass 1
# fail 1
# cancelled 1
# skipped 1
# todo 0
# duration_ms 6
`
	var out strings.Builder
	got, err := tapTally(strings.NewReader(stream), &out)
	if want := (tally{1, 2, 1}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if !strings.Contains(out.String(), "no frame") {
		t.Errorf("the failing test's reason is missing from %q", out.String())
	}
}

func TestVitestTallyCountsAFileThatCannotRun(t *testing.T) {
	const report = `{"numPassedTests":1,"numFailedTests":1,"numPendingTests":1,"numTodoTests":0,"testResults":[
{"name":"a.test.ts","message":"","assertionResults":[
 {"fullName":"adds","status":"passed","failureMessages":[]},
 {"fullName":"subtracts","status":"failed","failureMessages":["expected 1 to be 2"]}]},
{"name":"b.test.ts","message":"Cannot find module","assertionResults":[]}]}`
	var out strings.Builder
	got, err := vitestTally(strings.NewReader(report), &out)
	if want := (tally{1, 2, 1}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, want := range []string{"subtracts", "expected 1 to be 2", "Cannot find module"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing from %q", want, out.String())
		}
	}
	if _, err := vitestTally(strings.NewReader("npm: no such script"), io.Discard); err == nil {
		t.Error("what is no report was taken for one")
	}
}

func TestTallyReadsAsTheClosingLine(t *testing.T) {
	if got, want := (tally{3, 0, 0}).String(), "3 passed, 0 failed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (tally{3, 1, 2}).String(), "3 passed, 1 failed, 2 skipped"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFuzzTargetsFindsEveryOneOfTheTree(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const head = "package p\nimport \"testing\"\n"
	write("a/b/x_test.go", head+"func FuzzParse(f *testing.F) {}\nfunc Fuzzy(x int) {}\nfunc TestX(t *testing.T) {}\n")
	write("y_test.go", head+"func FuzzTop(f *testing.F) {}\n")
	write("y.go", head+"func FuzzNotATest(f *testing.F) {}\n")
	write("testdata/z_test.go", "this is not Go")
	write("node_modules/z_test.go", "nor is this")
	got, err := fuzzTargets(root)
	want := []target{{"a/b", "FuzzParse"}, {".", "FuzzTop"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestAStepWithoutTestsFailsTheRun(t *testing.T) {
	empty := step{"empty", true, func(ctx context.Context) (tally, error) { return tally{}, nil }}
	if sum := runSteps(t.Context(), []step{empty}); sum.failed == 0 {
		t.Error("a run that executed no test did not fail")
	}
}
