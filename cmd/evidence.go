package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/evidence"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/report"
)

// evidenceFlags are the flags of `evidence`.
type evidenceFlags struct {
	*regionFlags
	output               *form
	state                *string
	out                  string
	dryRun, force        bool
	hideHosts, hideNames bool
	lasting              time.Duration // 0: until there is a verdict
	maxMessages          float64       // a second
}

func newEvidence(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: "evidence [RUN|FILE]...",
		Long: `Packs into one file what whoever helps you needs: the verdict with its events, how the regions are sharded, what a check finds, the
versions of the servers and of this program, the configuration, this machine, and what went wrong meanwhile. For that it probes and
checks the regions that are given, as probe --once and check do; it writes no key.

With arguments it packs earlier runs: a drill that is kept on this machine, by its id or "last", or a file that probe or drill has
printed or recorded. The regions are then asked too where --region, --config or --lab is given beside them.

Every secret is replaced: the passwords that this program is given, however they are written, and what looks like one. Before the file
is written, all of it is looked through once more, and a password that is found fails the packing. With --hide-hosts every host name
and IP address becomes host-1, host-2 and so on, the same in all files; ports and names of regions stay, these too are replaced with
--hide-names. Look through it before you send it on all the same.

The exit code is 0 when all is packed, whatever the verdict; 3 when it is packed and something is missing, which is said, or when
it could not be packed; 130 when it was interrupted, and nothing was written.`,
		Example: `  aafailover evidence --config staging.yaml --out evidence.zip
  aafailover evidence --config staging.yaml --hide-hosts --dry-run
  aafailover evidence last probe.json --out evidence.tar.gz`,
		ValidArgsFunction: completeRuns(math.MaxInt, orFiles),
	}
	f := &evidenceFlags{regionFlags: addRegions(c), output: addOutput(c, asTable, asJSON)}
	flags := c.Flags()
	f.state = addStateDir(flags)
	flags.StringVar(&f.out, "out", "", "write to `FILE`, whose ending says the form: .zip or .tar.gz")
	flags.BoolVar(&f.dryRun, "dry-run", false, "gather all, show what would be inside, and write nothing")
	flags.BoolVar(&f.force, "force", false, "replace the file of --out where there is one")
	flags.BoolVar(&f.hideHosts, "hide-hosts", false, "replace every host name and IP address by host-1, host-2 and so on")
	flags.BoolVar(&f.hideNames, "hide-names", false, "replace the names of the regions by region-1, region-2 and so on")
	flags.DurationVar(&f.lasting, "for", 0, "probe for this time (default: until there is a verdict)")
	flags.Float64Var(&f.maxMessages, "max-messages", defaultMaxMessages, "most messages to publish a second, in all regions together")
	c.RunE = func(c *cobra.Command, args []string) error {
		alone := len(args) == 0
		asked := alone || slices.ContainsFunc([]string{"region", "config", "lab"}, flags.Changed)
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		if err := usage(f.check()); err != nil {
			return err
		}
		if alone && settled.NeedRegions() != nil {
			return usage(hint.Wrap(config.ErrNoRegions, "give --region NAME=URL for each region, --config FILE or --lab; or an earlier run: aafailover evidence last"))
		}
		g := &gathering{evidenceFlags: f, p: p, settled: settled, known: everyFlagName()}
		return g.run(c.Context(), args, asked && settled.NeedRegions() == nil)
	}
	return c
}

// maxEvidenceProbe bounds how long `evidence` probes: who wants to watch uses probe --record.
const maxEvidenceProbe = time.Hour

// check checks what can be told before anything is asked.
func (f *evidenceFlags) check() error {
	err := errors.Join(f.regionFlags.check(), checkMaxMessages(f.maxMessages))
	if f.lasting < 0 || f.lasting > maxEvidenceProbe {
		err = errors.Join(err, fmt.Errorf("for %v: must be 0 to %v", f.lasting, maxEvidenceProbe))
	}
	switch {
	case f.out == "" && !f.dryRun:
		return errors.Join(err, hint.Wrap(errors.New("nothing says which file to write"), "give --out evidence.zip, or --dry-run to see what would be inside"))
	case f.out == "":
		return err
	}
	if _, unknown := evidence.FormatOf(f.out); unknown != nil {
		return errors.Join(err, unknown)
	}
	if _, there := os.Lstat(f.out); there == nil && !f.force && !f.dryRun {
		err = errors.Join(err, hint.Wrap(fmt.Errorf("%s: %w", f.out, evidence.ErrExists), "--force replaces it"))
	}
	return errors.Join(err, checkFile("out", f.out, ""))
}

// gathering is one run of `evidence`.
type gathering struct {
	*evidenceFlags
	p       Process
	settled config.Config
	known   []string // flags of all commands

	bundle evidence.Bundle
	hide   evidence.Hide
	heard  noted
	advice string // what would fill a gap; ""
}

// run gathers, packs, and writes or shows.
func (g *gathering) run(ctx context.Context, args []string, ask bool) error {
	built := builtFrom(debug.ReadBuildInfo())
	g.bundle.Program = evidence.Program{Version: built.version, Commit: built.commit, Date: built.date, Go: runtime.Version()}
	if err := g.secrets(ctx); err != nil {
		return err
	}
	for i, what := range args {
		if err := g.record(i+1, what); err != nil {
			return err
		}
	}
	if ask {
		if err := g.live(ctx); err != nil {
			return err
		}
	}
	if err := errors.Join(g.configuration(), g.machine()); err != nil {
		return err
	}
	g.messages()
	if ctx.Err() != nil {
		return exit(exitInterrupted, ctx.Err())
	}
	packing := progress(g.p.Stderr, "packing %d files", len(g.bundle.Parts))
	packed, err := evidence.Pack(g.bundle, g.hide)
	packing.end()
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exit(exitInterrupted, ctx.Err())
	}
	return g.conclude(packed)
}

// conclude writes the file, shows what is in it, and says whether that is all.
func (g *gathering) conclude(packed *evidence.Packed) error {
	if !g.dryRun {
		format, err := evidence.FormatOf(g.out)
		if err != nil {
			return usage(err)
		}
		var file bytes.Buffer // so that it takes no time from here on to write it
		if err := packed.Write(&file, format); err != nil {
			return err
		}
		err = evidence.Save(g.out, g.force, func(w io.Writer) error { _, err := w.Write(file.Bytes()); return err })
		if err != nil {
			return hint.Wrap(err, "give --out a new file in a folder that can be written to")
		}
	}
	if err := g.print(packed); err != nil {
		return err
	}
	if !g.dryRun {
		say(g.p.Stderr, "wrote %s; look through it before you send it on", g.out)
	}
	if g.advice != "" {
		say(g.p.Stderr, "hint: %s", g.advice)
	}
	if len(packed.Manifest.Gaps) > 0 {
		return result(exitUnobservable)
	}
	return nil
}

func (g *gathering) print(packed *evidence.Packed) error {
	if g.output.chosen == asJSON {
		manifest, _ := packed.Content("manifest.json")
		_, err := fmt.Fprintln(g.p.Stdout, manifest)
		return err
	}
	return report.EvidenceText(g.p.Stdout, report.NewStyle(g.p.Stdout), packed.Manifest)
}

// add adds a document as a part.
func (g *gathering) add(name, about string, document any) error {
	var text bytes.Buffer
	if err := report.WriteJSON(&text, document); err != nil {
		return fmt.Errorf("gather %s: %w", name, err)
	}
	g.bundle.Parts = append(g.bundle.Parts, evidence.Part{Name: name, About: about, Content: text.Bytes()})
	return nil
}

// lacks notes that something is missing.
func (g *gathering) lacks(what string, why error) {
	g.bundle.Gaps = append(g.bundle.Gaps, evidence.Gap{What: what, Why: oneLine(why.Error())})
}

// at notes when something was: the newest of it dates the file.
func (g *gathering) at(t time.Time) {
	if t.After(g.bundle.At) {
		g.bundle.At = t
	}
}
