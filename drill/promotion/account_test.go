package promotion_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
)

// books are those of one shard, whose primary at the end is host 1 and whose replica is host 0, in sync at 9 s.
type books struct {
	promotion.Books
	t *testing.T
}

func newBooks(t *testing.T) *books {
	t.Helper()
	look := func() promotion.Look {
		return promotion.Look{Began: *at(9000), Ended: *at(9100), Found: new(drill.Numbers), Unread: new(drill.Numbers)}
	}
	return &books{t: t, Books: promotion.Books{
		Ledger: drill.NewLedger("aafailover", "run", []int{0}), Second: new(drill.Numbers), ShardOf: func(int) int { return 0 },
		Owners: map[int][]int{0: {1, 0}}, Looks: map[int]promotion.Look{0: look(), 1: look()}, Expiry: time.Hour,
		Fault: at(1000), NewPrimary: at(2600), Takeovers: []promotion.Takeover{{From: 0, To: 1, At: *at(2650)}},
	}}
}

// write enters one that ended at a moment, and where it is at the end.
func (b *books) write(ended int, outcome drill.Outcome, in ...int) int {
	n := b.Ledger.Begin(0, *at(ended)-time.Millisecond)
	b.Ledger.End(n, outcome, *at(ended))
	for _, host := range in {
		b.Looks[host].Found.Add(n)
	}
	return n
}

func (b *books) bySecond(n int) { b.Second.Add(n) }

func TestWhatAnAcknowledgedWriteComesTo(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(b *books)
		want drill.Fate
		kept bool // it is in the primary
	}{
		{name: "it is in both servers", kept: true, make: func(b *books) { b.write(500, drill.Acknowledged, 0, 1) }},
		{name: "the replica lacks it", kept: true, make: func(b *books) { b.write(500, drill.Acknowledged, 1) }},
		{name: "it is nowhere", want: drill.Lost, make: func(b *books) { b.write(990, drill.Acknowledged) }},
		{name: "only the replica has it", want: drill.Diverged, make: func(b *books) { b.write(990, drill.Acknowledged, 0) }},
		{name: "the primary lacks it, and the replica could not be read", want: drill.Pending, make: func(b *books) {
			n := b.write(990, drill.Acknowledged)
			b.Looks[0].Unread.Add(n)
		}},
		{name: "the primary lacks it, and nobody looked into the replica", want: drill.Pending, make: func(b *books) {
			b.write(990, drill.Acknowledged)
			delete(b.Looks, 0)
		}},
		{name: "it had expired when it was looked for", want: drill.Expired, make: func(b *books) {
			b.Expiry = 5 * time.Second
			b.write(990, drill.Acknowledged)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBooks(t)
			c.make(b)
			a := b.Close()
			switch {
			case a.Unread != 0:
				t.Errorf("%d could not be looked for", a.Unread)
			case c.kept && len(a.Missed) != 0:
				t.Errorf("it is missing: %+v", a.Missed)
			case !c.kept && (len(a.Missed) != 1 || a.Missed[0].Fate != c.want):
				t.Errorf("%+v, want one that is %v", a.Missed, c.want)
			}
		})
	}
}

func TestAWriteThatThePrimaryWasNotAskedForIsNotMissed(t *testing.T) {
	b := newBooks(t)
	n := b.write(500, drill.Acknowledged, 0)
	b.Looks[1].Unread.Add(n)
	if a := b.Close(); a.Unread != 1 || len(a.Missed) != 0 || a.AtEnd[1] != -1 || a.AtEnd[0] != 0 {
		t.Errorf("%+v", a)
	}
	b = newBooks(t)
	b.Owners, b.Looks = nil, nil // nobody looked
	b.write(500, drill.Acknowledged)
	if a := b.Close(); a.Unread != 1 || len(a.Missed) != 0 {
		t.Errorf("nobody looked: %+v", a)
	}
}

func TestTheAgeOfWhatIsLostIsTheApplications(t *testing.T) {
	b := newBooks(t)
	b.write(900, drill.Acknowledged, 0, 1)
	b.write(960, drill.Acknowledged)                   // the oldest that is lost
	b.write(1000, drill.Acknowledged)                  // the last acknowledgement before the cut-over
	b.write(2650, drill.Acknowledged, 0, 1)            // the cut-over
	b.bySecond(b.write(2000, drill.Acknowledged))      // of one who stayed
	b.write(3000, drill.Acknowledged, 0, 1)            // after it
	b.bySecond(b.write(940, drill.Acknowledged, 0, 1)) // of one who stayed, before the fault
	a := b.Close()
	if len(a.Missed) != 3 || a.RPO.Lost == nil || *a.RPO.Lost != 40*time.Millisecond {
		t.Errorf("%d missed, RPO %v, want 3 and 40ms", len(a.Missed), a.RPO.Lost)
	}
}

func TestTheClientThatStayedIsAccountedForByItself(t *testing.T) {
	b := newBooks(t)
	b.bySecond(b.write(900, drill.Acknowledged, 0, 1)) // before the fault
	b.bySecond(b.write(2000, drill.Acknowledged))      // lost, when there was one primary
	b.bySecond(b.write(2700, drill.Acknowledged))      // lost, when there were two
	b.bySecond(b.write(2800, drill.Acknowledged))      // the same
	b.bySecond(b.write(3000, drill.Rejected))
	b.bySecond(b.write(2900, drill.Rejected))
	b.bySecond(b.write(3100, drill.Indeterminate))
	b.bySecond(b.write(3200, drill.Unsent))
	b.write(990, drill.Acknowledged) // the application's
	s := b.Close().SplitBrain
	if s.Attempted != 6 || s.Acknowledged != 3 || s.Rejected != 2 || s.Indeterminate != 1 || s.Unsent != 1 || s.Lost != 3 || s.AfterPromotion != 2 {
		t.Errorf("%+v", s)
	}
	if s.LastAck == nil || *s.LastAck != *at(2800) || s.FirstRefused == nil || *s.FirstRefused != *at(2900) {
		t.Errorf("last acknowledged at %v, first refused at %v", s.LastAck, s.FirstRefused)
	}
}

func TestWritesThatWereNotAcknowledgedAreFoundOrNot(t *testing.T) {
	b := newBooks(t)
	b.write(990, drill.Indeterminate, 0)
	b.write(991, drill.Indeterminate)
	b.write(992, drill.Rejected, 1)
	b.write(993, drill.Rejected)
	b.Ledger.Begin(0, *at(994)) // in flight when the drill ended
	if a := b.Close(); a.IndeterminateApplied != 1 || a.RejectedApplied != 1 || len(a.Missed) != 0 {
		t.Errorf("%+v", a)
	}
}

// Whatever became of the writes, each acknowledged one is in the primary, missed, or could not be looked for.
func TestTheCountsAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		b := newBooks(t)
		kept := 0
		for i := range 200 {
			outcome := drill.Acknowledged + drill.Outcome(random.IntN(4))
			n := b.write(10*i, outcome)
			unread := random.IntN(10) == 0
			for host := range b.Looks {
				if random.IntN(2) == 0 && (host != 1 || !unread) {
					b.Looks[host].Found.Add(n)
				}
			}
			if unread {
				b.Looks[1].Unread.Add(n)
			}
			if outcome == drill.Acknowledged && b.Looks[1].Found.Has(n) {
				kept++
			}
		}
		a := b.Close()
		if got, want := kept+len(a.Missed)+a.Unread, b.Ledger.Tally().Acknowledged; got != want {
			t.Fatalf("%d kept, %d missed and %d unread are %d, and %d were acknowledged", kept, len(a.Missed), a.Unread, got, want)
		}
	}
}

func TestTheLongestTimeWithoutAnAcknowledgement(t *testing.T) {
	for _, c := range []struct {
		name      string
		acks      []int
		from, gap int
	}{
		{"the application went on", []int{900, 1000, 1100, 4900}, 1100, 3800},
		{"a gap that ended before the fault does not count", []int{100, 900, 1000, 1300, 4800, 4990}, 1300, 3500},
		{"a gap that began before the fault does", []int{400, 4600, 4990}, 400, 4200},
		{"nothing was acknowledged after the fault", []int{900, 990}, 990, 4010},
		{"nothing was acknowledged at all", nil, 0, 5000},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := drill.NewLedger("aafailover", "run", []int{0, 1})
			for _, ms := range c.acks {
				n := l.BeginAt(0, 0, *at(ms)-time.Millisecond)
				l.End(n, drill.Acknowledged, *at(ms))
			}
			second := new(drill.Numbers)
			n := l.BeginAt(0, 0, *at(2000)) // of another client
			l.End(n, drill.Acknowledged, *at(2001))
			second.Add(n)
			over := promotion.Stretch{Fault: *at(1000), Heal: *at(4000), End: *at(5000)}
			got := promotion.LoadsOf(l, second, func(slot int) int { return slot }, 2, over)[0]
			if got.GapFrom != *at(c.from) || got.Gap != *at(c.gap) {
				t.Errorf("%v from %v on, want %v from %v on", got.Gap, got.GapFrom, *at(c.gap), *at(c.from))
			}
		})
	}
}

func TestTheLoadOfAShardIsCountedFromTheFaultToTheHeal(t *testing.T) {
	l := drill.NewLedger("aafailover", "run", []int{0, 1})
	for _, w := range []struct {
		place, sent int
		outcome     drill.Outcome
	}{
		{0, 900, drill.Acknowledged}, {0, 1000, drill.Indeterminate}, {0, 1100, drill.Unsent}, {0, 1200, drill.Rejected}, {0, 1300, drill.Acknowledged},
		{0, 4000, drill.Rejected}, {1, 1100, drill.Acknowledged}, {1, 1200, drill.Acknowledged},
	} {
		n := l.BeginAt(0, w.place, *at(w.sent))
		l.End(n, w.outcome, *at(w.sent + 5))
	}
	loads := promotion.LoadsOf(l, new(drill.Numbers), func(slot int) int { return slot }, 2, promotion.Stretch{Fault: *at(1000), Heal: *at(4000), End: *at(5000)})
	if loads[0].Asked != 4 || loads[0].Failed != 3 || loads[1].Asked != 2 || loads[1].Failed != 0 {
		t.Errorf("%+v", loads)
	}
}

func TestWhoTookOverAsTheApplicationFoundThem(t *testing.T) {
	type write struct{ sent, ended, by int }
	for _, c := range []struct {
		name   string
		writes []write
		want   []promotion.Takeover
	}{
		{"nobody", []write{{100, 101, 0}, {200, 201, 0}}, nil},
		{"one", []write{{100, 101, 0}, {200, 201, 1}, {300, 301, 1}}, []promotion.Takeover{{From: 0, To: 1, At: *at(201)}}},
		{"a late answer of the former primary is none", []write{{100, 101, 0}, {150, 250, 0}, {200, 201, 1}, {300, 301, 1}}, []promotion.Takeover{{From: 0, To: 1, At: *at(201)}}},
		{"two", []write{{100, 101, 0}, {200, 201, 1}, {210, 301, 1}, {300, 302, 2}}, []promotion.Takeover{{From: 0, To: 1, At: *at(201)}, {From: 1, To: 2, At: *at(302)}}},
		{"there and back", []write{{200, 201, 1}, {300, 301, 0}}, []promotion.Takeover{{From: 0, To: 1, At: *at(201)}, {From: 1, To: 0, At: *at(301)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, others := drill.NewLedger("aafailover", "run", []int{0}), new(drill.Numbers)
			for _, w := range c.writes {
				l.EndIn(l.Begin(0, *at(w.sent)), w.by, drill.Acknowledged, *at(w.ended))
			}
			n := l.Begin(0, *at(400)) // of another client
			l.EndIn(n, 5, drill.Acknowledged, *at(401))
			others.Add(n)
			if got := promotion.TakeoversOf(l, others, func(int) int { return 0 }, 0, 0); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// What a successor loses when it is replaced as well counts by its own cut-over.
func TestTheAgeOfWhatIsLostIsTheLongestOfSeveralTakeovers(t *testing.T) {
	b := newBooks(t)
	b.Takeovers = append(b.Takeovers, promotion.Takeover{From: 1, To: 0, At: *at(5000)})
	b.write(1000, drill.Acknowledged)       // lost by the first
	b.write(2650, drill.Acknowledged, 0, 1) // the first cut-over
	b.write(4000, drill.Acknowledged)       // the oldest that the second lost
	b.write(4900, drill.Acknowledged)       // and the last
	if a := b.Close(); a.RPO.Lost == nil || *a.RPO.Lost != 900*time.Millisecond {
		t.Errorf("%v, want 900ms", a.RPO.Lost)
	}
}
