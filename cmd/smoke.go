package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/smoke"
	"github.com/aafailover/aafailover/survey"
)

// The bounds of --within, and what it is by default: what takes longer than that is no smoke test any more.
const (
	usualWithin = 15 * time.Second
	leastWithin = 2 * time.Second
	mostWithin  = 5 * time.Minute
)

// smokeFlags are the flags of `smoke`. It is a probe that runs once, and is asked a little more.
type smokeFlags struct {
	probeFlags
	files    reportFiles
	most     time.Duration // for all of it
	limits   []string
	question smoke.Question
}

func newSmoke(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: "smoke",
		Long: `Answers in five lines whether the regions are sharded equally, all regions can be used, all links carry messages, their round
trips are within the limits of --max-rtt, and it is safe to return to each region. It is a probe that ends as soon as the verdict is
sure, after --within at the latest. It writes no key, unless --dataset asks for it and --allow-writes allows it by name.

Under GitHub Actions it annotates what is not well. Of fewer than 100 round trips p99 is the slowest.

The exit code is 0 when it passes, 1 when something is not well or a limit is missed, 3 when it is inconclusive, 130 when it was
interrupted.`,
		Example: `  aafailover smoke --lab
  aafailover smoke --config staging.yaml --max-rtt 500ms --junit smoke.xml --markdown smoke.md
  aafailover smoke --config staging.yaml --max-rtt 'p50<=100ms' --max-rtt 'max<=1s' -o json
  aafailover smoke --config staging.yaml --dataset --allow-writes us,eu --require-failback`,
		Args: noArguments,
	}
	f := &smokeFlags{probeFlags: probeFlags{regionFlags: addRegions(c), output: addOutput(c, asTable, asJSON, asJUnit, asMarkdown), once: true}}
	flags := c.Flags()
	f.files.add(flags)
	flags.DurationVar(&f.most, "within", usualWithin, "the most that it may take, all in all")
	flags.StringArrayVar(&f.limits, "max-rtt", nil, "`LIMIT` on the round trips of every link, as 'p99<=500ms' or just 500ms ("+orList(smoke.Measures())+"); repeat it for more")
	flags.BoolVar(&f.question.Failback, "require-failback", false, "every region must be proven to be safe to return to, which takes --dataset")
	flags.BoolVar(&f.requireCoverage, "require-coverage", false, "make it a finding when the sharding of a region is not known")
	flags.Float64Var(&f.maxMessages, "max-messages", defaultMaxMessages, "most messages to publish a second, in all regions together")
	flags.BoolVar(&f.dataset, "dataset", false, "also write a key a second for each channel, and read it in all regions: proves writes, and tells a full copy from a live link")
	flags.StringSliceVar(&f.allowWrites, "allow-writes", nil, "`NAMES` of the regions that --dataset may write keys to; all of them expire")
	addPolicy(flags, &f.policy)
	_ = c.RegisterFlagCompletionFunc("max-rtt", cobra.FixedCompletions([]string{"p50<=100ms", "p99<=500ms", "max<=1s"}, cobra.ShellCompDirectiveNoFileComp))
	c.RunE = func(c *cobra.Command, _ []string) error {
		began := time.Now()
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		if err := usage(f.check()); err != nil {
			return err
		}
		if err := needRegions(settled); err != nil {
			return err
		}
		if err := usage(f.allowed(settled)); err != nil {
			return err
		}
		if err := usage(f.files.open()); err != nil {
			return err
		}
		return f.run(c.Context(), p, settled, began)
	}
	return c
}

// check checks what can be told before anything is asked.
func (f *smokeFlags) check() error {
	errs := []error{f.probeFlags.check(false)}
	if f.most < leastWithin || f.most > mostWithin {
		errs = append(errs, fmt.Errorf("within %v: must be %v to %v", f.most, leastWithin, mostWithin))
	}
	if f.question.Failback && !f.dataset {
		errs = append(errs, hint.Wrap(errors.New("--require-failback is given, and no write is tried"), "give --dataset too: only a write proves that a region takes writes"))
	}
	for _, text := range f.limits {
		limit, err := smoke.ParseLimit(text)
		errs = append(errs, err)
		f.question.Limits = append(f.question.Limits, limit)
	}
	return errors.Join(errs...)
}

// smoking is a run of `smoke`.
type smoking struct {
	*smokeFlags
	process Process
	began   time.Time
	result  report.SmokeResult
	seen    smoke.Seen
}

// ending is kept back of --within for what comes after the last message: connections are closed, and files written.
const ending = 250 * time.Millisecond

// run observes, and prints what that comes to. That there was no time left is no interruption, and leaves the result open.
func (f *smokeFlags) run(ctx context.Context, p Process, settled config.Config, began time.Time) error {
	limited, end := context.WithDeadline(ctx, began.Add(f.most-ending))
	defer end()
	r := &smoking{smokeFlags: f, process: p, began: began, result: report.SmokeResult{Started: began, Within: f.most}}
	d, err := openDeployment(limited, p.Stderr, settled, f.regionFlags)
	if err != nil {
		return r.stopped(ctx, limited, err)
	}
	defer d.close()
	r.result.Deployment, r.result.Insecure = d.kind, d.insecure()
	if err := r.observe(limited, d); err != nil {
		return r.stopped(ctx, limited, err)
	}
	return r.conclude(ctx)
}

// observe surveys and probes, and keeps what was seen. An error says that there is nothing to conclude from.
func (r *smoking) observe(ctx context.Context, d *deployment) error {
	stderr := r.process.Stderr
	s, err := r.survey(ctx, stderr, d)
	if err != nil {
		return err
	}
	r.seen.Maps = named(s, d)
	if s.Told() == 0 {
		r.seen.Why = "no region answers"
		for _, err := range s.Failed {
			r.seen.Errors = append(r.seen.Errors, withoutUser(oneLine(err.Error())))
		}
		complain(stderr, s.Err(), "")
		return nil
	}
	w, err := r.begin(ctx, stderr, d, s)
	if err != nil {
		return err
	}
	defer w.heard.print(stderr)
	if len(w.insecure) > 0 {
		say(stderr, "the TLS certificate of %s is not checked: whoever is in between can answer", strings.Join(w.insecure, ", "))
	}
	w.asked, w.shown = r.question.Enough, r.record(io.Discard, w.config.Maps, true)
	r.within = r.most - time.Since(r.began)
	w.progress = r.progress(stderr, namesOf(d.regions))
	found, err := w.run(ctx)
	w.progress.end()
	if err != nil {
		return err
	}
	found.Events = w.shown.kept()
	r.result.Probe, r.seen.Snapshot = found, found.Snapshot
	return nil
}

// named are the maps of the regions, with a name also where one did not tell its sharding.
func named(s *survey.Survey, d *deployment) []slots.Map {
	maps := slices.Clone(s.Maps)
	for i := range maps {
		maps[i].Region = d.regions[i].Name
	}
	return maps
}

// stopped concludes a run that did not come to a verdict: what went wrong is said as what it is, but where the time ended it.
func (r *smoking) stopped(ctx, limited context.Context, err error) error {
	if limited.Err() == nil || ctx.Err() != nil {
		return err
	}
	r.seen.Snapshot, r.seen.Why = nil, fmt.Sprintf("there was no answer within %v", r.most)
	return r.conclude(ctx)
}

// conclude prints the result, and returns how the program ends.
func (r *smoking) conclude(ctx context.Context) error {
	r.result.Result = r.question.Judge(r.seen)
	r.result.Interrupted = ctx.Err() != nil
	r.result.ExitCode = map[smoke.Verdict]int{smoke.Pass: exitOK, smoke.Fail: exitFinding, smoke.Inconclusive: exitUnobservable}[r.result.Verdict]
	if r.result.Interrupted {
		r.result.ExitCode = exitInterrupted
	}
	r.result.Took = time.Since(r.began)
	if err := r.print(); err != nil {
		return err
	}
	if r.result.Verdict == smoke.Inconclusive && !r.result.Interrupted {
		say(r.process.Stderr, "hint: %s", r.advice())
	}
	return result(r.result.ExitCode)
}

// advice says what to do about a result that is inconclusive.
func (r *smoking) advice() string {
	for _, a := range r.result.Answers {
		if a.Needed && a.Outcome == smoke.Untold && a.Advice != "" {
			return a.Advice
		}
	}
	switch {
	case r.seen.Snapshot == nil && time.Since(r.began) > r.most-2*ending:
		return "give it more time with --within, or give up on silent regions sooner with --timeout"
	case r.seen.Snapshot == nil:
		return "nothing was tried, so nothing is said of the regions: check that this machine reaches them, as with aafailover slots"
	}
	return "nothing bad is proven, and nothing good: run it again, give it more time with --within, or watch with aafailover probe"
}

// print writes the result to where it is asked for. A file that cannot be written, as on a full disk, takes nothing from what is
// printed.
func (r *smoking) print() error {
	forms := reportForms{
		junit:    func(w io.Writer) error { return report.SmokeJUnit(w, r.result) },
		markdown: func(w io.Writer) error { return report.SmokeMarkdown(w, r.result) },
	}
	unwritten := r.files.write(forms)
	stdout, notes := r.process.Stdout, r.process.Stderr
	var err error
	switch r.output.chosen {
	case asJSON:
		err = report.WriteJSON(stdout, report.NewSmokeDocument(r.result))
	case asJUnit:
		err = forms.junit(stdout)
	case asMarkdown:
		err = forms.markdown(stdout)
	default:
		notes = stdout // which is read by people
		err = report.SmokeText(stdout, report.NewStyle(stdout), r.result)
	}
	if err == nil && slices.Contains(r.process.Environ, "GITHUB_ACTIONS=true") {
		err = report.SmokeAnnotations(notes, r.result)
	}
	return errors.Join(err, unwritten)
}
