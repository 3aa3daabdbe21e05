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

	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/slots"
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

func newTestWriter(m Manners) *writer {
	return newWriter(NewLedger("p", "r", []int{1, 2, 3}), time.Now(),
		Config{Rate: 1000, Payload: 1, Expiry: time.Hour, WriteTimeout: time.Second, Connections: 4, Manners: m, Seed: 1})
}

func TestWriterKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{})
		w.start(t.Context(), &fakeStore{}, 0)
		pause.For(t.Context(), 10*time.Second) // simulated: the length of the run
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
		w := newTestWriter(Manners{})
		hang := &fakeStore{write: func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }}
		w.start(t.Context(), hang, 0)
		pause.For(t.Context(), 3500*time.Millisecond) // simulated: three time-outs and a half
		w.abort()
		tally := w.ledger.Tally()
		if tally.Indeterminate != tally.Attempted || tally.Attempted != 16 {
			t.Errorf("got %+v, want 4 connections times 4 attempts, all indeterminate", tally)
		}
		if held := w.heldBack(); held < 3000 {
			t.Errorf("%d writes held back, want some 3,480", held)
		}
	})
}

func TestWriterDrainWaitsForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{})
		slow := &fakeStore{write: func(ctx context.Context, _ string) error {
			pause.For(ctx, 100*time.Millisecond)
			return ctx.Err()
		}}
		w.start(t.Context(), slow, 0)
		pause.For(t.Context(), time.Second) // simulated
		w.drain()
		if tally := w.ledger.Tally(); tally.Indeterminate != 0 || tally.Acknowledged == 0 {
			t.Errorf("got %+v: a drained writer leaves nothing indeterminate", tally)
		}
	})
}

// A refused endpoint is not dialled a thousand times a second.
func TestWriterBacksOffWhenUnsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{})
		w.start(t.Context(), &fakeStore{write: func(context.Context, string) error { return ErrUnsent }}, 0)
		pause.For(t.Context(), time.Second) // simulated
		w.drain()
		tally := w.ledger.Tally()
		if most := 4 * int(time.Second/reconnectPause); tally.Unsent > most+4 || tally.Unsent == 0 || tally.Attempted != 0 {
			t.Errorf("got %+v, want at most %d unsent and none attempted", tally, most)
		}
	})
}

func TestAnswerOf(t *testing.T) {
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
		if got := answerOf(test.err).outcome; got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// reading is a run with so many acknowledged writes and one store, as far as
// reading back needs it.
func reading(writes int, store Store) *run {
	cover := []int{1, 2, 3}
	r := &run{Config: Config{Cover: cover, Stores: []Store{store}}, start: time.Now(), ledger: NewLedger("p", "r", cover)}
	r.Limits.Connect = time.Second
	for range writes {
		r.ledger.End(r.ledger.Begin(0, 0), Acknowledged, 1)
	}
	return r
}

func all(Entry, mark) bool { return true }

// A stretch in which every write of a shard is missing is one window.
func TestMergeGapBridgesRandomArrivals(t *testing.T) {
	const rate, cover, writes = 300, 3, 10_000
	random := rand.New(rand.NewPCG(3, 4))
	var missed []Missed
	at := Moment(0)
	for range writes { // of one slot: every third write, on average
		at += time.Duration(random.ExpFloat64() * cover / rate * float64(time.Second))
		missed = append(missed, Missed{Absent: Absent{Entry: Entry{Ended: at}}})
	}
	whole := slots.Map{Shards: []slots.Shard{{Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
	if windows := Windows(missed, []slots.Map{whole}, MergeGap(rate, cover)); len(windows) != 1 {
		t.Errorf("one stretch of %d missing writes became %d windows", writes, len(windows))
	}
}

func TestBatchesAreNewestFirstAndOfOneSlot(t *testing.T) {
	r := reading(1000, nil)
	ns := r.ledger.selectWrites(all)
	covered := make(map[int]bool)
	for _, batch := range r.batches(ns) {
		if len(batch) > readBatch {
			t.Errorf("a batch of %d keys", len(batch))
		}
		for i, n := range batch {
			if r.ledger.Slot(n) != r.ledger.Slot(batch[0]) {
				t.Errorf("a batch of slots %d and %d", r.ledger.Slot(batch[0]), r.ledger.Slot(n))
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

// A shard that fails at once keeps nobody from reading the others, however slow
// they are; and what could not be read is handed back, not taken for absent.
func TestReadBackIsNotStarvedByOneShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *run
		r = reading(90, &fakeStore{read: func(keys []string) ([]bool, error) {
			if keys[0] == r.ledger.Key(89) { // the newest, and so the first of its slot
				return nil, errors.New("broken")
			}
			pause.For(t.Context(), 20*time.Millisecond)
			return make([]bool, len(keys)), nil
		}})
		learned := 0
		unread := r.lookFor(t.Context(), 0, r.ledger.selectWrites(all), func(Reading) { learned++ })
		if learned != 60 || unread != 30 {
			t.Errorf("learned of %d writes, and not of %d; want 60 and the 30 of one slot", learned, unread)
		}
	})
}
