package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// often is how many times a repetition starts a program: starting one takes some milliseconds, and varies as much.
const often = 10

// programs runs two command lines in turn, [often] each, and returns how long each took in the middle, in milliseconds.
func programs(ctx context.Context, ours, peer []string) (reading, error) {
	var us, them []float64
	for number := range often {
		err := inTurn(number,
			func() error { return appendTime(ctx, &us, ours) },
			func() error { return appendTime(ctx, &them, peer) })
		if err != nil {
			return reading{}, err
		}
	}
	return reading{ours: summarize(us).Median, peer: summarize(them).Median}, nil
}

func appendTime(ctx context.Context, to *[]float64, command []string) error {
	took, _, err := timed(ctx, command[0], command[1:]...)
	*to = append(*to, took)
	return err
}

// timed runs a program to its end and returns how long that took, start and exit included, in milliseconds, and what it printed.
func timed(ctx context.Context, program string, args ...string) (ms float64, out string, err error) {
	c := exec.CommandContext(ctx, program, args...)
	apart(c)
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	begun := time.Now()
	err = c.Run()
	took := milliseconds(time.Since(begun))
	if err != nil {
		return 0, "", fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return took, stdout.String(), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
