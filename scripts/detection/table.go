package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// table has the times of all faults. Its methods may be called by many.
type table struct {
	watchers []watcher
	mu       sync.Mutex
	times    map[[2]string]*times // by the names of watcher and kind
}

// times are how long the faults of a kind went unnoticed.
type times struct {
	took  []time.Duration
	never int
}

func newTable(watchers []watcher) *table {
	t := &table{watchers: watchers, times: make(map[[2]string]*times)}
	for _, w := range watchers {
		for _, k := range kinds {
			t.times[[2]string{w.name, k.name}] = new(times)
		}
	}
	return t
}

// add takes in a fault.
func (t *table) add(watcher, kind string, took time.Duration, noticed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.times[[2]string{watcher, kind}]
	if !noticed {
		of.never++
		return
	}
	of.took = append(of.took, took)
}

// String is the table in Markdown, times in seconds.
func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var text strings.Builder
	text.WriteString("| fault | watched by | faults | never noticed | min | median | p90 | p99 | max |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, k := range kinds {
		for _, w := range t.watchers {
			of := t.times[[2]string{w.name, k.name}]
			slices.Sort(of.took)
			fmt.Fprintf(&text, "| %s | `%s` | %d | %d | %s | %s | %s | %s | %s |\n", k.name, w.name, len(of.took)+of.never, of.never,
				of.at(0), of.at(0.5), of.at(0.9), of.at(0.99), of.at(1))
		}
	}
	return text.String()
}

// at is a quantile, by the nearest rank, of the faults that were noticed, which are sorted.
func (t *times) at(share float64) string {
	if len(t.took) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f s", t.took[int(share*float64(len(t.took)-1)+0.5)].Seconds())
}
