package archive

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// faultLine is what the journal says of an action on a fault.
type faultLine struct {
	Action *drill.Action `json:"action,omitempty"` // nil: everything was healed
	Made   bool          `json:"made"`             // it is in force; before that it may be
}

// Faults passes on what a drill asks of a fault, and notes each action before it is made, so that whoever finds the run
// killed knows what may be in force.
func (r *Run) Faults(f drill.Fault) drill.Fault { return &noted{Fault: f, run: r} }

type noted struct {
	drill.Fault
	run *Run
}

// Do notes the action, makes it, and notes that it is made.
func (n *noted) Do(ctx context.Context, a drill.Action) error {
	n.run.keep(line{At: time.Now(), Kind: kindFault, Fault: &faultLine{Action: &a}})
	err := n.Fault.Do(ctx, a)
	if err == nil {
		n.run.keep(line{At: time.Now(), Kind: kindFault, Fault: &faultLine{Action: &a, Made: true}})
	}
	return err
}

// Heal heals, and notes when nothing is in force any more.
func (n *noted) Heal(ctx context.Context) error {
	err := n.Fault.Heal(ctx)
	if err == nil {
		n.run.keep(line{At: time.Now(), Kind: kindFault, Fault: new(faultLine)})
	}
	return err
}
