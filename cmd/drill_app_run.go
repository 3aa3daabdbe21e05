package cmd

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/drill/service/program"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/survey"
)

// appDrill is the drill of one service.
type appDrill struct {
	*appFlags
	p       Process
	settled config.Config
	service appService
	guard   []string // ends the service where this process cannot any more; nil: nothing does

	deployment *deployment
	config     service.Config
	log        *recorder.Log
	recorder   *recorder.Recorder
	proxies    []*proxy.Proxy
	told       program.Told
	program    *program.Program
	shown      *drillShow
	ends       []func() // the last one first
}

// drillOf is the drill of a service, which shares nothing with those of others.
func (f *appFlags) drillOf(p Process, settled config.Config, s appService) *appDrill {
	a := &appDrill{appFlags: f, p: p, settled: settled, service: s, config: f.drill}
	if own, err := os.Executable(); err == nil {
		a.guard = []string{own, appGuardName}
	}
	return a
}

// run drills the service. Without a record there was no drill, and the error says why; else why it is not whole.
func (a *appDrill) run(ctx context.Context) (found report.ServiceResult, err error) {
	defer a.end()
	if err := a.open(ctx); err != nil {
		return found, err
	}
	found.Deployment, found.Name = a.deployment.kind, a.service.name
	if len(a.service.arguments) == 0 {
		a.reach.tell(a.p.Stderr, a.told)
	}
	say(a.p.Stderr, "%s: %s; nothing is written but by the service", a.config.Scenario.Name, a.config.Scenario.Summary)
	a.shown = showDrill(a.p, a.output.chosen, a.config.Maps, "looking whether the drill may begin")
	a.config.OnEvent = a.shown.add
	var refused error // by the system, to start the service
	if len(a.service.arguments) > 0 {
		exited := make(chan service.Exit, 1)
		a.config.Exited = exited
		a.config.Launch = func(context.Context) error {
			refused = a.launch(exited)
			return refused
		}
	}
	found.Record, err = service.Run(ctx, a.config)
	failed := a.shown.abandon()
	found.Ended = a.stop()
	found.Rewriting = a.recorder.Rewriting()
	if a.showKeys {
		found.Items = a.log.Item
	}
	switch {
	case refused != nil:
		return report.ServiceResult{}, usage(refused)
	case failed != nil:
		return report.ServiceResult{}, failed
	}
	return found, err
}

// end ends all that was begun.
func (a *appDrill) end() {
	for _, end := range slices.Backward(a.ends) {
		end()
	}
	a.ends = nil
}

// open opens the regions, and what leads the service to them.
func (a *appDrill) open(ctx context.Context) (err error) {
	if a.deployment, err = a.openRegions(ctx); err != nil {
		return err
	}
	a.ends = append(a.ends, a.deployment.close)
	d := a.deployment
	var names []string
	for _, r := range d.regions {
		names = append(names, r.Name)
	}
	if len(names) < 2 {
		return usage(tooFew(names[0], "start the lab with two or more --regions"))
	}
	if err := errors.Join(weightsAreRegions(a.config.Failover, d.regions), a.areRegions(names)); err != nil {
		return usage(err)
	}
	s, err := d.survey(ctx, a.p.Stderr)
	if err != nil {
		return err
	}
	if err := s.Err(); err != nil {
		return unobservable(err)
	}
	if err := d.choosePubSub(ctx, a.p.Stderr, s); err != nil {
		return err
	}
	if err := d.differentServers(ctx, a.p.Stderr, s); err != nil {
		return err
	}
	a.config.Maps, a.config.Cover, a.config.Engine = s.Maps, s.Cover, d.engine
	if err := a.record(ctx); err != nil {
		return err
	}
	return a.makeFault(ctx, s)
}

// areRegions checks the names of --listen, and those of the environment, where only a lab tells which regions there are.
func (a *appDrill) areRegions(names []string) error {
	return errors.Join(a.reach.areRegions(names), program.CheckNames(names))
}

// openRegions takes the given regions, or a lab: the built-in one unless another was asked for.
func (a *appDrill) openRegions(ctx context.Context) (*deployment, error) {
	if given(a.settled) {
		return openDeployment(ctx, a.p.Stderr, a.settled, a.regionFlags)
	}
	engine, err := a.engine.find(ctx, a.p.Stderr)
	if err != nil {
		return nil, err
	}
	say(a.p.Stderr, "rehearsing on the built-in lab: no region was given, and nothing real is touched")
	own := *a.regionFlags
	own.builtIn.Engine = engine
	return openBuiltInLab(ctx, a.p.Stderr, &own)
}

// appLab is the built-in lab: each region one endpoint, since most services use clients that know of no cluster, unless the scenario
// takes more shards.
func appLab(s drill.Scenario) lab.Config {
	c := labFor(s)
	for i := range c.Regions {
		c.Regions[i].Shards = max(1, s.Needs.Shards)
	}
	return c
}

// appConnections bounds the connections of the service to one address of a region at a time: as many as Redis takes by default
// (maxclients). The proxy must not be what a service with large pools waits for.
const appConnections = 10_000

// record opens a recording proxy for each region, and what reads the service's keys.
func (a *appDrill) record(ctx context.Context) (err error) {
	regions, d := len(a.deployment.regions), a.deployment
	seed := maphash.MakeSeed()
	if a.log, err = recorder.NewLog(recorder.LogOptions{Regions: regions, Start: time.Now(), Seed: seed, Match: a.match}); err != nil {
		return usage(hint.Wrap(err, "patterns are those of KEYS: order:*, h?llo, [ab]*"))
	}
	a.config.Log = a.log
	serve, err := a.serve()
	if err != nil {
		return err
	}
	o := recorder.Options{Log: a.log}
	for i, r := range d.regions {
		reader := region.NewVerifier(r, a.config.Maps[i], d.options, seed)
		a.ends = append(a.ends, func() { _ = reader.Close() })
		a.config.Readers = append(a.config.Readers, reader)
		table, err := reader.Commands(ctx)
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			complain(a.p.Stderr, err, "what is documented of the commands of Redis 7 is used instead")
		}
		passage := region.NewPassage(r, d.options)
		po := proxy.Options{Dial: passage.Dial, Serve: serve, DialTimeout: d.options.Timeout, Connections: appConnections,
			Tap: func(c proxy.Connection) proxy.Tap { return a.recorder.Tap(i, c) },
			At:  func(address string) string { return a.reach.listenAt(r, address) }}
		if passage.Secured() {
			po.Secure = passage.Secure
		}
		led := proxy.New(po)
		a.ends = append(a.ends, func() { _ = led.Close() })
		a.proxies = append(a.proxies, led)
		o.Regions = append(o.Regions, recorder.Region{Commands: table, TLS: r.TLS, Address: func(address string) (string, error) {
			at, err := led.Addr(d.options.Addresses.Used(address, r.Address))
			return a.reach.reached(at), err
		}})
	}
	a.recorder = recorder.New(o)
	return a.tell(ctx)
}

// serve ends TLS with the service, where it is to connect by TLS.
func (a *appDrill) serve() (func(net.Conn) net.Conn, error) {
	if !a.reach.tls {
		return nil, nil
	}
	made, remove, err := a.reach.certificate()
	if err != nil {
		return nil, err
	}
	a.ends = append(a.ends, remove)
	a.told.CA = made.File
	return func(c net.Conn) net.Conn { return tls.Server(c, made.Config) }, nil
}

// tell opens what listens for the endpoint of each region, and puts together what the service is told of it.
func (a *appDrill) tell(ctx context.Context) error {
	for i, r := range a.deployment.regions {
		at, err := a.proxies[i].Addr(r.Address)
		if err != nil {
			return usage(hint.Wrap(fmt.Errorf("%s: listen for the service: %w", r.Name, err), "--listen "+r.Name+"=127.0.0.1:PORT takes a port that is free"))
		}
		place, err := a.reach.place(ctx, r, at)
		if err != nil {
			return usage(err)
		}
		a.told.Places = append(a.told.Places, place)
	}
	arguments, err := a.told.Arguments(a.service.arguments)
	a.service.arguments = arguments
	return usage(err)
}

// makeFault gives the drill its fault, and its observer: where the proxies break the way, it sees what the service sees.
func (a *appDrill) makeFault(ctx context.Context, s *survey.Survey) error {
	if a.fault.way == byProxy {
		if err := a.byProxies(s); err != nil {
			return err
		}
	} else {
		c := drill.Config{Run: strings.ToLower(rand.Text()[:10]), Maps: s.Maps, Scenario: a.config.Scenario}
		end, err := a.fault.make(ctx, a.p, a.deployment, s, &c)
		if err != nil {
			return err
		}
		a.ends = append(a.ends, end)
		a.config.Fault, a.config.OnSnapshot = c.Fault, c.OnSnapshot
	}
	a.config.Way, a.config.Endpoints = drill.Way(a.fault.way), s.Endpoints()
	if err := a.config.Fault.Check(a.config.Scenario); err != nil {
		return usage(hint.Wrap(err, a.fault.instead()))
	}
	return nil
}

// byProxies has the recording proxies make the fault, and one beside them for the observer.
func (a *appDrill) byProxies(s *survey.Survey) error {
	kill := proxy.Condition(proxy.Reset{})
	if a.refuse {
		kill = proxy.Refuse{}
	}
	way, err := faultProxy(a.deployment, s, kill)
	if err != nil {
		return err
	}
	a.ends = append(a.ends, func() { _ = way.Close() })
	for i, r := range a.deployment.regions {
		way.Over(r.Name, a.proxies[i])
	}
	s.Options.Dial = way.Dial
	a.config.Fault = way
	return nil
}

// launch starts the service. How it ends is told to exited, which has room for that.
func (a *appDrill) launch(exited chan<- service.Exit) error {
	o := program.Options{Name: a.service.name, Arguments: a.service.arguments, Environment: a.told.Environment(), Output: a.p.Stderr, Grace: a.grace, Guard: a.guard}
	if a.logFile != "" {
		file, err := os.OpenFile(a.logFile, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return hint.Wrap(fmt.Errorf("--service-log: %w", err), "name a file that can be written to")
		}
		a.ends = append(a.ends, func() { _ = file.Close() })
		o.Log = file
	}
	started, err := program.Start(o)
	if err != nil {
		return err
	}
	a.program = started
	a.ends = append(a.ends, func() { a.stop() })
	go func() {
		end := started.Wait()
		exited <- service.Exit{Text: end.String(), OK: end.Code == 0}
	}()
	return nil
}

// stop ends the service, and says how it ended; "" where it was not started here.
func (a *appDrill) stop() string {
	if a.program == nil {
		return ""
	}
	ending := progress(a.p.Stderr, "ending %s", a.service.name).within(a.grace)
	defer ending.end()
	return a.program.Stop().String()
}

// print prints the report of one service.
func (a *appDrill) print(found report.ServiceResult) error {
	switch a.output.chosen {
	case asJSON:
		return report.WriteJSON(a.p.Stdout, report.NewServiceDocument(found))
	case asNDJSON:
		return report.WriteLine(a.p.Stdout, report.NewServiceDocument(found))
	case asMarkdown:
		return report.ServiceMarkdown(a.p.Stdout, found)
	}
	return report.ServiceText(a.p.Stdout, report.NewStyle(a.p.Stdout), found)
}

// printServices prints several side by side.
func printServices(p Process, form string, all []report.ServiceResult) error {
	switch form {
	case asJSON:
		return report.WriteJSON(p.Stdout, report.NewServicesDocument(all))
	case asMarkdown:
		return report.ServicesMarkdown(p.Stdout, all)
	}
	return report.ServicesText(p.Stdout, report.NewStyle(p.Stdout), all)
}

// comment says on stderr what somebody has to do about the error of a drill; the report tells the error itself.
func (a *appDrill) comment(err error) {
	switch {
	case errors.Is(err, drill.ErrNotHealed):
		complain(a.p.Stderr, hint.Wrap(drillError(err, drill.ErrNotHealed), a.fault.undo(a.deployment)), "")
	case errors.Is(err, service.ErrNoService):
		complain(a.p.Stderr, err, "")
		if !a.reach.share && !a.deployment.regions[0].Password.IsZero() {
			say(a.p.Stderr, "hint: the region takes a password: the service needs it in its own settings, or --share-credentials puts it into its environment")
		}
	case errors.Is(err, drill.ErrNotHealthy):
		complain(a.p.Stderr, hint.Wrap(errors.New("the drill did not begin: the deployment is not healthy"), "mend that first: `aafailover probe` shows what is broken"), "")
	case err != nil && !errors.Is(err, context.Canceled):
		complain(a.p.Stderr, hint.Wrap(errors.New("the drill ended early: the report says why"), "what the drill made is undone, so it can be run again"), "")
	}
}
