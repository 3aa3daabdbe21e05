package service_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// scenario is one that comes with the program.
func scenario(t *testing.T, name string) drill.Scenario {
	t.Helper()
	s, ok := drill.ScenarioNamed(name)
	if !ok {
		t.Fatalf("there is no scenario %s", name)
	}
	return s
}

// A service that moves at the first error, and comes home when that is safe, passes every scenario that takes a region away; and
// what is said of its writes is what really happened to them in the lab.
func TestTheLabAgrees(t *testing.T) {
	for name, want := range map[string]drill.Verdict{"region-down": drill.Pass, "region-hang": drill.Pass, "region-lost": drill.Pass, "region-crash": drill.Pass, "link-cut": drill.Pass} {
		t.Run(name, func(t *testing.T) {
			play(t, scenario(t, name), usual, nil, func(t *testing.T, s *stage, c *client, r *service.Record, err error) {
				if err != nil || r.Verdict != want {
					t.Errorf("%v because %q (%v), want %v", r.Verdict, r.Reason, err, want)
				}
				if err := compare(s, c, r); err != nil {
					t.Error(err)
				}
				if name != "link-cut" && len(r.Missed) == 0 {
					t.Error("nothing was missed: this test sees nothing")
				}
				for _, m := range r.Missed {
					if m.Fate == drill.Converged {
						came := s.truth.Applied("eu", s.config.Log.Item(m.Item).Key)[0].From.Sub(r.Start)
						if late := m.ConvergedAt - came; late < 0 || late > 2*hasty.Attempts {
							t.Errorf("what came at %v was found at %v", came, m.ConvergedAt)
						}
					}
				}
				if name == "region-lost" != (r.Count(drill.Lost) > 0) {
					t.Errorf("%d writes are lost", r.Count(drill.Lost))
				}
			})
		})
	}
}

// compare holds what a record says of writes that were made once against what happened in the lab.
func compare(s *stage, c *client, r *service.Record) error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	a := r.Accounts
	if sum := a.Stayed + a.Readable + a.Missed + a.AtReturn + a.Superseded + a.Unknowable + a.Expired + a.Unread + a.Beyond + a.Void + a.Astray; sum != a.Acknowledged {
		wrong("the accounts add up to %d: %+v", sum, a)
	}
	synctest.Wait() // for what was delivered to be entered
	logged := 0
	for w := range s.config.Log.Writes() {
		if w.Outcome == drill.Acknowledged {
			logged++
		}
	}
	// An answer may be delivered in the very moment in which the client gives up waiting for it.
	if unread := logged - c.writes; unread < 0 || unread > c.failed {
		wrong("%d writes were acknowledged, %d by the log", c.writes, logged)
	}
	// The service goes on while the record is made.
	if late := logged - a.Acknowledged; r.Writes.Acknowledged != a.Acknowledged || late < 0 || late > 2*c.workers {
		wrong("%d writes were acknowledged, %d by the record", logged, a.Acknowledged)
	}
	if a.Missed != len(r.Missed) {
		wrong("%d writes are missed by the accounts, and there are %d", a.Missed, len(r.Missed))
	}
	missed := make(map[string]service.Missed)
	for _, m := range r.Missed {
		missed[s.config.Log.Item(m.Item).Key] = m
	}
	for _, w := range looksInEU(s, c) {
		m, is := missed[w.key]
		delete(missed, w.key)
		if is == w.found {
			wrong("%s was found at every look: %v, and missed: %v", w.key, w.found, is)
		}
		if is {
			errs = append(errs, fateIs(s, r, w.key, m))
		}
	}
	for key := range missed {
		if !isOrder(key) {
			continue
		}
		wrong("%s was missed, and nobody looked for it", key)
	}
	return errors.Join(errs...)
}

// looked is whether all looks for a key of us in eu found it.
type looked struct {
	key   string
	found bool
}

// looksInEU are the reads in eu of the keys that us acknowledged.
func looksInEU(s *stage, c *client) (all []looked) {
	for key, in := range c.acknowledged {
		if reads := s.truth.Reads("eu", key); in == "us" && isOrder(key) && len(reads) > 0 {
			all = append(all, looked{key, !slices.ContainsFunc(reads, func(r lab.Read) bool { return !r.Found })})
		}
	}
	return all
}

// fateIs compares the fate of a missed write with what has become of its key. One that is pending says nothing.
func fateIs(s *stage, r *service.Record, key string, m service.Missed) error {
	to := r.Maps[m.To].Region
	switch m.Fate {
	case drill.Converged:
		if !slices.ContainsFunc(s.truth.Applied(to, key), func(i lab.Interval) bool {
			return !i.From.After(r.Start.Add(m.ConvergedAt)) && i.From.After(r.Start.Add(m.Since))
		}) {
			return fmt.Errorf("%s converged at %v, and was not in %s then", key, m.ConvergedAt, to)
		}
	case drill.Lost, drill.Diverged:
		for _, region := range r.Maps {
			if (m.Fate == drill.Lost || region.Region == to) && slices.ContainsFunc(s.truth.Applied(region.Region, key), func(i lab.Interval) bool { return i.To.IsZero() }) {
				return fmt.Errorf("%s is %v, and in %s at the end", key, m.Fate, region.Region)
			}
		}
	case drill.Expired:
		return fmt.Errorf("%s cannot have expired", key)
	}
	if m.Rewritten {
		return fmt.Errorf("%s was written once", key)
	}
	return nil
}

// A service that never moves fails, and all that it missed is that it had no success.
func TestAServiceThatNeverMoves(t *testing.T) {
	h := usual
	h.stays = true
	play(t, scenario(t, "region-down"), h, nil, func(t *testing.T, s *stage, c *client, r *service.Record, err error) {
		if err != nil || r.Verdict != drill.Fail || r.Reason == "" || r.CutOverAt != nil || len(r.Moves) > 0 || r.To != -1 {
			t.Errorf("%v because %q (%v), moves %s", r.Verdict, r.Reason, err, drawn(r.Moves))
		}
		if _, _, ok := r.RTO(); ok || r.Gap.Length() < hasty.Move-200*time.Millisecond {
			t.Errorf("a gap of %v, and an RTO: %v", r.Gap.Length(), ok)
		}
		if err := compare(s, c, r); err != nil {
			t.Error(err)
		}
	})
}

// A service that comes home as soon as that answers does so too early: it is told, and how many of its writes it misses there.
func TestAServiceThatComesHomeTooEarly(t *testing.T) {
	h := usual
	h.home = 200 * time.Millisecond
	play(t, scenario(t, "region-down"), h, nil, func(t *testing.T, s *stage, c *client, r *service.Record, err error) {
		if err != nil || r.Verdict != drill.Fail || len(r.Homecomings) == 0 {
			t.Fatalf("%v because %q (%v), %d homecomings", r.Verdict, r.Reason, err, len(r.Homecomings))
		}
		h := r.Homecomings[0]
		if h.Safe() || h.Unsafe() == "" || h.Ready == probe.ReadyYes && h.Missing == 0 && !h.Broken {
			t.Errorf("%+v", h)
		}
		if err := compare(s, c, r); err != nil {
			t.Error(err)
		}
	})
}

// Who does not stop writing before coming home misses what is still on its way, as some always is: that does not speak against it.
func TestWritesOnTheirWayAtAReturn(t *testing.T) {
	h := usual
	h.lag = 250 * time.Millisecond
	play(t, scenario(t, "region-down"), h, nil, func(t *testing.T, s *stage, c *client, r *service.Record, err error) {
		if err != nil || r.Verdict != drill.Pass || len(r.Homecomings) != 1 || r.Homecomings[0].Missing == 0 || r.Homecomings[0].Young != r.Homecomings[0].Missing {
			t.Errorf("%v because %q (%v), %+v", r.Verdict, r.Reason, err, r.Homecomings)
		}
		if r.Accounts.AtReturn != r.Homecomings[0].Missing || r.Accounts.EarlyReturn != r.Accounts.AtReturn {
			t.Errorf("%+v", r.Accounts)
		}
		if err := compare(s, c, r); err != nil {
			t.Error(err)
		}
	})
}

func TestWhyAReturnIsNotSafe(t *testing.T) {
	for _, test := range []struct {
		name string
		h    service.Homecoming
		want string
	}{
		{"all is well", service.Homecoming{Ready: probe.ReadyYes}, ""},
		{"what was missing was on its way", service.Homecoming{Ready: probe.ReadyYes, Missing: 5, Young: 5}, ""},
		{"something had had the time to arrive", service.Homecoming{Ready: probe.ReadyYes, Missing: 5, Young: 4},
			"1 write made elsewhere was not readable there, although it had had the time to arrive"},
		{"several had", service.Homecoming{Ready: probe.ReadyYes, Missing: 5, Young: 2},
			"3 writes made elsewhere were not readable there, although they had had the time to arrive"},
		{"something has not come at all, however young it was", service.Homecoming{Ready: probe.ReadyYes, Missing: 5, Young: 5, Gone: 1},
			"1 write made elsewhere was not readable there, and has not come since"},
		{"nobody looked", service.Homecoming{Ready: probe.ReadyYes, Missing: -1}, "nobody looked whether the writes made elsewhere were readable there"},
		{"the probe says no", service.Homecoming{Ready: probe.ReadyNo, Lacks: []string{"us is down", "eu→us is down"}}, "us is down; eu→us is down"},
		{"the probe cannot tell", service.Homecoming{Ready: probe.ReadyUnproven}, "it was not proven to be safe"},
		{"the fault was in force, whatever else", service.Homecoming{Ready: probe.ReadyYes, Broken: true}, "the fault was still in force"},
	} {
		if got := test.h.Unsafe(); got != test.want || test.h.Safe() != (test.want == "") {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// Of a key that is written again and again only its last acknowledged state can be judged.
func TestAServiceThatWritesTheSameKeysAgain(t *testing.T) {
	h := usual
	h.command = func(worker, i int) []string {
		return []string{"SET", fmt.Sprintf("aafailover:customer:%d:%d", worker, i%20), fmt.Sprintf("v%d", i)}
	}
	play(t, scenario(t, "region-down"), h, nil, func(t *testing.T, s *stage, c *client, r *service.Record, err error) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Accounts.Superseded < c.writes/2 || len(r.Missed) > 80 {
			t.Errorf("%d of %d writes are superseded, and %d missed, of 80 keys", r.Accounts.Superseded, c.writes, len(r.Missed))
		}
		// Long before us is back, every key has been written again.
		if len(r.Missed) == 0 || r.Rewritten() != len(r.Missed) || len(r.Windows) == 0 || !r.Windows[0].Rewritten {
			t.Errorf("%d of %d missed writes were written again; windows %+v", r.Rewritten(), len(r.Missed), r.Windows)
		}
		if err := compare(s, c, r); err != nil {
			t.Error(err)
		}
	})
}

// A service that sends again what was not acknowledged may have applied it twice, where that makes a difference.
func TestAServiceThatRepeats(t *testing.T) {
	h := usual
	h.again = true
	h.command = func(worker, _ int) []string { return []string{"INCR", fmt.Sprintf("aafailover:counter:%d", worker)} }
	play(t, scenario(t, "region-hang"), h, nil, func(t *testing.T, s *stage, c *client, r *service.Record, err error) {
		if err != nil || r.Repeats.Count == 0 || r.Repeats.Doubtful == 0 || r.Repeats.Elsewhere == 0 {
			t.Errorf("%v, repeats %+v", err, r.Repeats)
		}
		if r.TimedOut == 0 || r.Unanswered < r.TimedOut {
			t.Errorf("%d connections timed out with %d commands", r.TimedOut, r.Unanswered)
		}
		if err := compare(s, c, r); err != nil {
			t.Error(err)
		}
	})
}

// Nobody who uses the first region is no service to drill.
func TestNoServiceAtAll(t *testing.T) {
	h := usual
	h.workers = 0
	play(t, scenario(t, "region-down"), h, nil, func(t *testing.T, _ *stage, _ *client, r *service.Record, err error) {
		if !errors.Is(err, service.ErrNoService) || r.Verdict != drill.Inconclusive || r.FaultAt != nil {
			t.Errorf("%v because %q (%v)", r.Verdict, r.Reason, err)
		}
	})
}

// A service that only reads moves, too: that is told by what succeeds.
func TestAServiceThatOnlyReads(t *testing.T) {
	h := usual
	h.command = func(worker, i int) []string { return []string{"GET", fmt.Sprintf("aafailover:order:%d:%d", worker, i)} }
	play(t, scenario(t, "region-down"), h, func(s *stage) { s.config.Limits.Within = 20 * time.Second }, func(t *testing.T, _ *stage, _ *client, r *service.Record, err error) {
		if err != nil || r.Verdict != drill.Pass || r.ByWrites || r.To != eu || len(r.Homecomings) != 1 || r.Writes.Attempted != 0 {
			t.Errorf("%v because %q (%v), by writes %v, moves %s, writes %+v", r.Verdict, r.Reason, err, r.ByWrites, drawn(r.Moves), r.Writes)
		}
	})
}

// A service that ends by itself ends the drill, and when it does is what the verdict goes by.
func TestAServiceThatEnds(t *testing.T) {
	for _, test := range []struct {
		name  string
		after time.Duration
		exit  service.Exit
		stays bool
		want  drill.Verdict
		fails bool
	}{
		{"before it has written anything", 0, service.Exit{Text: "it ended with status 3"}, true, drill.Inconclusive, true},
		{"before the fault", time.Second, service.Exit{Text: "it ended with status 0", OK: true}, true, drill.Inconclusive, true},
		{"because of the fault", 3200 * time.Millisecond, service.Exit{Text: "it ended with status 1"}, true, drill.Fail, false},
		{"in good order, before it has moved", 3200 * time.Millisecond, service.Exit{Text: "it ended with status 0", OK: true}, true, drill.Inconclusive, false},
		{"in good order, when it has moved", 4 * time.Second, service.Exit{Text: "it ended with status 0", OK: true}, false, drill.Pass, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := usual
			if test.after == 0 {
				h.workers = 0
			}
			h.stays = test.stays
			play(t, scenario(t, "region-down"), h, func(s *stage) {
				s.config.Scenario.Settle = 0 // all that is waited for then is what is missing
				exits := make(chan service.Exit, 1)
				s.config.Exited = exits
				s.config.OnEvent = func(e probe.Event) {
					if e.Kind == drill.EventPhase && e.Detail == service.PhaseStart {
						time.AfterFunc(test.after, func() { exits <- test.exit })
					}
				}
			}, func(t *testing.T, _ *stage, _ *client, r *service.Record, err error) {
				if r.Verdict != test.want || (err != nil) != test.fails || r.Exit == nil || *r.Exit != test.exit {
					t.Errorf("%v because %q (%v), exit %+v", r.Verdict, r.Reason, err, r.Exit)
				}
			})
		})
	}
}
