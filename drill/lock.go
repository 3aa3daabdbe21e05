package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/slots"
)

// LockPlace is one region as the lock uses it: a key there with an expiry.
type LockPlace interface {
	// Claim sets the key if there is none, and returns what it holds afterwards:
	// the value if it was set. ErrRefused: there is none, and the region takes no
	// writes.
	Claim(ctx context.Context, key, value string, expiry time.Duration) (held string, err error)
	// Look returns what the key holds, "" when there is none.
	Look(ctx context.Context, key string) (held string, err error)
	// Renew sets the key whatever it holds.
	Renew(ctx context.Context, key, value string, expiry time.Duration) error
	// Drop deletes the key.
	Drop(ctx context.Context, key string) error
}

// ErrLocked says that another drill runs on the deployment.
var ErrLocked = errors.New("another drill runs")

// lockSlot is the slot of the lock's key. It is the same for all observers,
// whatever each of them knows of the sharding.
const lockSlot = 0

// LockKey returns the key of the lock under a prefix.
func LockKey(prefix string) string { return slots.Channel(prefix, lockSlot, "drill-lock") }

// Times of the lock. A drill that is killed keeps others out for lockExpiry.
const (
	lockExpiry = time.Minute
	lockRenew  = lockExpiry / 4
	// lockAgain bounds one renewal, and is how soon one that a region missed is made up for: more than once before lockOwn
	// is over.
	lockAgain = lockExpiry / 15
	// lockOwn is how long after we set a key it cannot be another drill's, with
	// plenty of room for a server whose clock runs faster.
	lockOwn = lockExpiry / 2
	// lockWait bounds how long the lock may take to be the same in all regions.
	lockWait = 10 * time.Second
)

// lock keeps two drills on one deployment apart, though no region can tell what
// another one is doing at the same moment.
//
// Each drill sets the same key, if there is none, in every region, waits for as
// long as the regions may need to agree, and looks again in all of them. Only who
// then finds its own value everywhere has the lock. Of two that set the key in
// different regions at once, the regions let one value win, the same one
// everywhere, or go on with one each: at most one drill finds its own everywhere.
type lock struct {
	places []LockPlace
	names  []string // of the regions
	key    string
	value  string

	mu  sync.Mutex
	set []time.Time // by region: when we last set the key there; zero: never

	stop context.CancelFunc // of renewing
	done chan struct{}
}

func newLock(places []LockPlace, names []string, prefix, run, holder string) *lock {
	return &lock{places: places, names: names, key: LockKey(prefix), value: lockOf(run) + holder, set: make([]time.Time, len(places))}
}

// lockOf is how the value of a run's lock begins.
func lockOf(run string) string { return "run " + run + " of " }

// unlock takes away the lock that a run left when it was killed, as far as the
// regions can be reached. Only should it expire between the look and the deletion,
// and another drill begin in that moment, would that one's be deleted: then it is
// renewed within lockRenew.
func unlock(ctx context.Context, places []Inspector, prefix, run string) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	var group sync.WaitGroup
	for _, place := range places {
		group.Go(func() {
			if held, err := place.Look(ctx, LockKey(prefix)); err == nil && strings.HasPrefix(held, lockOf(run)) {
				_ = place.Drop(ctx, LockKey(prefix)) // or it expires
			}
		})
	}
	group.Wait()
}

// acquire takes the lock, or returns ErrLocked or why it cannot be told. agree is
// how long the regions may need to agree. What it has set it takes back when it
// does not get the lock.
func (l *lock) acquire(ctx context.Context, agree time.Duration) error {
	err := l.tryAcquire(ctx, agree)
	if err != nil {
		l.release(context.WithoutCancel(ctx))
	}
	return err
}

func (l *lock) tryAcquire(ctx context.Context, agree time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, max(lockWait, 3*agree))
	defer cancel()
	for {
		if err := l.each(func(i int) error { return l.claim(limited, i) }); err != nil {
			return err
		}
		pause.For(limited, agree)
		absent, err := l.lookAll(limited)
		switch {
		case err != nil || absent == "":
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case limited.Err() != nil:
			return hint.Wrap(fmt.Errorf("%s: the lock of the drill does not get there", absent),
				"keys do not cross the links although messages do: a drill would find every write missing")
		}
	}
}

// claim sets the key in a region, unless there is one. A region that takes no
// writes gets it from another.
func (l *lock) claim(ctx context.Context, i int) error {
	asked := time.Now()
	held, err := l.places[i].Claim(ctx, l.key, l.value, lockExpiry)
	switch {
	case errors.Is(err, ErrRefused):
		return nil
	case err != nil:
		return err
	case held != l.value:
		return l.heldBy(i, held)
	}
	l.note(i, asked)
	return nil
}

// lookAll returns a region that has no key; "" when it is ours everywhere.
func (l *lock) lookAll(ctx context.Context) (absent string, err error) {
	var mu sync.Mutex
	err = l.each(func(i int) error {
		held, err := l.places[i].Look(ctx, l.key)
		switch {
		case err != nil:
			return err
		case held == "":
			mu.Lock()
			defer mu.Unlock()
			absent = l.names[i]
		case held != l.value:
			return l.heldBy(i, held)
		}
		return nil
	})
	return absent, err
}

// each does something for every region at once and returns the first error that
// is ErrLocked, or else the first one.
func (l *lock) each(do func(i int) error) error {
	errs := make([]error, len(l.places))
	var group sync.WaitGroup
	for i := range l.places {
		group.Go(func() { errs[i] = do(i) })
	}
	group.Wait()
	for _, err := range errs {
		if errors.Is(err, ErrLocked) {
			return err
		}
	}
	return cmp.Or(errs...)
}

func (l *lock) note(i int, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set[i] = at
}

// ours tells whether a key that we have set cannot have expired since, and so
// cannot have become another drill's.
func (l *lock) ours(i int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.set[i].IsZero() && time.Since(l.set[i]) < lockOwn
}

// heldBy is the error about the lock of another drill.
func (l *lock) heldBy(i int, held string) error {
	const most = 120
	held = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, held[:min(len(held), most)])
	return hint.Wrap(fmt.Errorf("%w on this deployment: %s, by its lock in %s", ErrLocked, held, l.names[i]),
		fmt.Sprintf("wait until it has ended; the lock of one that was killed expires within %v", lockExpiry))
}

// keep renews the lock until release, and calls lost at most once, when another
// drill has taken it.
func (l *lock) keep(ctx context.Context, lost func(error)) {
	ctx, l.stop = context.WithCancel(ctx)
	l.done = make(chan struct{})
	go func() {
		defer close(l.done)
		next, doubtful := lockRenew, false
		for {
			pause.For(ctx, next)
			if ctx.Err() != nil {
				return
			}
			missed, err := l.renewAll(ctx)
			// Once alone may be the lock of an earlier drill, in a region that comes back
			// with what it had and has not caught up yet.
			if err != nil && doubtful {
				lost(err)
				return
			}
			doubtful = err != nil
			if next = lockRenew; missed && !doubtful {
				next = lockAgain
			}
		}
	}()
}

// renewAll renews the key in every region, and returns ErrLocked if it is
// another's in one. A region that cannot be asked is what drills are about, and
// proves nothing: it has missed the renewal.
func (l *lock) renewAll(ctx context.Context) (missed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lockAgain)
	defer cancel()
	err = l.each(func(i int) error {
		held, err := l.places[i].Look(ctx, l.key)
		switch {
		case err != nil:
			return err
		case held == "": // it has expired, or the region came back without it
			return l.claim(ctx, i)
		case held != l.value:
			return l.heldBy(i, held)
		case !l.ours(i):
			return nil // a moment longer, and it may be another's: it expires first
		}
		asked := time.Now()
		if err := l.places[i].Renew(ctx, l.key, l.value, lockExpiry); err != nil {
			return err
		}
		l.note(i, asked)
		return nil
	})
	if errors.Is(err, ErrLocked) {
		return false, err
	}
	return err != nil, nil
}

// release gives the lock back, if there is one, as far as the regions can be reached: elsewhere it
// expires. It deletes only what is ours beyond doubt.
func (l *lock) release(ctx context.Context) {
	if l == nil {
		return
	}
	if l.stop != nil {
		l.stop()
		<-l.done
	}
	ctx, cancel := context.WithTimeout(ctx, lockOwn/4)
	defer cancel()
	_ = l.each(func(i int) error {
		if held, err := l.places[i].Look(ctx, l.key); err == nil && held == l.value && l.ours(i) {
			_ = l.places[i].Drop(ctx, l.key) // or it expires
		}
		return nil
	})
}
