// Package redistest starts real redis-server processes for tests: single
// servers, replicas and clusters, on free loopback ports, in folders of their
// own, gone when the test is over.
//
//	Start -> redis-server --port N … -> PING until it answers -> *Server
//
// A test that needs a real server fails where there is none: it is never
// skipped. Nothing of this package is part of the program.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/heldport"
	"github.com/aafailover/aafailover/internal/resp"
)

// patience is how long a server may take to start, or a cluster to form, on a
// machine that is busy with other tests.
const patience = 2 * time.Minute

// pause is the time between two looks at something that is awaited.
const pause = 10 * time.Millisecond

// Server is one running redis-server.
type Server struct {
	// Addr is host:port of the server on the loopback interface.
	Addr string
	// Port is the port of Addr.
	Port int

	bus     int              // port of the cluster bus
	held    []*heldport.Port // both, whether it is up or down
	binary  string           // the redis-server program
	args    []string         // of its command line
	pidFile string           // which it writes when it listens

	mu  sync.Mutex // of run
	run *process   // the newest
}

// process is one life of a server.
type process struct {
	cmd     *exec.Cmd
	release func()        // of its guard
	exited  chan struct{} // closed when it is gone
	log     bytes.Buffer  // what it wrote, complete once exited is closed
}

// Start runs a redis-server without persistence and returns once it answers.
// args are more options of its command line: "--requirepass", "x". The test
// fails when there is no redis-server or it does not come up; at the end of the
// test it is killed.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not installed, and this test needs a real one: apt-get install redis-server, dnf install redis, apk add redis or brew install redis")
	}
	folder := t.TempDir()
	// Between choosing a port and listening there, another process may get in: try again with the next.
	for attempt := 1; ; attempt++ {
		s := &Server{binary: binary, pidFile: filepath.Join(t.TempDir(), "pid")}
		s.Port, s.bus = s.choosePort(t), s.choosePort(t)
		s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
		s.args = append([]string{
			"--bind", "127.0.0.1", "--port", strconv.Itoa(s.Port), "--dir", folder, "--save", "", "--appendonly", "no",
			"--repl-diskless-sync-delay", "0", "--cluster-port", strconv.Itoa(s.bus), "--pidfile", s.pidFile,
		}, args...)
		t.Cleanup(s.end)
		err := s.launch()
		if err == nil {
			return s
		}
		if attempt == 5 || !errors.Is(err, errExited) {
			t.Fatal(err)
		}
	}
}

// choosePort takes a free port, which nobody else gets until the end of the test: a copier, or a client, that goes on dialling a
// server that is down must not find another test's.
func (s *Server) choosePort(t testing.TB) int {
	t.Helper()
	l, err := heldport.Listen(t.Context(), "127.0.0.1", heldport.Highest)
	if err != nil {
		t.Fatal(err)
	}
	s.held = append(s.held, heldport.Hold(l))
	return l.Addr().(*net.TCPAddr).Port
}

// end ends the server for good.
func (s *Server) end() {
	s.Kill()
	for _, port := range s.held {
		port.Release()
	}
}

var errExited = errors.New("redis-server ended at once")

// launch begins a life of the server and returns once it answers.
func (s *Server) launch() error {
	for _, port := range s.held {
		port.Lend()
		defer port.TakeBack()
	}
	p := &process{cmd: exec.Command(s.binary, s.args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start redis-server: %w", err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	var err error
	if p.release, err = guardAgainstOrphan(p.cmd.Process.Pid); err != nil {
		p.release = func() {}
		p.kill()
		return fmt.Errorf("guard redis-server: %w", err)
	}
	s.mu.Lock()
	s.run = p
	s.mu.Unlock()
	for deadline := time.Now().Add(patience); ; {
		if _, err := s.try(pause*100, "PING"); err == nil && s.listens(p) {
			return nil
		}
		select {
		case <-p.exited:
			p.kill()
			return fmt.Errorf("%w: %s", errExited, &p.log)
		case <-time.After(pause):
		}
		if time.Now().After(deadline) {
			p.kill()
			return fmt.Errorf("redis-server at %s does not answer after %v", s.Addr, patience)
		}
	}
}

// listens tells whether it is this life that listens at the server's port, and so what answers there: a server that finds its
// port taken ends before it writes this file.
func (s *Server) listens(p *process) bool {
	pid, err := os.ReadFile(s.pidFile)
	return err == nil && strings.TrimSpace(string(pid)) == strconv.Itoa(p.cmd.Process.Pid)
}

// guardAgainstOrphan starts a shell that kills the server when this process
// ends without its cleanups, as at a panic or the time limit of go test: the
// shell notices by the end of its standard input.
func guardAgainstOrphan(pid int) (release func(), err error) {
	watch := exec.Command("sh", "-c", "read -r line; [ -n \"$line\" ] || kill -9 $0", strconv.Itoa(pid))
	stdin, err := watch.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := watch.Start(); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() {
		_, _ = io.WriteString(stdin, "released\n")
		_ = watch.Wait()
	}), nil
}

// kill ends the process and waits until it is gone.
func (p *process) kill() {
	p.release()
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// process is the newest life of the server.
func (s *Server) process() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run
}

// Kill ends the server as SIGKILL does and waits until it is gone. It may be
// called more than once.
func (s *Server) Kill() {
	if p := s.process(); p != nil {
		p.kill()
	}
}

// Restart starts the server again, killing it first if it still runs, with the
// options that it had, at the same address and in the same folder: it comes back
// with what its persistence has kept. It returns once the server answers, be it
// that it is loading. Unlike most of this package it may be called from any
// goroutine, but by one at a time.
func (s *Server) Restart() error {
	s.Kill()
	return s.launch()
}

// Do sends one command over a connection of its own and returns the reply, an
// error reply included. The test fails when there is no reply.
func (s *Server) Do(t testing.TB, args ...string) resp.Value {
	t.Helper()
	v, err := s.try(patience, args...)
	if err != nil {
		t.Fatalf("redis-server %s: %q: %v", s.Addr, args, err)
	}
	return v
}

func (s *Server) try(within time.Duration, args ...string) (resp.Value, error) {
	c, err := net.DialTimeout("tcp", s.Addr, within)
	if err != nil {
		return resp.Value{}, err
	}
	defer c.Close() //nolint:errcheck // nothing is lost with it
	if err := c.SetDeadline(time.Now().Add(within)); err != nil {
		return resp.Value{}, err
	}
	if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
		return resp.Value{}, err
	}
	return resp.NewReader(c).ReadValue()
}

// Await fails the test unless cond becomes true within the patience that this
// package has with servers. The text says what was awaited.
func Await(t testing.TB, what string, cond func() bool) {
	t.Helper()
	if !Until(cond) {
		t.Fatalf("after %v still not: %s", patience, what)
	}
}

// Until is Await for other goroutines than the test's: it tells whether cond became
// true.
func Until(cond func() bool) bool {
	for deadline := time.Now().Add(patience); !cond(); {
		if time.Now().After(deadline) {
			return false
		}
		<-time.After(pause)
	}
	return true
}
