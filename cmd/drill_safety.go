package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
)

// safetyFlags say where a drill may write, what must be so before it begins, and what ends it.
type safetyFlags struct {
	allowWrites []string
	dryRun      bool
	maxLag      time.Duration
	demanding   bool // somebody asks for something to be so before the drill begins
	accept      []string
	abortIf     []string
}

func (f *safetyFlags) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.allowWrites, "allow-writes", nil, "`NAMES` of all given regions: allows to write keys to them")
	flags.BoolVar(&f.dryRun, "dry-run", false, "look whether the drill may begin, say what it would come to, and begin nothing")
	flags.DurationVar(&f.maxLag, "max-lag", time.Second, "longest lag from the first region to another, at the 99th percentile, with which a drill begins (0: any)")
	flags.StringSliceVar(&f.accept, "accept", nil, "begin all the same with these `DOUBTS`: "+orList(doubts()))
	flags.StringArrayVar(&f.abortIf, "abort-if", nil,
		"end the drill early on this `CONDITION` of its own writes, where the drill has broken nothing: errors>5% or latency>500ms (99th percentile); repeat it for each")
}

func doubts() []string {
	var words []string
	for _, d := range drill.Doubts() {
		words = append(words, string(d))
	}
	return words
}

// complete is what the flags come to, without the regions.
func (f *safetyFlags) complete(flags *pflag.FlagSet, d *drill.Config) []error {
	var errs []error
	f.demanding = f.dryRun || flags.Changed("max-lag")
	for _, text := range f.abortIf {
		c, err := drill.ParseAbort(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("--abort-if: %w", err))
			continue
		}
		d.Safety.AbortIf = append(d.Safety.AbortIf, c)
	}
	for _, word := range f.accept {
		if !slices.Contains(doubts(), word) {
			errs = append(errs, hint.Wrap(fmt.Errorf("--accept: %q is no doubt that a drill has", word), "it takes "+orList(doubts())))
			continue
		}
		d.Safety.Accept = append(d.Safety.Accept, drill.Doubt(word))
	}
	d.Safety.MaxLag = f.maxLag
	return errs
}

// allowed says whether a drill may be run where the settings say. On a lab it always may.
func (f *safetyFlags) allowed(c config.Config) error {
	if len(c.Regions) == 0 {
		if len(f.allowWrites) > 0 {
			return hint.Wrap(fmt.Errorf("--allow-writes names no region that is given: %s", strings.Join(f.allowWrites, ", ")),
				"leave it out to rehearse on the lab, where writes are always allowed; or give each region with --region NAME=URL")
		}
		return nil
	}
	var names []string
	for _, r := range c.Regions {
		names = append(names, r.Name)
	}
	if len(names) < 2 {
		return tooFew(names[0], "give another --region NAME=URL")
	}
	if err := allowedAreRegions(f.allowWrites, names); err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(f.allowWrites, name) {
			return hint.Wrap(fmt.Errorf("a drill writes keys, and that is not allowed in %s", name),
				"allow it on the command line with --allow-writes "+strings.Join(names, ","))
		}
	}
	return nil
}

// inspect makes the drill look at the regions first, and keep others out. A built-in lab is nobody else's, so that it is done
// there only for who asks; and on no lab does it matter how much memory is left.
func (f *safetyFlags) inspect(d *deployment, c *drill.Config) {
	if d.builtIn && !f.demanding {
		return
	}
	for i, m := range c.Maps {
		c.Safety.Inspectors = append(c.Safety.Inspectors, region.NewInspector(d.regions[i], m, d.options))
	}
	if d.kind == report.Lab && !slices.Contains(c.Safety.Accept, drill.UnknownMemory) {
		c.Safety.Accept = append(c.Safety.Accept, drill.UnknownMemory)
	}
	c.Safety.Holder = holder()
}

// rehearseNothing is --dry-run: 0 when the drill would begin, 1 when it would not.
func (f *drillFlags) rehearseNothing(ctx context.Context, p Process, d *deployment) error {
	looking := progress(p.Stderr, "looking whether the drill may begin")
	found, err := drill.RunPreflight(ctx, f.drill)
	looking.end()
	switch {
	case ctx.Err() != nil:
		return exit(exitInterrupted, errors.New("interrupted"))
	case err != nil:
		return usage(err)
	}
	shown := report.PreflightResult{Deployment: d.kind, Scenario: f.drill.Scenario.Name, Preflight: found}
	switch f.output.chosen {
	case asJSON:
		err = report.WriteJSON(p.Stdout, report.NewPreflightDocument(shown))
	case asNDJSON:
		err = report.WriteLine(p.Stdout, report.NewPreflightDocument(shown))
	default:
		err = report.PreflightText(p.Stdout, report.NewStyle(p.Stdout), shown)
	}
	if err == nil && found.Err() != nil {
		return result(exitFinding)
	}
	return err
}

// measuresHelp is a line for each thing that --assert can be about.
func measuresHelp() string {
	var lines []string
	for _, m := range drill.Measures() {
		lines = append(lines, fmt.Sprintf("  %-14s %-9s %s", m.Name, m.Unit, m.What))
	}
	return strings.Join(lines, "\n")
}

// holder is who runs a drill, for whoever finds its lock.
func holder() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s@%s, process %d, since %s",
		cmp.Or(userName(), "somebody"), cmp.Or(host, "some host"), os.Getpid(), time.Now().UTC().Format(time.RFC3339))
}
