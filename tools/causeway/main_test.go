package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"causeway": main})
}

// TestCommands runs every script of testdata/script against the real program.
// Beside testscript's own commands they know:
//
//	status N PROGRAM ARG...     runs a program and expects that exit status
//	serve NAME ARG...           starts causeway ARG... --json, waits for its line,
//	                            and sets $NAME_KEY for every text in it
//	stop NAME                   asks it to end, as Ctrl-C does, and expects exit
//	                            status 0; what it logged is in the file NAME.log
//	http STATUS METHOD URL      makes a request; the body is in the file body
//	ready URL                   waits until URL answers 200
//	keep NAME                   sets $NAME to the last command's output
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            time.Now().Add(90 * time.Second),
		Setup: func(env *testscript.Env) error {
			env.Values["servers"] = map[string]*server{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "serve": serveCommand, "stop": stopCommand, "http": httpCommand,
			"ready": readyCommand, "keep": keepCommand,
		},
	})
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		got = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		got = err.Error()
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// server is a process that a script has started.
type server struct {
	cmd    *exec.Cmd
	log    bytes.Buffer
	exited chan error
}

// running are the servers of one script, by name.
func running(ts *testscript.TestScript) map[string]*server {
	return ts.Value("servers").(map[string]*server)
}

func serveCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: serve NAME ARG...")
	}
	s := &server{exited: make(chan error, 1)}
	s.cmd = exec.Command("causeway", append(args[1:], "--json")...)
	s.cmd.Path = program(ts)
	s.cmd.Dir, s.cmd.Stderr = ts.MkAbs("."), &s.log
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	lines := make(chan []byte, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadBytes('\n')
		lines <- line
		io.Copy(io.Discard, out)
		s.exited <- s.cmd.Wait()
	}()
	ts.Defer(func() { s.cmd.Process.Kill() })
	var said map[string]any
	select {
	case line := <-lines:
		if err := json.Unmarshal(line, &said); err != nil {
			<-s.exited
			ts.Fatalf("it said %q and logged\n%s", line, s.log.String())
		}
	case <-time.After(30 * time.Second):
		ts.Fatalf("it said nothing in 30 s")
	}
	for key, value := range said {
		if text, ok := value.(string); ok {
			ts.Setenv(args[0]+"_"+key, text)
		}
	}
	running(ts)[args[0]] = s
}

func stopCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || running(ts)[args[0]] == nil {
		ts.Fatalf("usage: stop NAME, of a server that runs")
	}
	s := running(ts)[args[0]]
	delete(running(ts), args[0])
	ts.Check(s.cmd.Process.Signal(syscall.SIGINT))
	select {
	case err := <-s.exited:
		ts.Check(os.WriteFile(ts.MkAbs(args[0]+".log"), s.log.Bytes(), 0o600))
		if err != nil {
			ts.Fatalf("%s: %v\n%s", args[0], err, s.log.String())
		}
	case <-time.After(10 * time.Second):
		ts.Fatalf("%s did not stop in 10 s", args[0])
	}
}

func httpCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: http STATUS METHOD URL")
	}
	req, err := http.NewRequest(args[1], args[2], nil)
	ts.Check(err)
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
	}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("body"), body, 0o600))
	if got := strconv.Itoa(resp.StatusCode); got != args[0] {
		ts.Fatalf("status %s, want %s: %s", got, args[0], body)
	}
}

func readyCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready URL")
	}
	err := eventually(context.Background(), 10*time.Second, func() error {
		resp, err := http.Get(args[0])
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", resp.Status, body)
		}
		return nil
	})
	ts.Check(err)
}

func keepCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// program is the path of the causeway that testscript made for the scripts.
func program(ts *testscript.TestScript) string {
	for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		path := fmt.Sprintf("%s/causeway", dir)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	ts.Fatalf("no causeway on $PATH")
	return ""
}
