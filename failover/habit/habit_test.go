package habit_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/failover/habit"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/simulate"
)

var errRefused = errors.New("connection refused")

// begin is when the clients of these tests begin.
var begin = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// made returns a client of us, eu and ap.
func made(t *testing.T, s habit.Settings) *habit.Client {
	t.Helper()
	c, err := habit.New([]string{"us", "eu", "ap"}, s, begin, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A step of a story is something that the client is told, or asked.
type step struct {
	at     time.Duration
	region string // that a round of PINGs was made to, or commands were sent to
	err    error
	// commands are how many were sent; 0: it is a round, unless region is "".
	commands int
}

func round(at time.Duration, region string, err error) step {
	return step{at: at, region: region, err: err}
}

func commands(at time.Duration, region string, n int, err error) step {
	return step{at, region, err, n}
}

func TestDecide(t *testing.T) {
	const s = time.Second
	for _, test := range []struct {
		name     string
		settings habit.Settings
		steps    []step
		active   string
		at       time.Duration
		action   failover.Action
		to       string
		why      string
	}{
		{"nothing has happened", habit.Ping(), nil, "us", s, failover.Remain, "us", "no failure of us was noticed"},
		{"a round that failed", habit.Ping(), []step{round(s, "us", errRefused)}, "us", s, failover.FailOver, "eu", "us does not answer a PING: connection refused"},
		{"where the first choice has failed too", habit.Ping(), []step{round(s, "eu", errRefused), round(s, "us", errRefused)}, "us", s, failover.FailOver, "ap", "us does not"},
		{"where all have failed", habit.Ping(), []step{round(s, "ap", errRefused), round(s, "eu", errRefused), round(s, "us", errRefused)}, "us", s, failover.Alert, "us", "no other region"},
		{"another region that failed", habit.Ping(), []step{round(s, "eu", errRefused)}, "us", s, failover.Remain, "us", "no failure"},
		{"a region that answers again within its grace", habit.Ping(), []step{round(s, "us", errRefused), round(6*s, "us", nil)}, "us", 7 * s, failover.FailOver, "eu", "us does not"},
		{"it is not returned to within its grace", habit.Ping(), []step{round(90*s, "us", errRefused), round(96*s, "us", nil)}, "eu", 120 * s, failover.Remain, "eu", "no failure of eu"},
		{"nor after it without a round that ended well", habit.Ping(), []step{round(s, "us", errRefused)}, "eu", 120 * s, failover.Remain, "eu", "no failure of eu"},
		{"nor when a round then failed once more", habit.Ping(), []step{round(s, "us", errRefused), round(70*s, "us", errRefused), round(75*s, "us", nil)}, "eu", 120 * s, failover.Remain, "eu", "no failure of eu"},
		{"it is returned to at the next look", habit.Ping(), []step{round(s, "us", errRefused), round(62*s, "us", nil)}, "eu", 120 * s, failover.FailBack, "us", "us answers PINGs"},
		{"and not before", habit.Ping(), []step{round(s, "us", errRefused), round(62*s, "us", nil)}, "eu", 119 * s, failover.Remain, "eu", "looked at again every 2m0s"},
		{"of two others, the preferred one is gone to as well", habit.Ping(), []step{round(100*s, "us", errRefused), round(s, "eu", errRefused), round(62*s, "eu", nil)},
			"ap", 120 * s, failover.FailOver, "eu", "eu answers PINGs, and is preferred"},
		{"commands that failed, too few", habit.Ping(), []step{commands(s, "us", 999, errRefused)}, "us", s, failover.Remain, "us", "no failure"},
		{"as many as it takes", habit.Ping(), []step{commands(s, "us", 1000, errRefused)}, "us", s, failover.FailOver, "eu", "1000 of 1000 commands to us failed in the last 2s"},
		{"as many, but not within the span", habit.Ping(), []step{commands(s, "us", 500, errRefused), commands(4*s, "us", 500, errRefused)}, "us", 4 * s, failover.Remain, "us", "no failure"},
		{"as many, but a small share", habit.Ping(), []step{commands(s, "us", 10_000, nil), commands(s, "us", 1000, errRefused)}, "us", s, failover.Remain, "us", "no failure"},
		{"as many, and a tenth", habit.Ping(), []step{commands(s, "us", 9_000, nil), commands(s, "us", 1000, errRefused)}, "us", s, failover.FailOver, "eu", "1000 of 10000 commands"},
		{"a client that counts commands sees no PING, and goes back after the grace, blind", habit.Timeout(),
			[]step{commands(s, "us", 1000, errRefused)}, "eu", 120 * s, failover.FailBack, "us", "us has failed 1m0s ago or longer"},
		{"but not before", habit.Timeout(), []step{commands(61*s, "us", 1000, errRefused)}, "eu", 120 * s, failover.Remain, "eu", "no failure of eu"},
		{"a region that there is not", habit.Ping(), []step{round(s, "mars", errRefused), commands(s, "mars", 1000, errRefused)}, "mars", s, failover.Remain, "mars", "mars is not a region that is known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := made(t, test.settings)
			for _, step := range test.steps {
				for range step.commands {
					c.Outcome(step.region, step.err, begin.Add(step.at))
				}
				if step.commands == 0 {
					c.Round(step.region, step.err, begin.Add(step.at))
				}
			}
			// What a probe sees makes no difference.
			s := &probe.Snapshot{Verdict: probe.ReplicationFailure, Regions: []probe.Region{{Name: "us", State: probe.RegionDown}}}
			d := c.Decide(s, failover.History{Active: test.active}, begin.Add(test.at))
			if d.Action != test.action || d.To != test.to || !strings.Contains(d.Why, test.why) {
				t.Errorf("got %v to %q because %q, want %v to %q because …%s…", d.Action, d.To, d.Why, test.action, test.to, test.why)
			}
		})
	}
}

// Errors that the library does not take for failures of the region do not count.
func TestWhatCounts(t *testing.T) {
	rejected := errors.New("READONLY")
	c, err := habit.New([]string{"us", "eu"}, habit.Timeout(), begin, func(err error) bool { return !errors.Is(err, rejected) })
	if err != nil {
		t.Fatal(err)
	}
	for range 5000 {
		c.Outcome("us", rejected, begin)
	}
	if d := c.Decide(nil, failover.History{Active: "us"}, begin); d.Action != failover.Remain {
		t.Errorf("%v: %s", d.Action, d.Why)
	}
}

// The window forgets in time, however the commands come, to within a twentieth of the span.
func TestFailuresAreForgotten(t *testing.T) {
	for _, pause := range []time.Duration{time.Millisecond, 2100 * time.Microsecond, 7 * time.Millisecond} {
		c := made(t, habit.Timeout())
		rate := float64(time.Second) / float64(pause)
		failedAt := time.Duration(-1)
		for at := time.Duration(0); at < 10*time.Second && failedAt < 0; at += pause {
			c.Outcome("us", errRefused, begin.Add(at))
			if d := c.Decide(nil, failover.History{Active: "us"}, begin.Add(at)); d.Action == failover.FailOver {
				failedAt = at
			}
		}
		if enough := rate*1.9 >= 1000; enough != (failedAt >= 0) {
			t.Errorf("at %.0f failures a second it failed over after %v", rate, failedAt)
		}
	}
}

func TestDefaultsAreThoseThatAreSimulated(t *testing.T) {
	for _, c := range simulate.Clients() {
		if c.Name != "redis-py" {
			continue
		}
		want := habit.Settings{Probes: c.Probes, Pause: c.Pause, Gap: c.Gap, Timeout: c.Timeout, PerRound: c.PerRound,
			Failures: c.Failures, Share: c.Share, Span: c.Span, Grace: c.Grace, Return: c.Return}
		if got := habit.Ping(); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		return
	}
	t.Error("redis-py is not simulated")
}

func TestCheckOfSettings(t *testing.T) {
	if err := errors.Join(habit.Ping().Check(), habit.Timeout().Check()); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*habit.Settings){
		"-1 PINGs a round":            func(s *habit.Settings) { s.Probes = -1 },
		"pause 0s between rounds":     func(s *habit.Settings) { s.Pause = 0 },
		"timeout 0s of PINGs":         func(s *habit.Settings) { s.Timeout = 0 },
		"gap -1ns between PINGs":      func(s *habit.Settings) { s.Gap = -1 },
		"0 failures":                  func(s *habit.Settings) { s.Failures = 0 },
		"share 1.5 of failures":       func(s *habit.Settings) { s.Share = 1.5 },
		"span 0s of failures":         func(s *habit.Settings) { s.Span = 0 },
		"grace -1ns: must":            func(s *habit.Settings) { s.Grace = -1 },
		"return 0s: must be more":     func(s *habit.Settings) { s.Return = 0 },
		"a client needs a region":     nil,
		"share NaN of failures: must": func(s *habit.Settings) { s.Share = nan() },
	} {
		s, regions := habit.Ping(), []string{"us"}
		if change == nil {
			regions = nil
		} else {
			change(&s)
		}
		if _, err := habit.New(regions, s, begin, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}
