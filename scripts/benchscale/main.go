//go:build unix

// Command benchscale measures what a probe takes that watches many shards: `benchscale [-binary FILE] [-regions 5]
// [-shards 256] [-interval 500ms] [-for 60s] [-runs 3]`. It starts a lab in one process and the probe in another, and
// reads from the operating system what the probe's process took. The figures are set beside what the project wants to
// reach; they fail nothing, because a machine that is busy with something else is no fault of the program. What must
// hold on any machine fails the run: a verdict that is not healthy, a message that was overdue, and an observer that was late.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// What the probe should take at 5 regions x 256 shards, twice a second.
const (
	wantedCores  = 0.4
	wantedMemory = 120 // MB
)

// trial is what is run, and how often.
type trial struct {
	binary   string
	regions  int
	shards   int
	interval time.Duration
	lasting  time.Duration
	runs     int
}

// outcome is what one run of the probe took, and whether it saw what there was to see.
type outcome struct {
	cores    float64 // CPU time by time, start-up included
	memory   float64 // MB of 10^6 bytes, the most that was resident
	cells    int
	sent     uint64 // messages, counted once for each region that expects them
	overdue  uint64
	late     uint64
	observer int // events that say that the observer was late
	verdict  string
}

func main() {
	var t trial
	flag.StringVar(&t.binary, "binary", "", "the program to measure (default: built from here)")
	flag.IntVar(&t.regions, "regions", 5, "regions of the lab")
	flag.IntVar(&t.shards, "shards", 256, "shards of every region")
	flag.DurationVar(&t.interval, "interval", 500*time.Millisecond, "between two messages on a channel")
	flag.DurationVar(&t.lasting, "for", time.Minute, "how long each run takes")
	flag.IntVar(&t.runs, "runs", 3, "how many runs")
	flag.Parse()
	if err := t.run(); err != nil {
		fmt.Fprintln(os.Stderr, "benchscale:", err)
		os.Exit(1)
	}
}

func (t trial) run() error {
	folder, err := os.MkdirTemp("", "benchscale")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // only what this program made
	if t.binary == "" {
		t.binary = filepath.Join(folder, "aafailover")
		if out, err := exec.Command("go", "build", "-o", t.binary, ".").CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w: %s", err, out)
		}
	}
	control, stop, err := t.startLab()
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("%d regions x %d shards, a message every %v on each channel, %d runs of %v\n\n", t.regions, t.shards, t.interval, t.runs, t.lasting)
	fmt.Printf(" run    cores    MB     cells     expected   overdue   late   observer late   verdict\n")
	var worst outcome
	var failed error
	for i := range t.runs {
		o, err := t.probe(control)
		if err != nil {
			return err
		}
		fmt.Printf("%4d   %6.3f  %5.1f  %6d   %10d   %7d  %5d   %13d   %s\n", i+1, o.cores, o.memory, o.cells, o.sent, o.overdue, o.late, o.observer, o.verdict)
		worst.cores, worst.memory = max(worst.cores, o.cores), max(worst.memory, o.memory)
		if o.verdict != "healthy" || o.overdue > 0 || o.observer > 0 {
			failed = errors.New("a healthy lab was not seen as such in every run")
		}
	}
	fmt.Printf("\n cores   %.3f, wanted %.1f: %s\n memory  %.1f MB, wanted %d: %s\n",
		worst.cores, wantedCores, reached(worst.cores < wantedCores), worst.memory, wantedMemory, reached(worst.memory < wantedMemory))
	return failed
}

func reached(ok bool) string {
	if ok {
		return "reached"
	}
	return "NOT reached"
}

// startLab starts the lab in a process of its own, and returns where it takes faults.
func (t trial) startLab() (control string, stop func(), err error) {
	names := make([]string, t.regions)
	for i := range names {
		names[i] = fmt.Sprintf("r%d", i+1)
	}
	lab := exec.Command(t.binary, "lab", "--regions", strings.Join(names, ","), "--shards", fmt.Sprint(t.shards), "-o", "json")
	lab.Stderr = os.Stderr
	out, err := lab.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := lab.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = lab.Process.Signal(syscall.SIGTERM)
		_ = lab.Wait()
	}
	var started struct {
		Control string `json:"control"`
	}
	if err := json.NewDecoder(out).Decode(&started); err != nil {
		stop()
		return "", nil, fmt.Errorf("start the lab: %w", err)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // ends with the lab
	return started.Control, stop, nil
}

// probe watches the lab once.
func (t trial) probe(control string) (outcome, error) {
	var out bytes.Buffer
	c := exec.Command(t.binary, "probe", "--lab", "--control", control, "--interval", t.interval.String(),
		"--max-messages", fmt.Sprint(1<<20), "--for", t.lasting.String(), "-o", "json")
	c.Stdout = &out
	begun := time.Now()
	if err := c.Run(); err != nil && c.ProcessState == nil {
		return outcome{}, err
	}
	took := time.Since(begun)
	var found struct {
		Verdict string
		Links   []struct {
			Cells []struct{ Sent, Overdue, Lost, Late uint64 }
		}
		Events []struct{ Kind string }
	}
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		return outcome{}, fmt.Errorf("what the probe reports: %w", err)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return outcome{}, errors.New("this system does not tell what a process took")
	}
	o := outcome{
		cores:   (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds() / took.Seconds(),
		memory:  float64(usage.Maxrss) * 1024 / 1e6, // Linux counts KiB
		verdict: found.Verdict,
	}
	for _, l := range found.Links {
		for _, cell := range l.Cells {
			o.cells++
			o.sent += cell.Sent
			o.overdue += cell.Overdue + cell.Lost
			o.late += cell.Late
		}
	}
	for _, e := range found.Events {
		if e.Kind == "observer" {
			o.observer++
		}
	}
	return o, nil
}
