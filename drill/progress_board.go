package drill

import (
	"context"
	"slices"
	"sync"
	"time"
)

// board is where those who carry out a drill note how far it is, for whoever watches. Nobody waits for who reads it:
//
//	phases, agenda ── note ──> board ─┐
//	ledger, sampler, search, probe ───┴── show, every ProgressInterval ──> OnProgress
type board struct {
	changed chan struct{} // holds a token when there is something new
	quit    chan struct{}
	done    chan struct{} // nil when nobody watches

	mu    sync.Mutex
	known Progress // what the phases have told; its slices are not changed, but replaced
	lags  lagSource
}

func newBoard(c Config) *board {
	b := &board{changed: make(chan struct{}, 1), quit: make(chan struct{})}
	b.known.Now = Stage{Name: StagePreflight, Waits: "for a healthy deployment", Limit: c.Limits.Healthy}
	return b
}

// note changes what is known.
func (b *board) note(change func(*Progress)) {
	b.mu.Lock()
	change(&b.known)
	b.mu.Unlock()
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// measureLags notes where the lags come from, from now on.
func (b *board) measureLags(from lagSource) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lags = from
}

func (b *board) read() (Progress, lagSource) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.known, b.lags
}

// showProgress begins to hand the progress to who watches, if anybody does, from a goroutine of its own: who does not
// return at once holds up nothing but the next call, and the end. The context is that of the drill.
func (r *run) showProgress(ctx context.Context) {
	if r.OnProgress == nil {
		return
	}
	b := r.board
	b.note(func(p *Progress) { p.Ahead = r.ahead("") })
	b.done = make(chan struct{})
	go func() {
		defer close(b.done)
		tick := time.NewTicker(ProgressInterval)
		defer tick.Stop()
		var lags lagGauge
		called := ctx.Done()
		for {
			r.OnProgress(r.progress(ctx, &lags))
			select {
			case <-tick.C:
			case <-b.changed:
			case <-called:
				called = nil
			case <-b.quit:
				r.OnProgress(r.progress(ctx, &lags))
				return
			}
		}
	}()
}

// endProgress shows how it ended, and waits until that was handed over.
func (r *run) endProgress() {
	if r.board.done != nil {
		close(r.board.quit)
		<-r.board.done
	}
}

// progress is what is known now.
func (r *run) progress(ctx context.Context, lags *lagGauge) Progress {
	p, measured := r.board.read()
	p.At, p.Stopping, p.Snapshot = r.now(), context.Cause(ctx), r.watch.Snapshot()
	p.Regions = make([]RegionProgress, len(r.Maps))
	for i, lag := range lags.read(measured, p.At, len(r.Maps)) {
		c := r.ledger.countsIn(i)
		p.Regions[i].Writes = WriteCounts{InFlight: c[Inflight], Acknowledged: c[Acknowledged], Rejected: c[Rejected],
			Indeterminate: c[Indeterminate], Unsent: c[Unsent]}
		p.Regions[i].Lag = lag
	}
	p.Missed, p.Look = r.search.tally.read()
	return p
}

// enter notes that a stage begins.
func (r *run) enter(s Stage, ahead []Stage) {
	s.At = r.now()
	r.board.note(func(p *Progress) {
		p.Phases, p.Now, p.Ahead = slices.Clone(r.record.Phases), s, ahead
	})
}

// waitFor notes for what the stage waits from now on, and how long at the most.
func (r *run) waitFor(what string, limit time.Duration) {
	r.board.note(func(p *Progress) { p.Now.Waits, p.Now.Limit, p.Now.Planned = what, limit, 0 })
}

// noteMove notes where the application is, and is going to.
func (r *run) noteMove() {
	r.board.note(func(p *Progress) {
		p.Active, p.Moves, p.Stranded = r.at, slices.Clone(r.record.Moves), r.stranded
	})
}

// noteFault notes when the fault came into force.
func (r *run) noteFault() {
	r.board.note(func(p *Progress) { p.FaultAt, p.FaultBy = r.record.FaultAt, r.record.FaultBy })
}
