package drill

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// pollPause is the time between two looks for what is missing. A write became
// readable at most this and the time of two looks before it was found.
const pollPause = 50 * time.Millisecond

// poll looks again and again for missed writes that are still missing in one
// region. Only what it finds is kept: what stays absent is judged by the readings
// at the end.
type poll struct {
	run    *run
	region int
	done   chan struct{}

	missing  []int // still
	readings []Reading

	mu    sync.Mutex
	found []int // and not taken yet
}

// startPoll begins to look for writes, which were found missing. It ends when all
// are found, or with the context.
func (r *run) startPoll(ctx context.Context, region int, missing []int) *poll {
	p := &poll{run: r, region: region, done: make(chan struct{}), missing: missing}
	go func() {
		defer close(p.done)
		for ctx.Err() == nil && len(p.missing) > 0 {
			p.look(ctx)
			pause.For(ctx, pollPause)
		}
	}()
	return p
}

func (p *poll) look(ctx context.Context) {
	readings, unread := p.run.readBack(ctx, p.region, p.missing)
	p.missing = slices.Concat(unread, notFound(readings))
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, reading := range readings {
		if reading.Found {
			p.readings = append(p.readings, reading)
			p.found = append(p.found, reading.Write)
			p.run.search.tally.found(p.run.ledger.Entry(reading.Write))
			if p.region != home {
				p.run.ledger.set(reading.Write, readable)
			}
		}
	}
}

// take returns the writes that were found since the last call.
func (p *poll) take() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.found
	p.found = nil
	return found
}
