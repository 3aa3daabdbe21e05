package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// watchedTerminal is a terminal with a live line, as stderr is one, and its screen.
func watchedTerminal(columns int) (stderr *aboveLine, screen *bytes.Buffer) {
	screen = new(bytes.Buffer)
	return &aboveLine{w: screen, line: &liveLine{w: screen, columns: func() int { return columns }}}, screen
}

// after lets so much time go by, with all that happens in it.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// onScreen is what stands on the screen at the end: the lines, the last of them the one with the cursor.
func onScreen(screen *bytes.Buffer) []string {
	lines := strings.Split(screen.String(), "\n")
	for i, line := range lines {
		if last := strings.LastIndex(line, eraseLine); last >= 0 {
			lines[i] = line[last+len(eraseLine):]
		}
	}
	return lines
}

func TestTheLiveLineTellsWhatTakesItsTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		do   func(stderr *aboveLine)
		want []string // the lines on the screen
	}{
		{"what takes less than half a second never shows", func(stderr *aboveLine) {
			for range 10 {
				s := progress(stderr, "quick")
				after(livePatience - time.Millisecond)
				s.end()
			}
		}, []string{""}},
		{"what takes longer says for how long", func(stderr *aboveLine) {
			progress(stderr, "asking %s", "us, eu")
			after(time.Second + time.Millisecond)
		}, []string{" asking us, eu  1.0 s"}},
		{"and how far it is, and how long it may take", func(stderr *aboveLine) {
			progress(stderr, "asking").within(90*time.Second).note("%d of %d", 1, 3)
			after(12*time.Second + time.Millisecond)
		}, []string{" asking: 1 of 3  12 s of 1m30s"}},
		{"at its end it goes", func(stderr *aboveLine) {
			s := progress(stderr, "asking")
			after(time.Second)
			s.end()
			s.end()
			after(time.Minute)
		}, []string{""}},
		{"the time of the next begins anew", func(stderr *aboveLine) {
			s := progress(stderr, "steady").within(time.Hour)
			s.note("so far")
			after(time.Second)
			s.next("outage")
			after(700 * time.Millisecond)
		}, []string{" outage  0.7 s"}},
		{"between one and the next, what was is not shown as what is", func(stderr *aboveLine) {
			s := progress(stderr, "steady")
			after(time.Second)
			s.next("outage")
			after(200 * time.Millisecond)
		}, []string{""}},
		{"of several the newest is told of", func(stderr *aboveLine) {
			progress(stderr, "the whole")
			after(time.Second)
			progress(stderr, "a part")
			after(time.Second)
		}, []string{" a part  1.0 s"}},
		{"unless it is quick", func(stderr *aboveLine) {
			progress(stderr, "the whole")
			after(time.Second)
			progress(stderr, "a part")
			after(300 * time.Millisecond)
		}, []string{" the whole  1.3 s"}},
		{"after it the other is", func(stderr *aboveLine) {
			progress(stderr, "the whole")
			part := progress(stderr, "a part")
			after(time.Second)
			part.end()
			after(time.Second)
		}, []string{" the whole  2.0 s"}},
		{"messages stand above it", func(stderr *aboveLine) {
			progress(stderr, "asking")
			after(time.Second)
			say(stderr, "us: refused")
			after(time.Second)
			complain(stderr, errors.New("eu: refused"), "look there")
			after(time.Second)
		}, []string{"us: refused", "aafailover: eu: refused", "hint: look there", " asking  3.0 s"}},
		{"what does not end its line is not written over", func(stderr *aboveLine) {
			progress(stderr, "asking")
			after(time.Second)
			_, _ = stderr.Write([]byte("password? "))
			after(time.Minute)
		}, []string{"password? "}},
		{"until it does", func(stderr *aboveLine) {
			progress(stderr, "asking")
			_, _ = stderr.Write([]byte("one "))
			after(time.Second)
			_, _ = stderr.Write([]byte("line\n"))
			after(time.Second)
		}, []string{"one line", " asking  2.0 s"}},
		{"what a server says cannot break it", func(stderr *aboveLine) {
			progress(stderr, "asking %s", "a\nb\x1b[2J")
			after(time.Second)
		}, []string{" asking a b [2J  1.0 s"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stderr, screen := watchedTerminal(80)
				row.do(stderr)
				stderr.line.mu.Lock()
				defer stderr.line.mu.Unlock()
				if stderr.line.look != nil {
					stderr.line.look.Stop()
					stderr.line.look = nil
				}
				if got := onScreen(screen); strings.Join(got, "\n") != strings.Join(row.want, "\n") {
					t.Errorf("on the screen is %q, want %q", got, row.want)
				}
			})
		})
	}
}

func TestWhatDoesNotChangeIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stderr, screen := watchedTerminal(80)
		s := progress(stderr, "asking")
		after(20*time.Second + time.Millisecond) // 200 looks: 0.5 s to 10 s by tenths, and ten whole seconds after
		s.end()
		if n := strings.Count(screen.String(), eraseLine); n != 95+11+1 {
			t.Errorf("the line was written %d times", n)
		}
	})
}

// Whoever writes at the same time, no message is lost or written into, and the line goes with the last step.
func TestManyMayWriteBesideTheLiveLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stderr, screen := watchedTerminal(80)
		var writing sync.WaitGroup
		const writers, lines = 8, 50
		for i := range writers {
			writing.Go(func() {
				s := progress(stderr, "writer %d", i)
				defer s.end()
				for n := range lines {
					s.note("%d of %d", n, lines)
					say(stderr, "%d/%d", i, n)
					time.Sleep(time.Duration(i+1) * 97 * time.Millisecond)
				}
			})
		}
		writing.Wait()
		seen := onScreen(screen)
		if len(seen) != writers*lines+1 || seen[len(seen)-1] != "" {
			t.Fatalf("%d lines, at the end %q", len(seen), seen[len(seen)-1])
		}
		next := make([]int, writers)
		for _, line := range seen[:len(seen)-1] {
			var i, n int
			if _, err := fmt.Sscanf(line, "%d/%d", &i, &n); err != nil || line != fmt.Sprintf("%d/%d", i, n) || n != next[i] {
				t.Fatalf("%q is not what was written", line)
			}
			next[i]++
		}
	})
}

// stopped is a terminal that takes nothing until it is let go, as after Ctrl-S.
type stopped struct {
	screen bytes.Buffer
	letGo  chan struct{}
}

// Write waits.
func (s *stopped) Write(text []byte) (int, error) {
	<-s.letGo
	return s.screen.Write(text)
}

func TestNobodyWaitsForATerminalThatIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		terminal := &stopped{letGo: make(chan struct{})}
		stderr := &aboveLine{w: terminal, line: &liveLine{w: terminal, columns: func() int { return 80 }}}
		began := time.Now()
		s := progress(stderr, "watching")
		after(time.Minute)
		s.note("healthy")
		part := progress(stderr, "a part").within(time.Hour)
		part.next("another part")
		after(time.Minute)
		if took := time.Since(began); took != 2*time.Minute {
			t.Errorf("somebody waited: it took %v", took)
		}
		close(terminal.letGo)
		after(time.Second)
		part.end()
		after(time.Second)
		s.end()
		if n := strings.Count(terminal.screen.String(), " watching"); n == 0 || n > 15 {
			t.Errorf("what had piled up is written %d times", n)
		}
		if got := onScreen(&terminal.screen); len(got) != 1 || got[0] != "" {
			t.Errorf("at the end the screen shows %q", got)
		}
	})
}

func TestTheLiveLineFitsTheTerminal(t *testing.T) {
	t.Parallel()
	s := &step{what: "asking 東京-1, são-paulo, us-east-1 how they are sharded", noted: "1 of 3", limit: 15 * time.Second}
	for columns := range 121 {
		text := s.text(3*time.Second, columns)
		if width := ansi.StringWidth(text); columns > 0 && width >= max(columns, 1) {
			t.Errorf("%d of %d columns: %q", width, columns, text)
		}
		if (columns == 0 || columns > 20) && !strings.HasSuffix(text, "  3.0 s of 15 s") {
			t.Errorf("the time is missing in %d columns: %q", columns, text)
		}
		if columns > 80 && strings.Contains(text, "…") {
			t.Errorf("%d columns are enough: %q", columns, text)
		}
	}
}

func TestWithoutATerminalThereIsNoLiveLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		p := Process{Stdout: file, Stderr: file, Environ: []string{"TERM=xterm"}}.withLiveLine()
		s := progress(p.Stderr, "asking").within(time.Minute)
		after(time.Second)
		s.note("1 of 3")
		s.next("starting")
		say(p.Stderr, "an event")
		after(time.Second)
		s.end()
		if written, err := os.ReadFile(file.Name()); err != nil || string(written) != "an event\n" {
			t.Errorf("written: %q %v", written, err)
		}
	})
}

func TestADashboardHasTheTerminalForItself(t *testing.T) {
	t.Parallel()
	file := os.Stderr
	if got := uncovered(&aboveLine{w: file}); got != file {
		t.Errorf("below a live line is %v", got)
	}
	var other bytes.Buffer
	if got := uncovered(&other); got != &other {
		t.Errorf("without one there is %v", got)
	}
	if _, ok := (Process{Stdin: strings.NewReader(""), Stdout: &other, Stderr: &other, Environ: []string{"TERM=xterm"}}).dashboard(); ok {
		t.Error("a buffer is no terminal")
	}
}
