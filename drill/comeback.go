package drill

import (
	"context"
	"errors"
	"fmt"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
)

// The steps of the way home: heal, resync, fail back.

// ErrNotHealed says that a fault which the drill made could not be undone: it
// may still be in force.
var ErrNotHealed = errors.New("heal the fault")

// heal follows the guide until the heal is made, or its later steps are under way. It is the last of the way home where
// no link leads there.
func (r *run) heal(ctx context.Context) (bool, error) {
	r.follow(ctx, r.begun)
	if r.record.OneWay {
		r.finishSteps(ctx)
		r.waitFor(fmt.Sprintf("for %s to answer again", r.name(home)), r.Limits.Resync)
		r.awaitHome(ctx)
		return false, nil
	}
	return r.at != home && !r.stranded, nil
}

// resync waits until the guide decides that the application can come home, and
// takes it elsewhere meanwhile if need be.
func (r *run) resync(ctx context.Context) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, r.Limits.Resync)
	defer cancel()
	for r.at != home {
		d, ok := r.next(ctx, limited.Done())
		if !ok {
			return false, nil
		}
		if d.Action == failover.FailBack {
			r.decision = d
			return true, nil
		}
		r.obey(ctx, d)
	}
	return false, nil // it had to go home before that was called safe
}

// failBack takes the application home. When it does not get there, it goes on where
// it is and waits again.
func (r *run) failBack(ctx context.Context) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, r.Limits.Resync)
	defer cancel()
	for d, ok := r.decision, true; ok && r.at != home && !r.stranded; d, ok = r.next(ctx, limited.Done()) {
		r.obey(ctx, d)
		if r.at == home {
			break
		}
	}
	return r.at == home, nil
}

// comeHome moves the application home with care. Unlike a failover it can wait: it
// makes sure that what was proven still holds, stops writing, lets what it wrote
// arrive, proven by a fence, and only then goes. When something of that fails, it
// goes on where it is.
func (r *run) comeHome(ctx context.Context, d failover.Decision) {
	here, decided := r.at, r.now()
	r.scout.rest()
	if !r.wrong.trustsOldProof {
		if w := r.tryWrites(ctx, home); w != probe.WritesProven {
			r.proof.setWrites(r.name(home), w)
			r.scout.start(ctx)
			pause.For(ctx, GuideInterval) // until the probe has heard of it, the guide says the same
			return
		}
	}
	r.homecoming.reach(r.now(), func(f *Failback) **Moment { return &f.Ready })
	r.writer.drain()
	r.waitFor(fmt.Sprintf("for what was written last in %s to arrive in %s", r.name(here), r.name(home)), r.Limits.Fence)
	if arrived := r.fenced(ctx, r.Cover, r.now(), []int{here}, []int{home}); len(arrived) < len(r.Cover) {
		r.stay(ctx, fmt.Sprintf("what was written last in %s does not arrive in %s: the application stays", r.name(here), r.name(home)))
		return
	}
	r.decided(d, decided)
	r.waitFor("for the first write to be acknowledged", r.Limits.Connect)
	limited, cancel := context.WithTimeout(ctx, r.Limits.Connect)
	defer cancel()
	for limited.Err() == nil {
		if at, ok := r.arrive(limited, home); ok {
			r.arrived(ctx, at)
			return
		}
		pause.For(limited, reconnectPause)
	}
	r.at = here
	r.noteMove()
	r.stay(ctx, fmt.Sprintf("%s took no write: the application stays in %s", r.name(home), r.name(here)))
}

// stay lets the application go on where it is.
func (r *run) stay(ctx context.Context, why string) {
	r.tell(r.now(), EventError, why)
	r.writer.start(ctx, r.Stores[r.at], r.at)
	r.scout.start(ctx)
}
