//go:build unix

package program_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/drill/service/program"
	"github.com/aafailover/aafailover/internal/hint"
)

// role is the variable that makes this test another program: the guard of a service, or a drill that is killed.
const role = "PROGRAM_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "guard":
		program.Guard(os.Stdin)
	case "drill":
		drillMain()
	default:
		goleak.VerifyTestMain(m)
	}
}

// guard is the command line of this test as a guard.
func guard() []string { return []string{"env", role + "=guard", os.Args[0]} }

// drillMain starts the service in os.Args, says so, and waits for it.
func drillMain() {
	p, err := program.Start(program.Options{Name: "service", Arguments: os.Args[1:], Output: io.Discard, Guard: guard()})
	if err != nil {
		panic(err)
	}
	_ = os.Stdout.Close()
	p.Wait()
}

// output is what a service printed.
type output struct {
	mu   sync.Mutex
	said bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.Write(b)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.String()
}

func start(t *testing.T, o program.Options, script string) (*program.Program, *output) {
	t.Helper()
	out := new(output)
	o.Name, o.Output = "service", out
	o.Arguments = []string{"sh", "-c", script}
	p, err := program.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop() })
	return p, out
}

// await waits for a condition that another process brings about.
func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !cond(); {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// runs tells whether a process exists that is more than an entry for a parent that does not come for it.
func runs(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

// pidIn reads a number that a script has written, when it has.
func pidIn(t *testing.T, path string) int {
	t.Helper()
	pid := 0
	await(t, "a number in "+path, func() bool {
		text, _ := os.ReadFile(path)
		line, _, whole := strings.Cut(string(text), "\n")
		pid, _ = strconv.Atoi(line)
		return whole && pid > 0
	})
	return pid
}

func TestHowAServiceEnds(t *testing.T) {
	for _, row := range []struct {
		name   string
		script string
		stop   bool
		grace  time.Duration
		want   string
		code   int
	}{
		{"by itself, with its status", "exit 7", false, 0, "it ended with status 7", 7},
		{"by a signal of its own", "kill -USR1 $$", false, 0, "it was ended by a signal: user defined signal 1", -1},
		{"when it is asked to", "echo ready; sleep 1000 & wait", true, time.Hour, "it was ended by a signal: terminated", -1},
		{"when it is asked to, in good order", `trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done`, true, time.Hour, "it ended with status 0", 0},
		{"not when it is asked to", `trap '' TERM; echo ready; while :; do sleep 0.05; done`, true, 50 * time.Millisecond, "it was killed, since it did not end when it was asked to", -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, out := start(t, program.Options{Grace: row.grace}, row.script)
			if row.stop {
				await(t, "ready", func() bool { return strings.Contains(out.text(), "ready") })
				p.Stop()
			}
			end := p.Wait()
			if end.String() != row.want || end.Code != row.code || end.Stopped != row.stop || end.At.IsZero() {
				t.Errorf("%+v: %s", end, end)
			}
			if again := p.Stop(); again != end {
				t.Errorf("ended again: %+v", again)
			}
		})
	}
}

// Whoever waits for the end is told, however many do.
func TestSeveralWaitForTheEnd(t *testing.T) {
	p, _ := start(t, program.Options{Guard: guard()}, "sleep 1000")
	var waiting sync.WaitGroup
	for range 4 {
		waiting.Go(func() {
			if end := p.Wait(); !end.Stopped {
				t.Errorf("%+v", end)
			}
		})
	}
	p.Stop()
	waiting.Wait()
}

// What a service has started goes with it: also what does not end when it is asked to.
func TestAllOfAServiceEnds(t *testing.T) {
	for _, row := range []struct {
		name, then string
		stop       bool
	}{
		{"it is asked to end", "wait", true},
		{"it ends, and leaves something behind", "exit 0", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pid")
			p, _ := start(t, program.Options{Environment: []string{"CHILD=" + path}, Guard: guard()},
				`sh -c 'trap "" TERM; echo $$ > $CHILD; while :; do sleep 0.05; done' & while ! [ -s $CHILD ]; do sleep 0.01; done; `+row.then)
			child := pidIn(t, path)
			if row.stop {
				p.Stop()
			}
			p.Wait()
			await(t, "the child ends", func() bool { return !runs(child) })
		})
	}
}

// A drill that is killed cannot end its service: the guard does, and all that the service has started.
func TestAServiceDoesNotOutliveADrillThatIsKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	drill := exec.Command(os.Args[0], "sh", "-c", `(while :; do sleep 0.05; done) & echo $! > $CHILD; wait`)
	drill.Env = append(os.Environ(), role+"=drill", "CHILD="+path)
	started, err := drill.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := drill.Start(); err != nil {
		t.Fatal(err)
	}
	child := pidIn(t, path)
	if _, err := io.Copy(io.Discard, started); err != nil { // ends when the guard is there
		t.Fatal(err)
	}
	if err := drill.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = drill.Wait()
	await(t, "the child ends", func() bool { return !runs(child) })
}

func TestAServiceThatDoesNotStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "service.py")
	if err := os.WriteFile(file, []byte("print(1)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name      string
		arguments []string
		err, hint string
	}{
		{"no such program", []string{"no-such-service", "x"}, "start the service: no-such-service: executable file not found in $PATH", "no such program here"},
		{"no such file", []string{"./no/such/service"}, "start the service: ./no/such/service: no such file or directory", "no such program here"},
		{"a file that cannot be executed", []string{file}, "start the service: " + file + ": permission denied", "the file may not be executed"},
		{"nothing", nil, "start the service: no command is given", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := program.Start(program.Options{Name: "service", Arguments: row.arguments, Output: io.Discard})
			if err == nil || err.Error() != row.err || row.hint != "" && (len(hint.Of(err)) != 1 || !strings.HasPrefix(hint.Of(err)[0], row.hint)) {
				t.Errorf("%v, hints %q", err, hint.Of(err))
			}
		})
	}
}

// Settings of this program, passwords among them, are not the service's to see; all else is.
func TestWhatAServiceInherits(t *testing.T) {
	t.Setenv("AAFAILOVER_PASSWORD", "secret")
	t.Setenv("INHERITED", "from here")
	p, out := start(t, program.Options{Environment: []string{"AAFAILOVER_REGIONS=us"}}, `echo "$AAFAILOVER_PASSWORD,$INHERITED,$AAFAILOVER_REGIONS"; cat`)
	p.Wait()
	if got := out.text(); got != "service | ,from here,us\n" {
		t.Errorf("%q", got)
	}
}

func TestLinesOfAService(t *testing.T) {
	for _, row := range []struct{ name, script, want string }{
		{"both streams, line by line", `echo one; echo two >&2`, "service | one\nservice | two\n"},
		{"the last line may be none", `printf 'one\ntwo'`, "service | one\nservice | two\n"},
		{"empty lines are left out", `printf '\n\none\n\n'`, "service | one\n"},
		{"no control characters", `printf 'a\033[31mred\ttab\r\n'`, "service | a\ufffd[31mred tab\n"},
		{"no commands to a job of CI", `echo '##[error]no'`, "service | #?[error]no\n"},
		{"a long line is cut", `head -c 100000 /dev/zero | tr '\0' x`, "service | " + strings.Repeat("x", 400) + "…\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, out := start(t, program.Options{}, row.script)
			p.Wait()
			if got := out.text(); got != row.want {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}

// A service that prints without end is neither held up nor passed on whole: what is left out is counted.
func TestAServiceThatPrintsALot(t *testing.T) {
	const printed = 200_000
	p, out := start(t, program.Options{}, `yes aaaa | head -n `+strconv.Itoa(printed))
	p.Wait()
	passed, left := 0, 0
	for line := range strings.Lines(out.text()) {
		if text, ok := strings.CutSuffix(line, " lines not shown\n"); ok {
			n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimPrefix(text, "service | … "), ",", ""))
			if err != nil {
				t.Error(err)
			}
			left += n
			continue
		}
		passed++
	}
	if passed == 0 || passed > printed/2 || passed+left != printed {
		t.Errorf("%d lines were passed on, and %d said to be left out", passed, left)
	}
}

// stuck is a reader that never comes back.
type stuck struct{ release chan struct{} }

func (s stuck) Write(b []byte) (int, error) {
	<-s.release
	return len(b), nil
}

func TestWhoReadsSlowlyDoesNotHoldUpTheService(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	out := stuck{make(chan struct{})}
	p, err := program.Start(program.Options{Name: "service", Output: out, Environment: []string{"CHILD=" + path},
		Arguments: []string{"sh", "-c", `yes aaaa | head -n 100000; echo $$ > $CHILD`}})
	if err != nil {
		t.Fatal(err)
	}
	pidIn(t, path) // it got there though nobody has read a line
	close(out.release)
	p.Wait()
}

func TestALogGetsWhatIsPrintedAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err := program.Start(program.Options{Name: "service", Log: file, Arguments: []string{"printf", `a\033[31m\n\n`}})
	if err != nil {
		t.Fatal(err)
	}
	if end := p.Wait(); end.Code != 0 {
		t.Error(end)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "a\x1b[31m\n\n" {
		t.Errorf("%q, %v", got, err)
	}
}
