package inside

import (
	"context"
	"fmt"
	"slices"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/pause"
)

// kinds are what others than the lab can be asked for.
func kinds() map[promotion.Verb]drill.ActionKind {
	return map[promotion.Verb]drill.ActionKind{
		promotion.Kill: drill.Kill, promotion.Hang: drill.Hang, promotion.Start: drill.Start, promotion.GoOn: drill.Start,
	}
}

// Plays tells whether a scenario can be made in a deployment that is not the drill's: it needs no settings of its own, a
// server is taken away and comes back, and no client has to be beside it.
func Plays(s promotion.Scenario) bool {
	return len(s.Servers) == 0 && s.Patience == 0 && s.Second != promotion.Minority && !s.Expect.LosesData &&
		!slices.ContainsFunc(s.Steps, func(step promotion.Step) bool { return kinds()[step.Do] == "" })
}

// Make has a step made to hosts, one after the other.
func (d *Deployment) Make(ctx context.Context, do promotion.Verb, hosts []int) error {
	d.mu.Lock()
	fault := d.fault
	d.mu.Unlock()
	kind := kinds()[do]
	if kind == "" || fault == nil {
		return fmt.Errorf("%s: %w", do, errNotOurs)
	}
	for _, i := range hosts {
		if err := fault.Do(ctx, drill.Action{Kind: kind, Region: d.hosts[i].Address}); err != nil {
			return err
		}
	}
	return nil
}

// Seen returns true when a server begins to look as after an action, and false when ctx ended first. What it looks like
// already when it is called is no evidence that anybody did anything.
func (d *Deployment) Seen(ctx context.Context, a drill.Action) bool {
	otherwise := false
	for ; ctx.Err() == nil; pause.For(ctx, watchPause) {
		holds := d.Holds(a)
		if holds && otherwise {
			return ctx.Err() == nil
		}
		otherwise = otherwise || !holds
	}
	return false
}

// Holds tells whether a server looks as it should after an action.
func (d *Deployment) Holds(a drill.Action) bool {
	i := slices.IndexFunc(d.hosts, func(h promotion.Host) bool { return h.Address == a.Region })
	if i < 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	var err error
	if d.readers[i] == nil {
		err = d.guards[slices.Index(d.options.Region.Discovery, a.Region)].Ping(ctx).Err()
	} else {
		err = d.Ping(ctx, i)
	}
	return (err == nil) == (a.Kind == drill.Start)
}
