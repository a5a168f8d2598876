package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Child is a whole system in a process of ours: `causeway up` on ports that it
// picks, with a state directory of its own that goes away with it.
type Child struct {
	cmd    *exec.Cmd
	dir    string
	exited chan error
	said   struct {
		HTTP    string `json:"http"`
		Meeting string `json:"meeting"`
	}
	executable string
}

// ChildOptions says how a Child runs. The zero value: anywhere, with media on
// loopback.
type ChildOptions struct {
	CPUs  []int  // the processors that it may use; if empty, all
	Media string // its UDP address; if empty, 127.0.0.1:0
	// Within runs the child where it is to live, until it ends, for example on a
	// thread of another network namespace. If nil, here.
	Within func(run func() error) error
	More   []string // arguments
}

// StartChild runs executable, a causeway, and waits until it serves. Unless cpus
// is empty, the child runs on those processors only. more is added to the
// command's arguments.
func StartChild(ctx context.Context, executable string, cpus []int, more ...string) (*Child, error) {
	return Start(ctx, executable, ChildOptions{CPUs: cpus, More: more})
}

// Start runs executable, a causeway, and waits until it serves.
func Start(ctx context.Context, executable string, o ChildOptions) (*Child, error) {
	if o.Media == "" {
		o.Media = "127.0.0.1:0"
	}
	if o.Within == nil {
		o.Within = func(run func() error) error { return run() }
	}
	dir, err := os.MkdirTemp("", "causeway-bench-")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	c := &Child{dir: dir, executable: executable, exited: make(chan error, 1)}
	if err := c.start(ctx, o); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Child) start(ctx context.Context, o ChildOptions) error {
	log, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(c.executable, append([]string{
		"up", "--json", "--state", c.state(),
		"--public", "127.0.0.1:0", "--http", "127.0.0.1:0", "--media", o.Media,
	}, o.More...)...)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	ready := make(chan error, 1)
	if err := c.keep(cmd, o, func() {
		line, err := bufio.NewReader(out).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &c.said)
		}
		ready <- err
	}); err != nil {
		return fmt.Errorf("bench: %s up: %w", c.executable, err)
	}
	select {
	case err = <-ready:
	case <-time.After(30 * time.Second):
		err = errors.New("not within 30 s")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil && (c.said.HTTP == "" || c.said.Meeting == "") {
		err = errors.New(`its line names no "http" and "meeting"`)
	}
	if err != nil {
		return fmt.Errorf("bench: %s up does not serve: %w; it said: %s", c.executable, err, c.tail())
	}
	return nil
}

// keep starts the child on a thread that stays until it has ended: the kernel
// ends it with that thread, and so with this process, however that ends. Ctrl-C
// does not reach the child, which is ours to stop. read is done before it is
// waited for.
func (c *Child) keep(cmd *exec.Cmd, o ChildOptions, read func()) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error, 1)
	go func() {
		err := o.Within(func() error {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			err := onProcessors(o.CPUs, cmd.Start)
			if err != nil {
				return err
			}
			started <- nil
			read()
			c.exited <- cmd.Wait()
			return nil
		})
		if err != nil {
			started <- err
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	c.cmd = cmd
	return nil
}

func (c *Child) state() string { return filepath.Join(c.dir, "state") }

// tail is the end of the child's log.
func (c *Child) tail() string {
	b, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return string(b[max(0, len(b)-2000):])
}

// Target is the child as a scenario sees it.
func (c *Child) Target() Target {
	return Target{
		URL: "http://" + c.said.HTTP, Meeting: c.said.Meeting,
		Tickets: StateTickets(c.executable, c.state()), Server: Process(c.cmd.Process.Pid),
	}
}

// Stop ends the child, by force if it takes longer than ten seconds, and
// removes its state.
func (c *Child) Stop() error {
	var err error
	if c.cmd != nil {
		c.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended
		select {
		case err = <-c.exited:
		case <-time.After(10 * time.Second):
			c.cmd.Process.Kill()
			err = errors.Join(errors.New("it did not stop within 10 s and was killed"), <-c.exited)
		}
		if err != nil {
			err = fmt.Errorf("bench: %s up ended badly: %w; it said: %s", c.executable, err, c.tail())
		}
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}
