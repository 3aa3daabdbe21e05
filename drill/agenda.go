package drill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
)

// agenda makes the steps of a scenario at their times, whatever the drill waits
// for meanwhile: whoever relies on a failover has no say in when things fail.
type agenda struct {
	run    *run
	ctx    context.Context // ends what is under way
	cancel context.CancelFunc
	fail   context.CancelCauseFunc // ends the drill
	group  sync.WaitGroup          // one goroutine for each phase that has begun
	open   []<-chan struct{}       // of them, each closed when its steps are made

	mu     sync.Mutex // one action at a time
	broken bool       // something may be in force
	target string     // whom the last step that broke something took for the target; "" before
}

func (r *run) newAgenda(ctx context.Context, fail context.CancelCauseFunc) *agenda {
	a := &agenda{run: r, fail: fail}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a
}

// begin begins with the steps of a phase. The channel is closed when those are made
// with which it begins. When one cannot be made, the drill ends.
func (a *agenda) begin(phase string) (begun <-chan struct{}) {
	first, all := make(chan struct{}), make(chan struct{})
	a.open = append(a.open, all)
	var steps []Step
	for _, step := range a.run.Scenario.Steps {
		if step.Phase == phase {
			steps = append(steps, step)
		}
	}
	at := time.Now()
	a.group.Go(func() {
		defer close(all)
		at0, later := split(steps)
		made := a.makeAll(at0, at) && (len(later) > 0 || a.wrapUp(phase))
		close(first)
		if made && len(later) > 0 && a.makeAll(later, at) {
			a.wrapUp(phase)
		}
	})
	return first
}

// split tells the steps with which a phase begins from the later ones.
func split(steps []Step) (first, later []Step) {
	for _, step := range steps {
		if step.After == 0 {
			first = append(first, step)
		} else {
			later = append(later, step)
		}
	}
	return first, later
}

func (a *agenda) makeAll(steps []Step, begin time.Time) bool {
	for _, step := range steps {
		if !a.make(step, begin) {
			return false
		}
	}
	return true
}

// wrapUp ends the steps of a phase: those of the heal leave nothing behind.
func (a *agenda) wrapUp(phase string) bool {
	if phase != PhaseHeal {
		return true
	}
	err := a.undo(a.ctx)
	if err != nil {
		a.fail(err)
	}
	return err == nil
}

// make makes one step when it is due. It returns false when that failed or was
// called off.
func (a *agenda) make(step Step, begin time.Time) bool {
	pause.For(a.ctx, time.Until(begin.Add(step.After)))
	if a.ctx.Err() != nil {
		return false
	}
	actions, err := a.cast(step.Action).resolve(step.Action)
	for _, action := range actions {
		if err == nil {
			err = a.act(action)
		}
	}
	if err != nil && a.ctx.Err() == nil {
		what := "make a step of the scenario"
		if step.Action.Kind.Undoes() && !errors.Is(err, ErrGone) {
			what = ErrNotHealed.Error()
		}
		a.fail(fmt.Errorf("%s: %w", what, err))
	}
	return err == nil
}

// cast says which region has which role for an action. What undoes is about those
// that were broken: meanwhile the policy may go elsewhere, because they are.
func (a *agenda) cast(action Action) cast {
	c := a.run.cast()
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !action.byTarget():
	case !action.Kind.Undoes():
		a.target = c.target
	case a.target != "":
		c.target = a.target
	}
	return c
}

func (a *agenda) act(action Action) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	ctx, cancel := context.WithTimeout(a.ctx, a.run.Limits.Fault)
	defer cancel()
	a.setBroken(true)
	a.run.noteAction(action)
	return a.run.Fault.Do(ctx, action)
}

// stop calls off what is not made yet.
func (a *agenda) stop() {
	a.cancel()
	a.group.Wait()
}

// inForce tells whether something may be in force that was made.
func (a *agenda) inForce() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.broken
}

// undo takes back everything that was made, if anything was.
func (a *agenda) undo(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.broken {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.run.Limits.Fault)
	defer cancel()
	a.run.noteHeal()
	err := a.run.Fault.Heal(ctx)
	if errors.Is(err, ErrGone) {
		a.setBroken(false)
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotHealed, err)
	}
	a.setBroken(false)
	return nil
}

func (a *agenda) setBroken(broken bool) {
	a.broken = broken
	a.run.board.note(func(p *Progress) { p.Broken = broken })
}

// noteAction tells of an action that is about to be made, and what it means for the
// way home.
func (r *run) noteAction(a Action) {
	now := r.now()
	e := probe.Event{At: r.start.Add(now), Kind: EventAction, Region: a.Region, From: a.From, To: a.To, Shard: -1, Slot: -1, Detail: a.String()}
	r.onEvent(e)
	if !a.Kind.Undoes() {
		r.alarm.forgive(r.index(a.Region))
	}
	if home := r.name(home); a.Region != home && a.From != home && a.To != home {
		return
	}
	if a.Kind.Undoes() {
		r.homecoming.healed(now)
	} else {
		r.homecoming.broken()
		r.proof.forget(r.name(home))
	}
}

// noteHeal notes that everything is about to be undone.
func (r *run) noteHeal() {
	if r.homecoming.isBroken() {
		r.homecoming.healed(r.now())
	}
}

// cast says which region has which role now: before the application moved, the
// target is where the policy would take it if the local region were down.
func (r *run) cast() cast {
	c := cast{target: r.likelyTarget()}
	for _, m := range r.Maps {
		c.regions = append(c.regions, m.Region)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.record.To >= 0 {
		c.target = r.name(r.record.To)
	}
	return c
}
