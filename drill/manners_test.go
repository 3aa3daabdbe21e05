package drill

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// shop is a store that keeps what is written to it, and fails as it is told. Each
// attempt is applied before it fails, unless the failure proves that it was not.
type shop struct {
	fakeStore
	fenced bool

	mu       sync.Mutex
	keys     map[string]int // how often each was applied
	attempts int
	fails    func(attempt int) error // of the first attempt, 1, and so on
	batches  []int                   // how many keys came together
}

var errOpen = errors.New("no answer in time")

func (s *shop) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	return s.WriteAll(ctx, []string{key}, value, expiry)[0]
}

func (s *shop) WriteAll(_ context.Context, keys []string, _ []byte, _ time.Duration) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, len(keys))
	errs := make([]error, len(keys))
	for i, key := range keys {
		errs[i] = s.one(key)
	}
	return errs
}

func (s *shop) one(key string) error {
	s.attempts++
	if s.fenced && s.keys[key] > 0 {
		return ErrExists
	}
	var err error
	if s.fails != nil {
		err = s.fails(s.attempts)
	}
	if !errors.Is(err, ErrRejected) && !errors.Is(err, ErrUnsent) {
		if s.keys == nil {
			s.keys = make(map[string]int)
		}
		s.keys[key]++
	}
	return err
}

func (s *shop) Read(_ context.Context, keys []string) ([]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]bool, len(keys))
	for i, key := range keys {
		found[i] = s.keys[key] > 0
	}
	return found, nil
}

// retrying are manners that try again twice, soon.
var retrying = Retry{Limit: 2, Least: time.Millisecond, Most: 4 * time.Millisecond}

// writeFor lets an application write for a time, simulated, and stops it gently.
func writeFor(t *testing.T, w *writer, store Store, d time.Duration) {
	t.Helper()
	w.start(t.Context(), store, 0)
	pause.For(t.Context(), d)
	w.drain()
}

func TestRetries(t *testing.T) {
	every := func(err error) func(int) error { return func(int) error { return err } }
	first := func(err error) func(int) error {
		return func(attempt int) error {
			if attempt%2 == 1 {
				return err
			}
			return nil
		}
	}
	for _, test := range []struct {
		name           string
		retry          Retry
		fenced         bool
		fails          func(int) error
		want           Outcome // of every operation
		attempts       int     // of each operation
		numbers        int     // of each operation
		fenceTold, dup bool
	}{
		{"without retries, what fails once has failed", Retry{}, false, first(errOpen), 0, 1, 1, false, false},
		{"a second attempt with the same number makes an open write an acknowledged one", retrying, false, first(errOpen), Acknowledged, 2, 1, false, false},
		{"so it does a rejected one", retrying, false, first(ErrRejected), Acknowledged, 2, 1, false, false},
		{"and one that was not sent", retrying, false, first(ErrUnsent), Acknowledged, 2, 1, false, false},
		{"an open attempt leaves the write open, whatever the others told", retrying, false, func(attempt int) error {
			return []error{errOpen, ErrRejected, ErrRejected}[(attempt-1)%3]
		}, Indeterminate, 3, 1, false, false},
		{"only if all were rejected is it rejected", retrying, false, every(ErrRejected), Rejected, 3, 1, false, false},
		{"nothing was sent by any attempt", retrying, false, every(ErrUnsent), Unsent, 3, 1, false, false},
		{"a fenced retry finds what the first attempt has done", retrying, true, every(errOpen), Acknowledged, 2, 1, true, false},
		{"with a fresh number each attempt is a write of its own, and the operation is there twice",
			Retry{Limit: 2, Least: time.Millisecond, Most: time.Millisecond, Fresh: true}, false, first(errOpen), 0, 2, 2, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shop{fenced: test.fenced, fails: test.fails}
				w := newTestWriter(Manners{Retry: test.retry, Keys: 12 * test.numbers, Arrival: Constant})
				w.users = w.users[:1] // so that the attempts of the operations do not mix
				writeFor(t, w, s, time.Second)
				a := w.application()
				if a.Operations*test.numbers != w.ledger.Len() || a.Operations == 0 {
					t.Fatalf("%d operations of %d numbers each, and %d entries", a.Operations, test.numbers, w.ledger.Len())
				}
				for n := range w.ledger.Len() {
					if got := w.ledger.Entry(n).Outcome; test.want != 0 && got != test.want {
						t.Errorf("write %d is %v, want %v", n, got, test.want)
					}
				}
				if extra := a.Operations * (test.attempts - 1); a.Retries != extra || a.Retried != min(extra, a.Operations) {
					t.Errorf("%d retries of %d operations, want %d", a.Retries, a.Retried, extra)
				}
				if told := a.KnownByFencing == a.Operations; told != test.fenceTold || a.Unexpected != 0 {
					t.Errorf("fencing told of %d writes, and of %d that nobody made", a.KnownByFencing, a.Unexpected)
				}
				doubled := duplicates(w.numbers(), func(n int) bool { return s.keys[w.ledger.Key(n)] > 0 })
				if (doubled == a.Operations) != test.dup {
					t.Errorf("%d of %d operations are there twice", doubled, a.Operations)
				}
			})
		})
	}
}

// What a region did not answer is tried again where the application goes next, and
// counts as written there.
func TestRetriesMoveWithTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{Retry: retrying})
		hang := &fakeStore{write: func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }}
		w.start(t.Context(), hang, 0)
		pause.For(t.Context(), 500*time.Millisecond) // simulated: less than a time-out
		w.abort()
		if tally := w.ledger.Tally(); tally.Indeterminate != 4 || tally.Attempted != 4 {
			t.Fatalf("%+v in a region that hangs, want one open write of each connection", tally)
		}
		w.start(t.Context(), &shop{}, 1)
		pause.For(t.Context(), 500*time.Millisecond)
		w.drain()
		for n := range 4 {
			if e := w.ledger.Entry(n); e.Outcome != Acknowledged || e.Region != 1 {
				t.Errorf("%+v, want it acknowledged by the second region", e)
			}
		}
		if a := w.application(); a.Retries != 4 || a.Retried != 4 {
			t.Errorf("%+v, want 4 retries", a)
		}
	})
}

// A fenced write that finds its key at the first attempt came upon a key that
// nobody wrote.
func TestFencingFindsStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{Fencing: FencingNX, Keys: 1})
		s := &shop{fenced: true, keys: map[string]int{w.ledger.keyAt(0, 0): 1}}
		writeFor(t, w, s, time.Second)
		if a := w.application(); a.Unexpected != 1 || a.KnownByFencing != 0 || w.ledger.Entry(0).Outcome != Rejected {
			t.Errorf("%+v, %+v", a, w.ledger.Entry(0))
		}
	})
}

func TestFewReplicasIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{Replicas: 1, Keys: 10})
		writeFor(t, w, &shop{fails: func(attempt int) error {
			if attempt%2 == 0 {
				return ErrFewReplicas
			}
			return nil
		}}, time.Second)
		if a := w.application(); a.FewReplicas != 5 || w.ledger.Tally().Acknowledged != 10 {
			t.Errorf("%+v, %+v: want 10 acknowledged writes, 5 of them by too few replicas", a, w.ledger.Tally())
		}
	})
}

func TestKeysAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, retry := range []Retry{{}, {Limit: 5, Least: time.Millisecond, Most: time.Millisecond, Fresh: true}} {
			w := newTestWriter(Manners{Keys: 100, Pipeline: 8, Retry: retry})
			writeFor(t, w, &shop{fails: func(attempt int) error {
				if attempt%3 == 0 {
					return errOpen
				}
				return nil
			}}, time.Second)
			if a := w.application(); w.ledger.Len() != 100 || !a.OutOfKeys {
				t.Errorf("%+v: %d writes with a limit of 100, out of keys: %t", retry, w.ledger.Len(), a.OutOfKeys)
			}
		}
	})
}

// Writes that are due together go together, all to one slot; every slot has its turn.
func TestPipelines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{Pipeline: 8})
		slow := &slowShop{}
		writeFor(t, w, slow, 2*time.Second)
		together, counts := 0, make(map[int]int)
		for _, n := range slow.batches {
			if n > 8 {
				t.Errorf("%d writes went together, and 8 may", n)
			}
			together = max(together, n)
		}
		for n := range w.ledger.Len() {
			counts[w.ledger.Slot(n)]++
		}
		// 4 connections with 8 writes each 10 ms can do 3,200 a second, one at a time 400.
		if tally := w.ledger.Tally(); together < 4 || tally.Acknowledged < 1900 {
			t.Errorf("at most %d together, and %d acknowledged in 2 s at 1000 a second", together, tally.Acknowledged)
		}
		for slot, n := range counts {
			if n < w.ledger.Len()/4 {
				t.Errorf("slot %d has %d of %d writes", slot, n, w.ledger.Len())
			}
		}
	})
}

// slowShop takes 10 ms for whatever comes together.
type slowShop struct{ shop }

func (s *slowShop) WriteAll(ctx context.Context, keys []string, value []byte, expiry time.Duration) []error {
	pause.For(ctx, 10*time.Millisecond)
	return s.shop.WriteAll(ctx, keys, value, expiry)
}

func (s *slowShop) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	return s.WriteAll(ctx, []string{key}, value, expiry)[0]
}

func TestConstantArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{Arrival: Constant})
		writeFor(t, w, &fakeStore{}, 2*time.Second+time.Microsecond)
		for n := range w.ledger.Len() {
			if e := w.ledger.Entry(n); e.Sent != time.Duration(n+1)*time.Millisecond {
				t.Fatalf("write %d was sent at %v", n, e.Sent)
			}
		}
		if w.ledger.Len() != 2000 {
			t.Errorf("%d writes in 2 s at 1000 a second", w.ledger.Len())
		}
	})
}

// Requests that come while all connections are busy for a moment are served late,
// not turned away.
func TestABurstIsServedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{Arrival: Constant})
		writeFor(t, w, &fakeStore{write: func(ctx context.Context, _ string) error {
			if at := w.now(); at > 500*time.Millisecond && at < 540*time.Millisecond {
				pause.For(ctx, 540*time.Millisecond-at)
			}
			return nil
		}}, 2*time.Second+time.Microsecond)
		if w.ledger.Len() != 2000 || w.heldBack() != 0 {
			t.Errorf("%d writes, %d held back, although nothing was busy for as long as %v", w.ledger.Len(), w.heldBack(), patience)
		}
	})
}

func TestBackoffGrowsToItsLimit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	r := Retry{Limit: 100, Least: 10 * time.Millisecond, Most: time.Minute}
	for attempt := 1; attempt <= 100; attempt++ {
		whole := time.Duration(min(float64(r.Least)*math.Pow(2, float64(attempt-1)), float64(r.Most)))
		low, high := time.Minute, time.Duration(0)
		for range 1000 {
			d := r.pause(attempt, random)
			low, high = min(low, d), max(high, d)
		}
		if low < whole/2 || high > whole || high-low < whole/3 {
			t.Errorf("attempt %d: pauses of %v to %v, want %v to %v", attempt, low, high, whole/2, whole)
		}
	}
}

// A user who moves to a region where its latest write has not arrived does not see
// it, until it has.
func TestOwnReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{ReadOwn: 1})
		here := &shop{}
		writeFor(t, w, here, time.Second)
		if own := w.application().OwnReads; own.Checked < 900 || own.Unseen != 0 || own.Failed != 0 {
			t.Errorf("%+v, where everything is seen at once", own)
		}
		there := &shop{}
		w.start(t.Context(), there, 1)
		pause.For(t.Context(), 300*time.Millisecond)
		there.mu.Lock()
		for key := range here.keys {
			there.keys[key]++
		}
		there.mu.Unlock()
		pause.For(t.Context(), 100*time.Millisecond)
		w.drain()
		own := w.application().OwnReads
		if own.Writes != 4 || own.Still != 0 || own.Unseen < 100 || own.Longest < 300*time.Millisecond || own.Longest > 330*time.Millisecond {
			t.Errorf("%+v: want the latest write of each of 4 users unseen for a little over 300 ms", own)
		}
	})
}

func TestOwnReadsThatFailTellNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{ReadOwn: 0.5})
		writeFor(t, w, &fakeStore{read: func([]string) ([]bool, error) { return nil, errOpen }}, time.Second)
		if own := w.application().OwnReads; own.Checked != 0 || own.Failed < 400 || own.Failed > 600 {
			t.Errorf("%+v, want a failed read before every second of 1000 writes", own)
		}
	})
}

func TestMannersCheck(t *testing.T) {
	for _, test := range []struct {
		name    string
		manners Manners
		want    string // "" for none
	}{
		{"plain", Manners{}, ""},
		{"everything that goes together", Manners{Arrival: Constant, Pipeline: 10, Keys: 5, Retry: retrying, Fencing: FencingNX,
			Replicas: 1, ReplicaWait: 100 * time.Millisecond, ReadOwn: 1}, ""},
		{"an arrival that there is not", Manners{Arrival: "bursts"}, "arrival"},
		{"a pipeline of less than nothing", Manners{Pipeline: -1}, "pipeline"},
		{"a pipeline to a store that has none", Manners{Pipeline: 2, Keys: -1}, "keys"},
		{"retries without end", Manners{Retry: Retry{Limit: 1000}}, "retries"},
		{"retries without a pause", Manners{Retry: Retry{Limit: 1}}, "backoff"},
		{"a backoff that shrinks", Manners{Retry: Retry{Limit: 1, Least: 2, Most: 1}}, "backoff"},
		{"a fencing that there is not", Manners{Fencing: "lock"}, "fencing"},
		{"WATCH in a pipeline", Manners{Fencing: FencingWatch, Pipeline: 2}, "WATCH"},
		{"a share of more than all", Manners{ReadOwn: 1.1}, "share"},
		{"a share that is no number", Manners{ReadOwn: math.NaN()}, "share"},
		{"replicas without end", Manners{Replicas: 1000}, "replicas"},
		{"replicas that it waits for longer than for the write", Manners{Replicas: 1, ReplicaWait: 2 * time.Second}, "write timeout"},
		{"replicas without a time", Manners{Replicas: 1}, "wait 0s"},
	} {
		err := test.manners.check(Config{WriteTimeout: time.Second})
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want an error about %q", test.name, err, test.want)
		}
	}
	plain := struct{ Store }{&fakeStore{}}
	if err := (Manners{Pipeline: 2}).check(Config{Stores: []Store{plain}}); err == nil {
		t.Error("a pipeline to a store that takes writes one at a time")
	}
}
