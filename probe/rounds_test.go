package probe

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// recount returns the rounds of a cell by the fates of its messages, those that were counted before it left out.
func recount(v *virtual, c *cell) map[time.Time]Round {
	rounds := map[time.Time]Round{}
	for seq := c.channel.first; seq < c.channel.next; seq++ {
		at := v.state.clock.time(c.channel.record(seq).sent).Sub(v.state.clock.start).Truncate(v.state.policy.Interval)
		began := v.state.clock.start.Add(at)
		r := rounds[began]
		r.At = began
		switch c.fates[c.channel.at(seq)] {
		case delivered:
			r.Delivered++
		case delayed, excused:
			r.Late++
		case overdue, lost:
			r.Missing++
		case withoutEvidence:
			r.NoEvidence++
		case waiting:
			r.Waiting++
		}
		rounds[began] = r
	}
	return rounds
}

// Whatever happens to messages and connections, the rounds say what became of each message that was sent in them.
func TestRoundsAreWhatBecameOfTheirMessages(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	v := newVirtual(t, 3, DefaultPolicy())
	v.arrives = func(int, int, uint64) []time.Duration {
		switch random.IntN(8) {
		case 0:
			return nil
		case 1: // late, twice
			d := time.Duration(random.Int64N(int64(12 * time.Second)))
			return []time.Duration{d, d}
		}
		return []time.Duration{virtualRoundTrip}
	}
	v.takes = func(int) bool { return random.IntN(20) > 0 }
	seen := Round{}
	for range 400 {
		v.pass(time.Duration(random.Int64N(int64(time.Second))))
		if random.IntN(20) == 0 {
			region := random.IntN(3)
			v.connection(region, closed)
			v.pass(time.Duration(random.Int64N(int64(3 * time.Second))))
			v.connection(region, opened)
		}
		if random.IntN(50) == 0 {
			v.state.pause(v.now, "a pause")
		}
		v.state.advance(v.now)
		for _, l := range v.state.snapshot().Links {
			if want := min(roundsKept, int(time.Duration(v.now-1)/v.state.policy.Interval)+1); len(l.Rounds) != want {
				t.Fatalf("%s->%s: %d rounds after %v", l.From, l.To, len(l.Rounds), time.Duration(v.now))
			}
			byFate := recount(v, v.state.link(int(l.From[0]-'a'), int(l.To[0]-'a')).cells[0])
			for i, got := range l.Rounds {
				if i > 0 && got.At.Sub(l.Rounds[i-1].At) != v.state.policy.Interval {
					t.Fatalf("a round at %v follows one at %v", got.At, l.Rounds[i-1].At)
				}
				if (got.P50 > 0) != (got.Max > 0) || got.P50 > got.Max || got.Max > 0 && got.Delivered+got.Late == 0 {
					t.Fatalf("round trips of %v to %v: %+v", got.P50, got.Max, got)
				}
				want := byFate[got.At]
				want.At, want.P50, want.Max = got.At, got.P50, got.Max
				if got != want {
					t.Fatalf("%s->%s: round %d is\n%+v, and by the fates of its messages\n%+v", l.From, l.To, i, got, want)
				}
				seen.Delivered, seen.Late, seen.Missing = seen.Delivered+got.Delivered, seen.Late+got.Late, seen.Missing+got.Missing
				seen.NoEvidence, seen.Waiting = seen.NoEvidence+got.NoEvidence, seen.Waiting+got.Waiting
			}
		}
	}
	if seen.Delivered == 0 || seen.Late == 0 || seen.Missing == 0 || seen.NoEvidence == 0 || seen.Waiting == 0 {
		t.Errorf("not everything happened: %+v", seen)
	}
}

// A message that comes late makes the round late in which it was sent, not the one in which it came.
func TestARoundIsKnownByWhenItsMessagesWereSent(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(5*time.Second - 10*time.Millisecond) // just before the 21st round
	took := []time.Duration{6 * time.Second}
	v.arrives = func(from, to int, _ uint64) []time.Duration {
		if from == to {
			return []time.Duration{virtualRoundTrip}
		}
		return took
	}
	v.pass(250 * time.Millisecond)
	took = []time.Duration{2 * virtualRoundTrip}
	tried := func() []Round {
		v.state.advance(v.now)
		return v.state.snapshot().Link("a", "b").Rounds[19:23]
	}
	want := func(when string, figures ...Round) {
		t.Helper()
		got := tried()
		for i := range got {
			got[i].At, got[i].P50 = time.Time{}, 0
		}
		if !slices.Equal(got, figures) {
			t.Errorf("%s:\n%+v\nwant\n%+v", when, got, figures)
		}
	}
	v.pass(510 * time.Millisecond)
	before, after := Round{Delivered: 1, Max: virtualRoundTrip}, Round{Delivered: 1, Max: 2 * virtualRoundTrip}
	want("before its deadline", before, Round{Waiting: 1}, after, after)
	kept := v.state.snapshot()
	copied := slices.Clone(kept.Link("a", "b").Rounds)
	v.pass(3 * time.Second)
	want("after its deadline", before, Round{Missing: 1}, after, after)
	v.pass(3 * time.Second)
	want("when it has come", before, Round{Late: 1, Max: 6 * time.Second}, after, after)
	if got := tried()[1].P50; got != 6*time.Second {
		t.Errorf("the one round trip is 6 s, the median %v", got)
	}
	if !reflect.DeepEqual(kept.Link("a", "b").Rounds, copied) {
		t.Error("the rounds of a snapshot have changed after it was made")
	}
}

// While the observer sends nothing, rounds pass in which nothing is known.
func TestRoundsInWhichNothingWasSent(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(5*time.Second - time.Millisecond)
	v.agenda = nil
	v.tick()
	for _, silence := range []int{3, 60, 200} {
		v.pass(5*time.Second + time.Duration(silence)*v.state.policy.Interval - time.Duration(v.now))
		v.state.advance(v.now)
		rounds := v.state.snapshot().Link("a", "b").Rounds
		for _, r := range rounds[max(len(rounds)-silence, 0):] {
			if (r != Round{At: r.At}) {
				t.Errorf("nothing was sent for %d rounds: %+v", silence, r)
			}
		}
		if last := rounds[len(rounds)-1].At; v.state.clock.time(v.now).Sub(last) > v.state.policy.Interval {
			t.Errorf("the last round was at %v", last)
		}
	}
}

func TestRoundTripsOfARound(t *testing.T) {
	r := rounds{interval: time.Second}
	r.published(1)
	for ms := range 99 {
		r.arrived(1, time.Duration(ms+1)*time.Millisecond)
		if got := r.ring[0].median(); got < time.Duration(ms/2+1)*time.Millisecond || got > time.Duration(ms/2+1)*time.Millisecond*9/8 {
			t.Fatalf("the median of 1 to %d ms is %v", ms+1, got)
		}
	}
	r.arrived(1, time.Millisecond)
	if got := r.ring[0].max; got != 99*time.Millisecond {
		t.Errorf("the longest of 1 to 99 ms is %v", got)
	}
	r.published(1 + instant(roundsKept*time.Second))
	r.decided(1, waiting, lost)
	r.arrived(1, time.Second)
	want := round{number: roundsKept, took: []uint8{}}
	want.counts[waiting] = 1
	if got := r.ring[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("64 rounds later the place of the first one is %+v", got)
	}
}

// Counting a message takes no memory.
func TestAMessageOfARoundAllocatesNothing(t *testing.T) {
	r, at := rounds{interval: time.Second}, instant(1)
	once := func() {
		for range roundsKept {
			for range 10 {
				r.published(at)
				r.arrived(at, virtualRoundTrip)
				r.decided(at, waiting, delivered)
			}
			at += instant(time.Second)
		}
	}
	if n := testing.AllocsPerRun(10, once); n > 0 {
		t.Errorf("%v allocations in 640 messages", n)
	}
}
