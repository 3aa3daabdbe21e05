//go:build unix

package faults_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
)

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

// await waits for something that another process brings about.
func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never came true:", what)
		}
	}
}

func read(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

// scene is a folder in which commands leave what they did.
type scene struct {
	t         *testing.T
	did, log  string
	goOn      string // a file that commands may wait for
	watchdogs []*faults.Watchdog
}

func newScene(t *testing.T) *scene {
	folder := t.TempDir()
	s := &scene{t: t, did: filepath.Join(folder, "did"), log: filepath.Join(folder, "log"), goOn: filepath.Join(folder, "go-on")}
	t.Setenv("DID", s.did)
	t.Setenv("GO_ON", s.goOn)
	t.Cleanup(func() {
		for _, w := range s.watchdogs {
			s.close(w)
		}
	})
	return s
}

func (s *scene) watchdog() *faults.Watchdog {
	w, err := faults.StartWatchdog(s.t.Context(), faults.WatchdogOptions{
		Argv: []string{os.Args[0], "watchdog"}, Run: "r1", Log: s.log, Attempts: 5, Pause: time.Millisecond})
	if err != nil {
		s.t.Fatal(err)
	}
	s.watchdogs = append(s.watchdogs, w)
	return w
}

func (s *scene) close(w *faults.Watchdog) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Close(ctx); err != nil {
		s.t.Error(err)
	}
}

func (s *scene) expect(want string) {
	s.t.Helper()
	if got := read(s.did); got != want {
		s.t.Errorf("done: %q, want %q; the log:\n%s", got, want, read(s.log))
	}
}

// awaitLog waits for a line of the watchdog's log.
func (s *scene) awaitLog(text string) {
	s.t.Helper()
	await(s.t, text+" in the log", func() bool { return strings.Contains(read(s.log), text) })
}

// A drill that is killed by SIGKILL, at whatever moment, leaves no fault, and no heal runs twice at once.
func TestAKilledDrillIsHealed(t *testing.T) {
	for _, row := range []struct {
		name         string
		inject, heal string
		then         string // what the drill does when the fault is made
		at           string // what is in the file when it is killed
		want         string
	}{
		{"while the fault is in force", `echo inject >>$DID`, `echo heal >>$DID`, "wait", "inject\n", "inject\nheal\n"},
		{"while the fault is being made: that ends first", `echo begins >>$DID; sleep 1000; echo inject >>$DID`, `echo heal >>$DID`, "wait",
			"begins\n", "begins\nheal\n"},
		{"while it heals: that is waited for", `echo inject >>$DID`,
			`echo begins >>$DID; until [ -e $GO_ON ]; do sleep 0.01; done; echo ends >>$DID`, "heal", "inject\nbegins\n", "inject\nbegins\nends\n"},
		{"while it heals in vain: it is tried again", `echo inject >>$DID`,
			`echo heal >>$DID; until [ -e $GO_ON ]; do sleep 0.01; done; [ $(wc -l <$DID) -ge 4 ]`, "heal", "inject\nheal\n", "inject\nheal\nheal\nheal\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newScene(t)
			drill := exec.Command(os.Args[0], "drill", row.inject, row.heal, s.log, row.then)
			out, err := drill.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := drill.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, "the moment has come", func() bool { return read(s.did) == row.at })
			if row.at == "inject\n" {
				scan := bufio.NewScanner(out)
				for scan.Scan() && scan.Text() != "injected" {
					continue
				}
			}
			if err := drill.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = drill.Wait()
			if err := os.WriteFile(s.goOn, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if row.then == "heal" && row.want == "inject\nbegins\nends\n" {
				s.awaitLog("there is nothing to undo")
			} else {
				s.awaitLog("drill r1: healed")
			}
			s.expect(row.want)
		})
	}
}

// A drill that heals needs nobody else to do it.
func TestAHealedDrillDisarmsTheWatchdog(t *testing.T) {
	s := newScene(t)
	w := s.watchdog()
	c := faults.NewCommand(faults.CommandOptions{Inject: `echo inject >>$DID`, Heal: `echo heal >>$DID`}, w)
	if err := c.Do(t.Context(), killUS); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Heal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.close(w)
	s.expect("inject\nheal\n")
	s.awaitLog("there is nothing to undo")
	if _, err := w.Undo(t.Context(), faults.Task{}); !errors.Is(err, faults.ErrWatchdog) {
		t.Errorf("after its end: %v", err)
	}
}

// What is meant for the drill, or for its terminal, does not end the watchdog.
func TestTheWatchdogWithstandsSignals(t *testing.T) {
	s := newScene(t)
	w := s.watchdog()
	c := faults.NewCommand(faults.CommandOptions{Inject: "true", Heal: `echo heal >>$DID`}, w)
	if err := c.Do(t.Context(), killUS); err != nil {
		t.Fatal(err)
	}
	for _, signal := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		if err := w.Process().Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	if session, err := getsid(w.Process().Pid); err != nil || session != w.Process().Pid {
		t.Errorf("it is in session %d, %v", session, err)
	}
	if _, err := w.Undo(t.Context(), faults.Task{Line: "true"}); err != nil {
		t.Error(err)
	}
	s.close(w) // with the fault in force
	s.expect("heal\n")
}

// getsid is the session of a process.
func getsid(pid int) (int, error) {
	session, _, errno := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(session), nil
}

// When the watchdog itself was killed, the drill heals what it can still heal.
func TestTheDrillHealsWithoutItsWatchdog(t *testing.T) {
	s := newScene(t)
	w := s.watchdog()
	c := faults.NewCommand(faults.CommandOptions{Inject: `echo inject >>$DID`, Heal: `echo heal >>$DID`}, w)
	if err := c.Do(t.Context(), killUS); err != nil {
		t.Fatal(err)
	}
	if err := w.Process().Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.expect("inject\nheal\n")
	if err := c.Do(t.Context(), killUS); !errors.Is(err, faults.ErrWatchdog) {
		t.Errorf("another fault: %v", err)
	}
}

// An undo that never succeeds is given up at some time, and said so.
func TestTheWatchdogGivesUp(t *testing.T) {
	s := newScene(t)
	w := s.watchdog()
	c := faults.NewCommand(faults.CommandOptions{Inject: "true", Heal: `echo heal >>$DID; echo no way >&2; false`}, w)
	if err := c.Do(t.Context(), killUS); err != nil {
		t.Fatal(err)
	}
	if err := c.Heal(t.Context()); err == nil || !strings.Contains(err.Error(), "exit status 1: no way") {
		t.Error(err)
	}
	s.close(w)
	s.expect(strings.Repeat("heal\n", 6))
	s.awaitLog("could not be healed in 5 attempts: exit status 1: no way")
}

// A fault that is called off, or takes too long, is killed with all that it started, and healed all the same.
func TestAFaultThatIsCalledOff(t *testing.T) {
	for _, row := range []struct {
		name  string
		limit time.Duration
		want  string
	}{
		{"by the drill", time.Hour, "context canceled"},
		{"by its limit", 300 * time.Millisecond, "the command took too long: more than 300ms"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newScene(t)
			w := s.watchdog()
			c := faults.NewCommand(faults.CommandOptions{Inject: `sleep 1000 & echo begins >>$DID; wait; echo inject >>$DID`,
				Heal: `echo heal >>$DID`, Limit: row.limit}, w)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if row.limit == time.Hour {
				go func() {
					for read(s.did) == "" && ctx.Err() == nil {
						<-time.After(5 * time.Millisecond)
					}
					cancel()
				}()
			}
			if err := c.Do(ctx, killUS); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %s", err, row.want)
			}
			// The limit is for the heal, too, and a slow machine may need more than one.
			await(t, "it is healed", func() bool { return c.Heal(t.Context()) == nil })
			if did := read(s.did); strings.Contains(did, "inject") || !strings.Contains(did, "heal") {
				t.Errorf("done: %q", did)
			}
		})
	}
}

// A watchdog that cannot keep its log is not started: nobody would know what it did.
func TestTheLogMustBeWritable(t *testing.T) {
	s := newScene(t)
	_, err := faults.StartWatchdog(t.Context(), faults.WatchdogOptions{
		Argv: []string{os.Args[0], "watchdog"}, Log: filepath.Join(s.did, "no", "such", "folder")})
	if err == nil || !strings.Contains(err.Error(), "start the watchdog: open ") {
		t.Error(err)
	}
}

// Whoever finishes a drill that was killed waits for its watchdog, so that no two heals run at once, and is told whether there
// is anything left to heal.
func TestTheWatchdogIsAwaited(t *testing.T) {
	for _, row := range []struct {
		name, heal string
		healed     bool
	}{
		{"it heals, which takes a while", `until [ -e $GO_ON ]; do sleep 0.01; done; echo heal >>$DID`, true},
		{"it gives up", `until [ -e $GO_ON ]; do sleep 0.01; done; false`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newScene(t)
			w := s.watchdog()
			c := faults.NewCommand(faults.CommandOptions{Inject: "true", Heal: row.heal}, w)
			if err := c.Do(t.Context(), killUS); err != nil {
				t.Fatal(err)
			}
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			_ = w.Close(gone) // as a drill that is killed: it heals from now on
			healed, err := faults.AwaitWatchdog(t.Context(), s.log, func() {
				if err := os.WriteFile(s.goOn, nil, 0o600); err != nil {
					t.Error(err)
				}
			})
			if err != nil || healed != row.healed {
				t.Errorf("healed: %v, %v; the log:\n%s", healed, err, read(s.log))
			}
			if row.healed {
				s.expect("heal\n")
			}
		})
	}
	if healed, err := faults.AwaitWatchdog(t.Context(), filepath.Join(t.TempDir(), "none"), nil); healed || err != nil {
		t.Errorf("without a watchdog: %v, %v", healed, err)
	}
}

// A heal that was begun is not called off by Ctrl-C, to be begun again at once.
func TestAHealIsNotCalledOff(t *testing.T) {
	s := newScene(t)
	w := s.watchdog()
	c := faults.NewCommand(faults.CommandOptions{Inject: "true", Heal: `echo begins >>$DID; until [ -e $GO_ON ]; do sleep 0.01; done; echo ends >>$DID`}, w)
	if err := c.Do(t.Context(), killUS); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Do(ctx, drill.Action{Kind: drill.Start, Region: "us"}) }()
	await(t, "it heals", func() bool { return read(s.did) != "" })
	cancel()
	if err := os.WriteFile(s.goOn, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := c.Heal(t.Context()); err != nil {
		t.Error(err)
	}
	s.expect("begins\nends\n")
}
