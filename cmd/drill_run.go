package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
)

// afterFlags are the flags of the commands that finish what a drill has left: the regions of that drill, given again,
// since no password is kept.
type afterFlags struct {
	*regionFlags
	state       *string
	allowWrites []string
}

func addAfter(c *cobra.Command) *afterFlags {
	f := &afterFlags{regionFlags: addRegions(c), state: addStateDir(c.Flags())}
	c.Flags().StringSliceVar(&f.allowWrites, "allow-writes", nil, "`NAMES` of all regions of the drill: allows to delete its keys in them")
	return f
}

// left is a run that is open, with what is needed to finish it.
type left struct {
	*archive.Run
	archive    archive.Archive
	ledger     *drill.Ledger
	deployment *deployment
	config     drill.Config // without a fault
	// gone says that the lab of the drill ended with it: there is nothing to reach.
	gone bool
}

func (l *left) close() {
	if l.deployment != nil {
		l.deployment.close()
	}
	if l.ledger != nil {
		_ = l.ledger.Close()
	}
	_ = l.Close()
}

// open takes in the settings of a command, and opens a run and the regions that it was on. They must be the same, under the
// same prefix.
func (f *afterFlags) open(c *cobra.Command, p Process, run string) (*left, error) {
	settled, err := settle(c, p)
	if err != nil {
		return nil, err
	}
	if err := usage(f.check()); err != nil {
		return nil, err
	}
	kept, err := archiveIn(*f.state)
	if err != nil {
		return nil, err
	}
	opened, err := kept.Open(run)
	if err != nil {
		return nil, ofArchive(err)
	}
	l := &left{Run: opened, archive: kept}
	if err := f.prepare(c.Context(), p, settled, l); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// prepare reads what a run has left, and reaches its regions unless they are gone.
func (f *afterFlags) prepare(ctx context.Context, p Process, settled config.Config, l *left) (err error) {
	run := l.Begin.Run
	if err := l.Begin.Configure(&l.config); err != nil {
		return fmt.Errorf("%s: read its settings: %w", run, err)
	}
	if l.config.Limits == (drill.Limits{}) {
		l.config.Limits = drill.DefaultLimits()
	}
	reading := progress(p.Stderr, "reading the ledger of run %s", run)
	l.ledger, err = drill.OpenLedger(l.Ledger())
	reading.end()
	if err != nil {
		return hint.Wrap(fmt.Errorf("%s: %w", run, err), "a drill that was killed before it wrote anything has no whole ledger, and nothing to clean up")
	}
	looking := progress(p.Stderr, "looking whether what run %s was on still runs", run)
	l.gone, err = f.isGone(ctx, settled, l.Begin)
	looking.end()
	if l.gone || err != nil {
		return err
	}
	if err := usage(f.matches(settled, l.Begin)); err != nil {
		return err
	}
	return f.reach(ctx, p, settled, l)
}

// isGone says whether a drill was on a lab that ended with it. One on a lab of its own process is, and one on a lab that
// does not run any more.
func (f *afterFlags) isGone(ctx context.Context, settled config.Config, b archive.Begin) (bool, error) {
	if b.Deployment != string(report.Lab) {
		return false, nil
	}
	if len(settled.Regions) > 0 {
		return false, usage(hint.Wrap(fmt.Errorf("run %s was on the lab, not on regions that are given", b.Run), "leave out the regions"))
	}
	if b.Fault.Lab == "" {
		return true, nil
	}
	running, err := lab.Connect(b.Fault.Lab)
	if err == nil {
		_, err = running.Status(ctx)
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return err != nil, nil
}

const asItWasRun = "give the regions of the drill, as it was run, with --region NAME=URL or --config FILE: its record keeps no password"

// matches says how the regions that are given differ from those of a drill.
func (f *afterFlags) matches(settled config.Config, b archive.Begin) error {
	if f.prefix != b.Prefix {
		return hint.Wrap(fmt.Errorf("run %s wrote under the prefix %s, not %s", b.Run, b.Prefix, f.prefix), "give --prefix "+b.Prefix)
	}
	if b.Deployment == string(report.Lab) {
		return nil
	}
	names := b.Names()
	if settled.Lab {
		return hint.Wrap(fmt.Errorf("run %s was on %s, not on the lab", b.Run, strings.Join(names, ", ")), "give each of them with --region NAME=URL, or --config FILE")
	}
	if len(settled.Regions) == 0 {
		return hint.Wrap(fmt.Errorf("run %s was on %s, and no region is given", b.Run, words.Enumerate(names)), asItWasRun)
	}
	for _, name := range names {
		if !slices.ContainsFunc(settled.Regions, func(r config.Region) bool { return r.Name == name }) {
			return hint.Wrap(fmt.Errorf("run %s was on %s, and %s is not given", b.Run, words.Enumerate(names), name), asItWasRun)
		}
	}
	for _, r := range settled.Regions {
		if !slices.Contains(names, r.Name) {
			return hint.Wrap(fmt.Errorf("run %s was not on %s", b.Run, r.Name), "its regions are "+strings.Join(names, ", "))
		}
	}
	if err := allowedAreRegions(f.allowWrites, names); err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(f.allowWrites, name) {
			return hint.Wrap(fmt.Errorf("keys are to be deleted, and that is not allowed in %s", name),
				"allow it on the command line with --allow-writes "+strings.Join(names, ","))
		}
	}
	return nil
}

// sayMoved says which regions have another address than they had: that may be another way to the same one, and if it is not,
// what was written is not found and nothing of it deleted.
func (l *left) sayMoved(stderr io.Writer) {
	if l.Begin.Deployment == string(report.Lab) {
		return
	}
	for i, r := range l.deployment.regions {
		was, err := config.ParseRegionFlag(r.Name + "=" + l.Begin.Regions[i].URL)
		if err == nil && was.Address != r.Address {
			say(stderr, "%s was at %s when the drill ran, and is at %s now: what was written is only found if that is the same region", r.Name, was.Address, r.Address)
		}
	}
}

// reach makes the regions of a run usable, in the order of its ledger.
func (f *afterFlags) reach(ctx context.Context, p Process, settled config.Config, l *left) error {
	var err error
	if l.Begin.Deployment == string(report.Lab) {
		*f.control = l.Begin.Fault.Lab
		settled.Lab = true
	}
	if l.deployment, err = openDeployment(ctx, p.Stderr, settled, f.regionFlags); err != nil {
		l.deployment = nil
		return err
	}
	d := l.deployment
	names := l.Begin.Names()
	slices.SortFunc(d.regions, func(a, b config.Region) int { return slices.Index(names, a.Name) - slices.Index(names, b.Name) })
	if len(d.regions) != len(names) || !slices.EqualFunc(d.regions, names, func(r config.Region, name string) bool { return r.Name == name }) {
		return usage(fmt.Errorf("run %s was on a lab with the regions %s, and this is another one", l.Begin.Run, strings.Join(names, ", ")))
	}
	l.sayMoved(p.Stderr)
	s, err := d.survey(ctx, p.Stderr)
	if err != nil {
		return err
	}
	for i, failed := range s.Failed {
		if failed != nil { // a region that is away had the shards that it had
			complain(p.Stderr, failed, "")
			s.Maps[i] = l.Begin.Regions[i].Map
		}
		if was, is := l.Begin.Regions[i].URL, d.regions[i].URL(); was != is && d.kind == report.Given {
			say(p.Stderr, "%s was %s in the drill, and is %s now", names[i], was, is)
		}
	}
	l.config.Maps, l.config.Cover, l.config.Endpoints = s.Maps, l.ledger.Head().Slots, s.Endpoints()
	for i, m := range s.Maps {
		l.config.Stores = append(l.config.Stores, region.NewClient(d.regions[i], m, d.options))
		l.config.Safety.Inspectors = append(l.config.Safety.Inspectors, region.NewInspector(d.regions[i], m, d.options))
	}
	return nil
}
