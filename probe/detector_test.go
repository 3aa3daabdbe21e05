package probe

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// once and never are what arrives of a message.
func once(d time.Duration) []time.Duration { return []time.Duration{d} }

func TestRandomLossIsNeverDown(t *testing.T) {
	for loss, seeds := range map[float64]int{0.05: 1, 0.2: 5, 0.35: 1} {
		for range seeds {
			seed := rand.Uint64()
			random := rand.New(rand.NewPCG(seed, 0))
			v := newVirtual(t, 2, DefaultPolicy())
			v.every = v.state.policy.Interval
			v.arrives = func(_, _ int, _ uint64) []time.Duration {
				if random.Float64() < loss {
					return nil
				}
				return once(virtualRoundTrip)
			}
			degraded := 0
			const messages = 10_000
			for range messages {
				v.pass(v.state.policy.Interval)
				state := v.cell(0, 1).detector.state
				if state.Silent() {
					t.Fatalf("seed %d: %.0f %% lost: %s", seed, loss*100, state)
				}
				if state == LinkDegraded {
					degraded++
				}
			}
			if loss >= 0.2 && degraded < messages*9/10 {
				t.Errorf("seed %d: %.0f %% lost: degraded in %d of %d", seed, loss*100, degraded, messages)
			}
			v.check()
		}
	}
}

func TestSilenceIsAlwaysDownInBoundedTime(t *testing.T) {
	for range 100 {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 1))
		loss := random.Float64() * 0.6
		silent := false
		p := DefaultPolicy()
		v := newVirtual(t, 2, p)
		v.arrives = func(from, to int, _ uint64) []time.Duration {
			if from == 0 && to == 1 && (silent || random.Float64() < loss) {
				return nil
			}
			return once(virtualRoundTrip)
		}
		v.pass(10*time.Second + time.Duration(random.Int64N(int64(20*time.Second))))
		silent = true
		limit := p.silence(3*p.Down) + virtualRoundTrip + longestTick
		if loss == 0 {
			limit = p.silence(p.Down) + virtualRoundTrip + longestTick
		}
		v.pass(limit)
		if c := v.cell(0, 1); c.shown != LinkDown {
			t.Fatalf("seed %d: after %.0f %% loss and %v of silence: %s", seed, loss*100, limit, c.shown)
		}
		if back := v.cell(1, 0); back.shown != LinkUp {
			t.Fatalf("seed %d: the other direction is %s", seed, back.shown)
		}
		v.check()
	}
}

func TestDownAfterSilenceWithinThreeSeconds(t *testing.T) {
	for phase := range phases {
		v := newVirtual(t, 2, DefaultPolicy())
		silent := false
		v.arrives = func(from, to int, _ uint64) []time.Duration {
			if from == 0 && to == 1 && silent {
				return nil
			}
			return once(300 * time.Millisecond) // 150 ms each way, the loop too
		}
		v.pass(10*time.Second + moment(phase))
		silent = true
		v.pass(3*time.Second + 25*time.Millisecond)
		if c := v.cell(0, 1); c.shown != LinkDown {
			t.Errorf("phase %d: %s, %d overdue", phase, c.shown, c.counts[overdue])
		}
	}
}

func TestNoEvidenceIsNeitherGoodNorBad(t *testing.T) {
	// Only the target's own messages arrive: without the fault, the cell would be down.
	silent := func(from, to int, _ uint64) []time.Duration {
		if from == 0 && to == 1 {
			return nil
		}
		return once(virtualRoundTrip)
	}
	for _, test := range []struct {
		name  string
		fault func(v *virtual)
	}{
		{"the source does not take messages", func(v *virtual) {
			v.takes = func(from int) bool { return from != 0 }
		}},
		{"nothing arrives in the target, its own messages neither", func(v *virtual) {
			v.arrives = func(_, to int, _ uint64) []time.Duration {
				if to == 1 {
					return nil
				}
				return once(virtualRoundTrip)
			}
		}},
		{"the target's subscription is lost again and again", func(v *virtual) {
			v.arrives = silent
			var flap func()
			flap = func() {
				v.connection(1, closed)
				v.connection(1, opened)
				v.after(700*time.Millisecond, flap)
			}
			flap()
		}},
		{"the observer is paused again and again", func(v *virtual) {
			v.arrives = silent
			var pause func()
			pause = func() {
				v.state.pause(v.now, "a test")
				v.after(700*time.Millisecond, pause)
			}
			pause()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVirtual(t, 2, DefaultPolicy())
			v.pass(10 * time.Second)
			test.fault(v)
			for range 200 {
				v.pass(100 * time.Millisecond)
				c := v.cell(0, 1)
				if c.detector.silence > 0 || c.shown != LinkUp && c.shown != LinkUnknown {
					t.Fatalf("the cell is %s, %d charged", c.shown, c.detector.silence)
				}
			}
			if c := v.cell(0, 1); c.shown != LinkUnknown || c.counts[withoutEvidence]+c.counts[waiting] < 60 {
				t.Errorf("after 20 s: %s %v", c.shown, c.counts)
			}
			v.check()
		})
	}
}

func TestAPingThatIsOverdueAndThenRefusedCountsOnce(t *testing.T) {
	p := DefaultPolicy()
	h := newShards(1, 1)[0]
	h.links[Publishing].becameOpen(1)
	number := h.pinged(2)
	h.pass(&p, 2+instant(2*p.Deadline), 0)
	h.answeredPing(&p, number, false, &observation{what: refused, cause: Reset, at: 2 + instant(3*p.Deadline)})
	if h.unanswered != 1 || len(h.pings) != 0 {
		t.Errorf("%d unanswered, %d remembered", h.unanswered, len(h.pings))
	}
}

func TestAPausedObserverChargesNoShard(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(10 * time.Second)
	v.mute = true
	v.takes = func(int) bool { return false }
	var pause func()
	pause = func() {
		v.state.pause(v.now, "a test")
		v.after(700*time.Millisecond, pause)
	}
	pause()
	v.pass(10 * time.Second)
	for _, r := range v.state.regions {
		if r.shards[0].failed || r.state != RegionAvailable {
			t.Errorf("%s is %s: %+v", r.name, r.state, r.shards[0].trouble)
		}
	}
}

func TestLossesJustBeforeMakeASilenceTakeLongerToBeDown(t *testing.T) {
	p := DefaultPolicy()
	for _, test := range []struct{ before, want int }{{0, 6}, {1, 7}, {5, 11}, {12, 18}, {32, 18}} {
		d := newDetector()
		for range p.Up {
			d.arrived(true, true)
			d.judge(&p, tally{}, tally{})
		}
		took := 0
		for !d.state.Silent() && took < 100 {
			d.missed(&p, tally{charged: p.Window, lost: test.before}, true)
			d.judge(&p, tally{charged: p.Window, lost: test.before}, tally{})
			took++
		}
		if took != test.want || d.state != LinkDown {
			t.Errorf("after %d losses: %s after %d overdue, want %d", test.before, d.state, took, test.want)
		}
	}
}

// TestABurstAfterTimeWithoutEvidenceProvesNothing is about a region that comes back: what its peers had kept for it comes
// at once, messages among it that are not even late.
func TestABurstAfterTimeWithoutEvidenceProvesNothing(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(10 * time.Second)
	v.takes = func(from int) bool { return from != 0 }
	v.pass(20 * time.Second)
	if c := v.cell(0, 1); c.shown != LinkUnknown {
		t.Fatalf("without evidence the cell is %s", c.shown)
	}
	v.takes = func(int) bool { return true }
	end := v.now + instant(3*time.Second)
	v.arrives = func(from, to int, _ uint64) []time.Duration {
		if from == 0 && to == 1 {
			return once(end.since(v.now)) // a stalled link, mended after three seconds
		}
		return once(virtualRoundTrip)
	}
	v.pass(end.since(v.now) - time.Millisecond)
	v.arrives = func(int, int, uint64) []time.Duration { return once(virtualRoundTrip) }
	v.pass(100 * time.Millisecond)
	if c := v.cell(0, 1); c.shown == LinkUp {
		t.Errorf("just after the burst the cell is %s", c.shown)
	}
	v.pass(2 * time.Second)
	if c := v.cell(0, 1); c.shown != LinkUp {
		t.Errorf("two seconds after the burst the cell is %s", c.shown)
	}
}

func TestNoEvidenceResetsNothing(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(10 * time.Second)
	v.arrives = func(from, to int, _ uint64) []time.Duration {
		if from == 0 && to == 1 {
			return nil
		}
		return once(virtualRoundTrip)
	}
	v.pass(2 * time.Second)
	before := v.cell(0, 1).detector.silence
	if before == 0 || before >= v.state.policy.Down {
		t.Fatalf("%d overdue after 2 s", before)
	}
	v.connection(1, closed)
	v.connection(1, opened)
	v.pass(900 * time.Millisecond) // nothing that was published since can be overdue
	if after := v.cell(0, 1).detector.silence; after < before {
		t.Errorf("%d were overdue, now %d", before, after)
	}
	v.pass(2 * time.Second)
	if c := v.cell(0, 1); c.shown != LinkDown {
		t.Errorf("the silence went on, and the cell is %s", c.shown)
	}
}

// TestEveryMessageHasOneFate puts cells through everything at once.
func TestEveryMessageHasOneFate(t *testing.T) {
	for range 50 {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 2))
		p := DefaultPolicy()
		p.Horizon = 8 * time.Second
		v := newVirtual(t, 3, p)
		v.takes = func(int) bool { return random.IntN(10) > 0 }
		v.arrives = func(_, _ int, _ uint64) []time.Duration {
			delays := make([]time.Duration, 0, 3)
			for range random.IntN(4) { // lost, once, and duplicated up to twice, in any order
				delays = append(delays, time.Duration(random.ExpFloat64()*float64(400*time.Millisecond)))
			}
			if random.IntN(30) == 0 {
				delays = append(delays, time.Duration(random.Int64N(int64(15*time.Second))))
			}
			return delays
		}
		for range 400 {
			switch random.IntN(20) {
			case 0:
				v.connection(random.IntN(3), closed)
			case 1:
				v.connection(random.IntN(3), opened)
			case 2:
				v.state.pause(v.now, "a test")
			}
			v.pass(time.Duration(random.Int64N(int64(300 * time.Millisecond))))
			v.check()
		}
		var sum [fates]uint64
		for _, l := range v.state.links {
			for f, n := range l.cells[0].counts {
				sum[f] += n
			}
		}
		for f, n := range sum {
			if n == 0 && fate(f) != waiting && fate(f) != overdue {
				t.Errorf("seed %d: no message had fate %d: the test shows nothing of it", seed, f)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestStatesOfACell(t *testing.T) {
	every := func(n uint64, d time.Duration) func(uint64) []time.Duration {
		return func(seq uint64) []time.Duration {
			if seq%n == 0 {
				return nil
			}
			return once(d)
		}
	}
	for _, test := range []struct {
		name string
		what func(seq uint64) []time.Duration
		want LinkState
	}{
		{"all is delivered", func(uint64) []time.Duration { return once(virtualRoundTrip) }, LinkUp},
		{"one of a hundred messages is lost, which means nothing", every(100, virtualRoundTrip), LinkUp},
		{"every fourth message is lost", every(4, virtualRoundTrip), LinkDegraded},
		{"all messages come, just before the deadline", func(uint64) []time.Duration { return once(999 * time.Millisecond) }, LinkUp},
		{"all messages come, just after the deadline", func(uint64) []time.Duration { return once(1001 * time.Millisecond) }, LinkLate},
		{"all messages come, after the deadline", func(uint64) []time.Duration { return once(1500 * time.Millisecond) }, LinkLate},
		{"all messages come, long after the deadline", func(uint64) []time.Duration { return once(7 * time.Second) }, LinkLate},
		{"one of five messages is lost and the others are late", every(5, 1500*time.Millisecond), LinkLate},
		{"nothing comes", func(uint64) []time.Duration { return nil }, LinkDown},
		{"every message comes twice", func(uint64) []time.Duration {
			return []time.Duration{virtualRoundTrip, 2 * virtualRoundTrip}
		}, LinkUp},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVirtual(t, 2, DefaultPolicy())
			v.pass(10 * time.Second)
			v.arrives = func(from, to int, seq uint64) []time.Duration {
				if from == 0 && to == 1 {
					return test.what(seq)
				}
				return once(virtualRoundTrip)
			}
			v.pass(30 * time.Second)
			for range 100 {
				v.pass(100 * time.Millisecond)
				if c := v.cell(0, 1); c.shown != test.want {
					t.Fatalf("%s, want %s: %v", c.shown, test.want, c.counts)
				}
			}
		})
	}
}

// What happens once is over soon; what keeps happening is not over whenever it pauses.
func TestHowLongACellStaysDegraded(t *testing.T) {
	for _, test := range []struct {
		name  string
		lost  func(n int) bool // of the messages since the beginning
		until int              // messages
		up    bool
	}{
		{"five in a row, and none after", func(n int) bool { return n < 5 }, 40, true},
		{"one of twenty for a minute", func(n int) bool { return n < 4 || n < 240 && n%20 == 0 }, 270, false},
		{"one of twenty for a minute, and then none for longer than four windows", func(n int) bool { return n < 4 || n < 240 && n%20 == 0 }, 400, true},
	} {
		v := newVirtual(t, 2, DefaultPolicy())
		v.pass(10 * time.Second)
		n := 0
		v.arrives = func(from, to int, _ uint64) []time.Duration {
			if from == 0 && to == 1 {
				if n++; test.lost(n - 1) {
					return nil
				}
			}
			return once(virtualRoundTrip)
		}
		degraded := false
		for n < test.until {
			v.pass(v.state.policy.Interval)
			degraded = degraded || v.cell(0, 1).shown == LinkDegraded
		}
		if c := v.cell(0, 1); !degraded || (c.shown == LinkUp) != test.up {
			t.Errorf("%s: after %d messages it is %s", test.name, n, c.shown)
		}
	}
}

// What was published while a link was silent, and becomes overdue or is overtaken after that, is no loss of the link that was mended.
func TestALinkThatWasSilentIsNotDegradedWhenItIsMended(t *testing.T) {
	for sensitivity, p := range policies {
		for phase := range phases {
			v := newVirtual(t, 2, p)
			silent := false
			v.arrives = func(from, to int, _ uint64) []time.Duration {
				if silent && from == 0 && to == 1 {
					return nil
				}
				return once(virtualRoundTrip)
			}
			v.pass(2*time.Minute + moment(phase)) // the deadline is short
			silent = true
			v.pass(20 * time.Second)
			silent = false
			told := []Verdict{ReplicationFailure}
			for range 400 {
				v.pass(25 * time.Millisecond)
				v.state.advance(v.now)
				if s := v.state.snapshot(); s.Verdict != told[len(told)-1] {
					told = append(told, s.Verdict)
				}
			}
			if !slices.Equal(told, []Verdict{ReplicationFailure, Healthy}) {
				t.Errorf("%s, phase %d: %s", sensitivity, phase, told)
			}
		}
	}
}

// A link that is silent when one of its ends is back has lost nothing: it was never seen to carry anything since.
func TestALinkThatIsSilentWhenItsEndIsBackIsDownAndNothingElse(t *testing.T) {
	for sensitivity, p := range policies {
		v := newVirtual(t, 2, p)
		silent := false
		v.arrives = func(from, to int, _ uint64) []time.Duration {
			if silent && from == 0 && to == 1 {
				return nil
			}
			return once(virtualRoundTrip)
		}
		v.pass(2 * time.Minute)
		silent = true
		v.state.renew(1, 0)
		shown := []LinkState{LinkUnknown}
		for range 1000 {
			v.pass(25 * time.Millisecond)
			if state := v.cell(0, 1).shown; state != shown[len(shown)-1] {
				shown = append(shown, state)
			}
		}
		if !slices.Equal(shown, []LinkState{LinkUnknown, LinkDown}) {
			t.Errorf("%s: %s", sensitivity, shown)
		}
	}
}
