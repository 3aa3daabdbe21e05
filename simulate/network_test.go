package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// The chain that is solved is the process that is simulated: as many messages are lost, and as many after a lost one.
func TestLosing(t *testing.T) {
	for _, n := range []Network{
		{Loss: 0.01}, {Loss: 0.2}, {Loss: 0.2, Burst: 250 * time.Millisecond}, {Loss: 0.05, Burst: 2 * time.Second}, {Loss: 0.5, Burst: time.Millisecond},
	} {
		const interval, messages = 250 * time.Millisecond, 400_000
		begins, ends := n.losing(interval)
		if share := begins / (begins + ends); math.Abs(share-n.Loss) > 1e-9 {
			t.Errorf("%+v: the chain loses %g", n, share)
		}
		w := &world{q: Question{Network: n}, random: rand.New(rand.NewPCG(1, 2))}
		p, lost, again, before := path{}, 0, 0, false
		for range messages {
			w.now += interval
			now := w.loses(&p)
			if now {
				lost++
				if before {
					again++
				}
			}
			before = now
		}
		near := func(what string, count, of int, want float64) {
			// Losses in bursts are fewer independent ones: their error is larger by the length of a burst.
			spread := 5 * math.Sqrt(want*(1-want)/float64(of)*max(1, 2/ends))
			if got := float64(count) / float64(of); math.Abs(got-want) > spread {
				t.Errorf("%+v: %s %g, want %g ± %g", n, what, got, want, spread)
			}
		}
		near("lost", lost, messages, n.Loss)
		near("lost after a lost one", again, lost, 1-ends)
	}
}

// What is drawn is distributed as the tail says, with and without retransmission.
func TestLater(t *testing.T) {
	for _, n := range []Network{
		{Delay: 80 * time.Millisecond, Sigma: 0.5}, {Delay: 80 * time.Millisecond, Sigma: 1.2, Retransmit: 0.05}, {Delay: time.Millisecond, Retransmit: 0.3},
	} {
		const draws = 200_000
		w := &world{q: Question{Network: n}, random: rand.New(rand.NewPCG(3, 4))}
		all := make([]time.Duration, draws)
		for i := range all {
			all[i] = w.delay()
		}
		slices.Sort(all)
		for _, share := range []float64{0.5, 0.1, 0.01, 0.001} {
			// A little above the quantile: a delay without jitter is what it is in many draws.
			d := all[int((1-share)*draws)] + time.Microsecond
			beyond := float64(draws-upper(all, d)) / draws
			if got := n.later(d); math.Abs(got-beyond) > 6*math.Sqrt(share/draws) {
				t.Errorf("%+v: P(> %v) = %g, drawn %g", n, d, got, beyond)
			}
		}
	}
	n := Network{Delay: 80 * time.Millisecond, Sigma: 0.5}
	for _, share := range []float64{0.01, 0.5, 0.99, 0.9999} {
		if got := 1 - n.later(n.quantile(share)); math.Abs(got-share) > 1e-6 {
			t.Errorf("quantile %g is that of %g", share, got)
		}
	}
}

// upper returns how many are at most d.
func upper(sorted []time.Duration, d time.Duration) int {
	i, _ := slices.BinarySearch(sorted, d+1)
	return i
}

// Every slack has its share, and with messages lost independently they are binomial.
func TestSlack(t *testing.T) {
	p := probe.DefaultPolicy()
	q := Question{Policy: p, Network: Network{Delay: time.Millisecond, Loss: 0.1}}
	s := newSolver(q, p.Deadline)
	const n = 10
	all, binomial := s.slack(n), 1.0
	total := 0.0
	for i := range n {
		binomial *= 0.9
		total += all[i]
	}
	if math.Abs(all[0]-binomial) > 1e-12 || math.Abs(all[1]-binomial*10*0.1/0.9) > 1e-12 {
		t.Errorf("none %g, one %g; want %g and %g", all[0], all[1], binomial, binomial*10*0.1/0.9)
	}
	if total+all[n] < 1-1e-12 || total+all[n] > 1+1e-12 {
		t.Errorf("together %g", total+all[n])
	}
}

// Events come out by time, and of one time in the order in which they were planned.
func TestAgenda(t *testing.T) {
	const seed = 11
	random := rand.New(rand.NewPCG(seed, seed))
	var a agenda
	var last event
	for range 10_000 {
		if a.empty() || random.IntN(5) > 1 {
			at := instant(random.IntN(50))
			if at < last.at {
				at = last.at // nobody plans the past
			}
			a.add(event{at: at})
			continue
		}
		if e := a.pop(); !last.before(&e) {
			t.Fatalf("%v/%d after %v/%d", e.at, e.order, last.at, last.order)
		} else {
			last = e
		}
	}
}

// On a network that loses nothing and jitters little, nothing is ever said of anybody.
func TestQuiet(t *testing.T) {
	p := probe.DefaultPolicy()
	q := Question{Policy: p, Network: Network{Delay: 30 * time.Millisecond, Sigma: 0.2}, Connections: ConnectionsOf(p, time.Second), Regions: 3, Shards: 2, Runs: 1}
	w, err := newWorld(t.Context(), q, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	seen := 0
	w.watch = func(s *probe.Snapshot) {
		seen++
		if s.Verdict != probe.Healthy {
			t.Errorf("%v: %s", w.now, s.Sentence)
		}
	}
	w.run(w.now+5*time.Minute, nil)
	if w.err != nil || seen < 1000 {
		t.Errorf("%d snapshots, error %v", seen, w.err)
	}
}
