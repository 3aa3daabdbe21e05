package drill

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// everything finds every key.
func everything(keys []string) ([]bool, error) { return slices.Repeat([]bool{true}, len(keys)), nil }

// away is a run whose application has made so many writes in region 1, which all are
// readable there. With the preferred region, and the scout.
func away(writes int) (s *scout, preferred, other *fakeStore) {
	preferred, other = &fakeStore{}, &fakeStore{read: everything}
	r := reading(0, preferred)
	r.Stores = append(r.Stores, other)
	r.Maps = []slots.Map{{Region: "us"}, {Region: "eu"}}
	r.start = time.Now().Add(-time.Hour)
	r.search, r.watch = newSearch(r), NewWatch(r.start)
	r.watch.set(&probe.Snapshot{Regions: []probe.Region{{Name: "us", State: probe.RegionAvailable}, {Name: "eu", State: probe.RegionAvailable}}})
	for range writes {
		r.ledger.End(r.ledger.Begin(1, 0), Acknowledged, 1)
	}
	return &scout{run: r}, preferred, other
}

func TestScoutAsksForNoMoreThanItHasTo(t *testing.T) {
	const writes = 100_000
	s, preferred, other := away(writes)
	for range 10 {
		if text := s.notResynced(t.Context()); !strings.HasPrefix(text, "at least ") {
			t.Errorf("%q, and all %d are missing", text, writes)
		}
	}
	if n := len(preferred.reads) + len(other.reads); n > 100 {
		t.Errorf("%d requests, to find out 10 times that anything is missing", n)
	}
	preferred.read = everything // all have come
	if text := s.notResynced(t.Context()); text != "" {
		t.Errorf("%q, and nothing is missing", text)
	}
	asked := 0
	for _, keys := range preferred.reads {
		asked += len(keys)
	}
	if asked < writes || asked > writes+2000 {
		t.Errorf("asked for %d writes, and there are %d", asked, writes)
	}
}

// What a part had not yet is looked for until it is there, and nothing is looked for
// once it was found.
func TestScoutFindsOneWriteAfterTheOther(t *testing.T) {
	const writes = 1000
	s, preferred, _ := away(writes)
	here := make(map[string]bool)
	preferred.read = func(keys []string) ([]bool, error) {
		found := make([]bool, len(keys))
		for i, key := range keys {
			found[i] = here[key]
		}
		return found, nil
	}
	for n := range writes {
		if n%50 == 0 && s.notResynced(t.Context()) == "" {
			t.Fatalf("called complete with %d of %d", n, writes)
		}
		here[s.run.ledger.Key(writes-1-n)] = true
	}
	if text := s.notResynced(t.Context()); text != "" {
		t.Error(text)
	}
	if len(s.elsewhere) != 0 {
		t.Errorf("still looking for %d", len(s.elsewhere))
	}
}

// A write whose retry was acknowledged elsewhere, long after later ones, is looked for
// as well.
func TestScoutLooksForWhatWasRetried(t *testing.T) {
	s, _, _ := away(0)
	l := s.run.ledger
	s.run.Manners.Retry.Limit = 1
	l.End(l.Begin(0, 0), Indeterminate, 1)
	if text := s.notResynced(t.Context()); text != "" {
		t.Fatal(text)
	}
	l.Reopen(0)
	l.EndIn(0, 1, Acknowledged, 2)
	if s.notResynced(t.Context()) == "" {
		t.Error("the write that a retry made is not looked for")
	}
}
