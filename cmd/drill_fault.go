package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/survey"
)

// The ways to make a fault.
const (
	byLab     = string(drill.ByLab)
	byProxy   = string(drill.ByProxy)
	byManual  = string(drill.ByManual)
	byCommand = string(drill.ByCommand)
)

// faultFlags say how the faults of a drill are made.
type faultFlags struct {
	way          string // "" until it is known
	inject, heal string
	timeout      time.Duration    // of a command
	within       time.Duration    // for the operator
	watchdog     *faults.Watchdog // nil where there is none
}

func (f *faultFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.way, "fault", "",
		"`WAY` in which the fault is made: lab (by the lab itself, and the default there), proxy (between the drill and the regions, which notice nothing), manual (by you, when you are asked to) or command (by --inject and --heal)")
	flags.StringVar(&f.inject, "inject", "", "`COMMAND` that makes the fault, with AAFAILOVER_FROM, _TO and _RUN in its environment, and AAFAILOVER_ACTION_KIND, _REGION, _SHARD and so on")
	flags.StringVar(&f.heal, "heal", "", "`COMMAND` that undoes the fault of --inject; it runs whatever happens, also when this process is killed")
	flags.DurationVar(&f.timeout, "fault-timeout", faults.DefaultCommandLimit, "limit for --inject and for --heal, each time")
	flags.DurationVar(&f.within, "manual-within", faults.DefaultWithin, "how long you have for each step with --fault manual")
}

// maxFaultTime bounds how long a fault may take to be made.
const maxFaultTime = 24 * time.Hour

// complete settles the way, and says what of it makes no sense. given: the regions are no lab's.
func (f *faultFlags) complete(given bool) error {
	commands := f.inject != "" || f.heal != ""
	if f.way == "" {
		switch {
		case commands:
			f.way = byCommand
		case !given:
			f.way = byLab
		}
	}
	switch {
	case f.way == "":
		return hint.Wrap(errors.New("a drill needs a fault, and nothing says how it is made"),
			"--fault proxy breaks the way between the drill and the regions, which notice nothing; --fault manual asks you to; --inject COMMAND --heal COMMAND runs yours")
	case f.way != byLab && f.way != byProxy && f.way != byManual && f.way != byCommand:
		return hint.Wrap(fmt.Errorf("--fault: there is no way %q to make a fault", f.way), "it takes lab, proxy, manual or command")
	case f.way == byLab && given:
		return hint.Wrap(errors.New("--fault lab: only a lab makes its own faults, and regions are given"), "give --fault proxy or manual, or --inject and --heal; or leave out the regions")
	case f.way != byCommand && commands:
		return hint.Wrap(fmt.Errorf("--fault %s is given, and --inject or --heal, which it does not run", f.way), "give --fault command, or leave them out")
	case f.way == byCommand && f.inject == "":
		return hint.Wrap(errors.New("--inject is missing: no command makes the fault"), "give --inject COMMAND, which runs with AAFAILOVER_FROM and others in its environment")
	case f.way == byCommand && f.heal == "":
		return hint.Wrap(errors.New("--heal is missing: a fault that nobody undoes is no drill"), "give --heal COMMAND; it runs whatever becomes of the drill")
	case f.timeout <= 0 || f.timeout > maxFaultTime:
		return fmt.Errorf("fault-timeout %v: must be more than 0 and at most %v", f.timeout, maxFaultTime)
	case f.within <= 0 || f.within > maxFaultTime:
		return fmt.Errorf("manual-within %v: must be more than 0 and at most %v", f.within, maxFaultTime)
	}
	return nil
}

// limit gives whoever makes the fault the time that was granted.
func (f *faultFlags) limit(l *drill.Limits) {
	switch {
	case f.way == byManual:
		l.Fault = max(l.Fault, f.within)
	case f.way == byCommand, f.inject != "", f.heal != "":
		l.Fault = max(l.Fault, f.timeout)
	}
}

// make gives the drill its fault. end closes what was opened for it.
func (f *faultFlags) make(ctx context.Context, p Process, d *deployment, s *survey.Survey, c *drill.Config) (end func(), err error) {
	if d.builtIn && (f.way == byManual || f.way == byCommand) {
		return nil, usage(hint.Wrap(fmt.Errorf("--fault %s: the built-in lab is within this process, and nobody else can break it", f.way),
			"start one with `aafailover lab` in another terminal and give --lab; or let the lab make its faults"))
	}
	c.Way = drill.Way(f.way)
	switch f.way {
	case byProxy:
		return f.byProxy(d, s, c)
	case byManual:
		sight := new(faults.Sight)
		c.OnSnapshot = sight.Snapshot
		c.Fault = &faults.Manual{Say: p.Stderr, Lines: faults.Lines(p.Stdin), Seen: sight.Await, Holds: sight.Holds, Within: f.within}
		return func() {}, nil
	case byCommand:
		return f.byCommand(ctx, p, c)
	}
	before, err := d.lab.Status(ctx)
	if err != nil {
		return nil, unobservable(ofLab(err))
	}
	c.Fault = faults.NewLab(d.lab, before)
	return func() {}, nil
}

// byProxy puts a proxy between the drill and its regions: both the application and the observer go through it.
func (f *faultFlags) byProxy(d *deployment, s *survey.Survey, c *drill.Config) (end func(), err error) {
	way, err := faultProxy(d, s, nil)
	if err != nil {
		return nil, err
	}
	d.options.Dial, s.Options.Dial = way.Dial, way.Dial
	c.Fault = way
	return func() { _ = way.Close() }, nil
}

// faultProxy is what spoils the way to the regions; kill is what becomes of that to one that is killed: see faults.NewProxy.
func faultProxy(d *deployment, s *survey.Survey, kill proxy.Condition) (*faults.Proxy, error) {
	var endpoints []string
	for _, r := range d.regions {
		endpoints = append(endpoints, r.Address)
	}
	way, err := faults.NewProxy(s.Maps, endpoints, kill, proxy.Options{})
	if err != nil {
		return nil, usage(hint.Wrap(err, "give each region an address of its own, or make the fault another way"))
	}
	return way, nil
}

// byCommand starts the watchdog that runs the user's commands, and heals when this process cannot any more.
func (f *faultFlags) byCommand(ctx context.Context, p Process, c *drill.Config) (end func(), err error) {
	watchdog, err := startWatchdog(ctx, p.Stderr, c.Run)
	if err != nil {
		return nil, usage(hint.Wrap(err, "nothing is injected without somebody who heals it whatever happens: give --fault proxy or manual"))
	}
	o := faults.CommandOptions{Inject: f.inject, Heal: f.heal, Limit: f.timeout, From: c.Maps[0].Region, To: c.Maps[1].Region,
		Run: c.Run, Scenario: c.Scenario.Name, Tell: func(text string) { say(p.Stderr, "%s", oneLine(text)) }}
	c.Fault, f.watchdog = faults.NewCommand(o, watchdog), watchdog
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*f.timeout)
		defer cancel()
		if err := watchdog.Close(ctx); err != nil {
			complain(p.Stderr, err, "look whether the fault is undone")
		}
	}, nil
}

// instead says what to do when the scenario cannot be made in this way.
func (f *faultFlags) instead() string {
	if f.way == byLab {
		return "without --lab it rehearses on a built-in lab that has what the scenario takes"
	}
	return "`aafailover drill list` shows what each scenario does"
}

// kept is how the fault can be undone when the drill was killed.
func (f *faultFlags) kept(d *deployment) archive.Fault {
	kept := archive.Fault{By: f.way}
	if running, ok := d.lab.(*lab.Client); ok && f.way == byLab {
		kept.Lab = running.Address()
	}
	return kept
}

// logTo makes the watchdog log where whoever resumes the run finds it, if there is one.
func (f *faultFlags) logTo(ctx context.Context, path string) error {
	if f.watchdog == nil {
		return nil
	}
	return f.watchdog.LogTo(ctx, path)
}

// undo says how to undo by hand the fault that the drill makes.
func (f *faultFlags) undo(d *deployment) string {
	name := d.regions[0].Name
	running, runs := d.lab.(*lab.Client)
	switch {
	case f.way == byManual:
		return "undo what you were asked for"
	case f.way == byCommand:
		return "run it yourself: " + f.heal
	case f.way == byProxy:
		return "the fault was in this process, and has ended with it"
	case runs:
		return fmt.Sprintf("region %s may still be down: aafailover lab start %s --control %s", name, name, running.Address())
	}
	return fmt.Sprintf("region %s of the built-in lab was down until the lab ended, with this command: nothing is left of it", name)
}
