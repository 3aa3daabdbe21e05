package probe_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// rehearsal runs a probe over a deployment in simulated time, in the background of a test.
type rehearsal struct {
	t    *testing.T
	stop context.CancelFunc
	done chan struct{}

	mu       sync.Mutex
	last     *probe.Snapshot
	verdicts []probe.Verdict // of all snapshots, those like the one before left out
	events   []probe.Event
}

// rehearse starts to observe.
func rehearse(t *testing.T, c probe.Config) *rehearsal {
	ctx, stop := context.WithCancel(t.Context())
	r := &rehearsal{t: t, stop: stop, done: make(chan struct{})}
	c.OnEvent = func(e probe.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	}
	c.OnSnapshot = func(s *probe.Snapshot) {
		identity(t, s)
		r.mu.Lock()
		defer r.mu.Unlock()
		neverLess(t, r.last, s)
		r.last = s
		if n := len(r.verdicts); n == 0 || r.verdicts[n-1] != s.Verdict {
			r.verdicts = append(r.verdicts, s.Verdict)
		}
	}
	go func() {
		defer close(r.done)
		if _, err := probe.Run(ctx, c); err != nil {
			t.Error(err)
		}
	}()
	return r
}

// seen returns the last snapshot.
func (r *rehearsal) seen() *probe.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// told returns all events so far.
func (r *rehearsal) told() []probe.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// changes returns the verdicts that were told since there were so many events.
func (r *rehearsal) changes(since int) []probe.Verdict {
	var told []probe.Verdict
	for _, e := range r.told()[since:] {
		if e.Kind == probe.EventVerdict {
			told = append(told, probe.Verdict(e.State))
		}
	}
	return told
}

// pass lets simulated time pass, and returns the last snapshot.
func (r *rehearsal) pass(d time.Duration) *probe.Snapshot {
	r.t.Helper()
	time.Sleep(d) // simulated: this is how a bubble's clock is moved on
	synctest.Wait()
	s := r.seen()
	if s == nil {
		r.t.Fatal("no snapshot yet")
	}
	return s
}

// until lets time pass until something holds, and returns how long that took; it fails when it takes longer than limit.
func (r *rehearsal) until(limit time.Duration, what string, holds func(*probe.Snapshot) bool) time.Duration {
	r.t.Helper()
	start := time.Now()
	for time.Since(start) <= limit {
		if s := r.pass(5 * time.Millisecond); holds(s) {
			return time.Since(start)
		}
	}
	r.t.Fatalf("%s: not within %v; %s: %s", what, limit, r.seen().Verdict, r.seen().Sentence)
	return 0
}

func (r *rehearsal) end() {
	r.stop()
	<-r.done
}

// identity checks that every message of every cell has exactly one fate, and of the rounds of a link, while all of them are
// kept, the same one.
func identity(t *testing.T, s *probe.Snapshot) {
	t.Helper()
	for _, l := range s.Links {
		if got, want := addRounds(l.Rounds), addCells(&l); l.Rounds[0].At.Equal(s.Started) && got != want {
			t.Fatalf("%s->%s at %v: the rounds add up to %+v, the cells to %+v", l.From, l.To, s.At, got, want)
		}
		for _, c := range l.Cells {
			if sum := c.Delivered + c.Late + c.Lost + c.NoEvidence + c.Overdue + c.Waiting; sum != c.Sent {
				t.Fatalf("%s->%s slot %d: %d sent, %d accounted for: %+v", l.From, l.To, c.Slot, c.Sent, sum, c)
			}
		}
	}
}

// addRounds returns what became of the messages of all rounds.
func addRounds(rounds []probe.Round) (all probe.Round) {
	for _, r := range rounds {
		all.Delivered, all.Late, all.Missing = all.Delivered+r.Delivered, all.Late+r.Late, all.Missing+r.Missing
		all.NoEvidence, all.Waiting = all.NoEvidence+r.NoEvidence, all.Waiting+r.Waiting
	}
	return all
}

// addCells returns the same by what the cells of a link have counted, those that are no more included.
func addCells(l *probe.Link) probe.Round {
	r := &l.Retired
	all := probe.Round{Delivered: uint32(r.Delivered), Late: uint32(r.Late), Missing: uint32(r.Overdue + r.Lost),
		NoEvidence: uint32(r.NoEvidence), Waiting: uint32(r.Waiting)}
	for _, c := range l.Cells {
		all = addRounds([]probe.Round{all, {Delivered: uint32(c.Delivered), Late: uint32(c.Late), Missing: uint32(c.Overdue + c.Lost),
			NoEvidence: uint32(c.NoEvidence), Waiting: uint32(c.Waiting)}})
	}
	return all
}

func verdict(v probe.Verdict) func(*probe.Snapshot) bool {
	return func(s *probe.Snapshot) bool { return s.Verdict == v }
}

func TestHealthyIsFoundInTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(150*time.Millisecond, 3, 3, 3)
		c := d.config()
		c.Done = func(s *probe.Snapshot) bool { return s.Settled }
		start := time.Now()
		s, err := probe.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		if s.Verdict != probe.Healthy || s.Sentence != "us, eu and ap are available and all 6 links are up" {
			t.Errorf("%s: %s %+v", s.Verdict, s.Sentence, s.Findings)
		}
		for _, l := range s.Links {
			if l.State != probe.LinkUp || len(l.Cells) != 3 {
				t.Errorf("%s->%s: %s", l.From, l.To, l.State)
			}
		}
	})
}

func TestFaults(t *testing.T) {
	const settled = 4 * time.Second
	for _, test := range []struct {
		name    string
		shards  []int
		fault   func(*deployment)
		within  time.Duration
		verdict probe.Verdict
		text    string        // of the first finding, without the time
		before  probe.Verdict // what a snapshot may say on the way: the faults are not seen in one instant
	}{
		{"a link is cut one way", []int{3, 3, 3}, func(d *deployment) { d.cutOff(0, 1, true) },
			3 * time.Second, probe.ReplicationFailure, "us→eu is down since 00:00:", ""},
		{"a link is cut both ways", []int{1, 1}, func(d *deployment) { d.cutOff(0, 1, true); d.cutOff(1, 0, true) },
			3 * time.Second, probe.ReplicationFailure, "us and eu are cut off from each other since 00:00:", ""},
		{"a link is cut on one shard", []int{3, 3}, func(d *deployment) {
			d.set(func() { d.cutShard = func(from, _, shard int) bool { return from == 0 && shard == 1 } })
		}, 3 * time.Second, probe.ReplicationFailure, "us→eu is down on shard 2 (slots 5461-10922) since 00:00:", ""},
		{"the local region refuses connections", []int{3, 3, 3}, func(d *deployment) { d.regions[0].become(-1, refusing) },
			time.Second, probe.LocalFailure, "us is down since 00:00:0", ""},
		{"another region refuses connections", []int{3, 3, 3}, func(d *deployment) { d.regions[2].become(-1, refusing) },
			time.Second, probe.RemoteFailure, "ap is down since 00:00:0", ""},
		{"the local region hangs", []int{3, 3, 3}, func(d *deployment) { d.regions[0].become(-1, hanging) },
			3 * time.Second, probe.LocalFailure, "us is down since 00:00:0", ""},
		{"one shard of the local region refuses connections", []int{3, 3}, func(d *deployment) { d.regions[0].become(1, refusing) },
			time.Second, probe.LocalFailure, "us is down on shard 2 (slots 5461-10922) since 00:00:0", ""},
		{"two regions of three are gone, the local one among them", []int{2, 2, 2}, func(d *deployment) {
			d.regions[0].become(-1, refusing)
			d.regions[1].become(-1, refusing)
		}, time.Second, probe.LocalFailure, "us is down since 00:00:0", probe.RemoteFailure},
		{"all regions are gone at once", []int{2, 2, 2}, func(d *deployment) {
			for _, r := range d.regions {
				r.become(-1, refusing)
			}
		}, time.Second, probe.Unobservable, "cannot be observed from here: no answer from us (refused), eu (refused) and ap (refused)", ""},
		{"all regions hang at once", []int{2, 2, 2}, func(d *deployment) {
			for _, r := range d.regions {
				r.become(-1, hanging)
			}
		}, 3 * time.Second, probe.Unobservable, "cannot be observed from here: no answer from us (timeout), eu (timeout) and ap (timeout)", ""},
		{"one region is isolated from the others", []int{1, 1, 1}, func(d *deployment) {
			for i := range 2 {
				d.cutOff(2, i, true)
				d.cutOff(i, 2, true)
			}
		}, 3 * time.Second, probe.ReplicationFailure, "ap is isolated since 00:00:", ""},
		{"publishing is not permitted in a region", []int{1, 1}, func(d *deployment) {
			d.set(func() { d.regions[1].denied = errReset })
		}, time.Second, probe.Degraded, "eu is impaired since 00:00:0", ""},
		{"the local region is loading", []int{1, 1}, func(d *deployment) {
			d.set(func() { d.regions[0].reply = probe.Loading })
		}, time.Second, probe.LocalFailure, "us is down since 00:00:0", ""},
		{"messages of a region are not delivered in it any more", []int{1, 1}, func(d *deployment) { d.cutOff(1, 1, true) },
			3 * time.Second, probe.Degraded, "eu is impaired since 00:00:0", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(100*time.Millisecond, test.shards...)
				r := rehearse(t, d.config())
				if s := r.pass(settled); s.Verdict != probe.Healthy {
					t.Fatalf("before the fault: %s: %s", s.Verdict, s.Sentence)
				}
				test.fault(d)
				events := len(r.told())
				took := r.until(test.within, test.name, func(s *probe.Snapshot) bool {
					if s.Verdict != probe.Healthy && s.Verdict != test.verdict && s.Verdict != test.before {
						t.Errorf("on the way, the verdict was %s: %s", s.Verdict, s.Sentence)
					}
					return s.Verdict == test.verdict
				})
				t.Logf("after %v: %s", took, r.seen().Sentence)
				// Whatever it is, it stays that as long as the fault does.
				for range 40 {
					s := r.pass(500 * time.Millisecond)
					if s.Verdict != test.verdict {
						for _, e := range r.told()[events:] {
							t.Logf("%+v", e)
						}
						t.Fatalf("the verdict became %s: %s", s.Verdict, s.Sentence)
					}
					if got := s.Findings[0].Text; len(got) < len(test.text) || got[:len(test.text)] != test.text {
						t.Fatalf("%q does not begin with %q", got, test.text)
					}
				}
				r.end()
				if told := r.changes(events); !slices.Equal(told, []probe.Verdict{test.verdict}) {
					t.Errorf("one thing has happened, and the verdicts %v are told", told)
				}
			})
		})
	}
}
