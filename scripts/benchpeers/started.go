package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/lab"
)

// labStart is about a lab in a process that has done nothing else, from nothing to all of its fronts listening and all of its
// links up. Memory is what the runtime has from the system then.
func labStart(regions, shards int, took, memory aim) experiment {
	return experiment{
		name:  fmt.Sprintf("start.lab-%dx%d", regions, shards),
		title: fmt.Sprintf("A lab of %d regions x %d shards, in a process that has done nothing else", regions, shards),
		lines: []line{
			{name: "ready", what: "until it is ready", unit: "ms", aim: took},
			{name: "memory", what: "memory then", unit: "MB", aim: memory},
		},
		prepare: func(context.Context, *stand) (repetition, error) {
			return func(ctx context.Context, _ int) ([]reading, error) {
				figures, err := inChild(ctx, "lab", strconv.Itoa(regions), strconv.Itoa(shards))
				return alone(figures["ready"], figures["memory"]), err
			}, nil
		},
	}
}

// measureLab starts a lab of so many regions and shards.
func measureLab(args []string) (map[string]float64, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("a lab of %v: want regions and shards", args)
	}
	regions, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	shards, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	var c lab.Config
	for i := range regions {
		c.Regions = append(c.Regions, lab.RegionConfig{Name: fmt.Sprint("r", i+1), Shards: shards})
	}
	begun := time.Now()
	l, err := lab.Start(context.Background(), c)
	if err != nil {
		return nil, err
	}
	took := time.Since(begun)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return map[string]float64{"ready": milliseconds(took), "memory": float64(memory.Sys-memory.HeapReleased) / 1e6}, l.Close()
}

// drilled runs a drill, and returns how long the process and the phases in its report took.
func drilled(ctx context.Context, program string) ([]reading, error) {
	took, out, err := timed(ctx, program, "drill", "-o", "json")
	if err != nil {
		return nil, err
	}
	var said struct {
		Phases []struct {
			Took float64 `json:"duration_ms"`
		} `json:"phases"`
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		return nil, fmt.Errorf("drill: %w", err)
	}
	phases := 0.0
	for _, p := range said.Phases {
		phases += p.Took
	}
	return []reading{{ours: took, peer: phases}}, nil
}
