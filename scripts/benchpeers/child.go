package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// childArgument is the first argument of a process that this program starts of itself, to measure in a process that has
// done nothing else: what comes first, and what memory it takes.
const childArgument = "-measure"

// children are what such a process can measure, by name. Each returns figures by name.
func children() map[string]func(args []string) (map[string]float64, error) {
	return map[string]func(args []string) (map[string]float64, error){
		"keys":    measureKeys,
		"lab":     measureLab,
		"service": measureService,
		"trips":   measureTrips,
	}
}

// child runs in the process that was started, and returns its exit code.
func child(args []string) int {
	if len(args) == 0 || children()[args[0]] == nil {
		fmt.Fprintln(os.Stderr, "benchpeers: nothing to measure is called", args)
		return 2
	}
	figures, err := children()[args[0]](args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(figures)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchpeers:", err)
		return 1
	}
	return 0
}

// inChild measures in a new process of this program.
func inChild(ctx context.Context, args ...string) (map[string]float64, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self, append([]string{childArgument}, args...)...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("measure %v: %w", args, err)
	}
	var figures map[string]float64
	if err := json.Unmarshal(out, &figures); err != nil {
		return nil, fmt.Errorf("measure %v: %w", args, err)
	}
	return figures, nil
}
