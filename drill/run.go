package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// Config is what a drill needs. The regions have the same index in Maps,
// Endpoints and Stores; the first is the one that the application prefers.
type Config struct {
	Scenario  Scenario
	Prefix    string
	Run       string // id of the run, part of every key; not empty
	Maps      []slots.Map
	Cover     []int
	Endpoints []probe.Endpoint
	Stores    []Store
	Fault     Fault
	Way       Way    // in which Fault makes it, for the report
	Engine    string // that keeps the keys of the lab, for the report

	Probe    probe.Policy
	Failover failover.Policy
	Guide    Guide // nil: Failover says where to be

	Rate         float64       // writes a second
	Payload      int           // bytes of each value
	Connections  int           // of the application to a region
	WriteTimeout time.Duration // after which the application gives up on an attempt to write
	Manners      Manners       // of the application
	Expiry       time.Duration // of every key
	Limits       Limits
	Seed         uint64   // of the arrivals
	Safety       Safety   // what keeps the drill from doing harm
	Assert       []string // what must be measured for the drill to pass: see ParseAssertion

	// Ledger holds the writes; it is empty, and about Prefix, Run and Cover. Nil: the
	// drill keeps them in memory.
	Ledger *Ledger

	// History, unless it is nil, is written the whole run as operations: see
	// WriteHistory.
	History       io.Writer
	HistoryFormat HistoryFormat

	// OnEvent is told what happens, as it happens, from one goroutine at a time.
	OnEvent func(probe.Event)
	// OnSnapshot is told what the probe sees. It must not wait.
	OnSnapshot func(*probe.Snapshot)
	// OnCheckpoint is told how far the drill is, before each phase and after each
	// move, by the goroutine that runs it. What it is given is valid during the call.
	OnCheckpoint func(Checkpoint)
	// OnProgress is shown how far the drill is, every ProgressInterval and whenever that
	// changes, and once more when the record is made: by one goroutine, which belongs to the
	// drill and does nothing else. It must return at once; Run ends only after its last call.
	OnProgress func(Progress)
}

// Limits bound how long a drill waits for what may never come.
type Limits struct {
	Healthy time.Duration // for a healthy deployment, before anything is written
	Fault   time.Duration // for the fault to be made, and for it to be healed
	Detect  time.Duration // for the policy to fail over
	Connect time.Duration // for a connection and the first write; and for all keys to be read, which may take longer when they are many
	Resync  time.Duration // for the preferred region to be safe again
	Fence   time.Duration // for fences at the failback and at the end
	CleanUp time.Duration // for any key to be deleted, as long as there are some; what is left expires
}

// DefaultLimits are generous: reaching one is a finding.
func DefaultLimits() Limits {
	return Limits{Healthy: 10 * time.Second, Fault: 30 * time.Second, Detect: 30 * time.Second, Connect: 10 * time.Second,
		Resync: 60 * time.Second, Fence: 10 * time.Second, CleanUp: 5 * time.Second}
}

// Check says what of a configuration makes no sense.
func (c Config) Check() error {
	switch {
	case len(c.Maps) < 2:
		return errors.New("a drill needs at least two regions: there must be somewhere to fail over to")
	case len(c.Maps) > maxLedgerRegions:
		return fmt.Errorf("a drill takes at most %d regions, and there are %d", maxLedgerRegions, len(c.Maps))
	case c.Ledger != nil && c.Ledger.Head().Start.IsZero():
		return errors.New("a ledger that a drill is given must say when the drill starts")
	case len(c.Endpoints) != len(c.Maps) || len(c.Stores) != len(c.Maps):
		return errors.New("every region needs an endpoint and a store")
	case c.Safety.Inspectors != nil && len(c.Safety.Inspectors) != len(c.Maps):
		return errors.New("every region needs an inspector, or none")
	case c.Safety.MaxLag < 0:
		return fmt.Errorf("a lag of %v at the most makes no sense: no link is faster than that", c.Safety.MaxLag)
	case len(c.Cover) == 0:
		return errors.New("a drill needs at least one slot to write to")
	case c.Run == "":
		return errors.New("a drill needs a run id")
	case !(c.Rate >= MinRate && c.Rate <= MaxRate): // also when it is not a number
		return fmt.Errorf("a rate of %g writes/s makes no sense: it must be %g to %d", c.Rate, MinRate, MaxRate)
	case c.Connections < 1 || c.Connections > MaxConnections:
		return fmt.Errorf("%d connections make no sense: it must be 1 to %d", c.Connections, MaxConnections)
	case c.Payload < 1 || c.Payload > MaxPayload:
		return fmt.Errorf("a payload of %d bytes makes no sense: it must be 1 to %d", c.Payload, MaxPayload)
	case c.WriteTimeout <= 0 || c.WriteTimeout > MaxWriteTimeout:
		return fmt.Errorf("a write timeout of %v makes no sense: it must be over 0 and at most %v", c.WriteTimeout, MaxWriteTimeout)
	case c.Failover.NoFailback:
		return errors.New("a drill rehearses the failback too: its policy must not leave it to others")
	case c.Failover.MinStay >= c.Limits.Resync:
		return fmt.Errorf("a minimum stay of %v is too long: a drill waits for the failback for %v", c.Failover.MinStay, c.Limits.Resync)
	case c.Expiry < c.longest():
		return fmt.Errorf("an expiry of %v is too short: keys must outlive the drill, so at least %v", c.Expiry, c.longest())
	case c.Expiry > MaxExpiry:
		return fmt.Errorf("an expiry of %v is too long: keys that cannot be deleted must not stay for more than %v", c.Expiry, MaxExpiry)
	}
	_, unclear := ParseAssertions(c.Assert)
	return errors.Join(unclear, c.Manners.check(c), c.Scenario.Check(), c.checkRoles(), c.Probe.Check(), c.Failover.Check())
}

// checkRoles says which role of the scenario no region has.
func (c Config) checkRoles() error {
	if c.Maps[0].Region == "" {
		return nil // the regions are not known yet
	}
	if need := c.Scenario.Needs.Regions; len(c.Maps) < need {
		return fmt.Errorf("%s takes %d regions, and there are %d", c.Scenario.Name, need, len(c.Maps))
	}
	roles := Cast{Target: c.Maps[1].Region}
	for _, m := range c.Maps {
		roles.Regions = append(roles.Regions, m.Region)
	}
	for _, step := range c.Scenario.Steps {
		if _, err := roles.Resolve(step.Action); err != nil {
			return fmt.Errorf("%s: %w", c.Scenario.Name, err)
		}
	}
	return nil
}

// Bounds of a drill's configuration.
const (
	MinRate         = 0.1     // writes a second
	MaxRate         = 100_000 // writes a second
	MaxConnections  = 1_000
	MaxPayload      = 1 << 20 // bytes
	MaxWriteTimeout = time.Minute
	MaxExpiry       = 7 * 24 * time.Hour
)

// longest is the time that a drill takes at the most, rounded up to minutes.
func (c Config) longest() time.Duration {
	l := c.Limits
	total := l.Healthy + c.Scenario.Steady + l.Fault + max(l.Detect, c.Scenario.Outage) + 2*l.Connect + c.Scenario.Outage + l.Fault + l.Resync + // to ready
		l.Resync + l.Connect + c.Scenario.Settle + time.Duration(len(c.Maps))*(l.Fence+l.Connect) + l.CleanUp + 4*c.WriteTimeout
	for _, step := range c.Scenario.Steps { // those of a phase may come after its end, and may take the application elsewhere
		total += step.After + l.Connect
	}
	return total.Truncate(time.Minute) + time.Minute
}

// ErrNotHealthy says that a drill did not begin, because what it was to break
// was broken already.
var ErrNotHealthy = errors.New("the deployment is not healthy")

// home is the index of the region that the application prefers, and where it is at
// the beginning.
const home = 0

// run is a drill under way. Its methods are called by one goroutine, but for
// those of its parts.
type run struct {
	Config
	start   time.Time
	guide   Guide
	careful bool // the guide is the policy, who comes home with care
	wrong   mistakes

	ledger     *Ledger
	writer     *writer
	watch      *Watch
	agenda     *Agenda
	search     *search
	scout      *scout
	proof      proof
	homecoming homecoming
	lock       *lock // nil while nothing is locked
	alarm      *alarm
	board      *board
	cancel     context.CancelCauseFunc // ends the phases, for another reason than that the caller wants it
	owners     map[int]map[int]bool    // see Evidence

	events sync.Mutex // guards record.Events and the order of OnEvent
	mu     sync.Mutex // guards record.To, which the agenda reads
	record *Record

	at       int               // the region where the application is, or is going to
	since    Moment            // when it got there; 0 for the beginning
	stranded bool              // it got nowhere, and gave up
	begun    <-chan struct{}   // closed when the steps are made with which the phase begins
	isEarly  bool              // it was decided to move before the fault was made
	decision failover.Decision // to come home, which the next phase carries out

	returnedAt Moment // the last arrival at home
	// lookedAtHome says, of a drill that was killed, that it had looked for every write after that.
	lookedAtHome bool
	// underWay are, of a drill that was killed, the writes that no answer had come to.
	underWay map[int]bool
	// What the analysis judges from: see Evidence.
	readings []Reading
	fences   []Fence
	quiet    map[int]Moment
	// strangers are the keys of this run that were found though nobody wrote them.
	strangers int
	// sets are the looks for every write that there were.
	sets    []SetRead
	sampler *sampler
	// steadyLags are the lags before the fault, by target region.
	steadyLags map[string]Lag
}

// Run carries out a drill and returns its record, which is never nil and holds
// what was found up to an error. The fault is healed and the keys are deleted in
// any case. Errors: what Config.Check says, ErrNotHealthy, the context's error
// when it was interrupted, or that a step of the scenario could not be made.
func Run(ctx context.Context, c Config) (*Record, error) { return runWith(ctx, c, mistakes{}) }

func runWith(ctx context.Context, c Config, wrong mistakes) (*Record, error) {
	r := newRun(c, wrong)
	if err := c.Check(); err != nil {
		r.record.Verdict, r.record.Reason = Inconclusive, err.Error()
		return r.record, err
	}
	ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	r.watch.Run(ctx, r.observed(r.onEvent, r.proof.of))
	r.showProgress(ctx)
	defer r.endProgress()
	err := r.phases(ctx)
	r.enter(Stage{Name: StageUndo, Waits: "for what is still in force to be undone", Limit: r.Limits.Fault}, nil)
	r.writer.abort()
	r.scout.abort()

	// What was begun is ended even when the drill was interrupted.
	last := context.WithoutCancel(ctx)
	r.agenda.Stop()
	undone := r.agenda.Undo(last)
	if undone != nil {
		r.tell(r.now(), EventError, undone.Error())
	}
	if errors.Is(err, ErrNotHealed) {
		err = nil // that was the first attempt, and what became of the second counts
	}
	err = errors.Join(err, undone)
	r.search.stop()
	r.watch.Stop()
	r.enter(Stage{Name: StageCleanUp, Waits: "for the keys to be deleted"}, nil)
	r.conclude(err)
	r.writeHistory()
	if !errors.Is(err, ErrGone) {
		r.cleanUp(last)
	}
	r.lock.release(last)
	for _, s := range r.Stores {
		_ = s.Close() // nothing is in flight any more
	}
	return r.record, err
}

func newRun(c Config, wrong mistakes) *run {
	r := &run{Config: c, start: time.Now(), wrong: wrong, guide: c.Guide, owners: ownersOf(c.Maps, c.Cover)}
	if r.guide == nil {
		r.guide, r.careful = policyGuide{c.Failover}, true
	}
	r.keepBooks()
	r.record = &Record{Scenario: c.Scenario, Way: c.Way, Engine: c.Engine, Run: c.Run, Start: r.start.UTC(), Maps: c.Maps, To: -1, Rate: c.Rate, AtEnd: make([]int, len(c.Maps))}
	for i := range r.record.AtEnd {
		r.record.AtEnd[i] = -1
	}
	r.board = newBoard(c)
	r.alarm = newAlarm(c.Safety.AbortIf, c.Rate, func(err error) { r.cancel(err) })
	r.writer = newWriter(r.ledger, r.start, c)
	r.writer.alarm, r.writer.heard = r.alarm, r.hear
	r.watch = NewWatch(r.start)
	r.search = newSearch(r)
	r.scout = &scout{run: r}
	r.proof.byRegion = make(map[string]probe.Proof)
	return r
}

func (r *run) now() Moment { return time.Since(r.start) }

// phases runs the drill from steady to settle, or to the first error. Not to
// fail over and not to fail back are results, not errors.
func (r *run) phases(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r.agenda = r.newAgenda(ctx, fail)
	if err := r.preflight(ctx); err != nil {
		return err
	}
	steps := []struct {
		name   string
		do     func(context.Context) (goOn bool, err error)
		orElse string // the phase to go on with otherwise
	}{
		{PhaseSteady, r.steady, ""},
		{PhaseFault, r.fault, ""},
		{PhaseDetect, r.detect, PhaseHeal},
		{PhaseCutOver, r.cutOver, PhaseHeal},
		{PhaseOutage, r.outage, ""},
		{PhaseHeal, r.heal, PhaseSettle},
		{PhaseResync, r.resync, PhaseSettle},
		{PhaseFailBack, r.failBack, PhaseSettle},
		{PhaseSettle, r.settle, ""},
	}
	skipTo := ""
	for _, step := range steps {
		if skipTo != "" && step.name != skipTo {
			continue
		}
		skipTo = ""
		if step.name == PhaseHeal {
			r.waitFor("for the later steps of the scenario", 0)
			r.finishSteps(ctx)
		}
		at := r.now()
		r.enter(r.stage(step.name), r.ahead(step.name))
		r.tell(at, EventPhase, step.name)
		r.checkpoint()
		r.begun = r.agenda.Begin(step.name)
		goOn, err := step.do(ctx)
		err = errors.Join(err, r.ledger.Err()) // killed now, it would leave writes that nobody knows of
		r.record.Phases = append(r.record.Phases, Phase{Name: step.name, At: at, Duration: r.now() - at})
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return err
		case !goOn:
			skipTo = step.orElse
		}
	}
	return nil
}

// finishSteps follows the guide until the steps of all phases up to now are made:
// what is healed must not be broken afterwards.
func (r *run) finishSteps(ctx context.Context) {
	for _, made := range r.agenda.Made() {
		r.follow(ctx, made)
	}
}

// tell adds an event of the drill itself.
func (r *run) tell(at Moment, kind probe.EventKind, detail string) {
	r.onEvent(probe.Event{At: r.start.Add(at), Kind: kind, Shard: -1, Slot: -1, Detail: detail})
}

// onEvent may be called from the probe's goroutine and from those of the drill.
func (r *run) onEvent(e probe.Event) {
	r.events.Lock()
	defer r.events.Unlock()
	r.record.Events = append(r.record.Events, e)
	if r.OnEvent != nil {
		r.OnEvent(e)
	}
}

func (r *run) name(region int) string { return r.Maps[region].Region }
