package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// The two runs of a probe whose difference is what it takes once it is started.
const (
	scaleBrief = 6 * time.Second
	scaleLong  = 21 * time.Second
)

// ofScale watches labs of 5 regions twice a second. The lab is a process of its own, of which nothing is counted.
func ofScale() []experiment {
	var all []experiment
	for _, shards := range []int{1, 16, 256, 1024} {
		cores, memory := aim{}, aim{}
		switch shards {
		case 256:
			cores, memory = atMost(0.2), atMost(60)
		case 1024:
			cores = atMost(0.5)
		}
		all = append(all, experiment{
			name:  fmt.Sprint("scale.", shards),
			title: fmt.Sprintf("A probe of 5 regions x %d shards, a message every 500 ms on each channel: %d cells", shards, 25*shards),
			long:  true,
			lines: []line{
				{name: "cores", what: "processor time by time", unit: "cores", aim: cores},
				{name: "memory", what: "memory, the most that was resident", unit: "MB", aim: memory},
				{name: "per-core", what: "messages published and received, for each second of a core", unit: perSecond},
				{name: "start", what: "processor time to start and to report", unit: "s"},
			},
			prepare: func(ctx context.Context, s *stand) (repetition, error) { return watched(ctx, s, shards) },
		})
	}
	return append(all, experiment{
		name:  "scale.message",
		title: "One message of a probe of 5 regions x 256 shards, in the processes of both sides",
		lines: []line{
			{name: "cpu", what: "to publish, acknowledge and deliver it once, the server's part included", unit: "µs"},
			{name: "receive", what: "to read it, without the network", unit: "ns"},
			{name: "allocations", what: "allocations to read it", unit: "", aim: atMost(0)},
		},
		prepare: oneMessage,
	})
}

// watched starts a lab, and has a repetition watch it twice, for different times.
func watched(ctx context.Context, s *stand, shards int) (repetition, error) {
	program, err := s.program()
	if err != nil {
		return nil, err
	}
	control, err := s.lab(ctx, program, "r1,r2,r3,r4,r5", shards)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _ int) ([]reading, error) {
		brief, err := watch(ctx, program, control, scaleBrief)
		if err != nil {
			return nil, err
		}
		long, err := watch(ctx, program, control, scaleLong)
		if err != nil {
			return nil, err
		}
		lasted := (scaleLong - scaleBrief).Seconds()
		took := (long.cpu - brief.cpu).Seconds()
		return alone(took/lasted, long.memory, float64(long.messages-brief.messages)/took, brief.cpu.Seconds()-took/lasted*scaleBrief.Seconds()), nil
	}, nil
}

// lab starts a lab in a process of its own, with more flags than these, and returns where it is controlled from. It ends after
// the experiment.
func (s *stand) lab(ctx context.Context, program, regions string, shards int, more ...string) (control string, err error) {
	args := append([]string{"lab", "--regions", regions, "--shards", fmt.Sprint(shards), "-o", "json"}, more...)
	lab := exec.CommandContext(ctx, program, args...)
	out, err := lab.StdoutPipe()
	if err != nil {
		return "", err
	}
	apart(lab)
	if err := lab.Start(); err != nil {
		return "", err
	}
	s.later(func() {
		_ = lab.Cancel()
		end := time.AfterFunc(patience, func() { _ = lab.Process.Kill() })
		_ = lab.Wait()
		end.Stop()
	})
	var started struct{ Control string }
	if err := json.NewDecoder(out).Decode(&started); err != nil {
		return "", fmt.Errorf("start the lab: %w", err)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // ends with the lab
	return started.Control, nil
}

// usage is what a probe took, and what it saw.
type usage struct {
	cpu      time.Duration
	memory   float64 // MB of 10^6 bytes, the most that was resident
	messages uint64  // published, and received
}

// watch probes a lab for a time. A healthy one that is not seen as such is an error: then the figures are those of something else.
func watch(ctx context.Context, program, control string, lasting time.Duration) (usage, error) {
	c := exec.CommandContext(ctx, program, "probe", "--lab", "--control", control, "--interval", "500ms",
		"--max-messages", fmt.Sprint(1<<20), "--for", lasting.String(), "-o", "json")
	apart(c)
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return usage{}, fmt.Errorf("probe: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	var found struct {
		Verdict string
		Links   []struct {
			From, To string
			Cells    []struct{ Sent, Delivered, Overdue, Lost uint64 }
		}
	}
	if err := json.Unmarshal([]byte(stdout.String()), &found); err != nil {
		return usage{}, fmt.Errorf("what the probe reports: %w", err)
	}
	if found.Verdict != "healthy" {
		return usage{}, fmt.Errorf("a healthy lab is called %s", found.Verdict)
	}
	u := usage{cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime()}
	var err error
	if u.memory, err = residentPeak(c.ProcessState); err != nil {
		return usage{}, err
	}
	for _, l := range found.Links {
		for _, cell := range l.Cells {
			u.messages += cell.Delivered
			if l.From == l.To {
				u.messages += cell.Sent
			}
		}
	}
	return u, nil
}

// oneMessage runs the benchmarks of package region.
func oneMessage(ctx context.Context, s *stand) (repetition, error) {
	benchmark, err := s.goBenchmark(ctx, "./region")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _ int) ([]reading, error) {
		published, err := benchmark.run(ctx, "^BenchmarkMessage$", "2000x")
		if err != nil {
			return nil, err
		}
		received, err := benchmark.run(ctx, "^BenchmarkReceive$", "100ms")
		if err != nil {
			return nil, err
		}
		return alone(published["Message"]["cpu-µs/message"], received["Receive"]["ns/op"], received["Receive"]["allocs/op"]), nil
	}, nil
}
