package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
)

// Laboratory is a lab, in this process or in another.
type Laboratory interface {
	Inject(ctx context.Context, f lab.Fault) error
}

// Lab makes faults in a lab, where every one of them can be made.
type Lab struct {
	lab    Laboratory
	status lab.Status
	done   []lab.Fault // that may be in force, in their order
}

var _ drill.Fault = (*Lab)(nil)

// NewLab returns the faults of a lab that was as the status says before the drill.
func NewLab(l Laboratory, before lab.Status) *Lab { return &Lab{lab: l, status: before} }

// Check says what a scenario needs that the lab does not have.
func (f *Lab) Check(s drill.Scenario) error {
	var lacks []string
	if have := len(f.status.Regions); have < s.Needs.Regions {
		lacks = append(lacks, fmt.Sprintf("%d regions (it has %d)", s.Needs.Regions, have))
	}
	for _, r := range f.status.Regions {
		if len(r.Shards) < s.Needs.Shards {
			lacks = append(lacks, fmt.Sprintf("%d shards (%s has %d)", s.Needs.Shards, r.Name, len(r.Shards)))
		}
		if want := s.Needs.Persistence; want != "" && string(r.Persistence) != string(want) {
			lacks = append(lacks, fmt.Sprintf("persistence %s (%s has %s)", want, r.Name, r.Persistence))
		}
	}
	if most := int64(s.Needs.Backlog); most > 0 && f.status.Backlog > most {
		lacks = append(lacks, "a backlog of at most "+strconv.FormatInt(most, 10)+" bytes (it has "+strconv.FormatInt(f.status.Backlog, 10)+")")
	}
	if len(lacks) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes a lab with %s", s.Name, strings.Join(lacks, ", "))
}

// Do brings an action about. Errors wrap lab.ErrFault where the lab refused it, and
// drill.ErrGone where there is no lab any more.
func (f *Lab) Do(ctx context.Context, a drill.Action) error {
	fault := lab.Fault{Kind: kinds()[a.Kind], Region: a.Region, From: a.From, To: a.To, OneWay: a.OneWay, Shard: a.Shard,
		Delay: a.Delay, Empty: a.Empty, Fresh: a.Fresh}
	if !a.Kind.Undoes() {
		f.done = append(f.done, fault) // before it is tried: it may be in force although its answer was lost
	}
	return f.inject(ctx, fault)
}

// inject tells a lab that is gone, and its faults with it, from one that refuses.
func (f *Lab) inject(ctx context.Context, fault lab.Fault) error {
	err := f.lab.Inject(ctx, fault)
	if errors.Is(err, lab.ErrGone) {
		err = fmt.Errorf("%w: %w", drill.ErrGone, err)
	}
	return err
}

// kinds are the lab's words for the actions.
func kinds() map[drill.ActionKind]lab.Kind {
	return map[drill.ActionKind]lab.Kind{
		drill.Kill: lab.Kill, drill.Hang: lab.Hang, drill.Start: lab.Begin,
		drill.Cut: lab.Cut, drill.Stall: lab.Stall, drill.Slow: lab.Slow, drill.Mend: lab.Heal,
	}
}

// Heal takes back what was done, the last thing first. What a scenario has taken
// back itself is left as it is.
func (f *Lab) Heal(ctx context.Context) error {
	var left []lab.Fault
	var failed []error
	for _, fault := range slices.Backward(f.done) {
		undo := lab.Fault{Kind: lab.Heal, Region: fault.Region, From: fault.From, To: fault.To, OneWay: fault.OneWay, Shard: fault.Shard}
		if fault.Kind == lab.Kill {
			undo.Kind = lab.Begin
		}
		err := f.inject(ctx, undo)
		if errors.Is(err, drill.ErrGone) {
			return err
		}
		if err != nil {
			left = append(left, fault)
			failed = append(failed, err)
		}
	}
	slices.Reverse(left)
	f.done = left
	return errors.Join(failed...)
}
