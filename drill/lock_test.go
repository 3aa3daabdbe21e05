package drill_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// register is the key of the lock in some regions that replicate to each other,
// each with a delay, as last writer wins: by the time of the write, and where that
// is equal by the value.
type register struct {
	mu      sync.Mutex
	held    []version // by region
	delay   func(from, to int) time.Duration
	replica map[int]bool // regions that take no writes
	away    map[int]bool // regions that do not answer
	slow    func() time.Duration
	naive   bool // what arrives wins, whatever it is
}

type version struct {
	value   string // "" is none
	at      time.Time
	expires time.Time
}

func (r *register) place(i int) drill.LockPlace { return place{r, i} }

func (r *register) places(regions int) []drill.LockPlace {
	r.held = make([]version, regions)
	var all []drill.LockPlace
	for i := range regions {
		all = append(all, r.place(i))
	}
	return all
}

// at is what a region holds, whether it has expired or not.
func (r *register) at(i int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held[i].value
}

// put writes a version in a region. The caller holds mu.
func (r *register) put(i int, v version) {
	r.held[i] = v
	for to := range r.held {
		if to != i {
			time.AfterFunc(r.delay(i, to), func() { r.arrive(to, v) })
		}
	}
}

func (r *register) arrive(to int, v version) {
	r.mu.Lock()
	defer r.mu.Unlock()
	is := r.held[to]
	if r.naive || v.at.After(is.at) || v.at.Equal(is.at) && v.value > is.value {
		r.held[to] = v
	}
}

// place is one region.
type place struct {
	*register
	i int
}

var errAway = errors.New("no answer")

// enter is the way to the region: it takes time, and leads nowhere when the region
// is away.
func (p place) enter() error {
	<-time.After(p.slow())
	p.mu.Lock()
	if p.away[p.i] {
		p.mu.Unlock()
		return errAway
	}
	return nil
}

func (p place) leave() {
	p.mu.Unlock()
	<-time.After(p.slow())
}

func (p place) live() string {
	if v := p.held[p.i]; v.value != "" && time.Now().Before(v.expires) {
		return v.value
	}
	return ""
}

func (p place) Claim(_ context.Context, _, value string, expiry time.Duration) (string, error) {
	if err := p.enter(); err != nil {
		return "", err
	}
	defer p.leave()
	held := p.live()
	if held == "" && p.replica[p.i] {
		return "", drill.ErrRefused
	}
	if held == "" {
		p.put(p.i, version{value, time.Now(), time.Now().Add(expiry)})
		held = value
	}
	return held, nil
}

func (p place) Look(context.Context, string) (string, error) {
	if err := p.enter(); err != nil {
		return "", err
	}
	defer p.leave()
	return p.live(), nil
}

func (p place) Renew(_ context.Context, _, value string, expiry time.Duration) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	if p.replica[p.i] {
		return drill.ErrRefused
	}
	p.put(p.i, version{value, time.Now(), time.Now().Add(expiry)})
	return nil
}

func (p place) Drop(context.Context, string) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	if !p.replica[p.i] {
		p.put(p.i, version{at: time.Now()})
	}
	return nil
}

const agree = time.Second

// fixed is a register of quick regions that are 100 ms apart.
func fixed() *register {
	return &register{replica: map[int]bool{}, away: map[int]bool{},
		delay: func(int, int) time.Duration { return 100 * time.Millisecond }, slow: func() time.Duration { return time.Millisecond }}
}

// However drills race for the lock, over whichever regions first, at most one
// runs at a time; and when all have ended, the next one can.
func TestAtMostOneDrillRuns(t *testing.T) {
	won, refused := 0, 0
	for seed := range uint64(1000) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 3))
			var mu sync.Mutex // of random
			upTo := func(most time.Duration) time.Duration {
				mu.Lock()
				defer mu.Unlock()
				return time.Duration(random.Int64N(int64(most)))
			}
			regions := 2 + random.IntN(3)
			r := fixed()
			r.naive = random.IntN(3) == 0
			delays := make(map[[2]int]time.Duration)
			for a := range regions {
				for b := range regions {
					delays[[2]int{a, b}] = upTo(agree / 2)
				}
			}
			r.delay = func(from, to int) time.Duration { return delays[[2]int{from, to}] }
			r.slow = func() time.Duration { return upTo(300 * time.Millisecond) }
			places := r.places(regions)

			running, winners := 0, 0
			var group sync.WaitGroup
			for n := range 2 + random.IntN(3) {
				start := upTo(2 * time.Second)
				stay := upTo(90 * time.Second)
				group.Go(func() {
					<-time.After(start)
					l := drill.NewLock(places, fmt.Sprint("run", n))
					if err := l.Acquire(t.Context(), agree); err != nil {
						if !errors.Is(err, drill.ErrLocked) {
							t.Errorf("seed %d: %v", seed, err)
						}
						mu.Lock()
						refused++
						mu.Unlock()
						return
					}
					l.Keep(t.Context(), func(err error) { t.Errorf("seed %d: lost: %v", seed, err) })
					mu.Lock()
					running++
					winners++
					if running > 1 {
						t.Errorf("seed %d: %d drills run", seed, running)
					}
					mu.Unlock()
					<-time.After(stay)
					mu.Lock()
					running--
					mu.Unlock()
					l.Release(t.Context())
				})
			}
			group.Wait()
			won += winners
			<-time.After(5 * time.Second)
			if r.naive {
				<-time.After(time.Minute) // two that raced may have left each other's lock in the wrong region
			}
			next := drill.NewLock(places, "next")
			if err := next.Acquire(t.Context(), agree); err != nil {
				t.Errorf("seed %d: after all had ended: %v", seed, err)
			}
			next.Release(t.Context())
			<-time.After(5 * time.Second)
		})
	}
	if won < 100 || refused < 100 {
		t.Errorf("%d drills got the lock and %d did not: the races are none", won, refused)
	}
}

func TestTheLockIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		places := r.places(3)
		one, two := drill.NewLock(places, "one"), drill.NewLock(places, "two")
		if err := one.Acquire(t.Context(), agree); err != nil {
			t.Fatal(err)
		}
		one.Keep(t.Context(), func(err error) { t.Errorf("lost: %v", err) })
		// A region that is away for long comes back without the lock, and has it soon.
		<-time.After(30 * time.Second)
		r.mu.Lock()
		r.away[1] = true
		r.mu.Unlock()
		<-time.After(5 * time.Minute)
		r.mu.Lock()
		r.away[1], r.held[1] = false, version{}
		r.mu.Unlock()
		<-time.After(20 * time.Second)
		for i, p := range places {
			if held, _ := p.Look(t.Context(), ""); !strings.Contains(held, "run one") {
				t.Errorf("region %d holds %q after minutes", i, held)
			}
		}
		err := two.Acquire(t.Context(), agree)
		if !errors.Is(err, drill.ErrLocked) || !strings.Contains(err.Error(), "run one of somebody") {
			t.Errorf("%v", err)
		}
		one.Release(t.Context())
		if err := two.Acquire(t.Context(), agree); err != nil {
			t.Errorf("after the first one had ended: %v", err)
		}
		two.Release(t.Context())
		<-time.After(time.Second)
	})
}

// A failover, as drills make them, takes place when the lock is to be renewed. It is made up for soon: the next time would be too
// late, when it may be another drill's already and is left to expire.
func TestTheLockOutlivesAFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		places := r.places(1)
		l := drill.NewLock(places, "one")
		if err := l.Acquire(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		l.Keep(t.Context(), func(err error) { t.Errorf("lost: %v", err) })
		away := func(is bool) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.away[0] = is
		}
		<-time.After(14 * time.Second)
		away(true)
		<-time.After(10 * time.Second)
		away(false)
		<-time.After(20 * time.Second)
		l.Release(t.Context())
		if held := r.at(0); held != "" {
			t.Errorf("%q is left", held)
		}
	})
}

// A drill that was killed keeps others out only until its lock expires.
func TestTheLockOfADeadDrillExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		places := r.places(2)
		if err := drill.NewLock(places, "dead").Acquire(t.Context(), agree); err != nil {
			t.Fatal(err)
		}
		<-time.After(50 * time.Second)
		if err := drill.NewLock(places, "next").Acquire(t.Context(), agree); !errors.Is(err, drill.ErrLocked) {
			t.Errorf("after 50 s: %v", err)
		}
		<-time.After(15 * time.Second)
		if err := drill.NewLock(places, "next").Acquire(t.Context(), agree); err != nil {
			t.Errorf("after more than a minute: %v", err)
		}
	})
}

// A drill whose process stood still for so long that another one began must end.
func TestTheLockIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		places := r.places(2)
		l := drill.NewLock(places, "one")
		if err := l.Acquire(t.Context(), agree); err != nil {
			t.Fatal(err)
		}
		lost := make(chan error, 2)
		l.Keep(t.Context(), func(err error) { lost <- err })
		other := version{"run two of another", time.Now(), time.Now().Add(time.Hour)}
		r.mu.Lock()
		r.held[0], r.held[1] = other, other
		r.mu.Unlock()
		if err := <-lost; !errors.Is(err, drill.ErrLocked) || !strings.Contains(err.Error(), "run two of another") {
			t.Errorf("%v", err)
		}
		l.Release(t.Context())
		if r.at(0) != other.value || len(lost) > 0 {
			t.Errorf("%q: the lock of the other was deleted, or it was told twice", r.at(0))
		}
	})
}

// What an earlier drill left in a region that comes back late is no other drill.
func TestAnOldLockInARegionThatReturnsIsForgiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		l := drill.NewLock(r.places(2), "one")
		if err := l.Acquire(t.Context(), agree); err != nil {
			t.Fatal(err)
		}
		l.Keep(t.Context(), func(err error) { t.Errorf("lost: %v", err) })
		<-time.After(10 * time.Second)
		r.mu.Lock()
		ours := r.held[1]
		r.held[1] = version{"run old of somebody", time.Now().Add(-time.Hour), time.Now().Add(time.Minute)}
		r.mu.Unlock()
		<-time.After(10 * time.Second) // one renewal sees it
		r.arrive(1, ours)              // and it has caught up
		<-time.After(time.Minute)
		l.Release(t.Context())
		<-time.After(time.Second)
	})
}

// A replica gets the lock from its primary; where keys do not cross, nobody drills.
func TestTheLockCrossesTheLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		r.replica[1] = true
		l := drill.NewLock(r.places(2), "one")
		if err := l.Acquire(t.Context(), agree); err != nil {
			t.Errorf("to a replica: %v", err)
		}
		l.Release(t.Context())
		<-time.After(time.Second)
		if r.at(0) != "" || r.at(1) != "" {
			t.Errorf("%q and %q are left", r.at(0), r.at(1))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		r.replica[1] = true
		r.delay = func(int, int) time.Duration { return time.Hour }
		err := drill.NewLock(r.places(2), "one").Acquire(t.Context(), agree)
		if err == nil || errors.Is(err, drill.ErrLocked) || !strings.Contains(err.Error(), "b: the lock of the drill does not get there") {
			t.Errorf("%v", err)
		}
		if r.at(0) != "" {
			t.Errorf("%q is left", r.at(0))
		}
		<-time.After(2 * time.Hour)
	})
}

func TestWithoutAnAnswerThereIsNoLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		r.away[1] = true
		places := r.places(2)
		if err := drill.NewLock(places, "one").Acquire(t.Context(), agree); !errors.Is(err, errAway) {
			t.Errorf("%v", err)
		}
		if r.at(0) != "" {
			t.Errorf("%q is left", r.at(0))
		}
		<-time.After(time.Second)
	})
}

// The name of another drill comes from a key that anybody may have written.
func TestTheHolderIsShownHarmlessly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fixed()
		places := r.places(2)
		r.held[1] = version{"\x1b[2Jrun " + strings.Repeat("x", 10_000), time.Now(), time.Now().Add(time.Hour)}
		err := drill.NewLock(places, "one").Acquire(t.Context(), agree)
		if !errors.Is(err, drill.ErrLocked) || strings.Contains(err.Error(), "\x1b") || len(err.Error()) > 300 {
			t.Errorf("%v", err)
		}
		<-time.After(time.Second)
	})
}
