package cmd

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/drill/service/program"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/report"
)

// appFlags are the flags of `drill app`.
type appFlags struct {
	*regionFlags
	output   *form
	play     playFlags
	load     loadFlags
	fault    faultFlags
	failover *failoverFlags
	engine   engineFlags
	drill    service.Config // its scalar parts
	reach    appReach
	refuse   bool
	services []string // NAME=COMMAND
	logFile  string
	grace    time.Duration
	match    []string
	showKeys bool
}

// appService is a service that is drilled.
type appService struct {
	name      string
	arguments []string // none: it runs already, or somebody else starts it
}

func newDrillApp(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "app [SCENARIO] [flags] [-- SERVICE ARGUMENTS...]",
		Short: "Drill the application that really runs: what does your own service do when a region is lost?",
		Long: `Opens a recording proxy for each region, starts the service with their addresses, brings about a fault, and reports from
the wire what the service did: when it left, where it went, which errors it was given, what it sent twice, which of its own writes
it could not read there, and whether it was safe to come home when it did.

In the arguments {us} stands for the URL of the region us, {us.address}, {us.host} and {us.port} for its parts, and {{us}} for the
text itself. In the environment are AAFAILOVER_URL_US, _ADDRESS_US, _HOST_US, _PORT_US, and AAFAILOVER_REGIONS. Without a command
it prints the addresses to configure, and waits for the first traffic.

It writes nothing of its own, so that it needs no --allow-writes: it reads the keys that the service wrote, by its commands. Of
values only keyed hashes are kept. Without regions it rehearses on a built-in lab.

With --fault proxy, the default where regions are given, the recording proxies themselves break the way: the servers and everybody
else notice nothing.

The exit code is 0 when the service went where it should, lost nothing, and came home when that was safe, or when what --assert says
holds; 1 when not, 3 when that could not be told, 130 when it was interrupted. A fault is healed, and the service ended, in any case.

What --assert can be about:
` + appMeasuresHelp(),
		Example: `  aafailover drill app -- ./service --redis {us} --redis-fallback {eu}
  aafailover drill app region-hang --region us=redis://… --region eu=redis://… -- ./service
  aafailover drill app --service go=./orders-in-go --service python=./orders.py -o json
  aafailover drill app --lab --listen us=0.0.0.0:7001 --listen eu=0.0.0.0:7002 --announce host.docker.internal --within 10m`,
		Args:              appArguments,
		ValidArgsFunction: completeScenarios,
	}
	f := &appFlags{regionFlags: addRegions(c), output: addOutput(c, asTable, asJSON, asNDJSON, asMarkdown)}
	f.add(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		services, err := f.complete(c, args, settled)
		if err != nil {
			return usage(err)
		}
		return f.run(c.Context(), p, settled, services)
	}
	return c
}

// appMeasuresHelp says what an assertion can be about.
func appMeasuresHelp() string {
	var out strings.Builder
	for _, m := range service.AssertionMeasures() {
		fmt.Fprintf(&out, "  %-16s %s\n", m.Name, m.What)
	}
	return strings.TrimRight(out.String(), "\n")
}

func (f *appFlags) add(flags *pflag.FlagSet) {
	f.play.add(flags)
	f.fault.add(flags)
	flags.Lookup("fault").Usage = "`WAY` in which the fault is made: lab (by the lab itself, and the default there), proxy (by the recording proxies: the regions notice nothing), manual (by you, when you are asked to) or command (by --inject and --heal)"
	flags.BoolVar(&f.refuse, "refuse", false, "with --fault proxy: what leads to a region that is killed refuses connections, instead of resetting them; what the system refuses nobody can count")
	f.failover = addFailover(flags)
	addPolicy(flags, &f.drill.Probe)
	f.drill.Limits = service.DefaultLimits()
	limits := &f.drill.Limits
	flags.StringArrayVar(&f.drill.Assert, "assert", nil, "what must be measured for the drill to pass, as in rto<=5s, lost==0: `CONDITION`; repeat it for each; what is measured is listed above")
	flags.DurationVar(&f.load.steady, "steady", 0, "how long the service works before the fault (default: the scenario's)")
	flags.DurationVar(&f.load.outage, "outage", 0, "how long the region stays away after the service has moved (default: the scenario's)")
	flags.DurationVar(&f.load.settle, "settle", 0, "how long the service works after it has come home (default: the scenario's)")
	flags.DurationVar(&limits.Within, "within", limits.Within, "how long to wait for the service's first success in the first region")
	flags.DurationVar(&limits.Move, "move-within", limits.Move, "how long to wait for the service to move to another region")
	flags.DurationVar(&limits.Return, "return-within", limits.Return, "how long to wait for the service to come home once that is safe")
	f.reach.add(flags)
	flags.StringArrayVar(&f.services, "service", nil, "`NAME=COMMAND` line of a service to drill, instead of one after --; with several, each is drilled in turn, and they are shown side by side")
	flags.StringVar(&f.logFile, "service-log", "", "write what the service prints to `FILE`, as it is, instead of to stderr line by line")
	flags.DurationVar(&f.grace, "grace", program.DefaultGrace, "how long the service has from SIGTERM to SIGKILL")
	flags.StringArrayVar(&f.match, "match", nil, "record and verify only what is done to keys that match `GLOB`, as KEYS has it; repeat it for each")
	flags.BoolVar(&f.showKeys, "show-keys", false, "name the keys of missed writes in the report; without it they are counted")
	f.engine.add(flags, "an engine of the lab's own", "what the scenario needs")
}

// appArguments takes a scenario, and after -- the service.
func appArguments(c *cobra.Command, args []string) error {
	if at := c.ArgsLenAtDash(); at >= 0 {
		return atMostScenario(c, args[:at])
	}
	if len(args) > 1 {
		return hint.Wrap(fmt.Errorf("%s takes one scenario, and after -- the service: not %s", c.CommandPath(), strings.Join(args, ", ")),
			"put -- in front of the command: "+c.CommandPath()+" "+drill.DefaultScenario+" -- ./service {us} {eu}")
	}
	return atMostScenario(c, args)
}

// complete checks everything that can be told without the regions, and returns the services.
func (f *appFlags) complete(c *cobra.Command, args []string, settled config.Config) ([]appService, error) {
	var command []string
	if at := c.ArgsLenAtDash(); at >= 0 {
		if args, command = args[:at], args[at:]; len(command) == 0 {
			return nil, hint.Wrap(errors.New("-- and no service after it"), "leave it out to be told the addresses, and start the service yourself")
		}
	}
	scenario, err := f.play.scenario(args)
	if err != nil {
		return nil, err
	}
	given := len(settled.Regions) > 0
	f.builtIn = appLab(scenario)
	f.drill.Scenario, f.drill.Prefix = scenario, f.prefix
	ignored := drill.Config{Scenario: scenario}
	errs := append([]error{f.check(), f.engine.fits(settled), f.wayOf(given)}, f.load.complete(c.Flags(), &ignored, given)...)
	f.drill.Scenario = ignored.Scenario
	services, err := f.each(command)
	errs = append(errs, err, f.reach.check(settled), f.checkTimes())
	_, unclear := service.ParseAssertions(f.drill.Assert)
	policy, err := f.failover.parse()
	f.drill.Failover = policy
	errs = append(errs, unclear, err, f.drill.Probe.Check())
	if given && len(settled.Regions) < 2 {
		errs = append(errs, tooFew(settled.Regions[0].Name, "give another --region NAME=URL"))
	}
	if len(services) > 1 && (f.output.chosen == asNDJSON || f.logFile != "") {
		errs = append(errs, hint.Wrap(errors.New("-o ndjson and --service-log are of one service, and several are given"), "give -o json, or one service"))
	}
	return services, errors.Join(errs...)
}

// wayOf settles how the fault is made: by the proxies where regions are given, since they stand there anyway.
func (f *appFlags) wayOf(given bool) error {
	if given && f.fault.way == "" && f.fault.inject == "" && f.fault.heal == "" {
		f.fault.way = byProxy
	}
	err := f.fault.complete(given)
	if err == nil && f.refuse && f.fault.way != byProxy {
		err = hint.Wrap(fmt.Errorf("--refuse says nothing with --fault %s", f.fault.way), "give --fault proxy too, or leave it out")
	}
	limit := drill.Limits{Fault: f.drill.Limits.Fault}
	f.fault.limit(&limit)
	f.drill.Limits.Fault = limit.Fault
	return err
}

func (f *appFlags) checkTimes() error {
	var errs []error
	l := f.drill.Limits
	for _, one := range []struct {
		flag string
		of   time.Duration
	}{{"within", l.Within}, {"move-within", l.Move}, {"return-within", l.Return}, {"grace", f.grace}} {
		if one.of <= 0 || one.of > maxFaultTime {
			errs = append(errs, fmt.Errorf("%s %v: must be more than 0 and at most %v", one.flag, one.of, maxFaultTime))
		}
	}
	return errors.Join(append(errs, checkFile("service-log", f.logFile, "without it the lines of the service are on stderr"))...)
}

// each are the services that are drilled, in turn.
func (f *appFlags) each(command []string) ([]appService, error) {
	if len(f.services) == 0 && len(command) == 0 {
		return []appService{{name: "the service"}}, nil
	}
	if len(f.services) == 0 {
		return []appService{{name: serviceName(command), arguments: command}}, nil
	}
	if len(command) > 0 {
		return nil, hint.Wrap(errors.New("--service, and a service after --: they are two ways to say the same"), "give each with --service NAME='command line'")
	}
	var all []appService
	for _, text := range f.services {
		name, line, ok := strings.Cut(text, "=")
		if !ok || config.CheckName(name) != nil || strings.TrimSpace(line) == "" {
			return nil, hint.Wrap(fmt.Errorf("--service %q: must be NAME=COMMAND, with a name of letters, digits, - and _", text), `as in --service 'orders=./orders --redis {us}'`)
		}
		if slices.ContainsFunc(all, func(s appService) bool { return s.name == name }) {
			return nil, fmt.Errorf("--service %s is given twice", name)
		}
		all = append(all, appService{name: name, arguments: shellLine(line)})
	}
	return all, nil
}

// shellLine is how the shell is given a command line.
func shellLine(line string) []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/s", "/c", line}
	}
	return []string{"sh", "-c", line}
}

// interpreters run programs that are named by their first argument.
var interpreters = []string{"python", "python3", "node", "ruby", "perl", "php", "java", "sh", "bash", "env", "npm", "dotnet"}

// serviceName is how a service is called that was given without a name: by its program, or what runs in it.
func serviceName(command []string) string {
	base := func(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }
	name := base(command[0])
	if slices.Contains(interpreters, strings.TrimSuffix(name, ".exe")) {
		for _, arg := range command[1:] {
			if !strings.HasPrefix(arg, "-") && !strings.ContainsAny(arg, "={} ;") {
				return base(arg)
			}
		}
	}
	return name
}

// run drills each service, and prints what they did.
func (f *appFlags) run(ctx context.Context, p Process, settled config.Config, services []appService) error {
	if len(services) == 1 {
		one := f.drillOf(p, settled, services[0])
		found, err := one.run(ctx)
		if found.Record == nil {
			return err
		}
		if failed := one.print(found); failed != nil {
			return failed
		}
		one.comment(err)
		return appCode(ctx, err, found)
	}
	var all []report.ServiceResult
	var errs []error
	for i, s := range services {
		say(p.Stderr, "%d of %d: %s", i+1, len(services), s.name)
		one := f.drillOf(p, settled, s)
		found, err := one.run(ctx)
		if found.Record != nil {
			all = append(all, found)
			one.comment(err)
		} else if ctx.Err() == nil {
			complain(p.Stderr, err, "")
		}
		errs = append(errs, err)
		if ctx.Err() != nil || hopeless(err) {
			break
		}
	}
	err := errors.Join(errs...)
	if len(all) == 0 {
		return appCode(ctx, errorOfAll(ctx, err))
	}
	if failed := printServices(p, f.output.chosen, all); failed != nil {
		return failed
	}
	return appCode(ctx, err, all...)
}

// errorOfAll is why nothing came of any service; each error was told already.
func errorOfAll(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// appCode is the exit code of drills that ended.
func appCode(ctx context.Context, err error, all ...report.ServiceResult) error {
	if ctx.Err() != nil {
		return result(exitInterrupted)
	}
	code := exitOK
	for _, r := range all {
		switch one := verdictCode(r.Record.Verdict); {
		case one == exitFinding, code == exitOK:
			code = one
		}
	}
	if err != nil && code == exitOK {
		code = exitUnobservable
	}
	return result(code)
}
