//go:build unix

package tui_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/internal/tmuxtest"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/tui"
)

// "guard" guards "guarded", which opens a dashboard.
func init() {
	programs = map[string]func(args []string) int{"guard": guardMain, "guarded": guardedMain}
}

// guardMain guards, and says how it has ended.
func guardMain(args []string) int {
	terminal, ok := tui.TerminalOf(os.Stdin, os.Stdout, os.Stderr, os.Environ())
	if !ok {
		fmt.Println("no terminal")
		return 3
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if slices.Contains(args, "called-off") {
		cancel()
	}
	began := time.Now()
	ending, err := terminal.Guard(ctx, append([]string{os.Args[0], "guarded", strconv.FormatInt(began.UnixNano(), 10)}, args...))
	if err != nil {
		fmt.Println(err)
		return 3
	}
	fmt.Printf("ended by code %d, signal %q\n", ending.Code, ending.Killed)
	if ending.Fault != nil {
		fmt.Println(ending.Fault)
		fmt.Println(ending.Fault.Trace)
	}
	return ending.Code
}

// faulty is the dashboard of a lab that panics while it draws, once "v" was typed, and makes a goroutine beside it panic at "g".
type faulty struct {
	*tui.Lab
	drawing *bool
	beside  chan<- struct{}
}

func (s faulty) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if key, ok := msg.(tea.KeyMsg); ok {
		switch key.String() {
		case "v":
			*s.drawing = true
		case "g":
			s.beside <- struct{}{}
		}
	}
	_, next := s.Lab.Update(msg)
	return s, next
}

func (s faulty) View() string {
	if *s.drawing {
		panic("while it draws")
	}
	return s.Lab.View()
}

func guardedMain(args []string) int {
	interrupted, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ctx, release, err := tui.Guarded(interrupted)
	if err != nil {
		fmt.Println(err)
		return 3
	}
	defer release()
	if len(args) > 1 && args[1] == "panic-first" {
		beside := make(chan struct{})
		go func() { panic("before it is shown") }()
		<-beside
	}
	began, _ := strconv.ParseInt(args[0], 10, 64)
	terminal, _ := tui.TerminalOf(os.Stdin, os.Stdout, os.Stderr, os.Environ())
	feed := new(tui.Feed[lab.Status])
	feed.Put(&lab.Status{Regions: []lab.RegionStatus{{Name: fmt.Sprint("process-", os.Getpid(), "-after-", time.Since(time.Unix(0, began)).Milliseconds(), "ms")}}})
	beside := make(chan struct{})
	go func() {
		<-beside
		panic("beside it")
	}()
	err = terminal.Show(ctx, faulty{tui.NewLab(tui.LabConfig{Feed: feed}), new(bool), beside})
	fmt.Printf("shown: %v\n", err)
	if interrupted.Err() == nil && ctx.Err() != nil {
		fmt.Println(context.Cause(ctx))
	}
	return 5
}

// child waits for the dashboard, and returns the process that shows it.
func child(t *testing.T, x *tmuxtest.Terminal) int {
	t.Helper()
	screen := x.WaitForMatch(`process-\d+-after`)
	_, after, _ := strings.Cut(screen, "process-")
	number, _, _ := strings.Cut(after, "-")
	process, err := strconv.Atoi(number)
	if err != nil {
		t.Fatalf("no process in\n%s", screen)
	}
	return process
}

func TestTheTerminalIsGivenBack(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		how  []string
		end  func(t *testing.T, x *tmuxtest.Terminal)
		code int
		says []string
	}{
		{"closed by its key", nil, func(_ *testing.T, x *tmuxtest.Terminal) { x.SendKeys("q") }, 5,
			[]string{"shown: <nil>", `ended by code 5, signal ""`}},
		{"closed by Ctrl-C", nil, func(_ *testing.T, x *tmuxtest.Terminal) { x.SendKeys("C-c") }, 5,
			[]string{"shown: <nil>", `ended by code 5, signal ""`}},
		{"SIGTERM of the process that was started", nil, func(_ *testing.T, x *tmuxtest.Terminal) { x.Signal(syscall.SIGTERM) }, 5,
			[]string{"shown: <nil>", `ended by code 5, signal ""`}},
		{"SIGKILL of the process that shows it", nil, func(t *testing.T, x *tmuxtest.Terminal) {
			if err := syscall.Kill(child(t, x), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}, 137, []string{`ended by code 137, signal "killed"`}},
		{"a panic of any goroutine", nil, func(_ *testing.T, x *tmuxtest.Terminal) { x.SendKeys("g") }, tui.ExitFault,
			[]string{`ended by code 70, signal ""`, "stopped by a fault of its own: panic: beside it", "goroutine ", "guardedMain"}},
		{"a panic of the dashboard, of which the program takes no harm", nil, func(_ *testing.T, x *tmuxtest.Terminal) { x.SendKeys("v") }, 5,
			[]string{"shown: stopped by a fault of its own: panic: while it draws", `ended by code 5, signal ""`}},
		{"a panic before anything is shown", []string{"panic-first"}, nil, tui.ExitFault,
			[]string{"before", `ended by code 70, signal ""`, "stopped by a fault of its own: panic: before it is shown"}},
		{"SIGQUIT, which asks for a trace", nil, func(t *testing.T, x *tmuxtest.Terminal) {
			if err := syscall.Kill(child(t, x), syscall.SIGQUIT); err != nil {
				t.Fatal(err)
			}
		}, tui.ExitFault, []string{"stopped by SIGQUIT: quit"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x := tmuxtest.Start(t, tmuxtest.Options{Columns: 100, Rows: 40})
			x.Run("echo", "before")
			x.ExitCode()
			before := x.Modes()
			x.Run(append([]string{program, "guard"}, row.how...)...)
			if row.end != nil {
				child(t, x)
				during := x.Modes()
				if during.Echo || !during.AlternateScreen || during.Cursor {
					t.Errorf("while it is shown: %+v", during)
				}
				row.end(t, x)
			}
			if code := x.ExitCode(); code != row.code {
				t.Errorf("exit code %d, want %d", code, row.code)
			}
			if after := x.Modes(); after != before {
				t.Errorf("the terminal is left as %+v, before it was %+v", after, before)
			}
			last := row.says[len(row.says)-1]
			x.WaitUntil("all is printed", func(string) bool { return strings.Contains(x.Scrollback(), last) })
			all := x.Scrollback()
			if !strings.HasPrefix(all, "before\n") {
				t.Errorf("what stood there before is gone:\n%s", all)
			}
			for _, text := range row.says {
				if !strings.Contains(all, text) {
					t.Errorf("nothing says %q:\n%s", text, all)
				}
			}
		})
	}
}

// Whoever kills the process that was started is left with a terminal that the other one has mended.
func TestAGuardThatIsKilledTakesTheDashboardWithIt(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 100})
	x.Run("true")
	x.ExitCode()
	before := x.Modes()
	x.Run(program, "guard")
	process := child(t, x)
	x.Signal(syscall.SIGKILL)
	if code := x.ExitCode(); code != 137 {
		t.Errorf("exit code %d", code)
	}
	x.WaitFor("the process that guards the terminal is gone")
	if written := x.Written(); !strings.Contains(written, "\r\nshown: ") { // the shell may have left the cursor anywhere
		t.Errorf("what is said does not begin a line of its own: %q", written[strings.LastIndex(written, "\x1b"):])
	}
	x.WaitUntil("the process is gone", func(string) bool { return syscall.Kill(process, 0) != nil })
	if after := x.Modes(); after != before {
		t.Errorf("the terminal is left as %+v, before it was %+v", after, before)
	}
}

// A signal that came before there was anybody to pass it on to is not lost.
func TestASignalBeforeAnythingIsGuarded(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 100})
	x.Run("true")
	x.ExitCode()
	before := x.Modes()
	x.Run(program, "guard", "called-off")
	if code := x.ExitCode(); code != 5 && code != 130 { // by itself, or by the signal when it was not ready for it yet
		t.Errorf("exit code %d", code)
	}
	if after := x.Modes(); after != before {
		t.Errorf("the terminal is left as %+v, before it was %+v", after, before)
	}
}

// Ctrl-Z stops both processes and gives the terminal to the shell; what goes on then draws itself anew.
func TestADashboardIsSuspended(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 100})
	x.Run("sh", "-m", "-c", fmt.Sprintf(`%q guard; stty -a | tr ' ;' '\n\n' | grep -x -e icanon -e echo | tr '\n' '.'; printf 'suspended '; read -r line; fg; echo "code $?"`, program))
	process := child(t, x)
	x.SendKeys("C-z")
	x.WaitFor("icanon.echo.suspended")
	x.SendKeys("Enter")
	if again := child(t, x); again != process {
		t.Errorf("process %d, and before %d", again, process)
	}
	x.SendKeys("q")
	x.WaitFor("code 5")
	x.ExitCode()
}

// Where there is no shell to go on from, Ctrl-Z is of no use and does no harm: the dashboard stays, and still closes.
func TestADashboardThatNobodyCanLetGoOnIsNotSuspended(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 100})
	x.Run(program, "guard")
	process := child(t, x)
	x.SendKeys("C-z")
	x.WaitUntil("the terminal was given back and taken again", func(string) bool { return strings.Count(x.Written(), "\x1b[?1049h") == 2 })
	if again := child(t, x); again != process {
		t.Errorf("process %d, and before %d", again, process)
	}
	x.SendKeys("q")
	if code := x.ExitCode(); code != 5 {
		t.Errorf("exit code %d", code)
	}
}
