package promotion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// The phases of a drill of a failover that one between regions does not have.
const (
	PhaseFailover = "failover"  // until the application writes to a new primary, or it is clear that there is none
	PhaseReadBack = "read back" // every write is looked for in every server
)

// EventHost is what a server or sentinel said of another, or of itself: Region is who, State what that means, Detail what was said.
const EventHost probe.EventKind = "host"

// run is a drill under way.
type run struct {
	Config
	start   time.Time
	hosts   []Host
	shards  []slots.Shard
	ledger  *drill.Ledger
	payload []byte
	byAddr  map[string]int
	from    int // the primary of the shard that is hit

	apps   []*load // one for each shard
	second *load   // nil: there is none

	watch
	record *Record
	owners map[int][]int // of each shard, its primary first, when all were in sync again
	looks  map[int]Look  // by host
}

// Run carries a drill out, and returns what it found in any case. The error says why
// it did not come to its end: ctx ended, or something could not be done. It leaves the
// deployment as it is then, but for what Config.Leave does.
func Run(ctx context.Context, c Config) (*Record, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	r := newRun(c)
	c.Deployment.Observe(r.observe)
	defer c.Deployment.Observe(nil)
	err := r.play(ctx)
	r.endLoads(ctx)
	r.record.Interrupted = ctx.Err() != nil
	r.conclude(context.WithoutCancel(ctx), err)
	if c.Leave != nil {
		c.Leave(context.WithoutCancel(ctx), r.ledger)
	}
	return r.record, err
}

func newRun(c Config) *run {
	d := c.Deployment
	r := &run{Config: c, start: time.Now(), hosts: d.Hosts(), shards: d.Shards(), byAddr: make(map[string]int),
		payload: []byte(strings.Repeat("x", c.Payload))}
	var cover []int
	for _, s := range r.shards {
		cover = append(cover, s.Slots[0].First)
	}
	r.ledger = drill.NewLedger(c.Prefix, c.Run, cover)
	r.watch = newWatch(len(r.shards))
	for i, h := range r.hosts {
		r.byAddr[h.Address] = i
		if h.Role == Primary {
			r.primaries[h.Shard].Store(int32(i))
		}
	}
	r.from = r.primaryOf(hit)
	r.record = &Record{Topology: d.Topology(), Scenario: c.Scenario, Settings: d.Settings(), Hosts: r.hosts, Limits: d.Limits(),
		Drill: &drill.Record{Run: c.Run, Start: r.start, Way: cmp.Or(c.Way, drill.ByLab), From: r.from, To: -1, Rate: c.Rate, Maps: mapsOf(d.Topology(), r.hosts, r.shards),
			Scenario: drill.Scenario{Name: c.Scenario.Name, Summary: c.Scenario.Summary, Means: c.Scenario.Means, Setting: c.Scenario.Setting,
				Steady: c.Steady, Outage: c.Outage, Settle: c.Settle}}}
	return r
}

// hit is the index of the shard that a fault hits.
const hit = 0

// mapsOf are the servers as the regions of a record: each with the shard that it belongs to.
func mapsOf(t Topology, hosts []Host, shards []slots.Shard) []slots.Map {
	source := slots.Static
	if t == Cluster {
		source = slots.ClusterSlots
	}
	var maps []slots.Map
	for _, h := range hosts {
		if h.Role == Guard {
			continue
		}
		s := shards[h.Shard]
		s.Address = h.Address
		maps = append(maps, slots.Map{Region: h.Name, Source: source, Shards: []slots.Shard{s}})
	}
	return maps
}

func (r *run) now() drill.Moment { return time.Since(r.start) }

func (r *run) hostAt(address string) (index int, ok bool) {
	index, ok = r.byAddr[address]
	return index, ok
}

// play goes through the phases.
func (r *run) play(ctx context.Context) error {
	var guarding sync.WaitGroup
	defer guarding.Wait()
	guarded, dismiss := context.WithCancel(ctx)
	defer dismiss()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{drill.PhaseSteady, r.steady},
		{drill.PhaseFault, func(ctx context.Context) error {
			if r.Deployment.Topology() == Replica {
				guarding.Go(func() { r.guard(guarded) })
			}
			return r.fault(ctx)
		}},
		{PhaseFailover, r.failover},
		{drill.PhaseOutage, func(ctx context.Context) error { pause.For(ctx, r.Outage); return ctx.Err() }},
		{drill.PhaseHeal, func(ctx context.Context) error {
			dismiss() // whoever comes back is not to be taken for one that is away
			guarding.Wait()
			return r.heal(ctx)
		}},
		{drill.PhaseResync, r.resync},
		{drill.PhaseSettle, r.settle},
		{PhaseReadBack, r.readBack},
	} {
		if err := r.phase(ctx, step.name, step.do); err != nil {
			return err
		}
	}
	return nil
}

// phase goes through one of them and enters it.
func (r *run) phase(ctx context.Context, name string, do func(context.Context) error) error {
	began := r.now()
	r.tell(drill.EventPhase, -1, name)
	err := do(ctx)
	r.record.Drill.Phases = append(r.record.Drill.Phases, drill.Phase{Name: name, At: began, Duration: r.now() - began})
	return err
}

// steady begins to write, and brings about what must be so before the fault.
func (r *run) steady(ctx context.Context) error {
	for i := range r.shards {
		client, err := r.Deployment.Application()
		if err != nil {
			return fmt.Errorf("open the application's client: %w", err)
		}
		l := &load{run: r, client: client, place: i, rate: r.Rate / float64(len(r.shards)), users: r.Connections}
		l.begin(context.WithoutCancel(ctx))
		r.apps = append(r.apps, l)
	}
	for _, l := range r.apps {
		if err := l.awaitFirst(ctx); err != nil {
			return err
		}
	}
	if err := r.steps(ctx, drill.PhaseSteady); err != nil {
		return err
	}
	began := r.now()
	pause.For(ctx, r.Steady)
	r.steadyFor(began, r.now())
	if r.Scenario.Second == Nobody || ctx.Err() != nil {
		return ctx.Err()
	}
	return r.beginSecond(ctx)
}

// beginSecond begins the client that does not follow the failover, and waits until it
// has written: its connections must stand when the fault comes.
func (r *run) beginSecond(ctx context.Context) error {
	at := r.from // where the client is
	if r.Scenario.Second == Stayed {
		at = -1
	}
	client, err := r.Deployment.Direct(r.from, at)
	if err != nil {
		return fmt.Errorf("%s (%s): open the second client: %w", r.hosts[r.from].Name, r.hosts[r.from].Address, err)
	}
	r.second = &load{run: r, client: client, second: true, place: hit, rate: secondShare * r.Rate / float64(len(r.shards)), users: r.Connections}
	r.second.begin(context.WithoutCancel(ctx))
	if err := r.second.awaitFirst(ctx); err != nil {
		return fmt.Errorf("the second client: %w", err)
	}
	return nil
}

// steadyFor counts what was acknowledged in the steady phase.
func (r *run) steadyFor(began, ended drill.Moment) {
	n := 0
	for i := range r.ledger.Len() {
		if e := r.ledger.Entry(i); e.Outcome == drill.Acknowledged && e.Ended >= began && e.Ended < ended {
			n++
		}
	}
	if ended > began {
		r.record.Drill.Reached = float64(n) / (ended - began).Seconds()
	}
}

// fault makes it.
func (r *run) fault(ctx context.Context) error {
	if now := r.primaryOf(hit); now != r.from {
		return fmt.Errorf("%s took over from %s before anything was broken: this machine is too busy for the time-outs of the servers", r.hosts[now].Name, r.hosts[r.from].Name)
	}
	steps := r.Scenario.in(drill.PhaseFault)
	primary := false
	for _, s := range steps {
		primary = primary || s.hits()
	}
	for _, s := range steps {
		if !r.broken() && (s.hits() || !primary) {
			r.breakAt(r.now())
		}
		if err := r.step(ctx, s); err != nil {
			return err
		}
		if by := r.now(); r.record.Drill.FaultBy == nil && r.broken() {
			r.record.Drill.FaultBy = &by
		}
	}
	return nil
}

// failover waits for the application to get to a new primary, or for as long as it
// takes to know that there is none.
func (r *run) failover(ctx context.Context) error {
	patience := r.Limits.Failover
	if e := r.Scenario.Expect; !e.Failover || e.UntilHeal {
		patience = watchFor(r.Deployment.Settings())
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-r.cut:
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// watchFor is how long nobody must have been promoted for it to be clear that nobody
// will be: several times what it takes to hold a server down, within reason.
func watchFor(s Settings) time.Duration {
	const least, most = 2 * time.Second, 6 * time.Second
	return min(max(3*s.Detection(), least), most)
}

// steps makes those of a phase.
func (r *run) steps(ctx context.Context, phase string) error {
	for _, s := range r.Scenario.in(phase) {
		if err := r.step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// step makes one.
func (r *run) step(ctx context.Context, s Step) error {
	hosts := s.Who.Find(r.hosts)
	if len(hosts) == 0 {
		return fmt.Errorf("%s %s: there is none", s.Do, s.Who)
	}
	if s.Do == StartAnyhow {
		return r.startAnyhow(ctx, hosts)
	}
	return r.make(ctx, s.Do, hosts)
}

func (r *run) make(ctx context.Context, do Verb, hosts []int) error {
	var names []string
	for _, i := range hosts {
		names = append(names, r.hosts[i].Name)
	}
	what := fmt.Sprintf("%s %s", do, strings.Join(names, ", "))
	r.tell(drill.EventAction, hosts[0], what)
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Step)
	defer cancel()
	if err := r.Deployment.Make(ctx, do, hosts); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// startAnyhow starts servers with what is on their disks, and empty where they refuse.
func (r *run) startAnyhow(ctx context.Context, hosts []int) error {
	for _, host := range hosts {
		one := []int{host}
		r.record.Restart = &Restart{Host: host}
		err := r.make(ctx, Start, one)
		if err == nil {
			continue
		}
		refused := new(RefusedError)
		if !errors.As(err, &refused) {
			return err
		}
		r.record.Restart.Refused, r.record.Restart.Said = true, firstLine(refused.Said)
		r.tell(drill.EventReached, host, "refuses to start: "+r.record.Restart.Said)
		for _, do := range []Verb{Empty, Start} {
			if err := r.make(ctx, do, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// endLoads stops all writers. What is under way has the time of a write.
func (r *run) endLoads(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, r.WriteTimeout)
	defer cancel()
	all := r.apps
	if r.second != nil {
		all = append(all, r.second)
	}
	var ending sync.WaitGroup
	for _, l := range all {
		ending.Go(func() { l.end(limited) })
	}
	ending.Wait()
	for _, l := range all {
		r.record.Drill.HeldBack += int(l.heldBack.Load())
	}
	r.apps, r.second = nil, nil
}
