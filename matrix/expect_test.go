package matrix_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// expectation is what is to be seen. What it does not name is as in a healthy deployment.
type expectation struct {
	Verdict  probe.Verdict
	Findings []finding
	Regions  map[string]regionState
	Links    map[string]linkState // by "us->eu", "*->eu", "us->*"; the most exact one counts
	Writes   map[string]writesState
	Keys     map[string]keysState // with a dataset; by link, as above
	Failback map[string]probe.Readiness
	Never    never
	Settle   time.Duration
	Within   time.Duration
	Proven   time.Duration
	Hold     time.Duration
	Allowed  []probe.Verdict
	Passing  []string // what findings may name on the way: regions, and links as "us->eu"
	Changes  *int
	Steady   steadiness
}

// steadiness is what must stay as it is expected once it was seen. Under random loss, what is seen of single shards depends on
// chance.
type steadiness string

const (
	steadyAll     steadiness = "all" // the default
	steadyVerdict steadiness = "verdict"
	steadyNothing steadiness = "nothing"
)

// finding is a probe.Finding as a file writes it.
type finding struct {
	Kind     probe.FindingKind
	Severity probe.Severity
	Region   string
	From, To string
	Both     bool
	Shards   []int // numbers in the slot map of the region, or of the source
	Some     bool  // whichever shards: chance decides
	Cause    string
}

// regionState is the state of a region, and those of its shards that are in another one.
type regionState struct {
	State  probe.RegionState
	Cause  string
	Shards map[int]probe.RegionState
}

// linkState is the state of a link, and those of its cells, by the number of the source shard, or "1/2" for source and target,
// which are not as the others: in the state of the link if no cell is named, else up.
type linkState struct {
	State  probe.LinkState
	Shards map[string]probe.LinkState
	Some   bool // whichever cells: chance decides
}

// writesState is what is known of the writes to a region.
type writesState struct {
	State probe.Writes
	Cause string // of refused
}

// keysState is the state of the keys of a link, and those of its cells, by the number of the source shard, or "1/2" for source
// and target, which are in another one.
type keysState struct {
	State  probe.KeyState
	Shards map[string]probe.KeyState
}

// never is what no snapshot may say, from the beginning of the actions on.
type never struct {
	Failback map[string]probe.Readiness
	Writes   map[string]probe.Writes
}

// UnmarshalYAML takes a state alone, too.
func (w *writesState) UnmarshalYAML(decode func(any) error) error {
	if decode(&w.State) == nil {
		return nil
	}
	type fields writesState
	return decode((*fields)(w))
}

// UnmarshalYAML takes a state alone, too.
func (k *keysState) UnmarshalYAML(decode func(any) error) error {
	if decode(&k.State) == nil {
		return nil
	}
	type fields keysState
	return decode((*fields)(k))
}

// UnmarshalYAML takes a state alone, too.
func (l *linkState) UnmarshalYAML(decode func(any) error) error {
	if decode(&l.State) == nil {
		return nil
	}
	type fields linkState
	return decode((*fields)(l))
}

// complete fills in what was not given; before is the expectation before this one, nil at the start.
func (e *expectation) complete(before *expectation) {
	e.Verdict = cmp.Or(e.Verdict, probe.Healthy)
	e.Within = cmp.Or(e.Within, defaultWithin)
	e.Proven = cmp.Or(e.Proven, defaultProven)
	e.Hold = cmp.Or(e.Hold, defaultHold)
	if e.Changes == nil {
		changes := 1
		if before != nil && before.Verdict == e.Verdict || before == nil && e.Verdict == probe.Unobservable {
			changes = 0
		}
		e.Changes = &changes
	}
	e.Steady = cmp.Or(e.Steady, steadyAll)
	for i := range e.Findings {
		e.Findings[i].Severity = cmp.Or(e.Findings[i].Severity, probe.Failure)
	}
}

// check finds slips in a file that would make it expect nothing: names that do not exist.
func (e *expectation) check(s *scenario) error {
	known := map[string]bool{"": true, "*": true}
	for _, r := range s.Regions {
		known[r.Name] = true
	}
	names := slices.Concat(slices.Collect(maps.Keys(e.Regions)), slices.Collect(maps.Keys(e.Writes)), slices.Collect(maps.Keys(e.Failback)),
		slices.Collect(maps.Keys(e.Never.Failback)), slices.Collect(maps.Keys(e.Never.Writes)))
	if len(e.Keys) > 0 && !s.Dataset {
		return errors.New("it expects something of keys, and has no dataset")
	}
	for _, link := range slices.Concat(slices.Collect(maps.Keys(e.Links)), slices.Collect(maps.Keys(e.Keys))) {
		from, to, ok := strings.Cut(link, "->")
		if !ok {
			return fmt.Errorf("%q is no link", link)
		}
		names = append(names, from, to)
	}
	for _, f := range e.Findings {
		names = append(names, f.Region, f.From, f.To)
		if f.Kind == "" {
			return fmt.Errorf("the finding %+v has no kind", f)
		}
	}
	if !slices.Contains([]steadiness{steadyAll, steadyVerdict, steadyNothing}, e.Steady) {
		return fmt.Errorf("steady: %q is neither all, verdict nor nothing", e.Steady)
	}
	for _, name := range names {
		if !known[name] {
			return fmt.Errorf("%q is no region", name)
		}
	}
	return nil
}
