// Command detection measures how long faults go unnoticed: `detection [-faults 50] [-labs 10] [-regions 3] [-shards 2] [-patience 20s]`.
//
// Labs in this process, with regions that talk over TCP, are broken again and again, each time at a random moment of the
// probe's rounds, and mended. For each kind of fault and each sensitivity it prints how long it took until a finding named what
// was broken, as a failure: a region that is only called impaired was not found to be down. Beside them stands a client library
// that PINGs, with the defaults of redis-py: of it what counts is that it would take the application elsewhere. A fault that nobody
// noticed within -patience is counted as such.
//
//	labs, one lab and one watcher each ──> healthy ──> a random moment ──> fault ──> noticed? ──> heal ──┐
//	                                          ▲                                                          │
//	                                          └──────────────────────────────────────────────────────────┘
//
// The labs are broken at the same time, so that all of it takes minutes and not hours; on a machine that is busy with something else,
// times are longer by what the processes wait for it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// study is what is measured, and how often.
type study struct {
	faults   int // of each kind, for each watcher
	labs     int // that are broken at the same time, for each watcher
	regions  int
	shards   int
	patience time.Duration // after which a fault counts as never noticed
}

func main() {
	var s study
	flag.IntVar(&s.faults, "faults", 50, "faults of each kind, for each who watches")
	flag.IntVar(&s.labs, "labs", 10, "labs at a time, for each who watches")
	flag.IntVar(&s.regions, "regions", 3, "regions of a lab")
	flag.IntVar(&s.shards, "shards", 2, "shards of each region")
	flag.DurationVar(&s.patience, "patience", 20*time.Second, "after it, a fault was not noticed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends it without waiting
	err := s.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "detection:", err)
		os.Exit(1)
	}
}

func (s study) run(ctx context.Context) error {
	if s.faults < 1 || s.labs < 1 || s.regions < 2 || s.shards < 2 {
		return fmt.Errorf("at least 1 fault, 1 lab, 2 regions and 2 shards are needed")
	}
	watchers := []watcher{byProbe(probe.Fast), byProbe(probe.Balanced), byProbe(probe.Cautious), byPing()}
	fmt.Printf("%d regions x %d shards, %d faults of each kind, %d labs at a time for each who watches, %s/%s, %d cores\n\n",
		s.regions, s.shards, s.faults, s.labs, runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	results := newTable(watchers)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for i := range watchers {
		for n := range min(s.labs, s.faults) {
			// The faults of a kind are shared out evenly.
			faults := s.faults/s.labs + min(max(s.faults%s.labs-n, 0), 1)
			running.Go(func() {
				if err := s.watch(ctx, watchers[i], faults, results); err != nil {
					cancel(fmt.Errorf("%s: %w", watchers[i].name, err))
				}
			})
		}
	}
	running.Wait()
	fmt.Print(results) // whatever there is of them, when it ended before its time
	return context.Cause(ctx)
}

// watch breaks a lab of its own, the given number of times in each way.
func (s study) watch(ctx context.Context, w watcher, faults int, results *table) (err error) {
	d, err := s.deploy(ctx)
	if err != nil {
		return err
	}
	defer d.lab.Close() //nolint:errcheck // it has served
	see, err := w.open(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, see.close()) }()
	for _, k := range kinds {
		for range faults {
			took, noticed, err := s.try(ctx, d, see, w.round, k)
			if err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			results.add(w.name, k.name, took, noticed)
		}
	}
	return nil
}
