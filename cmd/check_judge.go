package cmd

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/report"
)

// judge is how facts are judged and the result is printed: the flags that every command has which does that.
type judge struct {
	output     *form
	files      reportFiles
	only, skip []string
	strict     bool
	rpo, rto   time.Duration
	profile    string
	target     check.Target

	rules []check.Rule // that are asked for; after parse
}

// maxTarget bounds what can be asked for in time: more is a slip of the pen.
const maxTarget = 10 * 365 * 24 * time.Hour

// addJudge gives a command the flags.
func addJudge(c *cobra.Command) *judge {
	j := &judge{output: addOutput(c, asTable, asJSON, asJUnit, asMarkdown)}
	flags := c.Flags()
	j.files.add(flags)
	flags.StringSliceVar(&j.only, "only", nil, "check by these `RULES` only: IDs, or groups of them; check list shows both")
	flags.StringSliceVar(&j.skip, "skip", nil, "check by all but these `RULES`")
	flags.BoolVar(&j.strict, "strict", false, "a warning fails, and what could not be told leaves the result open (exit code 3)")
	flags.DurationVar(&j.rpo, "rpo", 0, "how much may be lost, in time, when a server fails")
	flags.DurationVar(&j.rto, "rto", 0, "how long it may take until writes are accepted again when a server fails")
	flags.StringVar(&j.profile, "profile", "", "take --rpo and --rto from `PROFILE`: "+orList(redisconf.Profiles()))
	flags.DurationVar(&j.target.Outage, "outage", check.DefaultOutage, "how long a region or a replica may be away and come back without a copy of everything")
	flags.DurationVar(&j.target.CertificateFor, "certificates-for", check.DefaultCertificateFor, "how long certificates must be valid for yet")
	for _, flag := range []string{"only", "skip"} {
		_ = c.RegisterFlagCompletionFunc(flag, completeRules)
	}
	_ = c.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(redisconf.Profiles(), cobra.ShellCompDirectiveNoFileComp))
	return j
}

// parse finds the rules and the target. Errors: of usage, all of them.
func (j *judge) parse(c *cobra.Command) error {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	var err error
	j.rules, err = check.Select(check.Rules(), j.only, j.skip)
	note(err)
	for _, limit := range []struct {
		flag string
		v    time.Duration
	}{{"rpo", j.rpo}, {"rto", j.rto}, {"outage", j.target.Outage}, {"certificates-for", j.target.CertificateFor}} {
		if limit.v < 0 || limit.v > maxTarget {
			note(fmt.Errorf("%s %v: must be 0 to %v", limit.flag, limit.v, maxTarget))
		}
	}
	note(j.aim(c))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return j.files.open()
}

// aim takes the target from the profile, and what is said beside it in place of that.
func (j *judge) aim(c *cobra.Command) error {
	if j.profile != "" {
		aimed, err := check.TargetOf(j.profile)
		if err != nil {
			return fmt.Errorf("profile %w", err)
		}
		j.target.RPO, j.target.RTO, j.target.Profile = aimed.RPO, aimed.RTO, aimed.Profile
	}
	if c.Flags().Changed("rpo") {
		j.target.RPO = &j.rpo
	}
	if c.Flags().Changed("rto") {
		j.target.RTO = &j.rto
	}
	return nil
}

// conclude judges the facts, prints the result, and returns how the program ends. Of the result only what was looked at is
// given.
func (j *judge) conclude(p Process, facts *check.Facts, r report.CheckResult) error {
	r.Result = check.Run(j.rules, facts, j.target, j.strict)
	if err := j.print(p, r); err != nil {
		return err
	}
	switch {
	case r.Interrupted:
		return result(exitInterrupted)
	case r.Verdict() == check.Fail:
		return result(exitFinding)
	case r.Verdict() == check.Inconclusive:
		return result(exitUnobservable)
	}
	return nil
}

// print writes the result. A file that cannot be written, as on a full disk, takes nothing from what is printed.
func (j *judge) print(p Process, r report.CheckResult) error {
	err := j.files.write(reportForms{
		junit:    func(w io.Writer) error { return report.CheckJUnit(w, r) },
		markdown: func(w io.Writer) error { return report.CheckMarkdown(w, r) },
	})
	switch j.output.chosen {
	case asJSON:
		return errors.Join(report.WriteJSON(p.Stdout, report.NewCheckDocument(r)), err)
	case asJUnit:
		return errors.Join(report.CheckJUnit(p.Stdout, r), err)
	case asMarkdown:
		return errors.Join(report.CheckMarkdown(p.Stdout, r), err)
	}
	return errors.Join(report.CheckText(p.Stdout, report.NewStyle(p.Stdout), r), err)
}

// completeRules completes IDs and groups, also behind the comma of a list.
func completeRules(_ *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all := describedRules()
	for _, g := range check.Groups() {
		all = append(all, cobra.CompletionWithDesc(string(g), "all rules of this group"))
	}
	return afterComma(all, toComplete), andMore
}
