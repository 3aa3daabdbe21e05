//go:build unix

package matrix_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// observer is the program, which probes a lab from a process of its own. What befalls a process can be done to it.
type observer struct {
	process    *exec.Cmd
	judge      *judge
	complaints strings.Builder // read when it has ended
	last       chan lastLine   // the last line
}

// lastLine is what is looked at of the last line.
type lastLine struct {
	Verdict probe.Verdict `json:"verdict"`
	Links   []struct {
		From, To string
		State    probe.LinkState
		Cells    []struct{ Lost, Overdue uint64 }
	} `json:"links"`
}

// startObserver starts a lab and the program that probes it, and waits until that says that all is well.
func startObserver(t *testing.T, says string) *observer {
	t.Helper()
	s, err := parse("observer", []byte("says: "+says+"\nsteps: [{expect: {verdict: healthy, allowed: [unobservable], changes: 1000}}]"))
	if err != nil {
		t.Fatal(err)
	}
	c := lab.Config{}
	for _, r := range s.Regions {
		c.Regions = append(c.Regions, lab.RegionConfig{Name: r.Name, Shards: r.Shards})
	}
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"probe", "--output", "ndjson"}
	for _, r := range status.Regions {
		args = append(args, "--region", r.Name+"="+r.URL)
	}
	o := &observer{process: exec.Command(self, args...), judge: newJudge(s), last: make(chan lastLine, 1)}
	o.process.Env = []string{asObserver + "=1", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	o.process.Stderr = &o.complaints
	output, err := o.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.process.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() { read <- o.read(output) }()
	t.Cleanup(func() {
		_ = o.process.Process.Kill()
		if err := <-read; err != nil {
			t.Error(err)
		}
		_ = o.process.Wait()
		if t.Failed() {
			t.Log(o.complaints.String())
		}
	})
	o.until(t, probe.Healthy)
	o.judge.begin(s.Steps[0].Expect)
	return o
}

// read judges what the program prints.
func (o *observer) read(output io.Reader) error {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e struct {
			Schema, Kind, Region, From, To, Was, State, Detail string
			Verdict                                            probe.Verdict
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("%w: %s", err, lines.Text())
		}
		if e.Schema != "" {
			var s lastLine
			if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
				return err
			}
			o.last <- s
			continue
		}
		o.judge.event(probe.Event{Kind: probe.EventKind(e.Kind), Region: e.Region, Shard: -1, From: e.From, To: e.To, Slot: -1,
			Was: e.Was, State: e.State, Detail: e.Detail})
	}
	return lines.Err()
}

// until waits until the program tells a verdict.
func (o *observer) until(t *testing.T, want probe.Verdict) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(2 * time.Minute)
	for o.judge.verdict() != want {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("it never says %s, but %s", want, o.judge.verdict())
		}
	}
}

func (o *observer) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := o.process.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// stopFor stops the process for some time.
func (o *observer) stopFor(t *testing.T, d time.Duration) {
	t.Helper()
	o.signal(t, syscall.SIGSTOP)
	<-time.After(d)
	o.signal(t, syscall.SIGCONT)
}

// wellInTheEnd waits until the program has found all well again, ends it, and looks at what it told.
func (o *observer) wellInTheEnd(t *testing.T) {
	t.Helper()
	<-time.After(4 * time.Second) // longer than it takes to call anything down, and to take that back
	o.until(t, probe.Healthy)
	o.signal(t, syscall.SIGINT)
	var s lastLine
	select {
	case s = <-o.last:
	case <-time.After(2 * time.Minute):
		t.Fatal("it does not end")
	}
	o.judge.mu.Lock()
	defer o.judge.mu.Unlock()
	wrong := o.judge.wrong
	if s.Verdict != probe.Healthy || len(s.Links) != 9 {
		wrong = append(wrong, fmt.Sprintf("in the end: %s, %d links", s.Verdict, len(s.Links)))
	}
	for _, l := range s.Links {
		if l.State != probe.LinkUp {
			wrong = append(wrong, fmt.Sprintf("in the end %s->%s is %s", l.From, l.To, l.State))
		}
		for _, c := range l.Cells {
			if c.Lost+c.Overdue > 0 {
				wrong = append(wrong, fmt.Sprintf("%s->%s is charged with %d lost and %d overdue", l.From, l.To, c.Lost, c.Overdue))
			}
		}
	}
	if len(wrong) > 0 {
		t.Errorf("%s:\n%s\n%s", o.judge.scenario.Says, strings.Join(wrong, "\n"), strings.Join(o.judge.timeline, "\n"))
	}
}

// In a run of the whole matrix the observer is stopped for as long as the scenario says.
func pause() time.Duration {
	if *tcp > 0 {
		return 10 * time.Second
	}
	return 3 * time.Second
}

func TestAnObserverThatIsStoppedChargesNobody(t *testing.T) {
	t.Parallel()
	o := startObserver(t, "The process of the observer is stopped by SIGSTOP, and goes on.")
	o.stopFor(t, pause())
	o.wellInTheEnd(t)
}

func TestAnObserverThatIsStarvedChargesNobody(t *testing.T) {
	t.Parallel()
	o := startObserver(t, "The process of the observer runs for a fifth of the time only.")
	for end := time.Now().Add(pause()); time.Now().Before(end); {
		o.stopFor(t, 400*time.Millisecond)
		<-time.After(100 * time.Millisecond)
	}
	o.wellInTheEnd(t)
}
