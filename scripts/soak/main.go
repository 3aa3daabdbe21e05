//go:build unix

// Command soak shows whether a probe that runs for long stays as small as it was: `soak [-binary FILE] [-for 1h] [-interval 50ms]
// [-shards 16] [-fault-every 30s]`. It starts a lab in one process and a probe in another, which talk over TCP; makes and heals
// faults, and shards regions anew; and scrapes the probe as Prometheus would.
//
// It fails when the memory, goroutines or open files of the probe in the last third of the time are more than in the middle one, and
// when a counter went down.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// soak is what is run, and for how long.
type soak struct {
	binary   string
	lasting  time.Duration
	interval time.Duration
	shards   int
	faults   time.Duration // from one fault, or its healing, to the next
}

func main() {
	var s soak
	flag.StringVar(&s.binary, "binary", "", "the program to watch (default: built from here)")
	flag.DurationVar(&s.lasting, "for", time.Hour, "how long")
	flag.DurationVar(&s.interval, "interval", 50*time.Millisecond, "between two messages on a channel")
	flag.IntVar(&s.shards, "shards", 16, "shards of each of the three regions")
	flag.DurationVar(&s.faults, "fault-every", 30*time.Second, "between two changes in the lab")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := s.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func (s soak) run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // only what this program made
	if s.binary == "" {
		s.binary = filepath.Join(folder, "aafailover")
		if out, err := exec.Command("go", "build", "-o", s.binary, ".").CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w: %s", err, out)
		}
	}
	started, stopLab, err := s.start("lab", "--regions", "us,eu,ap", "--shards", fmt.Sprint(s.shards), "-o", "json")
	if err != nil {
		return err
	}
	defer stopLab()
	var lab struct{ Control string }
	if err := json.NewDecoder(started).Decode(&lab); err != nil {
		return fmt.Errorf("start the lab: %w", err)
	}
	go io.Copy(io.Discard, started) //nolint:errcheck // ends with the lab
	address, stopProbe, err := s.probe(lab.Control)
	if err != nil {
		return err
	}
	defer stopProbe()
	w := watch{address: address, change: func(args ...string) error {
		out, err := exec.CommandContext(ctx, s.binary, append(append([]string{"lab"}, args...), "--control", lab.Control)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("lab %s: %w: %s", strings.Join(args, " "), err, out)
		}
		return nil
	}}
	published := 3 * float64(s.shards) / s.interval.Seconds()
	fmt.Printf("3 regions x %d shards, a message every %v on each channel, for %v: %.0f messages published and %.0f deliveries expected a second\n\n",
		s.shards, s.interval, s.lasting, published, 3*published)
	if err := w.run(ctx, s); err != nil {
		return err
	}
	return w.judge()
}

// start starts the program, and returns its output and what ends it.
func (s soak) start(args ...string) (io.Reader, func(), error) {
	c := exec.Command(s.binary, args...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := c.Start(); err != nil {
		return nil, nil, err
	}
	return out, func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	}, nil
}

// probe starts the probe, and returns where it serves its metrics.
func (s soak) probe(control string) (address string, stop func(), err error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	out, stop, err := s.start("probe", "--lab", "--control", control, "--interval", s.interval.String(), "--max-messages", fmt.Sprint(1<<20),
		"--listen", port, "-o", "ndjson")
	if err != nil {
		return "", nil, err
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // ends with the probe
	client := http.Client{Timeout: 5 * time.Second}
	for range 1200 {
		answer, err := client.Get("http://" + port + "/readyz")
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return port, stop, nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("the probe has no verdict after 2 minutes")
}
