package simulate

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/probe"
)

// Fault is something that breaks for good.
type Fault string

// The faults.
const (
	Refused Fault = "refused" // the process of a region is gone: its endpoint refuses connections
	Hung    Fault = "hung"    // a region accepts connections and says nothing
	Silent  Fault = "silent"  // a link carries nothing any more on one shard; both endpoints answer
)

// Faults are all of them.
func Faults() []Fault { return []Fault{Refused, Hung, Silent} }

// Detection is how long it took, from the fault to the first snapshot whose verdict names it.
type Detection struct {
	Fault Fault
	Runs  int
	// Missed is in how many runs it was not named in time; the times are those of the others.
	Missed int
	// Wrong is in how many runs something was named that was not broken.
	Wrong                 int
	Min, Median, P99, Max time.Duration
}

// Simulated deployments are no larger than this: a fault is noticed by the cells and shards that it strikes, and how many others
// there are makes no difference to them.
const (
	simulatedRegions = 3
	simulatedShards  = 3
)

// giveUp returns how long is waited for something to be named: twice as long as any policy says that it takes, and a minute.
func (q Question) giveUp() time.Duration {
	p := &q.Policy
	return time.Minute + 2*(p.Deadline+time.Duration(3*p.Down+p.Unanswered)*p.Interval)
}

// small returns the question about a deployment that is simulated quickly.
func (q Question) small() Question {
	q.Regions, q.Shards = min(q.Regions, simulatedRegions), min(q.Shards, simulatedShards)
	return q
}

// each does something so many times, on all cores.
func each(ctx context.Context, runs int, one func(ctx context.Context, number int) error) error {
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for number := range runs {
		if running.Err() != nil {
			break
		}
		group.Go(func() error { return one(running, number) })
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

// Detect simulates a fault in a deployment that has been well for as long as the windows need, Question.Runs times, each at
// another moment of a round.
func Detect(ctx context.Context, q Question, f Fault) (Detection, error) {
	q = q.small()
	runs := make([]detection, q.Runs)
	err := each(ctx, q.Runs, func(ctx context.Context, number int) (err error) {
		runs[number], err = detect(ctx, q, f, number)
		return err
	})
	if err != nil {
		return Detection{}, err
	}
	d := Detection{Fault: f, Runs: q.Runs}
	var times []time.Duration
	for _, run := range runs {
		if run.named {
			times = append(times, run.took)
		} else {
			d.Missed++
		}
		if run.wrong {
			d.Wrong++
		}
	}
	took := quantiles(times)
	d.Min, d.Median, d.P99, d.Max = took.min, took.median, took.p99, took.max
	return d, nil
}

// spread says how times are distributed; the zero spread is of none.
type spread struct{ min, median, p99, max time.Duration }

// quantiles sorts times.
func quantiles(times []time.Duration) spread {
	n := len(times)
	if n == 0 {
		return spread{}
	}
	slices.Sort(times)
	return spread{times[0], times[(n-1)/2], times[(99*n+99)/100-1], times[n-1]}
}

// detection is what became of one fault.
type detection struct {
	named, wrong bool
	took         time.Duration
}

func detect(ctx context.Context, q Question, f Fault, number int) (detection, error) {
	w, err := newWorld(ctx, q, number)
	if err != nil {
		return detection{}, err
	}
	w.settle()
	var d detection
	from := w.random.IntN(q.Regions)
	to := (from + 1 + w.random.IntN(q.Regions-1)) % q.Regions
	began := w.now
	w.watch = func(s *probe.Snapshot) {
		for i := range s.Findings {
			switch found := &s.Findings[i]; {
			case found.Severity != probe.Failure || found.Kind == probe.FindingObserver:
			case f.names(found, w.names[from], w.names[to]):
				if found.Verdict == s.Verdict && f.whole(found) && !d.named {
					d.named, d.took = true, w.now-began
				}
			default:
				d.wrong = true
			}
		}
	}
	switch f {
	case Refused:
		w.regions[from].refuse()
	case Hung:
		w.regions[from].hang()
	case Silent:
		w.cut(from, w.random.IntN(q.Shards), to, true)
	}
	w.run(began+q.giveUp(), func() bool { return d.named })
	return d, w.err
}

// names tells whether a finding is about what is broken, or a part of it.
func (f Fault) names(found *probe.Finding, from, to string) bool {
	if f == Silent {
		return found.From == from && found.To == to && !found.Both
	}
	return found.Region == from
}

// whole tells whether a finding is about all of what is broken.
func (f Fault) whole(found *probe.Finding) bool {
	if f == Silent {
		return found.Kind == probe.FindingLink
	}
	return found.Kind == probe.FindingRegion
}
