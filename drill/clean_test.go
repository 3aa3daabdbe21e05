package drill_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

// shelf is a Store of keys that are deleted slowly, or not any more after so many.
type shelf struct {
	takes time.Duration // each request
	stuck int           // keys that stay; those that are left are refused

	mu   sync.Mutex
	keys map[string]bool
}

func (s *shelf) Connect(context.Context) error                              { return nil }
func (s *shelf) Close() error                                               { return nil }
func (s *shelf) Write(context.Context, string, []byte, time.Duration) error { return drill.ErrRejected }
func (s *shelf) wait(ctx context.Context) error {
	select {
	case <-time.After(s.takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *shelf) Read(ctx context.Context, keys []string) ([]bool, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]bool, len(keys))
	for i, key := range keys {
		found[i] = s.keys[key]
	}
	return found, nil
}

func (s *shelf) Delete(ctx context.Context, keys []string) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys)-len(keys) < s.stuck {
		return errors.New("no")
	}
	for _, key := range keys {
		delete(s.keys, key)
	}
	return nil
}

// A clean-up goes on as long as it gets anywhere, however many keys there are, and no longer. What is left is told.
func TestACleanUpTakesAsLongAsThereAreKeys(t *testing.T) {
	const keys, limit = 200_000, 5 * time.Second
	for _, row := range []struct {
		name          string
		takes         time.Duration
		stuck         int
		left          int
		atLeast, most time.Duration
	}{
		{"a region far away", 400 * time.Millisecond, 0, 0, 4 * limit, time.Minute},
		{"a region that refuses from the beginning", 20 * time.Millisecond, keys, keys, limit, limit + time.Second},
		{"a region that refuses from the middle on", 400 * time.Millisecond, keys / 2, keys / 2, 2 * limit, 40 * time.Second},
		{"a region that is so slow that some are left: a millisecond for each key", 2400 * time.Millisecond, 0, -1, 2 * time.Minute, limit + keys*time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, clean := range []string{"at the end of a drill", "afterwards"} {
				synctest.Test(t, func(t *testing.T) {
					store := &shelf{takes: row.takes, stuck: row.stuck, keys: make(map[string]bool)}
					l := drill.NewLedger("p", "r", []int{1, 2})
					for n := range keys {
						l.End(l.Begin(us, ms(n)), drill.Acknowledged, ms(n+1))
						store.keys[l.Key(n)] = true
					}
					c := drill.Config{Stores: []drill.Store{store}, Maps: []slots.Map{{Region: "us"}}, Expiry: time.Hour,
						Limits: drill.Limits{CleanUp: limit}}
					began := time.Now()
					var told int
					if clean == "afterwards" {
						told = drill.Clean(t.Context(), c, l)[0].Failed
					} else {
						events := drill.CleanUp(t.Context(), c, l)
						said := ""
						for _, e := range events {
							said += e.Detail
						}
						if len(store.keys) > 0 && (len(events) != 1 || !strings.HasPrefix(said, fmt.Sprintf("%d keys are left in us, until they expire within 1h0m0s: ", len(store.keys)))) {
							t.Errorf("%s: %d keys are left, and it says %q", clean, len(store.keys), said)
						}
						told = len(store.keys)
					}
					took := time.Since(began)
					if took < row.atLeast || took > row.most || told != len(store.keys) || row.left >= 0 && len(store.keys) != row.left {
						t.Errorf("%s: it took %v, want %v to %v; %d keys are told to be left, and %d are, want %d", clean, took, row.atLeast, row.most, told, len(store.keys), row.left)
					}
				})
			}
		})
	}
}
