package matrix_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/aafailover/aafailover/internal/faultnet"
	"github.com/aafailover/aafailover/lab"
)

// action is something that happens: one of its fields is set.
type action struct {
	Lab      map[string]any // a lab.Fault
	Network  *networkFault
	Observer *observerFault
	Client   *clientFault
	Repeat   *repeat
}

// networkFault is something that happens to the observer's connections to a region, or to one of its shards; to all regions
// where none is named. The kind heal ends what is there.
type networkFault struct {
	Kind   faultnet.Kind
	Region string
	Shard  int
	Role   faultnet.Role
	// Speaks is for redirect: what answers in the place of the region, "http".
	Speaks string
}

// observerFault is something that befalls the observer.
type observerFault struct {
	Pause span          // it is stopped for so long, and goes on
	Clock time.Duration // the clock of its machine is stepped by so much
}

// clientFault is what other clients of the regions do.
type clientFault struct {
	Forge   int  // so many messages that nobody sent, to each channel of each region
	Observe bool // another probe begins, and goes on to the end
}

// repeat does something again and again in the background: Do, a time of On, Undo, a time of Off.
type repeat struct {
	Times   int
	Do      []action
	On, Off span
	Undo    []action
}

// heal is the kind of a networkFault that ends others.
const heal faultnet.Kind = "heal"

// check finds an action that would do nothing.
func (a *action) check() error {
	set := 0
	for _, is := range []bool{a.Lab != nil, a.Network != nil, a.Observer != nil, a.Client != nil, a.Repeat != nil} {
		if is {
			set++
		}
	}
	if set != 1 {
		return fmt.Errorf("an action does %d things, not one", set)
	}
	if a.Lab != nil {
		_, err := a.labFault()
		return err
	}
	if a.Repeat != nil {
		for _, part := range append(a.Repeat.Do, a.Repeat.Undo...) {
			if err := part.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// labFault reads a lab.Fault by its JSON names; its durations, which JSON does not know, are written as such.
func (a *action) labFault() (lab.Fault, error) {
	fields := maps.Clone(a.Lab)
	var f lab.Fault
	var errs []error
	for name, into := range map[string]*time.Duration{"delay": &f.Delay, "after": &f.After} {
		if text, ok := fields[name]; ok {
			var err error
			*into, err = time.ParseDuration(fmt.Sprint(text))
			errs = append(errs, err)
			delete(fields, name)
		}
	}
	text, err := json.Marshal(fields)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return f, errors.Join(append(errs, err, decoder.Decode(&f))...)
}

// do does everything that the actions say.
func (r *run) do(ctx context.Context, actions []action) error {
	for i := range actions {
		if err := r.act(ctx, &actions[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) act(ctx context.Context, a *action) error {
	switch {
	case a.Lab != nil:
		f, err := a.labFault()
		if err == nil {
			err = r.deployment.lab.Inject(ctx, f)
		}
		return err
	case a.Network != nil:
		return r.deployment.onNetwork(ctx, a.Network)
	case a.Observer != nil && a.Observer.Clock != 0:
		r.clock.step(a.Observer.Clock)
	case a.Observer != nil:
		r.deployment.network.Pause()
		<-time.After(a.Observer.Pause.choose(r.random))
		r.deployment.network.Continue()
	case a.Client != nil && a.Client.Observe:
		return r.observe(ctx)
	case a.Client != nil:
		return r.forge(ctx, a.Client.Forge)
	case a.Repeat != nil:
		on, off := r.choices(a.Repeat)
		again := *r
		again.random = rand.New(rand.NewPCG(r.random.Uint64(), 0)) // of the goroutine alone
		r.background.Go(func() error {
			for i := range a.Repeat.Times {
				if err := again.do(ctx, a.Repeat.Do); err != nil {
					return err
				}
				if !rest(ctx, on[i]) {
					break
				}
				if err := again.do(ctx, a.Repeat.Undo); err != nil {
					return err
				}
				if !rest(ctx, off[i]) {
					break
				}
			}
			return nil
		})
	}
	return nil
}

// choices are the times of all repetitions, chosen before they run in a goroutine of their own.
func (r *run) choices(a *repeat) (on, off []time.Duration) {
	for range a.Times {
		on = append(on, a.On.choose(r.random))
		off = append(off, a.Off.choose(r.random))
	}
	return on, off
}

// rest lets time pass, and tells whether ctx goes on.
func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// onNetwork brings a fault of the network about, or heals it.
func (d *deployment) onNetwork(ctx context.Context, n *networkFault) error {
	f := faultnet.Fault{Kind: n.Kind, Role: n.Role}
	if n.Region != "" {
		addresses, err := d.addresses(ctx, n.Region, n.Shard)
		if err != nil {
			return err
		}
		f.To = func(address string) bool { return addresses[address] }
	}
	if n.Kind == heal {
		d.network.Heal(f.To)
		return nil
	}
	if n.Speaks == "http" {
		s, err := d.serve(ctx, speakHTTP)
		if err != nil {
			return err
		}
		f.Instead = s.address
	}
	d.network.Inject(f)
	return nil
}
