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

// Agenda makes the steps of a scenario at their times, whatever the drill waits
// for meanwhile: whoever relies on a failover has no say in when things fail.
// All fields must be set. Begin is called by one goroutine.
type Agenda struct {
	Steps []Step
	Fault Fault
	Limit time.Duration // for each action, and for the heal
	// Cast says which region has which role now.
	Cast func() Cast
	// OnAction is told of an action that is about to be made, OnHeal that everything is
	// about to be undone, and OnBroken whether something may be in force.
	OnAction func(Action)
	OnHeal   func()
	OnBroken func(bool)
	// Fail ends the drill, for a step that could not be made.
	Fail context.CancelCauseFunc

	ctx    context.Context // ends what is under way
	cancel context.CancelFunc
	group  sync.WaitGroup    // one goroutine for each phase that has begun
	open   []<-chan struct{} // of them, each closed when its steps are made

	mu     sync.Mutex // one action at a time
	broken bool       // something may be in force
	target string     // whom the last step that broke something took for the target; "" before
}

// Open makes the agenda ready; ctx ends what is under way. Stop is to be called, and
// Undo.
func (a *Agenda) Open(ctx context.Context) { a.ctx, a.cancel = context.WithCancel(ctx) }

// newAgenda returns the agenda of a run.
func (r *run) newAgenda(ctx context.Context, fail context.CancelCauseFunc) *Agenda {
	a := &Agenda{Steps: r.Scenario.Steps, Fault: r.Fault, Limit: r.Limits.Fault, Fail: fail,
		Cast: r.cast, OnAction: r.noteAction, OnHeal: r.noteHeal,
		OnBroken: func(broken bool) { r.board.note(func(p *Progress) { p.Broken = broken }) }}
	a.Open(ctx)
	return a
}

// Begin begins with the steps of a phase. The channel is closed when those are made
// with which it begins. When one cannot be made, the drill ends.
func (a *Agenda) Begin(phase string) (begun <-chan struct{}) {
	first, all := make(chan struct{}), make(chan struct{})
	a.open = append(a.open, all)
	var steps []Step
	for _, step := range a.Steps {
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

func (a *Agenda) makeAll(steps []Step, begin time.Time) bool {
	for _, step := range steps {
		if !a.make(step, begin) {
			return false
		}
	}
	return true
}

// wrapUp ends the steps of a phase: those of the heal leave nothing behind.
func (a *Agenda) wrapUp(phase string) bool {
	if phase != PhaseHeal {
		return true
	}
	err := a.Undo(a.ctx)
	if err != nil {
		a.Fail(err)
	}
	return err == nil
}

// make makes one step when it is due. It returns false when that failed or was
// called off.
func (a *Agenda) make(step Step, begin time.Time) bool {
	pause.For(a.ctx, time.Until(begin.Add(step.After)))
	if a.ctx.Err() != nil {
		return false
	}
	actions, err := a.cast(step.Action).Resolve(step.Action)
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
		a.Fail(fmt.Errorf("%s: %w", what, err))
	}
	return err == nil
}

// cast says which region has which role for an action. What undoes is about those
// that were broken: meanwhile the policy may go elsewhere, because they are.
func (a *Agenda) cast(action Action) Cast {
	c := a.Cast()
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !action.byTarget():
	case !action.Kind.Undoes():
		a.target = c.Target
	case a.target != "":
		c.Target = a.target
	}
	return c
}

func (a *Agenda) act(action Action) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	ctx, cancel := context.WithTimeout(a.ctx, a.Limit)
	defer cancel()
	a.setBroken(true)
	a.OnAction(action)
	return a.Fault.Do(ctx, action)
}

// Made returns, for each phase that has begun, a channel that is closed when its steps
// are made.
func (a *Agenda) Made() []<-chan struct{} { return a.open }

// Stop calls off what is not made yet.
func (a *Agenda) Stop() {
	a.cancel()
	a.group.Wait()
}

// InForce tells whether something may be in force that was made.
func (a *Agenda) InForce() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.broken
}

// Undo takes back everything that was made, if anything was. Errors: one that is ErrGone,
// or ErrNotHealed.
func (a *Agenda) Undo(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.broken {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.Limit)
	defer cancel()
	a.OnHeal()
	err := a.Fault.Heal(ctx)
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

func (a *Agenda) setBroken(broken bool) {
	a.broken = broken
	a.OnBroken(broken)
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
func (r *run) cast() Cast {
	c := Cast{Target: LikelyTarget(r.Failover, r.watch.Snapshot(), r.Maps)}
	for _, m := range r.Maps {
		c.Regions = append(c.Regions, m.Region)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.record.To >= 0 {
		c.Target = r.name(r.record.To)
	}
	return c
}
