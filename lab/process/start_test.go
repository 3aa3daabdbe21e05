package process_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab/process"
)

// await waits for something to become true.
func await(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", patience, what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// slow are settings of a server that loads each key for so long, and answers between two. It saves what it is told to only.
func slow(perKey time.Duration) string {
	return fmt.Sprintf("save \"\"\nkey-load-delay %d\nloading-process-events-interval-bytes 1024\n", perKey.Microseconds())
}

// keep has a server save so many keys of a kilobyte.
func keep(t testing.TB, s *process.Server, keys int) {
	t.Helper()
	start(t, s)
	value := strings.Repeat("0123456789abcdef", 64)
	commands := make([]string, 0, keys+1)
	for i := range keys {
		commands = append(commands, fmt.Sprintf("SET k%d %s%d", i, value, i))
	}
	if got := do(t, s, append(commands, "SAVE")...); got.Str != "OK" {
		t.Fatalf("SAVE: %v", got)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
}

func TestStartReturnsOnceAllIsLoaded(t *testing.T) {
	const keys = 100
	s := add(t, group(t), process.Config{}, slow(time.Millisecond))
	keep(t, s, keys)
	start(t, s)
	if got := do(t, s, "DBSIZE"); got.Int != keys {
		t.Errorf("after its start it has %v of %d keys", got, keys)
	}
}

// Whatever ends a start leaves no process, and the server can be started again, unless the group is closed.
func TestWhatEndsAStart(t *testing.T) {
	canceled := errors.New("the caller has had enough")
	for _, row := range []struct {
		name string
		end  func(g *process.Group, s *process.Server, cancel context.CancelCauseFunc) error
		want error
	}{
		{"it is killed", func(_ *process.Group, s *process.Server, _ context.CancelCauseFunc) error { return s.Kill() }, process.ErrKilled},
		{"the group is closed", func(g *process.Group, _ *process.Server, _ context.CancelCauseFunc) error { return g.Close() }, process.ErrClosed},
		{"its context ends", func(_ *process.Group, _ *process.Server, cancel context.CancelCauseFunc) error {
			cancel(canceled)
			return nil
		}, canceled},
		{"it hangs, and is killed", func(_ *process.Group, s *process.Server, _ context.CancelCauseFunc) error {
			return errors.Join(s.Hang(), s.Kill())
		}, process.ErrKilled},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := group(t)
			s := add(t, g, process.Config{}, slow(30*time.Minute))
			keep(t, s, 2)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			started := make(chan error, 1)
			go func() { started <- s.Start(ctx) }()
			await(t, "it has a process", s.Running)
			pid := s.PID()
			if err := row.end(g, s, cancel); err != nil {
				t.Error(err)
			}
			if err := <-started; !errors.Is(err, row.want) {
				t.Errorf("the start: %v, want %v", err, row.want)
			}
			if s.Running() || process.Alive(pid) {
				t.Error("it has processes still")
			}
			if errors.Is(row.want, process.ErrClosed) {
				return
			}
			if err := s.Empty(); err != nil {
				t.Fatal(err)
			}
			start(t, s)
		})
	}
}

// Whatever is done to servers from all sides at once, Close ends it.
func TestManyHandsAndClose(t *testing.T) {
	g := group(t)
	s := add(t, g, process.Config{}, "")
	other := add(t, g, process.Config{Name: "two"}, "")
	var wg sync.WaitGroup
	for _, hand := range []func() error{
		func() error { return s.Start(t.Context()) }, s.Kill, s.Hang, s.GoOn, s.Empty, func() error { return s.Replace(find(t)) },
		func() error { return other.Start(t.Context()) }, func() error { return other.Stop(t.Context()) },
	} {
		wg.Go(func() {
			for {
				if err := hand(); errors.Is(err, process.ErrClosed) {
					return
				}
				if !s.Running() && !other.Running() && errors.Is(s.Start(t.Context()), process.ErrClosed) {
					return
				}
				runtime.Gosched()
			}
		})
	}
	wg.Go(func() {
		await(t, "both were there once", func() bool { return s.Log() != "" && other.Log() != "" })
		if err := errors.Join(g.Close(), g.Close()); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
}

// A start fails with the server's own reason, what to do about it, and no password.
func TestWhyAStartFails(t *testing.T) {
	const password = "hunter two"
	secret := "requirepass \"" + password + "\"\n"
	for _, row := range []struct {
		name, settings string
		before         func(t *testing.T, s *process.Server)
		want, hint     string
	}{
		{"a directive that there is not", secret + "appendonlyy yes\n", nil, "appendonlyy yes", "a comment has to stand on a line of its own"},
		{"a value that it does not take", secret + "appendonly perhaps\n", nil, "'yes' or 'no'", "correct that line"},
		{"a line with the password", "requirepass \"" + password + "\" more\n", nil, "wrong number of arguments", ""},
		{"a line with the password in other letters", "requirepass \"hunter\\x20two\" more\n", nil, "wrong number of arguments", ""},
		{"a log that is damaged", secret + everyWrite, func(t *testing.T, s *process.Server) {
			start(t, s)
			if err := s.Kill(); err != nil {
				t.Fatal(err)
			}
			logs, err := filepath.Glob(filepath.Join(s.Dir(), "appendonlydir", "*.incr.aof"))
			if err != nil || len(logs) != 1 {
				t.Fatalf("logs %q, %v", logs, err)
			}
			if err := os.WriteFile(logs[0], []byte("*1\r\nnonsense\r\n*3\r\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "Bad file format", "redis-check-aof"},
		{"a snapshot that is none", secret, func(t *testing.T, s *process.Server) {
			if err := os.WriteFile(filepath.Join(s.Dir(), "dump.rdb"), []byte("not a snapshot of anything at all"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "signature", "redis-check-rdb"},
		{"it may not be asked", "user default on nopass ~* +@all -info\n", nil, "it does not say who it is", "has to be allowed INFO"},
		{"it may not be logged in to", "user default off nopass ~* +@all\n", nil, "it does not say who it is", "the default user needs a password"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := add(t, group(t), process.Config{Name: "sick"}, row.settings)
			if row.before != nil {
				row.before(t, s)
			}
			err := s.Start(t.Context())
			if err == nil || !strings.Contains(err.Error(), row.want) || !strings.HasPrefix(err.Error(), "start server sick ("+s.Addr()+"): ") {
				t.Errorf("%v, want %q", err, row.want)
			}
			hints := strings.Join(hint.Of(err), "; ")
			if !strings.Contains(hints, row.hint) {
				t.Errorf("hint %q, want %q", hints, row.hint)
			}
			if s.Running() {
				t.Error("it runs")
			}
			for _, shown := range []string{fmt.Sprint(err), s.Log(), hints} {
				if strings.Contains(shown, "hunter") || strings.Contains(shown, "\n") && shown != s.Log() {
					t.Errorf("shown: %s", shown)
				}
			}
		})
	}
}

func TestAPasswordStaysInItsFile(t *testing.T) {
	const password = "hunter two"
	s := add(t, group(t), process.Config{}, "requirepass \""+password+"\"\nloglevel debug\n")
	start(t, s)
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.PID()))
	if runtime.GOOS == "linux" && (err != nil || strings.Contains(string(line), "hunter")) {
		t.Errorf("command line %q, %v", line, err)
	}
	if got := do(t, s, "PING").Str; !strings.HasPrefix(got, "NOAUTH") {
		t.Errorf("without the password it says %q", got)
	}
	at, err := os.Stat(filepath.Join(s.Dir(), "redis.conf"))
	if err != nil || at.Mode().Perm() != 0o600 {
		t.Errorf("its settings: %v, %v", at.Mode(), err)
	}
	for _, dir := range []string{s.Dir(), filepath.Dir(s.Dir())} {
		if at, err := os.Stat(dir); err != nil || at.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, at.Mode(), err)
		}
	}
}

// Nothing that ran before is taken for a server of the group.
func TestAPortThatIsTaken(t *testing.T) {
	foreign := add(t, group(t), process.Config{}, "")
	start(t, foreign)
	g := group(t)
	_, err := g.Add(process.Config{Name: "one", Port: foreign.Port()})
	if !errors.Is(err, syscall.EADDRINUSE) || len(hint.Of(err)) == 0 {
		t.Errorf("a port that it was given: %v, hints %q", err, hint.Of(err))
	}

	// Where ports cannot be held, another program may begin to listen before the server does.
	s := add(t, g, process.Config{Name: "two"}, "")
	s.LosePorts()
	squat := squatter(t, s.Addr(), foreign)
	start(t, s)
	if s.Addr() == squat || s.PID() == foreign.PID() {
		t.Errorf("it is at %s with pid %d, which is another's", s.Addr(), s.PID())
	}
	do(t, s, "SET k v")
	if got := do(t, foreign, "DBSIZE").Int; got != 0 {
		t.Errorf("the other server has got %d keys", got)
	}

	// Once others know the port it is not changed.
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	s.LosePorts()
	address := squatter(t, s.Addr(), foreign)
	if err := s.Start(t.Context()); err == nil || s.Addr() != address {
		t.Errorf("a later start, at %s: %v", s.Addr(), err)
	}
}

// squatter listens at an address, and answers with what another server says.
func squatter(t *testing.T, address string, as *process.Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		_ = ln.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if info, err := try(as, patience, "INFO"); err == nil {
				_, _ = fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(info.Str), info.Str)
			}
			_ = conn.Close()
		}
	})
	return address
}
