//go:build linux

package netns

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// As a child of a test, this program makes a pair, says so and waits for its
// end.
const child = "CAUSEWAY_NETNS_CHILD"

func TestMain(m *testing.M) {
	end := os.Getenv(child)
	if end == "" {
		os.Exit(m.Run())
	}
	p, err := New(Config{ClientDrops: true})
	if errors.Is(err, ErrNotAllowed) {
		fmt.Println("not allowed")
		return
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.Server.fd)
	io.Copy(io.Discard, os.Stdin)
	if end == "panic" {
		p.Server.Do(func() error { panic("as the test wants it") })
	}
	select {}
}

func newTest(t *testing.T, c Config) *Pair {
	t.Helper()
	p, err := New(c)
	if errors.Is(err, ErrNotAllowed) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (n *Namespace) listen(t *testing.T) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	if err := n.Do(func() (err error) {
		conn, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(n.addr, 0)))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func TestAPairCarriesDatagramsBothWays(t *testing.T) {
	p := newTest(t, Config{ServerRPS: []int{0}, ClientRPS: []int{0}})
	ends := [2]*net.UDPConn{p.Server.listen(t), p.Client.listen(t)}
	for i, from := range ends {
		to, room := ends[1-i], make([]byte, 10)
		if _, err := from.WriteToUDPAddrPort([]byte("hello"), addrOf(to)); err != nil {
			t.Fatal(err)
		}
		to.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, who, err := to.ReadFromUDPAddrPort(room)
		if err != nil || string(room[:n]) != "hello" || who.Port() != addrOf(from).Port() {
			t.Fatalf("%q from %v, %v", room[:n], who, err)
		}
	}
	if n, err := p.Client.Arrived(); n < 1 || err != nil {
		t.Errorf("%d packets arrived, %v", n, err)
	}
}

func TestAProcessStartedInsideIsInside(t *testing.T) {
	p := newTest(t, Config{})
	var out []byte
	if err := p.Client.Do(func() (err error) {
		out, err = exec.Command("cat", "/proc/self/net/dev").Output()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), Device) {
		t.Errorf("it sees\n%s", out)
	}
}

func TestTheClientsEndDropsEverything(t *testing.T) {
	p := newTest(t, Config{ClientDrops: true})
	from, to := p.Server.listen(t), p.Client.listen(t)
	for range 5 {
		if _, err := from.WriteToUDPAddrPort([]byte("hello"), addrOf(to)); err != nil {
			t.Fatal(err)
		}
	}
	for until := time.Now().Add(5 * time.Second); ; {
		n, err := p.Client.Arrived()
		if err != nil || time.Now().After(until) {
			t.Fatalf("%d packets arrived, %v", n, err)
		}
		if n >= 5 {
			break
		}
	}
	to.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, _, err := to.ReadFromUDPAddrPort(make([]byte, 10)); err == nil {
		t.Errorf("%d bytes came through", n)
	}
	// The other way is open.
	if _, err := to.WriteToUDPAddrPort([]byte("hello"), addrOf(from)); err != nil {
		t.Fatal(err)
	}
	from.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, _, err := from.ReadFromUDPAddrPort(make([]byte, 10)); err != nil {
		t.Error(err)
	}
}

func TestPacketsAreTakenInWhereTold(t *testing.T) {
	p := newTest(t, Config{ClientRPS: []int{0}})
	read := func(n *Namespace) (mask string) {
		if err := n.Do(func() error {
			root, err := mountSysfs()
			if err != nil {
				return err
			}
			defer unix.Close(root)
			fd, err := unix.Openat(root, "class/net/"+Device+"/queues/rx-0/rps_cpus", unix.O_RDONLY, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			var b [64]byte
			k, err := unix.Read(fd, b[:])
			mask = strings.TrimLeft(strings.TrimSpace(string(b[:max(k, 0)])), "0,")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return mask
	}
	if server, client := read(p.Server), read(p.Client); server != "" || client != "1" {
		t.Errorf("server %q, client %q", server, client)
	}
	if _, err := New(Config{ClientRPS: []int{1 << 16}}); err == nil {
		t.Error("a CPU that no machine has is taken")
	}
}

func TestMasksAreWrittenAsTheKernelReadsThem(t *testing.T) {
	for want, cpus := range map[string][]int{
		"00000000": nil, "00000001": {0}, "00000006": {1, 2}, "80000000": {31}, "00000001,00000000": {32}, "00000008,00000000,00000001": {0, 67},
	} {
		if got := cpuMask(cpus); got != want {
			t.Errorf("%v: %s", cpus, got)
		}
	}
}

func TestTwoPairsDoNotMeet(t *testing.T) {
	a, b := newTest(t, Config{}), newTest(t, Config{})
	if a.Server.Addr() != b.Server.Addr() || a.Server.Addr() == a.Client.Addr() {
		t.Error("addresses", a.Server.Addr(), a.Client.Addr(), b.Server.Addr())
	}
	if a.Server.listen(t); a.Close() != nil {
		t.Fatal("closing the one")
	}
	if n, err := b.Client.Arrived(); err != nil {
		t.Error(n, err)
	}
}

func TestThreadsComeHome(t *testing.T) {
	home, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Skip(err)
	}
	p := newTest(t, Config{})
	p.Server.Do(func() error { return nil })
	if err := p.Client.Do(func() error { return io.EOF }); err != io.EOF {
		t.Error(err)
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		if at, err := os.Readlink("/proc/self/task/" + thread.Name() + "/ns/net"); err == nil && at != home {
			t.Errorf("thread %s is in %s, not %s", thread.Name(), at, home)
		}
	}
}

func TestClosingRemovesTheNetwork(t *testing.T) {
	p := newTest(t, Config{ClientDrops: true})
	kept, err := unix.FcntlInt(uintptr(p.Server.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := &Namespace{fd: kept}
	defer unix.Close(kept)
	if _, err := n.Arrived(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Arrived(); err == nil {
		t.Error("the device stays")
	}
}

// The client's namespace takes its end of the veth pair with it, and so the
// server's end goes too, which the test can see.
func TestNothingRemainsHoweverTheProcessEnds(t *testing.T) {
	for _, end := range []string{"panic", "interrupt", "kill"} {
		t.Run(end, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), child+"="+end)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Kill()
			line, err := bufio.NewReader(out).ReadString('\n')
			var fd int
			if _, scan := fmt.Sscan(line, &fd); err != nil || scan != nil {
				if strings.HasPrefix(line, "not allowed") {
					t.Skip(ErrNotAllowed)
				}
				t.Fatalf("%q, %v", line, err)
			}
			kept, err := unix.Open(fmt.Sprintf("/proc/%d/fd/%d", cmd.Process.Pid, fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(kept)
			n := &Namespace{fd: kept}
			if _, err := n.Arrived(); err != nil {
				t.Fatal(err)
			}
			switch end {
			case "panic":
				in.Close()
			case "interrupt":
				cmd.Process.Signal(os.Interrupt)
			case "kill":
				cmd.Process.Signal(syscall.SIGKILL)
			}
			for until := time.Now().Add(20 * time.Second); ; {
				if _, err := n.Arrived(); err != nil {
					return
				}
				if time.Now().After(until) {
					t.Fatal("the network is still there")
				}
			}
		})
	}
}

func TestWithoutPrivilegesItSaysSo(t *testing.T) {
	if os.Getuid() != 0 {
		if _, err := New(Config{}); !errors.Is(err, ErrNotAllowed) {
			t.Error(err)
		}
		return
	}
	cmd := exec.Command("/proc/self/fd/3")
	self, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	cmd.ExtraFiles = []*os.File{self}
	cmd.Env = append(os.Environ(), child+"=kill")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.Output()
	if errors.Is(err, os.ErrPermission) {
		t.Skip(err)
	}
	if err != nil || strings.TrimSpace(string(out)) != "not allowed" {
		t.Errorf("%q, %v", out, err)
	}
}
