package probe

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// slow makes every message from a to b take as long as a function says.
func (v *virtual) slow(took func() time.Duration) {
	v.arrives = func(from, to int, _ uint64) []time.Duration {
		if from == 0 && to == 1 {
			return once(took())
		}
		return once(virtualRoundTrip)
	}
}

func (v *virtual) deadline() time.Duration { return v.state.link(0, 1).deadline.now }

func TestTheDeadlineFollowsTheRoundTripWithinBounds(t *testing.T) {
	p := DefaultPolicy()
	for _, test := range []struct {
		name string
		took time.Duration
		want time.Duration
	}{
		{"a link so fast that the floor holds", 5 * time.Millisecond, p.Floor},
		{"a link in between", 200 * time.Millisecond, 600 * time.Millisecond},
		{"a link so slow that the bound holds", 700 * time.Millisecond, p.Deadline},
		{"a link that is slower than the bound", 1500 * time.Millisecond, p.Deadline},
	} {
		v := newVirtual(t, 2, p)
		v.slow(func() time.Duration { return test.took })
		v.pass(10 * time.Second)
		if got := v.deadline(); got != p.Deadline {
			t.Errorf("%s: too little is known, and the deadline is %v", test.name, got)
		}
		v.pass(2 * time.Minute)
		if got := v.deadline(); (got - test.want).Abs() > test.want/20 {
			t.Errorf("%s: %v, want about %v", test.name, got, test.want)
		}
		if l := v.state.snapshot().Link("a", "b"); l.Deadline != v.deadline() {
			t.Errorf("%s: the snapshot says %v", test.name, l.Deadline)
		}
		v.check()
	}
}

func TestAFixedDeadlineStays(t *testing.T) {
	p := DefaultPolicy()
	p.Adapt = false
	v := newVirtual(t, 2, p)
	v.pass(2 * time.Minute)
	if v.deadline() != p.Deadline {
		t.Errorf("%v", v.deadline())
	}
}

func TestALinkThatBecomesSlowerIsAcceptedSoonAndUpToTheBound(t *testing.T) {
	p := DefaultPolicy()
	v := newVirtual(t, 2, p)
	took := 30 * time.Millisecond
	v.slow(func() time.Duration { return took })
	v.pass(2 * time.Minute)
	took = 600 * time.Millisecond
	v.pass(3 * time.Second)
	if v.deadline() != p.Deadline {
		t.Errorf("the link has taken %v for 3 s, and its deadline is %v", took, v.deadline())
	}
	v.pass(10 * time.Second)
	if c := v.cell(0, 1); c.shown != LinkUp || c.counts[delayed]+c.counts[overdue]+c.counts[lost] > 6 {
		t.Errorf("it is %s: %v", c.shown, c.counts)
	}
	took = 30 * time.Millisecond
	v.pass(25 * time.Second)
	if v.deadline() != p.Deadline {
		t.Errorf("after 25 s the deadline has fallen to %v", v.deadline())
	}
	v.pass(2 * time.Minute)
	if v.deadline() != p.Floor {
		t.Errorf("after two minutes the deadline is %v", v.deadline())
	}
	// Slower by the day: 25 ms every minute. It is late when it is slower than the bound, and not before.
	for took < 1200*time.Millisecond {
		took += 25 * time.Millisecond
		v.pass(time.Minute)
		want := LinkUp
		if took > p.Deadline {
			want = LinkLate
		}
		if c := v.cell(0, 1); c.shown != want {
			t.Fatalf("at %v, with a deadline of %v, the link is %s", took, v.deadline(), c.shown)
		}
	}
}

// What was charged by a short deadline is late, however long the deadline has become until it arrives.
func TestAMessageIsJudgedByTheDeadlineOfItsTime(t *testing.T) {
	v := newVirtual(t, 2, DefaultPolicy())
	v.pass(2 * time.Minute)
	v.slow(func() time.Duration { return 800 * time.Millisecond })
	c := v.cell(0, 1)
	for waited := 0; c.counts[overdue] == 0; waited++ {
		if waited == 100 {
			t.Fatalf("nothing is overdue: %v, deadline %v", c.counts, v.deadline())
		}
		v.pass(10 * time.Millisecond)
	}
	charged := c.counts[overdue]
	v.state.policy.Adapt = false // from now on it stays as it is
	v.state.link(0, 1).deadline.now, v.state.link(0, 1).deadline.raised = time.Second, v.now
	v.pass(time.Second)
	if c.counts[delayed] != charged {
		t.Errorf("%d were overdue, and %d are late", charged, c.counts[delayed])
	}
	v.check()
}

// The deadline must not make a link look bad that loses nothing: delays as of real networks.
func TestTheDeadlineSuitsDelaysThatVary(t *testing.T) {
	for _, sigma := range []float64{0.1, 0.3, 0.5} {
		for _, median := range []time.Duration{5 * time.Millisecond, 80 * time.Millisecond} {
			seed := rand.Uint64()
			random := rand.New(rand.NewPCG(seed, 4))
			v := newVirtual(t, 2, DefaultPolicy())
			v.slow(func() time.Duration { return time.Duration(float64(median) * math.Exp(sigma*random.NormFloat64())) })
			for range 600 {
				v.pass(time.Second)
				if c := v.cell(0, 1); c.shown != LinkUp && v.now > instant(5*time.Second) {
					t.Fatalf("seed %d, sigma %v, median %v: the link is %s with a deadline of %v", seed, sigma, median, c.shown, v.deadline())
				}
			}
			if c := v.cell(0, 1); c.counts[delayed]*500 > c.counts[delivered] {
				t.Errorf("seed %d, sigma %v, median %v: %d of %d are late", seed, sigma, median, c.counts[delayed], c.counts[delivered])
			}
		}
	}
}

// What is overdue and was not overtaken may come yet: only that messages are late is known.
func TestALinkThatBecomesSlowerThanItsDeadlineIsLateAndNothingElse(t *testing.T) {
	for phase := range phases {
		for _, after := range []time.Duration{900 * time.Millisecond, 1200 * time.Millisecond, 1500 * time.Millisecond} {
			v := newVirtual(t, 2, DefaultPolicy())
			took := virtualRoundTrip
			v.slow(func() time.Duration { return took })
			v.pass(time.Minute + moment(phase))
			took = after
			shown := []LinkState{LinkUp}
			for range 400 {
				v.pass(50 * time.Millisecond)
				if state := v.cell(0, 1).shown; state != shown[len(shown)-1] {
					shown = append(shown, state)
				}
				if s := v.state.snapshot(); strings.Contains(s.Sentence, "loses") {
					t.Fatalf("nothing is lost: %s", s.Sentence)
				}
			}
			late := []LinkState{LinkUp, LinkLate}
			if after < v.state.policy.Deadline { // to which the deadline grows
				late = append(late, LinkUp)
			}
			if !slices.Equal(shown, late) {
				t.Errorf("phase %d: it takes %v instead of %v, and is %s", phase, after, virtualRoundTrip, shown)
			}
		}
	}
}
