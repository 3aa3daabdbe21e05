package cmd_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/aafailover/aafailover/internal/redistest"
)

// TestSessionsAtTheKeyboard runs the scripts of testdata/script. Beside the usual commands of testscript there are
//
//	exit CODE CMD…                 run CMD, which must end with exactly this exit code
//	within DURATION                the last exit took no longer
//	interrupt SIGNAL TEXT CODE CMD…  send SIGNAL (INT, TERM, KILL) once CMD has printed TEXT; it must end with CODE, -1 if killed
//	redis NAME [OPTION…]           start a redis-server and put its address into $NAME
//	replica NAME OF                start a replica of the server at $OF
//	cluster NAME N                 start a cluster of N masters, $NAME1 to $NAMEN
//	forward NAME ADDRESS           start a proxy before a server
//	lab [FLAG…]                    start a lab; $LAB is its control, $LABFILE its file, $us … the addresses of its regions
//	endlab SIGNAL                  end it; its exit code must be 0, unless it was killed
//	await TEXT CMD…                run CMD again and again until it prints TEXT
func TestSessionsAtTheKeyboard(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			s := &session{TB: env.T().(testing.TB), servers: make(map[string]*redistest.Server)}
			env.Values[sessionKey{}] = s
			for _, variable := range []string{"XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"} {
				folder := filepath.Join(env.WorkDir, "."+variable)
				if err := os.Mkdir(folder, 0o700); err != nil {
					return err
				}
				env.Setenv(variable, folder)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit": exitCommand, "within": withinCommand, "interrupt": interruptCommand, "await": awaitCommand,
			"redis": redisCommand, "replica": replicaCommand, "cluster": clusterCommand, "forward": forwardCommand,
			"lab": labCommand, "endlab": endLabCommand,
		},
	})
}

// session is what the commands of one script share.
type session struct {
	testing.TB
	servers map[string]*redistest.Server
	took    time.Duration
	lab     *exec.Cmd
	labErr  *bytes.Buffer // of the newest lab
}

type sessionKey struct{}

func sessionOf(ts *testscript.TestScript) *session { return ts.Value(sessionKey{}).(*session) }

func need(ts *testscript.TestScript, neg bool, args []string, least int, usage string) {
	if neg || len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

// command prepares a command as exec would run it.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	path := args[0]
	for _, folder := range filepath.SplitList(ts.Getenv("PATH")) {
		if candidate := filepath.Join(folder, path); !strings.Contains(path, "/") {
			if _, err := os.Stat(candidate); err == nil {
				path = candidate
				break
			}
		}
	}
	c := exec.Command(path, args[1:]...)
	c.Dir = ts.MkAbs(".")
	for _, variable := range []string{"PATH", "HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "TMPDIR", "GOCOVERDIR", "GORACE"} {
		c.Env = append(c.Env, variable+"="+ts.Getenv(variable))
	}
	return c
}

func exitCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "exit CODE CMD…")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	began := time.Now()
	err = ts.Exec(args[1], args[2:]...)
	sessionOf(ts).took = time.Since(began)
	if got := codeOf(ts, err); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func codeOf(ts *testscript.TestScript, err error) int {
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		ts.Fatalf("%v", err)
	}
	if failed == nil {
		return 0
	}
	return failed.ExitCode()
}

func withinCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "within DURATION")
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	if took := sessionOf(ts).took; took > limit {
		ts.Fatalf("took %v, want at most %v", took, limit)
	}
}

func interruptCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 4, "interrupt SIGNAL TEXT CODE CMD…")
	signal, ok := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}[args[0]]
	want, err := strconv.Atoi(args[2])
	if !ok || err != nil {
		ts.Fatalf("no signal %s, or no exit code %s", args[0], args[2])
	}
	c := command(ts, args[3:])
	printed := awaiting(args[1])
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = both{&stdout, printed}, both{&stderr, printed}
	ts.Check(c.Start())
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	limit := time.After(longest)
	select {
	case <-printed.seen:
		ts.Check(c.Process.Signal(signal))
	case err := <-ended:
		ts.Fatalf("ended by itself before it printed %q: %v\n%s%s", args[1], err, stdout.String(), stderr.String())
	case <-limit:
		_ = c.Process.Kill()
		ts.Fatalf("did not print %q", args[1])
	}
	select {
	case err = <-ended:
	case <-limit:
		_ = c.Process.Kill()
		ts.Fatalf("does not end after SIG%s", args[0])
	}
	_, failedOut := ts.Stdout().Write(stdout.Bytes())
	_, failedErr := ts.Stderr().Write(stderr.Bytes())
	ts.Check(errors.Join(failedOut, failedErr))
	if got := codeOf(ts, err); got != want {
		ts.Fatalf("exit code %d, want %d\n%s%s", got, want, stdout.String(), stderr.String())
	}
}

// both writes to two places.
type both struct {
	a *bytes.Buffer
	b *watched
}

func (w both) Write(p []byte) (int, error) {
	w.a.Write(p)
	return w.b.Write(p)
}

func awaitCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "await TEXT CMD…")
	redistest.Await(sessionOf(ts), strings.Join(args, " "), func() bool {
		out, _ := command(ts, args[1:]).Output()
		return strings.Contains(string(out), args[0])
	})
}

func redisCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "redis NAME [OPTION…]")
	s := sessionOf(ts)
	s.servers[args[0]] = redistest.Start(s, args[1:]...)
	ts.Setenv(args[0], s.servers[args[0]].Addr)
}

func replicaCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "replica NAME OF")
	s := sessionOf(ts)
	ts.Setenv(args[0], redistest.Replica(s, s.servers[args[1]]).Addr)
}

func clusterCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "cluster NAME N")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i, address := range redistest.Cluster(sessionOf(ts), n) {
		ts.Setenv(args[0]+strconv.Itoa(i+1), address)
	}
}

func forwardCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "forward NAME ADDRESS")
	ts.Setenv(args[0], forward(sessionOf(ts), args[1]))
}

func labCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, "lab [FLAG…]")
	s := sessionOf(ts)
	c := command(ts, append([]string{"aafailover", "lab", "-o", "json"}, args...))
	s.labErr = new(bytes.Buffer) // each lab has its own: several may run
	c.Stderr = s.labErr
	out, err := c.StdoutPipe()
	ts.Check(err)
	ts.Check(c.Start())
	s.lab = c
	s.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		ts.Fatalf("the lab ended before it was ready: %s", s.labErr.String())
	}
	var ready struct {
		Schema, Control, Config string
		Regions                 []struct{ Name, URL string }
	}
	ts.Check(json.Unmarshal(line, &ready))
	if ready.Schema != "aafailover.lab/v1" {
		ts.Fatalf("schema %q", ready.Schema)
	}
	ts.Setenv("LAB", ready.Control)
	ts.Setenv("LABFILE", ready.Config)
	for _, r := range ready.Regions {
		ts.Setenv(r.Name, strings.TrimPrefix(r.URL, "redis://"))
	}
}

func endLabCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "endlab INT|TERM|KILL")
	s := sessionOf(ts)
	ts.Check(s.lab.Process.Signal(map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}[args[0]]))
	if args[0] == "KILL" {
		_ = s.lab.Wait()
		return
	}
	if code := codeOf(ts, s.lab.Wait()); code != 0 || s.labErr.Len() > 0 {
		ts.Fatalf("exit code %d, stderr: %s", code, s.labErr.String())
	}
}
