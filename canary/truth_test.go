package canary_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/lab"
)

// compare returns how an incident differs from what really happened, by the plain
// definitions of the words. Everything that is going to come has come. lost are the
// writes that were called lost in earlier incidents.
func (s *stage) compare(r canary.Incident, all []drill.Missed, lost map[int]bool) error {
	var wrong []error
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	to := s.names[r.To]
	cutOver := r.Start.Add(r.CutOverAt)
	fates := make(map[int]drill.Fate)
	for _, m := range all {
		fates[m.N] = m.Fate
	}
	arrived, missed := false, 0
	for _, w := range s.diary.writes {
		if w.err != nil {
			continue
		}
		if w.region == to && !w.ended.Before(cutOver.Add(-time.Millisecond)) && !w.ended.After(cutOver) {
			arrived = true
		}
		n := number(w.key)
		fate, called := fates[n]
		if w.region == to || s.trial(w) || w.ended.After(cutOver) || lost[n] || !cutOver.Before(w.began.Add(s.config.Expiry-10*time.Second)) {
			if called {
				complain("%s was called missed, and could not be", w.key)
			}
			continue
		}
		first := s.firstLook(to, w.key, cutOver)
		switch {
		case first == nil:
			complain("%s was never looked for in %s", w.key, to)
			continue
		case first.found == called:
			complain("%s: found %v, called missed %v", w.key, first.found, called)
			continue
		case !called:
			continue
		}
		missed++
		if err := s.compareFate(w, to, cutOver, fate); err != nil {
			complain("%w", err)
		}
	}
	for n, fate := range fates {
		if fate == drill.Lost {
			lost[n] = true
		}
	}
	if back := r.Return; back != nil {
		if err := s.compareReturn(r.Start.Add(back.At), s.names[back.To], back, lost); err != nil {
			complain("returned: %w", err)
		}
	}
	if !arrived {
		complain("%s acknowledged nothing at the cut-over", to)
	}
	counted := 0
	for _, n := range r.Fates {
		counted += n
	}
	inWindows := 0
	for _, w := range r.Windows {
		inWindows += w.Count
	}
	if r.Missed() != missed || counted != missed || inWindows != missed || len(fates) != missed || r.Unread != 0 {
		complain("reported %d missed, %d by fate, %d in windows, %d unread; truly %d", r.Missed(), counted, inWindows, r.Unread, missed)
	}
	return errors.Join(wrong...)
}

// compareReturn says how the count of what was missing at a return differs from the
// truth. Of a write that was called lost it is open whether that was before.
func (s *stage) compareReturn(at time.Time, to string, back *canary.Return, lost map[int]bool) error {
	missing, open := 0, 0
	for _, w := range s.diary.writes {
		if w.err != nil || s.trial(w) || w.ended.After(at) || !at.Before(w.began.Add(s.config.Expiry-10*time.Second)) {
			continue
		}
		first := s.firstLook(to, w.key, at)
		switch {
		case first == nil && lost[number(w.key)]:
		case first == nil:
			return fmt.Errorf("%s was never looked for in %s", w.key, to)
		case first.found:
		case lost[number(w.key)]:
			open++
		default:
			missing++
		}
	}
	if back.Missing < missing || back.Missing > missing+open || back.Unread != 0 {
		return fmt.Errorf("reported %d missing in %s, and %d unread; truly %d, and %d that were called lost", back.Missing, to, back.Unread, missing, open)
	}
	return nil
}

// compareFate says how the fate of a missed write differs from the truth.
func (s *stage) compareFate(w written, to string, cutOver time.Time, fate drill.Fate) error {
	came := s.thereAfter(to, w.key, cutOver)
	anywhere := false
	for _, name := range s.names {
		anywhere = anywhere || s.thereAfter(name, w.key, cutOver)
	}
	seen := false
	for _, l := range s.diary.reads[to+" "+w.key] {
		seen = seen || l.found && !l.began.Before(cutOver)
	}
	ok := false
	switch fate {
	case drill.Converged:
		ok = came && seen
	case drill.Lost: // it may have been readable until the region that had it lost it
		ok = !came
	case drill.Diverged:
		ok = !came && anywhere
	case drill.Expired:
		ok = !seen
	}
	if !ok {
		return fmt.Errorf("%s, written in %s, was called %v: came to %s %v, was seen there %v, was anywhere later %v", w.key, w.region, fate, to, came, seen, anywhere)
	}
	return nil
}

// thereAfter tells whether a key was ever in a region after a moment.
func (s *stage) thereAfter(region, key string, at time.Time) bool {
	for _, i := range s.truth.Applied(region, key) {
		if i.To.IsZero() || i.To.After(at) {
			return true
		}
	}
	return false
}

// firstLook is the first one that began after an application had got to a region.
func (s *stage) firstLook(region, key string, from time.Time) *looked {
	for _, l := range s.diary.reads[region+" "+key] {
		if !l.began.Before(from) {
			return &l
		}
	}
	return nil
}

// trial tells whether a write was made at home while an application would have been
// elsewhere: it is no write of an application.
func (s *stage) trial(w written) bool {
	away := false
	for _, i := range s.canary.State().Incidents {
		if w.region != s.names[0] || w.began.Before(i.Start.Add(i.CutOverAt)) {
			continue
		}
		away = s.names[i.To] != s.names[0] && (i.Return == nil || w.began.Before(s.homeAfter(i)))
	}
	return away
}

// homeAfter is when the first write that led home after an incident began.
func (s *stage) homeAfter(i canary.Incident) time.Time {
	back := i.Start.Add(i.Return.At)
	for _, w := range s.diary.writes {
		if w.region == s.names[i.Return.To] && w.err == nil && !w.ended.Before(back.Add(-time.Millisecond)) && !w.ended.After(back) {
			return w.began
		}
	}
	return back
}

func number(key string) int {
	n, _ := strconv.Atoi(key[strings.LastIndexByte(key, ':')+1:])
	return n
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func between(random *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(random.Int64N(int64(high-low)))
}

// outage brings one about and mends it.
func (s *stage) outage(random *rand.Rand) {
	target := pick(random, s.names[0], s.names[0], pick(random, s.names...))
	from, to := s.names[0], pick(random, s.names[1:]...)
	switch random.IntN(6) {
	case 0: // what us writes is on its way when it fails
		s.inject(lab.Fault{Kind: lab.Slow, From: from, To: to, OneWay: true, Delay: between(random, 100*time.Millisecond, 3*time.Second)})
	case 1:
		s.inject(lab.Fault{Kind: lab.Stall, From: from, To: to, OneWay: random.IntN(2) == 0})
	case 2:
		s.inject(lab.Fault{Kind: lab.Cut, From: from, To: to, OneWay: random.IntN(2) == 0})
	}
	spend(between(random, 0, 20*time.Second))
	shard := lab.AllShards
	if random.IntN(4) == 0 {
		shard = 1
	}
	kind := pick(random, lab.Kill, lab.Kill, lab.Hang)
	s.inject(lab.Fault{Kind: kind, Region: target, Shard: shard})
	spend(between(random, time.Second, 4*time.Minute))
	if random.IntN(4) == 0 { // the next one fails too
		other := pick(random, s.names[1:]...)
		s.inject(lab.Fault{Kind: lab.Kill, Region: other})
		spend(between(random, time.Second, time.Minute))
		s.inject(lab.Fault{Kind: lab.Begin, Region: other, Empty: random.IntN(3) == 0})
	}
	if kind == lab.Kill {
		s.inject(lab.Fault{Kind: lab.Begin, Region: target, Shard: shard, Empty: random.IntN(3) == 0})
	}
	spend(between(random, 0, 20*time.Second))
	s.mend()
}

// mend makes everything work.
func (s *stage) mend() {
	s.inject(lab.Fault{Kind: lab.Heal})
	for _, name := range s.names {
		s.inject(lab.Fault{Kind: lab.Begin, Region: name}) // refused where it runs
	}
}

const (
	simulatedStages = max(1, 6/racetest.Slowdown)
	outages         = 5
)

// Whatever goes wrong in simulated hours, the report of each incident agrees with
// what really happened, to the single write.
func TestTruthOfRandomOutages(t *testing.T) {
	fates, incidents := make(map[drill.Fate]int), 0
	for seed := range uint64(simulatedStages) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 3))
				p := plan{rate: 1 + 5*random.Float64(), expiry: 10 * time.Minute,
					delay: func(string, string) time.Duration { return 30 * time.Millisecond }}
				for _, name := range []string{"us", "eu", "ap"}[:2+random.IntN(2)] {
					p.writable = append(p.writable, name)
					p.regions = append(p.regions, lab.RegionConfig{Name: name, Shards: 1 + random.IntN(3),
						Persistence: pick(random, lab.KeepAll, lab.KeepLastSecond, lab.KeepNothing)})
				}
				s := open(t, p)
				defer s.stop()
				s.writesIn("us")
				for range outages {
					spend(between(random, time.Second, 3*time.Minute))
					s.outage(random)
				}
				s.until(20*time.Minute, "all incidents are over, and the canary is at home", func() bool {
					for _, i := range s.canary.State().Incidents {
						if !i.Over() {
							return false
						}
					}
					return s.canary.State().Active == "us"
				})
				spend(time.Minute)
				lost := make(map[int]bool)
				for _, r := range s.canary.State().Incidents {
					var missed []drill.Missed // none of an incident that was over at once
					if f, ok := s.followed[r.Number]; ok {
						missed = f.Missed(s.canary)
					}
					if err := s.compare(r, missed, lost); err != nil {
						t.Errorf("incident %d, %s to %s: %v", r.Number, s.names[r.From], s.names[r.To], err)
					}
					for fate, count := range r.Fates {
						fates[drill.Fate(fate)] += count
					}
					incidents++
				}
				s.compareTally()
			})
		})
	}
	for _, fate := range []drill.Fate{drill.Converged, drill.Lost} {
		if fates[fate] == 0 && !t.Failed() && simulatedStages >= 6 {
			t.Errorf("no write was %v", fate)
		}
	}
	t.Logf("%d incidents, missed writes by fate: %v", incidents, fates)
}

// compareTally compares the counts of all writes with the diary.
func (s *stage) compareTally() {
	var want drill.Tally
	for _, w := range s.diary.writes {
		switch {
		case w.err == nil:
			want.Acknowledged++
		case errors.Is(w.err, drill.ErrRejected):
			want.Rejected++
		case errors.Is(w.err, drill.ErrUnsent):
			want.Unsent++
		default:
			want.Indeterminate++
		}
	}
	want.Attempted = want.Acknowledged + want.Rejected + want.Indeterminate
	got := s.canary.State().Writes
	// One may be under way.
	if d := got.Attempted - want.Attempted; d < -1 || d > 1 || got.Rejected != want.Rejected || got.Unsent != want.Unsent {
		s.t.Errorf("reported %+v, truly %+v", got, want)
	}
}
