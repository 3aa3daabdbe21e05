package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/evidence"
	"github.com/aafailover/aafailover/report"
)

// live asks the regions. What they do not tell is a gap; the errors are those of usage, and of ctx.
func (g *gathering) live(ctx context.Context) error {
	d, err := openDeployment(ctx, g.p.Stderr, g.settled, g.regionFlags)
	if err != nil {
		return err
	}
	defer d.close()
	g.at(time.Now())
	g.bundle.Deployment = string(d.kind)
	for _, r := range d.regions {
		g.hide.Regions = append(g.hide.Regions, r.Name)
		g.hide.Addresses = append(g.hide.Addresses, r.Address, r.API.Address)
		g.hide.Addresses = append(g.hide.Addresses, r.Discovery...)
		g.hide.Addresses = append(g.hide.Addresses, r.TLSOptions.ServerName)
	}
	for _, rule := range g.rules {
		from, to, _ := strings.Cut(rule, "=")
		g.hide.Addresses = append(g.hide.Addresses, from, to)
	}
	g.hide.Keep = append(g.hide.Keep, d.options.Prefix)
	if err := errors.Join(g.checked(ctx, d), g.sharded(ctx, d)); err != nil {
		return err
	}
	return g.probed(ctx, d)
}

// checked asks the servers, and adds what they say and what a check makes of it.
func (g *gathering) checked(ctx context.Context, d *deployment) error {
	asking := progress(g.p.Stderr, "asking %s how they are", namesOf(d.regions))
	facts, err := ask.Facts(ctx, ask.Config{Regions: d.regions, Options: d.options, Lab: d.kind == report.Lab})
	asking.end()
	if err != nil {
		return exit(exitInterrupted, err)
	}
	g.hide.Addresses = append(g.hide.Addresses, hostsIn(facts)...)
	for _, r := range facts.Regions {
		if r.Unreachable != "" {
			g.lacks("what the servers of "+r.Name+" say", errors.New(r.Unreachable))
		}
	}
	target := check.Target{Outage: check.DefaultOutage, CertificateFor: check.DefaultCertificateFor}
	found := report.CheckResult{Deployment: d.kind, Insecure: d.insecure(), Result: check.Run(check.Rules(), facts, target, false)}
	for _, r := range d.regions {
		found.Regions = append(found.Regions, r.Name)
	}
	return errors.Join(
		g.add("check.json", "what a check finds, rule by rule", report.NewCheckDocument(found)),
		g.add("servers.json", "the versions and roles of the servers", report.NewServersDocument(facts)))
}

// hostsIn are the hosts that a deployment has said of itself, which stand in texts like any other word.
func hostsIn(facts *check.Facts) []string {
	var all []string
	for _, r := range facts.Regions {
		for _, l := range r.Lookups {
			all = append(append(all, l.Name), l.Addresses...)
		}
		for _, c := range r.Certificates {
			if c.Leaf {
				all = append(all, strings.TrimPrefix(c.Subject, "*."))
			}
		}
		for _, s := range r.Servers {
			all = append(all, s.Address)
			all = append(all, s.Vitals.Replication.PrimaryAddress.Value)
			for _, f := range s.Vitals.Replication.Replicas.Value {
				all = append(all, f.Address)
			}
		}
		for _, p := range r.Cluster.Value.Primaries {
			all = append(append(all, p.Address), p.Replicas...)
		}
		for _, s := range r.Sentinels {
			all = append(all, s.Address, s.Primary)
			for _, replica := range s.Replicas {
				all = append(all, replica.Address)
			}
		}
	}
	return all
}

// sharded adds the slots and channels. A region that did not tell is a gap, and taken for one endpoint of unknown sharding.
func (g *gathering) sharded(ctx context.Context, d *deployment) error {
	s, err := d.survey(ctx, &g.heard)
	if err != nil {
		return err
	}
	for i, err := range s.Failed {
		if err != nil {
			g.lacks("how "+d.regions[i].Name+" is sharded", err)
		}
	}
	if s.Told() == 0 {
		return nil
	}
	s.Assume() // as the probe does
	return g.add("slots.json", "how the regions are sharded, and the channels that reach all shards",
		report.NewSlotsDocument(report.SlotsResult{Deployment: d.kind, Prefix: d.options.Prefix, Maps: s.Maps, Cover: s.Cover, Insecure: d.insecure()}))
}

// probed adds a verdict, with its events.
func (g *gathering) probed(ctx context.Context, d *deployment) error {
	f := &probeFlags{regionFlags: g.regionFlags, output: &form{chosen: asJSON}, once: g.lasting == 0, lasting: g.lasting, maxMessages: g.maxMessages, noDashboard: new(bool)}
	defaults := pflag.NewFlagSet("", pflag.ContinueOnError)
	addPolicy(defaults, &f.policy)
	f.failover = addFailover(defaults)
	settlePolicy(defaults)
	var out bytes.Buffer
	probing := progress(g.p.Stderr, "probing %s", namesOf(d.regions)).within(max(g.lasting, onceLimit))
	err := f.runOn(ctx, Process{Stdin: g.p.Stdin, Stdout: &out, Stderr: &g.heard}, d, nil)
	probing.end()
	if ctx.Err() != nil {
		return exit(exitInterrupted, ctx.Err())
	}
	var ended *failure
	if isVerdict := errors.As(err, &ended) && ended.err == nil; err != nil && !isVerdict {
		g.lacks("a verdict", err)
		if over := new(overLimitError); errors.As(err, &over) {
			g.advice = over.raise()
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return g.recorded("probe", &out)
}

// recorded adds a result as a run has printed it: whole, its events, and as people read it.
func (g *gathering) recorded(folder string, from io.Reader) error {
	found, err := report.ReadRecorded(from)
	if err != nil {
		return err
	}
	return g.addRecorded(folder, found)
}

func (g *gathering) addRecorded(folder string, found report.Recorded) error {
	var events, text bytes.Buffer
	for _, e := range found.Events() {
		g.at(time.Time(e.At))
		if err := report.WriteLine(&events, e); err != nil {
			return err
		}
	}
	if err := report.PageText(&text, report.Style{}, report.NewPage(found)); err != nil {
		return err
	}
	if err := g.add(folder+"/result.json", "the result of the "+found.Kind()+", as programs read it", found.Document()); err != nil {
		return err
	}
	g.hide.Regions = append(g.hide.Regions, namesIn(g.bundle.Parts[len(g.bundle.Parts)-1].Content)...)
	g.bundle.Parts = append(g.bundle.Parts, evidence.Part{Name: folder + "/report.txt", About: "the same, as people read it; times are UTC", Content: text.Bytes()})
	if events.Len() > 0 {
		g.bundle.Parts = append(g.bundle.Parts, evidence.Part{Name: folder + "/events.ndjson", About: "its events, one a line", Content: events.Bytes()})
	}
	return nil
}

// namesIn are the names of the regions that a result is about.
func namesIn(document []byte) []string {
	type named struct {
		Region string `json:"region"`
		Name   string `json:"name"`
		From   string `json:"from"`
		To     string `json:"to"`
	}
	var d struct {
		From    string          `json:"from"`
		To      string          `json:"to"`
		Regions json.RawMessage `json:"regions"`
		Links   []named         `json:"links"`
		Windows []named         `json:"windows"`
	}
	_ = json.Unmarshal(document, &d) // of another kind of result nothing is known
	var regions []named
	_ = json.Unmarshal(d.Regions, &regions)
	names := []string{d.From, d.To}
	for _, list := range [][]named{regions, d.Links, d.Windows} {
		for _, n := range list {
			names = append(names, n.Name, n.Region, n.From, n.To)
		}
	}
	return names
}

// noted keeps what is said meanwhile. Its methods may be called by several goroutines.
type noted struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps it.
func (n *noted) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

// messages adds what was said while the regions were asked: errors, with their hints, among it.
func (g *gathering) messages() {
	g.heard.mu.Lock()
	defer g.heard.mu.Unlock()
	if g.heard.text.Len() > 0 {
		g.bundle.Parts = append(g.bundle.Parts, evidence.Part{Name: "messages.txt", About: "what was said meanwhile: errors, hints, costs", Content: bytes.Clone(g.heard.text.Bytes())})
	}
}
