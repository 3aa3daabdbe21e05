package drill

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeStore answers as its functions say; a nil one succeeds at once.
type fakeStore struct {
	write func(ctx context.Context, key string) error
	read  func(keys []string) ([]bool, error)

	mu    sync.Mutex
	reads [][]string
}

func (s *fakeStore) Connect(context.Context) error { return nil }
func (s *fakeStore) Close() error                  { return nil }

func (s *fakeStore) Delete(context.Context, []string) error { return nil }

func (s *fakeStore) Write(ctx context.Context, key string, _ []byte, _ time.Duration) error {
	if s.write == nil {
		return nil
	}
	return s.write(ctx, key)
}

func (s *fakeStore) Read(_ context.Context, keys []string) ([]bool, error) {
	s.mu.Lock()
	s.reads = append(s.reads, slices.Clone(keys))
	s.mu.Unlock()
	if s.read == nil {
		return make([]bool, len(keys)), nil
	}
	return s.read(keys)
}

func newTestWriter() *writer {
	start := time.Now()
	return &writer{
		ledger: NewLedger("p", "r", []int{1, 2, 3}), now: func() Moment { return time.Since(start) },
		rate: 1000, expiry: time.Hour, timeout: time.Second, workers: 4, random: rand.New(rand.NewPCG(1, 1)),
	}
}

func TestWriterKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter()
		w.start(t.Context(), &fakeStore{}, 0)
		pause(t.Context(), 10*time.Second) // simulated: the length of the run
		w.drain()
		// Poisson arrivals: 10,000 with a standard deviation of 100.
		if tally := w.ledger.Tally(); tally.Acknowledged < 9_500 || tally.Acknowledged > 10_500 || tally.Attempted != tally.Acknowledged {
			t.Errorf("got %+v in 10 s at 1000 writes/s", tally)
		}
	})
}

// A region that hangs holds the connections up; arrivals go on and are counted.
func TestWriterHoldsBackWhatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter()
		hang := &fakeStore{write: func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }}
		w.start(t.Context(), hang, 0)
		pause(t.Context(), 3500*time.Millisecond) // simulated: three time-outs and a half
		w.abort()
		tally := w.ledger.Tally()
		if tally.Indeterminate != tally.Attempted || tally.Attempted != 16 {
			t.Errorf("got %+v, want 4 connections times 4 attempts, all indeterminate", tally)
		}
		if held := w.heldBack.Load(); held < 3000 {
			t.Errorf("%d writes held back, want some 3,480", held)
		}
	})
}

func TestWriterDrainWaitsForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter()
		slow := &fakeStore{write: func(ctx context.Context, _ string) error {
			pause(ctx, 100*time.Millisecond)
			return ctx.Err()
		}}
		w.start(t.Context(), slow, 0)
		pause(t.Context(), time.Second) // simulated
		w.drain()
		if tally := w.ledger.Tally(); tally.Indeterminate != 0 || tally.Acknowledged == 0 {
			t.Errorf("got %+v: a drained writer leaves nothing indeterminate", tally)
		}
	})
}

// A refused endpoint is not dialled a thousand times a second.
func TestWriterBacksOffWhenUnsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter()
		w.start(t.Context(), &fakeStore{write: func(context.Context, string) error { return ErrUnsent }}, 0)
		pause(t.Context(), time.Second) // simulated
		w.drain()
		tally := w.ledger.Tally()
		if most := 4 * int(time.Second/reconnectPause); tally.Unsent > most+4 || tally.Unsent == 0 || tally.Attempted != 0 {
			t.Errorf("got %+v, want at most %d unsent and none attempted", tally, most)
		}
	})
}

func TestOutcomeOf(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want Outcome
	}{
		{"OK is an acknowledgement", nil, Acknowledged},
		{"an error that means not applied", errors.Join(ErrRejected, errors.New("OOM")), Rejected},
		{"nothing left this process", errors.Join(ErrUnsent, errors.New("refused")), Unsent},
		{"a broken connection leaves it open", errors.New("EOF"), Indeterminate},
		{"so does a time-out", context.DeadlineExceeded, Indeterminate},
	} {
		if got := outcomeOf(test.err); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestReadBackAsksNewestFirstInBatchesOfOneSlot(t *testing.T) {
	l := NewLedger("p", "r", []int{1, 2, 3})
	for range 1000 {
		l.End(l.Begin(0, 0), Acknowledged, 1)
	}
	ns := l.selectWrites(func(Entry, mark) bool { return true })
	covered := make(map[int]bool)
	for _, batch := range batches(l, ns) {
		if len(batch) > readBatch {
			t.Errorf("a batch of %d keys", len(batch))
		}
		for i, n := range batch {
			if l.Slot(n) != l.Slot(batch[0]) {
				t.Errorf("a batch of slots %d and %d", l.Slot(batch[0]), l.Slot(n))
			}
			if i > 0 && n >= batch[i-1] {
				t.Errorf("write %d comes after %d: not the newest first", n, batch[i-1])
			}
			covered[n] = true
		}
	}
	if len(covered) != len(ns) {
		t.Errorf("%d of %d writes are in a batch", len(covered), len(ns))
	}
}

// What could not be read is handed back, not taken for absent.
func TestReadBackTellsWhatItDidNotLearn(t *testing.T) {
	l := NewLedger("p", "r", []int{1, 2})
	for range 10 {
		l.End(l.Begin(0, 0), Acknowledged, 1)
	}
	broken := errors.New("broken")
	store := &fakeStore{read: func(keys []string) ([]bool, error) {
		if keys[0] == l.Key(9) {
			return nil, broken
		}
		return make([]bool, len(keys)), nil
	}}
	readings, unread, err := readBack(t.Context(), store, 0, l, func() Moment { return 0 }, l.selectWrites(func(Entry, mark) bool { return true }))
	if !errors.Is(err, broken) || len(readings)+len(unread) != 10 || len(unread) < 5 {
		t.Errorf("got %d readings and %d unread with %v, want the 5 odd ones unread", len(readings), len(unread), err)
	}
}
