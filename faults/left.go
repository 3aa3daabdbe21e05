package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// LeftToCommand is what a command of the user's undoes. Env is added to its environment, as NAME=VALUE.
func LeftToCommand(line string, env []string) Left {
	return Left{func(ctx context.Context) error {
		limit := command.DefaultLimit
		if deadline, ok := ctx.Deadline(); ok {
			limit = time.Until(deadline)
		}
		if _, err := (command.Command{Line: line, Env: env, Limit: limit}).Run(ctx); err != nil {
			return fmt.Errorf("the heal command: %w", err)
		}
		return nil
	}}
}
