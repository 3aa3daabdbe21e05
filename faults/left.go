package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/command"
	"github.com/aafailover/aafailover/lab"
)

// Left is what a drill that was killed may have left in force. It can only be healed, as often as that is asked for.
type Left struct {
	heal func(ctx context.Context) error
}

var _ drill.Fault = Left{}

// Check finds nothing wrong.
func (Left) Check(drill.Scenario) error { return nil }

// errOver says that a drill has ended.
var errOver = errors.New("the drill is over: no more faults are made")

// Do refuses.
func (Left) Do(context.Context, drill.Action) error { return errOver }

// Heal undoes what may be in force.
func (l Left) Heal(ctx context.Context) error { return l.heal(ctx) }

// LeftNowhere is what is left of faults that ended with the process that made them, such as those of the proxy.
func LeftNowhere() Left { return Left{func(context.Context) error { return nil }} }

// LeftToPeople is what an operator has broken by hand: tell is asked to say what is to be undone, and nobody waits.
func LeftToPeople(tell func()) Left {
	return Left{func(context.Context) error { tell(); return nil }}
}

// LeftInLab is what is left in a lab: every region is started and everything healed that is not as it was. A drill begins
// only where nothing is broken, so all of it is the drill's.
func LeftInLab(l interface {
	Laboratory
	Status(ctx context.Context) (lab.Status, error)
}) Left {
	return Left{func(ctx context.Context) error {
		status, err := l.Status(ctx)
		if err != nil {
			return err
		}
		var failed []error
		for _, region := range status.Regions {
			for _, shard := range region.Shards {
				if shard.State == lab.Down {
					failed = append(failed, l.Inject(ctx, lab.Fault{Kind: lab.Begin, Region: region.Name, Shard: shard.Number}))
				}
			}
		}
		return errors.Join(append(failed, l.Inject(ctx, lab.Fault{Kind: lab.Heal}))...)
	}}
}

// LeftToCommand is what a command of the user's undoes: it runs for each action that was made, the last one first, as the
// drill would have run it.
func LeftToCommand(o CommandOptions, made []drill.Action) Left {
	c := NewCommand(o, nil)
	return Left{func(ctx context.Context) error {
		var failed []error
		for _, a := range slices.Backward(made) {
			task := c.task(o.Heal, a)
			out, err := command.Command{Line: task.Line, Env: task.Env, Limit: task.Limit}.Run(context.WithoutCancel(ctx))
			c.tell("heal", undoOf(a), string(out[:min(len(out), mostReported)]), err)
			if err != nil {
				failed = append(failed, fmt.Errorf("heal command: %v: %w", undoOf(a), err))
			}
		}
		return errors.Join(failed...)
	}}
}
