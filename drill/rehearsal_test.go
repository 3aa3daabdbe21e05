package drill_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

func TestMain(m *testing.M) {
	redistest.Quiet()
	log.SetOutput(io.Discard)
	goleak.VerifyTestMain(m)
}

// network is where a drill of these tests takes place.
type network struct {
	listen    lab.Listen
	dial      region.Dial
	simulated bool
	engine    *lab.Engine // nil: the lab's own
}

func inMemory() network {
	n := &memnet.Network{}
	return network{listen: n.Listen, dial: n.Dial, simulated: true}
}

// rehearsal is a drill that was carried out, and all that is known of it.
type rehearsal struct {
	record *drill.Record
	want   expectation
	slack  time.Duration // how late a poll may find what has arrived
	unsure bool          // the regions changed while the drill gathered its last proofs
	later  error         // what came to the target although it was called lost or diverged
}

// stage is a lab with everything that a drill on it needs.
type stage struct {
	lab    *lab.Lab
	truth  *lab.Truth
	diary  *diary
	config drill.Config
}

func setUp(t *testing.T, p plan, seed uint64, on network) *stage {
	t.Helper()
	s := &stage{truth: &lab.Truth{}, diary: &diary{connects: make(map[string][]time.Time)}}
	var err error
	s.lab, err = lab.Start(t.Context(), lab.Config{Regions: p.regions, Truth: s.truth, Listen: on.listen, Backlog: p.backlog, Seed: seed + 1, Engine: on.engine,
		Delay: func(from, to string) time.Duration { return p.delays[[2]string{from, to}] }})
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.lab.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := drill.Config{
		Scenario: p.scenario, Prefix: "aafailover", Run: fmt.Sprintf("run%d", seed), Seed: seed,
		Probe: probe.DefaultPolicy(), Failover: failover.Policy{OnReplicationFailure: p.reaction},
		Rate: p.rate, Payload: 16, Connections: p.connections, WriteTimeout: 300 * time.Millisecond, Expiry: time.Hour,
		Limits: p.limits,
		Fault:  &notedFault{Fault: faults.NewLab(s.lab, status), lab: s.lab, diary: s.diary, gone: p.gone},
	}
	for _, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		options := region.Options{Dial: on.dial, Timeout: time.Second}
		if !on.simulated { // nobody has to hurry who has to share the machine
			options.Timeout = 5 * time.Second
		}
		m, err := region.Discover(t.Context(), given, options)
		if err != nil {
			t.Fatal(err)
		}
		c.Maps = append(c.Maps, m)
		c.Endpoints = append(c.Endpoints, region.NewEndpoint(given, m, options))
		c.Stores = append(c.Stores, &spy{Store: region.NewClient(given, m, options), region: r.Name, diary: s.diary})
	}
	c.Cover = slots.Cover(c.Maps, nil)
	s.config = c
	return s
}

func (s *stage) close(t *testing.T) {
	t.Helper()
	if err := s.lab.Close(); err != nil {
		t.Error(err)
	}
}

// rehearse carries a plan out, with a mistake in the drill or none, and computes
// what the report must say.
func rehearse(t *testing.T, p plan, seed uint64, on network, wrong drill.Mistakes) rehearsal {
	t.Helper()
	s := setUp(t, p, seed, on)
	defer s.close(t)
	s.diary.keep = true // what the drill would delete is still to be looked at
	troubles := &schedule{lab: s.lab, plan: p}
	s.config.OnEvent = troubles.onEvent
	record, err := drill.RunMistaken(t.Context(), s.config, wrong)
	troubles.stop()
	if err != nil {
		t.Fatalf("%v: %v", p, err)
	}
	w := &witness{diary: s.diary, truth: s.truth}
	if p.third.kind != "" {
		w.third = "ap"
	}
	for _, m := range s.config.Maps {
		w.regions = append(w.regions, m.Region)
	}
	settled := record.Start.Add(record.Phases[len(record.Phases)-1].At)
	if w.ended, err = s.lab.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, d := range slices.Backward(s.diary.deeds) {
		if d.heal && d.at.After(settled) { // the last heal came when everything had been found out
			w.ended = d.before
		}
	}
	s.diary.close()
	want, err := w.expect(record)
	if err != nil {
		t.Errorf("%v: %v", p, err)
	}
	done := rehearsal{record: record, want: want, slack: time.Second, unsure: troubles.changedAfter(settled)}
	for _, d := range s.diary.deeds {
		done.unsure = done.unsure || !d.heal && d.at.After(settled)
	}
	if on.simulated {
		done.slack = 60 * time.Millisecond // a poll takes no time, and the next one begins after 50 ms
		done.later = s.afterwards(t, record)
	}
	return done
}

// afterwards mends everything, waits until all has arrived that ever will, and
// returns what was called lost or diverged and has come to the target.
func (s *stage) afterwards(t *testing.T, r *drill.Record) error {
	t.Helper()
	_ = s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Heal})
	for _, m := range s.config.Maps {
		_ = s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Begin, Region: m.Region}) // refused where it runs
	}
	pause(20 * time.Second) // simulated
	var wrong []error
	for _, m := range r.Missed {
		if m.Fate != drill.Lost && m.Fate != drill.Diverged {
			continue
		}
		key, to := s.diary.byNumber[m.N].key, r.Maps[m.To].Region
		for _, there := range s.truth.Applied(to, key) {
			if there.From.After(r.Start.Add(m.Since)) {
				wrong = append(wrong, fmt.Errorf("%s was called %v, and was in %s from %v on", key, m.Fate, to, there.From))
			}
		}
	}
	return errors.Join(wrong...)
}

// notedFault makes faults, and notes in the diary when each was about to be made.
type notedFault struct {
	drill.Fault
	lab   *lab.Lab
	diary *diary
	gone  bool // the local region does not come back
}

func (f *notedFault) Do(ctx context.Context, a drill.Action) error {
	if f.gone && a.Kind.Undoes() && a.Region == "us" {
		return nil
	}
	f.diary.note(deed{action: a})
	err := f.Fault.Do(ctx, a)
	if errors.Is(err, lab.ErrFault) {
		return nil // a random step may come when it makes no sense
	}
	return err
}

func (f *notedFault) Heal(ctx context.Context) error {
	before, _ := f.lab.Status(ctx)
	f.diary.note(deed{heal: true, before: before}) // also where it heals nothing: the drill has it healed
	if f.gone {
		return nil
	}
	return f.Fault.Heal(ctx)
}
