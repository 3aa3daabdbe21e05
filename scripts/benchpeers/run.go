package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"time"
)

// session is how experiments are made in one call of the program.
type session struct {
	folder  string
	runs    int
	quick   bool
	out     io.Writer
	program func() (string, error)
	origin  origin
}

// run makes one experiment.
func (s session) run(ctx context.Context, e experiment) (measured, error) {
	stand := &stand{quick: s.quick, out: s.out, program: s.program}
	defer stand.end()
	folder, err := stand.newFolder(s.folder, "experiment")
	if err != nil {
		return measured{}, err
	}
	stand.folder = folder
	repeat, err := e.prepare(ctx, stand)
	if err != nil {
		return measured{}, fmt.Errorf("%s: %w", e.name, err)
	}
	readings := make([][]reading, len(e.lines)) // by line
	var yardstick []float64
	for number := range s.runs {
		yardstick = append(yardstick, fixedWork())
		once, err := repeat(ctx, number)
		if err != nil {
			return measured{}, fmt.Errorf("%s: %w", e.name, err)
		}
		if len(once) != len(e.lines) {
			return measured{}, fmt.Errorf("%s: %d readings for %d lines", e.name, len(once), len(e.lines))
		}
		for i, r := range once {
			readings[i] = append(readings[i], r)
		}
	}
	m := measured{Name: e.name, Title: e.title, At: time.Now().UTC().Truncate(time.Second), Commit: s.origin.commit, Machine: s.origin.machine, Runs: s.runs, Notes: stand.notes}
	for i, l := range e.lines {
		m.Lines = append(m.Lines, reduce(l, readings[i], yardstick))
	}
	return m, nil
}

// fixedWork is the yardstick: how long, in milliseconds, this machine takes at this moment to hash 4 MB a byte at a time. It needs
// one core, no memory to speak of and no kernel; the shortest of three, since what interrupts it only makes it longer.
func fixedWork() float64 {
	var block [1 << 16]byte
	shortest := time.Duration(1<<63 - 1)
	for range 3 {
		begun := time.Now()
		h := fnv.New64a()
		for range 64 {
			h.Write(block[:])
		}
		if h.Sum64() == 0 {
			panic("FNV-1a of zeros is not zero") // keeps the compiler from leaving the work out
		}
		shortest = min(shortest, time.Since(begun))
	}
	return milliseconds(shortest)
}
