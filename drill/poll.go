package drill

import (
	"context"
	"sync"
	"time"
)

// pollPause is the time between two looks for what is missing. A write became
// readable at most this and the time of two looks before it was found.
const pollPause = 50 * time.Millisecond

// poll looks again and again for the missed writes that are still missing in the
// target, through all phases after the cut-over. Only what it finds is kept: what
// stays absent is judged by the readings at the end.
type poll struct {
	run    *run
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	missing  []int // still
	found    []int // and not taken yet
	readings []Reading
}

// startPoll begins to look for writes, which were found missing.
func (r *run) startPoll(ctx context.Context, missing []int) *poll {
	ctx, cancel := context.WithCancel(ctx)
	p := &poll{run: r, cancel: cancel, done: make(chan struct{}), missing: missing}
	go func() {
		defer close(p.done)
		for ctx.Err() == nil {
			p.look(ctx)
			pause(ctx, pollPause)
		}
	}()
	return p
}

func (p *poll) look(ctx context.Context) {
	p.mu.Lock()
	missing := p.missing
	p.mu.Unlock()
	readings, still := p.run.readBack(ctx, p.run.target, missing)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, reading := range readings {
		if reading.Found {
			p.readings = append(p.readings, reading)
			p.found = append(p.found, reading.Write)
			p.run.ledger.set(reading.Write, readable)
		} else {
			still = append(still, reading.Write)
		}
	}
	p.missing = still
}

// take returns the writes that were found since the last call.
func (p *poll) take() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.found
	p.found = nil
	return found
}

// stop ends the poll and returns what it found, and what is still missing. A nil
// poll found nothing.
func (p *poll) stop() (readings []Reading, missing []int) {
	if p == nil {
		return nil, nil
	}
	p.cancel()
	<-p.done
	return p.readings, p.missing
}
