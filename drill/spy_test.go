package drill_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// diary is what the application of a drill did, noted outside the drill: the
// tests compare the drill's report with this and with the lab's truth, and never
// with the drill's own ledger.
type diary struct {
	keep bool // delete nothing

	broken, healed time.Time // when the fault was about to be made, and to be undone

	mu       sync.Mutex
	writes   []write
	reads    []look
	connects map[string]time.Time // the last one to each region
}

type write struct {
	region       string
	key          string
	began, ended time.Time
	err          error
}

// look is one successful Read.
type look struct {
	region       string
	keys         map[string]bool // asked for
	began, ended time.Time
}

// spy is a Store that notes in a diary what is asked of it.
type spy struct {
	drill.Store
	region string
	diary  *diary
}

func (s *spy) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	began := time.Now()
	err := s.Store.Write(ctx, key, value, expiry)
	ended := time.Now()
	s.diary.mu.Lock()
	defer s.diary.mu.Unlock()
	s.diary.writes = append(s.diary.writes, write{s.region, key, began, ended, err})
	return err
}

func (s *spy) Read(ctx context.Context, keys []string) ([]bool, error) {
	asked := make(map[string]bool, len(keys))
	for _, key := range keys {
		asked[key] = true
	}
	began := time.Now()
	found, err := s.Store.Read(ctx, keys)
	if err == nil {
		s.diary.mu.Lock()
		defer s.diary.mu.Unlock()
		s.diary.reads = append(s.diary.reads, look{s.region, asked, began, time.Now()})
	}
	return found, err
}

func (s *spy) Connect(ctx context.Context) error {
	s.diary.mu.Lock()
	s.diary.connects[s.region] = time.Now()
	s.diary.mu.Unlock()
	return s.Store.Connect(ctx)
}

// Delete does nothing while the diary says to keep everything.
func (s *spy) Delete(ctx context.Context, keys []string) error {
	if s.diary.keep {
		return nil
	}
	return s.Store.Delete(ctx, keys)
}

// keyOf returns the key of a write by its number, with which keys end.
func (d *diary) keyOf(n int) string {
	for _, w := range d.writes {
		if strings.HasSuffix(w.key, ":"+strconv.Itoa(n)) {
			return w.key
		}
	}
	return ""
}

// acknowledgedIn returns the writes that a region acknowledged, in the order of
// the diary.
func (d *diary) acknowledgedIn(region string) []write {
	var acknowledged []write
	for _, w := range d.writes {
		if w.region == region && w.err == nil {
			acknowledged = append(acknowledged, w)
		}
	}
	return acknowledged
}

// looksAt returns the looks for a key in a region that began at or after a
// moment, in the order of the diary.
func (d *diary) looksAt(region, key string, from time.Time) []look {
	var looks []look
	for _, l := range d.reads {
		if l.region == region && l.keys[key] && !l.began.Before(from) {
			looks = append(looks, l)
		}
	}
	return looks
}

// attempted counts the writes of which a byte may have left.
func (d *diary) attempted() int {
	n := 0
	for _, w := range d.writes {
		if !errors.Is(w.err, drill.ErrUnsent) {
			n++
		}
	}
	return n
}
