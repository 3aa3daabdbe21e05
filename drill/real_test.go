//go:build unix

package drill_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// Drills between two real servers, with a copier between them that is none of the
// program's: it knows what it applied when, and the report must agree with it to
// the single write.

// servers are two regions that are a redis-server each. Their fault holds up the
// link from us to eu first, so that what is missing at the cut-over is known: what
// the copier then holds, and nothing else.
type servers struct {
	us, eu *redistest.Server
	copier *redistest.Copier
	// hold holds up the link from us to eu; strike then breaks us; mend undoes that.
	hold         func(*redistest.Stream)
	strike, mend func(*servers) error

	mu      sync.Mutex
	acked   map[string]time.Time // writes that us acknowledged, by key, and when
	enough  int                  // of them, when written is closed
	written chan struct{}
	gotTo   time.Time // the first write that eu acknowledged
	struck  bool
	healed  time.Time
}

func (s *servers) Check(drill.Scenario) error { return nil }

// Do holds the link up, lets the application write a little more, and strikes.
func (s *servers) Do(ctx context.Context, a drill.Action) error {
	if a.Kind.Undoes() {
		return nil
	}
	const more = 30 // a tenth of a second: the probe does not call the link silent for that
	s.struck = true
	s.hold(s.copier.To(s.eu))
	s.mu.Lock()
	s.enough, s.written = len(s.acked)+more, make(chan struct{})
	s.mu.Unlock()
	select {
	case <-s.written:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.strike(s)
}

func (s *servers) Heal(context.Context) error {
	if !s.struck {
		return nil
	}
	s.struck, s.healed = false, time.Now()
	err := s.mend(s)
	s.copier.Heal()
	return err
}

// noting is a Store that notes which writes are acknowledged, and when.
type noting struct {
	drill.Store
	of     *servers
	region string
}

func (n noting) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	err := n.Store.Write(ctx, key, value, expiry)
	if err == nil {
		n.of.acknowledged(n.region, key, time.Now())
	}
	return err
}

func (s *servers) acknowledged(region, key string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case region == "us":
		s.acked[key] = at
		if s.written != nil && len(s.acked) == s.enough {
			close(s.written)
		}
	case s.gotTo.IsZero():
		s.gotTo = at
	}
}

// config is that of a drill between the two servers.
func (s *servers) config(t *testing.T) drill.Config {
	t.Helper()
	limits := drill.DefaultLimits()
	limits.Fence = 30 * time.Second // a machine that is busy proves nothing about a server
	c := drill.Config{
		Prefix: "aafailover", Run: "real", Seed: 1, Probe: probe.DefaultPolicy(), Fault: s, Limits: limits,
		Rate: 300, Payload: 16, Connections: 4, WriteTimeout: time.Second, Expiry: time.Hour,
		// Long enough that a busy machine has looked for every write before the heal: one that arrives first was not missed.
		Scenario: drill.Scenario{Name: "real", Steady: 500 * time.Millisecond, Outage: 3 * time.Second,
			Settle: 200 * time.Millisecond, Steps: regionDown},
	}
	for _, one := range []struct {
		name   string
		server *redistest.Server
	}{{"us", s.us}, {"eu", s.eu}} {
		given := config.Region{Name: one.name, Address: one.server.Addr}
		options := region.Options{Timeout: time.Second}
		m, err := region.Discover(t.Context(), given, options)
		if err != nil {
			t.Fatal(err)
		}
		c.Maps = append(c.Maps, m)
		c.Endpoints = append(c.Endpoints, region.NewEndpoint(given, m, options))
		c.Stores = append(c.Stores, noting{region.NewClient(given, m, options), s, one.name})
	}
	c.Cover = slots.Cover(c.Maps, nil)
	return c
}

var persistent = []string{"--appendonly", "yes", "--appendfsync", "always"}

func kill(s *servers) error { s.us.Kill(); return nil }

func restart(s *servers) error { return s.us.Restart() }

// restartLater lets all that the link holds arrive before us comes back: so it is
// among what us gets from eu.
func restartLater(s *servers) error {
	s.copier.Heal()
	if !redistest.Until(func() bool { return s.copier.To(s.eu).Held() == 0 }) {
		return errors.New("what the link holds does not arrive")
	}
	return s.us.Restart()
}

// restartAlone lets none of what the link holds arrive: the first of what us writes
// while a link is being cut may have got into it.
func restartAlone(s *servers) error { loseHeld(s); return s.us.Restart() }

func hang(s *servers) error { s.us.Pause(); return nil }

func goOn(s *servers) error { s.us.Continue(); return nil }

func loseHeld(s *servers) { s.copier.To(s.eu).Lose() }

func TestDrillBetweenRealServers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says         string
		args         []string
		hold         func(*redistest.Stream)
		strike, mend func(*servers) error
		want         drill.Fate // of all that is missing
	}{
		{"what a stalled link holds when us is killed arrives late", persistent, (*redistest.Stream).Stall, kill, restart, drill.Converged},
		{"what us kept when the link was cut is copied after it has returned", persistent, (*redistest.Stream).Cut, kill, restart, drill.Converged},
		{"what a link has lost is copied from us, whose stream begins anew", persistent, (*redistest.Stream).Stall, kill,
			restartAlone, drill.Converged},
		{"what us had not handed on when it was killed is lost when it comes back empty", nil, (*redistest.Stream).Cut, kill, restartAlone, drill.Lost},
		{"what the link held arrives although us comes back empty", nil, (*redistest.Stream).Stall, kill, restartLater, drill.Converged},
		{"what us executed before it hung arrives when it goes on", nil, (*redistest.Stream).Stall, hang, goOn, drill.Converged},
		{"what a link loses of us that hung stays in us alone", nil, (*redistest.Stream).Stall, hang,
			func(s *servers) error { loseHeld(s); return goOn(s) }, drill.Diverged},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			s := &servers{us: redistest.Start(t, row.args...), eu: redistest.Start(t, row.args...),
				hold: row.hold, strike: row.strike, mend: row.mend, acked: make(map[string]time.Time)}
			s.copier = redistest.NewCopier(t, s.us, s.eu)
			r, err := drill.Run(t.Context(), s.config(t))
			if err != nil || r.Failback.Done == nil {
				logTimeline(t, r)
				t.Fatalf("%s because %q: %v", r.Verdict, r.Reason, err)
			}
			s.compare(t, r, row.want)
			for name, server := range map[string]*redistest.Server{"us": s.us, "eu": s.eu} {
				if err := unexpiring(t, server); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// compare holds the report to what the copier has on record.
func (s *servers) compare(t *testing.T, r *drill.Record, want drill.Fate) {
	t.Helper()
	redistest.Await(t, "all is on record", func() bool { return s.copier.Held() == 0 })
	arrived := make(map[string]redistest.Effect)
	for _, e := range s.copier.To(s.eu).Applied() {
		for _, command := range e.Commands {
			if _, again := arrived[command[1]]; strings.EqualFold(command[0], "SET") && !again {
				arrived[command[1]] = e
			}
		}
	}
	missing := make(map[string]bool) // acknowledged before the cut-over, and not applied by then
	var oldest, newest time.Time
	for key, at := range s.acked {
		if at.After(s.gotTo) {
			continue // after the failback
		}
		if at.After(newest) {
			newest = at
		}
		e, came := arrived[key]
		if came && e.Applied.Before(s.gotTo) {
			continue
		}
		if came && e.Sent.Before(s.healed) {
			t.Fatalf("%s arrived between the cut-over and the heal: the test cannot tell whether it was missing", key)
		}
		missing[key] = true
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	if len(missing) == 0 {
		t.Fatal("nothing was missing, so the drill had nothing to find")
	}
	if len(r.Missed) != len(missing) || r.Count(want) != len(missing) || r.Unread != 0 {
		t.Errorf("%d writes are called missed, %d of them %v, %d unread; by the copier %d were, all %v",
			len(r.Missed), r.Count(want), want, r.Unread, len(missing), want)
	}
	for _, m := range r.Missed {
		key := keyWithNumber(s.acked, m.N)
		e, came := arrived[key]
		if !missing[key] || came != (m.Fate == drill.Converged) {
			t.Errorf("write %d, %q, is called missed and %v; by the copier: missing %t, arrived %t", m.N, key, m.Fate, missing[key], came)
		}
		if found := r.Start.Add(m.ConvergedAt); came && found.Before(e.Sent) {
			t.Errorf("write %d was found at %v, and not sent before %v", m.N, found, e.Sent)
		}
	}
	// The oldest missing write bounds what a failover cost. The drill notes an
	// acknowledgement a moment before or after this test does: how long that is on a
	// busy machine the missed writes tell.
	between := 100 * time.Millisecond
	for _, m := range r.Missed {
		between = max(between, 2*r.Start.Add(m.Ended).Sub(s.acked[keyWithNumber(s.acked, m.N)]).Abs())
	}
	if rpo := r.RPO.Missed; rpo == nil || (*rpo-newest.Sub(oldest)).Abs() > between {
		t.Errorf("an RPO of %v, and %v by what was acknowledged when; that is noted up to %v apart", rpo, newest.Sub(oldest), between/2)
	}
}

func keyWithNumber(acked map[string]time.Time, n int) string {
	for key := range acked {
		if strings.HasSuffix(key, fmt.Sprintf(":%d", n)) {
			return key
		}
	}
	return ""
}

// unexpiring says which keys of a drill a server holds that would stay for ever.
func unexpiring(t *testing.T, s *redistest.Server) error {
	t.Helper()
	var left []string
	for _, key := range s.Do(t, "KEYS", "aafailover:*").Elems {
		if s.Do(t, "PTTL", key.Str).Int == -1 {
			left = append(left, key.Str)
		}
	}
	if len(left) == 0 {
		return nil
	}
	slices.Sort(left)
	return errors.New("keys without an expiry: " + strings.Join(left, ", "))
}
