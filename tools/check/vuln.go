package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

// vulnDatabase is what govulncheck asks unless the environment's VULNDB names
// a mirror.
const vulnDatabase = "https://vuln.go.dev"

// govulncheck fails on known vulnerabilities that the code reaches. Where the
// database is out of reach nothing can be known: that is said in one line, and
// the run goes on, because a machine without a way out must be able to test.
func govulncheck(ctx context.Context) (tally, error) {
	base := vulnDatabase
	if mirror := os.Getenv("VULNDB"); mirror != "" {
		base = mirror
	}
	err := start(ctx, "", os.Stdout, "go", "tool", "govulncheck", "-db", base, "./...").Run()
	var exit *exec.ExitError
	// 3 stands for findings, 2 for wrong use or a crash; 1 for everything else,
	// a database that does not answer among it.
	if err == nil || !errors.As(err, &exit) || exit.ExitCode() != 1 {
		return tally{}, err
	}
	if unreachable := reach(ctx, base); unreachable != nil {
		fmt.Printf("   NOT CHECKED for known vulnerabilities: the database cannot be reached (%v)\n", unreachable)
		return tally{}, nil
	}
	return tally{}, err
}

// reach returns why the vulnerability database at base gives no answer, or nil
// if it does or is not asked over HTTP.
func reach(ctx context.Context, base string) error {
	if !strings.HasPrefix(base, "http") {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	address, err := url.JoinPath(base, "index/db.json")
	if err != nil {
		return nil // a wrong setting is no lack of a network
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	return nil
}

// failures turns a tally with failures into an error.
func failures(t tally) error {
	if t.failed == 0 {
		return nil
	}
	return fmt.Errorf("%d failed", t.failed)
}
