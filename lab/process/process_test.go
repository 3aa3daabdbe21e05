package process_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// patience is how long a test waits for what has to come: as long as the slowest machine may take.
const patience = time.Minute

// find is the redis-server of this machine.
func find(t testing.TB) process.Binary {
	t.Helper()
	b, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// group is one in a folder of the test's, closed with it.
func group(t testing.TB) *process.Group {
	t.Helper()
	g, err := process.NewGroup(t.Context(), find(t), process.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// add adds a server with these settings.
func add(t testing.TB, g *process.Group, c process.Config, settings string) *process.Server {
	t.Helper()
	parsed, err := redisconf.Parse(settings)
	if err != nil {
		t.Fatal(err)
	}
	c.Settings = parsed
	if c.Name == "" {
		c.Name = "one"
	}
	s, err := g.Add(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func start(t testing.TB, s *process.Server) {
	t.Helper()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// do sends commands over one connection and returns the last reply.
func do(t testing.TB, s *process.Server, commands ...string) resp.Value {
	t.Helper()
	v, err := try(s, patience, commands...)
	if err != nil {
		t.Fatalf("%q: %v", commands, err)
	}
	return v
}

func try(s *process.Server, within time.Duration, commands ...string) (v resp.Value, err error) {
	conn, err := net.DialTimeout("tcp", s.Addr(), within)
	if err != nil {
		return v, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(within))
	in := resp.NewReader(conn)
	for _, command := range commands {
		if _, err = conn.Write(resp.AppendCommand(nil, strings.Fields(command)...)); err != nil {
			return v, err
		}
		if v, err = in.ReadValue(); err != nil {
			return v, err
		}
	}
	return v, nil
}

const everyWrite = "appendonly yes\nappendfsync always\nsave \"\"\n"

func TestAServerLivesDiesAndComesBack(t *testing.T) {
	g := group(t)
	s := add(t, g, process.Config{}, everyWrite)
	start(t, s)
	pid, address := s.PID(), s.Addr()
	if got := do(t, s, "SET k v").Str; got != "OK" {
		t.Fatalf("SET: %q", got)
	}
	if err := s.Start(t.Context()); !errors.Is(err, process.ErrRunning) {
		t.Errorf("a second start: %v", err)
	}
	if err := s.Empty(); !errors.Is(err, process.ErrRunning) {
		t.Errorf("emptied while it runs: %v", err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if s.Running() || s.PID() != 0 {
		t.Errorf("after it was killed: running %v, pid %d", s.Running(), s.PID())
	}
	if err := s.Kill(); err != nil {
		t.Errorf("killed again: %v", err)
	}
	start(t, s)
	if s.Addr() != address || s.PID() == pid {
		t.Errorf("back at %s with pid %d, was at %s with %d", s.Addr(), s.PID(), address, pid)
	}
	if got := do(t, s, "GET k").Str; got != "v" {
		t.Errorf("what was written is %q", got)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Empty(); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	if got := do(t, s, "DBSIZE").Int; got != 0 {
		t.Errorf("emptied, and has %d keys", got)
	}
	folder := g.Folder()
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder after the end: %v", err)
	}
	if err := s.Start(t.Context()); !errors.Is(err, process.ErrClosed) {
		t.Errorf("a start after the end: %v", err)
	}
}

func TestAHungServerAnswersNothingAndGoesOn(t *testing.T) {
	s := add(t, group(t), process.Config{}, "")
	if err := s.Hang(); !errors.Is(err, process.ErrDown) {
		t.Errorf("hung before it started: %v", err)
	}
	start(t, s)
	if err := s.Hang(); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if v, err := try(s, 50*time.Millisecond, "PING"); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("while it hangs it says %v, %v", v, err)
	}
	if err := s.GoOn(); err != nil {
		t.Fatal(err)
	}
	if got := do(t, s, "PING").Str; got != "PONG" {
		t.Errorf("afterwards it says %q", got)
	}
}

func TestFindSaysWhatToDo(t *testing.T) {
	b, err := process.Find(t.Context(), "redis-server")
	if err != nil || b.Name != "redis-server" || !b.AtLeast(5, 0) || b.AtLeast(1000, 0) {
		t.Errorf("found %v, %v", b, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := process.Find(ctx, "redis-server"); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: %v", err)
	}
	for _, engine := range []string{"valkey-server-that-is-nowhere", "/nowhere/redis-server", "true"} {
		if _, err := process.Find(t.Context(), engine); !errors.Is(err, process.ErrNoServer) {
			t.Errorf("%s: %v", engine, err)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// A path may be given as it is from here, and its servers are started elsewhere.
func TestAProgramIsFoundByARelativePath(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(find(t).Path, filepath.Join(dir, "mine")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	b, err := process.Find(t.Context(), "./mine")
	if err != nil {
		t.Fatal(err)
	}
	g, err := process.NewGroup(t.Context(), b, process.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	start(t, add(t, g, process.Config{}, everyWrite))
}

// A program that fails is told with what it said.
func TestAProgramThatFailsIsToldWithItsReason(t *testing.T) {
	program := filepath.Join(t.TempDir(), "redis-server")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho careful >&2\necho no libjemalloc >&2\nexit 127\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := process.Find(t.Context(), program)
	if want := program + ": no server program: it does not tell the version of a server: exit status 127: no libjemalloc"; !errors.Is(err, process.ErrNoServer) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
