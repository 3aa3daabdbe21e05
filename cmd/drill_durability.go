package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/report"
)

// durabilityFlags are the flags of `drill durability`.
type durabilityFlags struct {
	output  *form
	matrix  durability.Config // its scalar parts
	only    string
	engine  string
	upgrade string
	own     string
	rpo     time.Duration
	aimed   bool // --rpo was given
}

func newDrillDurability(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "durability",
		Short: "Measure on real servers what configurations of Redis lose in a crash, beside what they promise",
		Long: `Starts real servers on this machine, in a temporary folder and attached to nothing, writes to them, ends them, and counts
which acknowledged writes are gone: for snapshots and append-only files under SIGKILL and under a power cut, for replicas that
take over with and without WAIT and min-replicas-to-write, for resyncs, a restored backup and a rolling upgrade. Each row stands
beside what its settings promise, and what its writes cost.

A power cut is simulated: the fsyncs of the server are witnessed, and after a SIGKILL what it had not fsynced is taken out of its
files. It needs Linux; elsewhere, and where a container forbids it, those rows say why they were not measured.

--redis-config adds a configuration of your own: a file, or the profile balanced, max-durability or low-latency. With --rpo it
ends with which configurations lose no more than that, by promise and by measurement.

The exit code is 0 when what can be measured here was, whatever it came to; with --rpo 1 when no configuration meets it, or
yours does not; 3 when a row that should could not be measured, or it is not known for that reason who meets --rpo; 130 when it was interrupted, with the rows up to then.`,
		Example: `  aafailover drill durability
  aafailover drill durability --rpo 1s --redis-config /etc/redis/redis.conf
  aafailover drill durability --only 'aof-*' --repeat 10 -o json`,
		Args: noArguments,
	}
	addSettings(c)
	f := &durabilityFlags{output: addOutput(c, asTable, asJSON)}
	f.add(c.Flags())
	_ = c.RegisterFlagCompletionFunc("only", completeRows)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		f.aimed = c.Flags().Changed("rpo")
		if err := usage(f.complete(c.Context())); err != nil {
			return err
		}
		return f.run(c.Context(), p)
	}
	return c
}

func (f *durabilityFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.only, "only", "", "measure only the rows that match `GLOB`, as in 'aof-*'; several with commas")
	flags.Float64Var(&f.matrix.Rate, "rate", 1000, "writes a second")
	flags.DurationVar(&f.matrix.WritesFor, "writes-for", 3*time.Second, "how long to write before each crash")
	flags.IntVar(&f.matrix.Repeat, "repeat", 1, "how often each row is measured; the worst is shown, and the crashes are spread over a second")
	flags.IntVar(&f.matrix.AtOnce, "at-once", 1, "how many rows are measured at a time; with more than 1 their latencies disturb each other")
	flags.StringVar(&f.engine, "engine", "redis-server", "the server program: redis-server, valkey-server or a `PATH`")
	flags.StringVar(&f.upgrade, "upgrade-to", "", "the program that the rolling upgrade leads to: redis-server, valkey-server or a `PATH` (default: the same)")
	flags.StringVar(&f.own, "redis-config", "", "measure a configuration of your own too: `FILE`, or the profile "+orList(redisconf.Profiles()))
	flags.DurationVar(&f.rpo, "rpo", 0, "tell which configurations lose no more than this")
}

// complete finds the programs and the cases, and checks everything that can be told before a server is started.
func (f *durabilityFlags) complete(ctx context.Context) error {
	cases := durability.Cases()
	var errs []error
	if f.own != "" {
		settings, err := redisconf.Load(f.own)
		if err != nil {
			return err
		}
		cases = append(durability.Own(ownName(f.own), settings), cases...)
	}
	var err error
	if f.matrix.Cases, err = chosenCases(cases, f.only); err != nil {
		errs = append(errs, err)
	}
	if f.rpo < 0 {
		errs = append(errs, fmt.Errorf("rpo %v: must be 0 or more", f.rpo))
	}
	if f.matrix.Repeat == 0 {
		errs = append(errs, fmt.Errorf("repeat 0: must be 1 to %d", durability.MaxRepeat))
	}
	if f.matrix.AtOnce == 0 {
		errs = append(errs, fmt.Errorf("at-once 0: must be 1 to %d", durability.MaxAtOnce))
	}
	if err := errors.Join(append(errs, f.matrix.Check())...); err != nil {
		return err
	}
	if f.aimed && !slices.ContainsFunc(f.matrix.Cases, func(c durability.Case) bool { return c.Crash != durability.NoCrash }) {
		return hint.Wrap(fmt.Errorf("only %q: nothing crashes in these rows, and --rpo has nothing to judge", f.only),
			"leave out --rpo, or choose rows whose names end with -kill or -power-cut")
	}
	if f.matrix.Binary, err = process.Find(ctx, f.engine); err != nil {
		return err
	}
	if f.upgrade != "" {
		f.matrix.Upgrade, err = process.Find(ctx, f.upgrade)
	}
	return err
}

// completeRows completes the names of rows, also behind the comma of a list.
func completeRows(_ *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, c := range durability.Cases() {
		all = append(all, c.Name)
	}
	return afterComma(all, toComplete), andMore
}

// ownName is how the rows of the user's own configuration are called: by the name of the file.
func ownName(from string) string {
	name := filepath.Base(from)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// chosenCases are the cases whose names match one of the patterns; "" is all.
func chosenCases(all []durability.Case, only string) ([]durability.Case, error) {
	if only == "" {
		return all, nil
	}
	var chosen []durability.Case
	var names []string
	patterns := strings.Split(only, ",")
	for _, one := range all {
		names = append(names, one.Name)
		for _, pattern := range patterns {
			ok, err := path.Match(pattern, one.Name)
			if err != nil {
				return nil, fmt.Errorf("only %q: %w", pattern, err)
			}
			if ok {
				chosen = append(chosen, one)
				break
			}
		}
	}
	if len(chosen) == 0 {
		return nil, hint.Wrap(fmt.Errorf("no row matches %q", only), "the rows are "+words.Enumerate(names))
	}
	return chosen, nil
}

// run measures, and prints what came of it.
func (f *durabilityFlags) run(ctx context.Context, p Process) error {
	var err error
	if f.matrix.Program, err = os.Executable(); err != nil {
		return err
	}
	say(p.Stderr, "measuring %s on %s, %s: in a temporary folder, attached to nothing that runs already",
		words.Count(len(f.matrix.Cases), "row"), f.matrix.Binary, f.takes())
	step := progress(p.Stderr, "measuring")
	done := 0
	f.matrix.Begun = func(c durability.Case) { step.next("%d of %d: %s, %s", done+1, len(f.matrix.Cases), c.Name, c.About) }
	f.matrix.Ended = func(r durability.Row) {
		done++
		say(p.Stderr, "%2d of %d  %s", done, len(f.matrix.Cases), report.DurabilityProgress(r))
	}
	f.matrix.Log = func(line string) { say(p.Stderr, "%s", line) }
	rows := durability.Run(ctx, f.matrix)
	step.end()
	found := report.DurabilityResult{Engine: f.matrix.Binary.String(), Rate: f.matrix.Rate, WritesFor: f.matrix.WritesFor,
		Repeat: f.matrix.Repeat, AtOnce: f.matrix.AtOnce, Rows: rows, Interrupted: ctx.Err() != nil}
	if f.aimed {
		found.Target = &f.rpo
	}
	if f.output.chosen == asJSON {
		err = report.WriteJSON(p.Stdout, report.NewDurabilityDocument(found))
	} else {
		err = report.DurabilityText(p.Stdout, report.NewStyle(p.Stdout), found)
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return result(exitInterrupted)
	}
	return result(f.code(rows))
}

// rowTakes is how long a row takes besides its writing: servers that start, load and sync.
const rowTakes = time.Second

// takes says how long the matrix takes.
func (f *durabilityFlags) takes() string {
	all := (f.matrix.WritesFor + rowTakes) * time.Duration(len(f.matrix.Cases)*max(f.matrix.Repeat, 1)) / time.Duration(max(f.matrix.AtOnce, 1))
	return "some " + max(all.Round(10*time.Second), 10*time.Second).String()
}

// code is the exit code of the rows.
func (f *durabilityFlags) code(rows []durability.Row) int {
	if f.aimed {
		if code := targetCode(durability.Stand(rows, f.rpo)); code != exitOK {
			return code
		}
	}
	for _, row := range rows {
		if row.Unmeasured != nil && !errors.Is(row.Unmeasured, durability.ErrUnsupported) {
			return exitUnobservable
		}
	}
	return exitOK
}

// targetCode is about the user's own configuration, where there is one: it must meet the target. Otherwise some
// configuration must, and as long as one could that was not measured, it is not known that none does.
func targetCode(standings []durability.Standing) int {
	asked := standings
	if own := slices.IndexFunc(standings, func(s durability.Standing) bool { return s.Given }); own >= 0 {
		asked = standings[own : own+1]
	}
	code := exitFinding
	for _, s := range asked {
		switch {
		case s.Met():
			return exitOK
		case !s.Missed():
			code = exitUnobservable
		}
	}
	return code
}
