package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/report"
)

// checkFlags are the flags of `check`.
type checkFlags struct {
	*regionFlags
	*judge
	measure time.Duration
}

func newCheck(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: "check",
		Long: `Asks the servers of the regions how they are set up and how they are, judges that rule by rule, and says what to change: the
regions beside each other, and what a failure inside one of them takes. It changes nothing and writes nothing; what it may send is
in the access rule that acl check prints. One region alone is checked, too. With --api it also asks the REST API of Redis Enterprise
what the clusters know: the role db_viewer suffices.

What nobody tells, or nobody may ask, is neither good nor bad: it could not be told. check list prints the rules, check explain ID
why one matters, and which document says so.

The exit code is 0 when no rule fails, 1 when one does (with --strict also when one warns), 3 when nothing could be told (with
--strict also when anything could not), and 130 when it was interrupted.`,
		Example: `  aafailover check --region us=redis://redis.us.example:12000 --region eu=redis://redis.eu.example:12000
  aafailover check --config staging.yaml --profile balanced --strict
  aafailover check --config enterprise.yaml --api us=https://viewer@redis.us.example:9443?passwordEnv=US_API_PASSWORD --only rest
  aafailover check --lab --only durability --rpo 1s --rto 30s
  aafailover check --config staging.yaml --junit check.xml --markdown check.md`,
		Args: known,
	}
	f := &checkFlags{regionFlags: addRegions(c), judge: addJudge(c)}
	c.Flags().DurationVar(&f.measure, "measure", ask.DefaultMeasure, "how long to look how much is written")
	c.RunE = func(c *cobra.Command, _ []string) error {
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		if err := usage(errors.Join(f.check(), f.parse(c))); err != nil {
			return err
		}
		if err := needRegions(settled); err != nil {
			return err
		}
		return f.run(c.Context(), p, settled)
	}
	c.AddCommand(newCheckList(p), newCheckExplain(p), newCheckConfig(p), newCheckRender(p), newCheckAlerts(p))
	return c
}

// The bounds of --measure: too short a look sees no write that is there, and nobody waits for longer than an hour. After
// patientMeasure one wants to have heard why nothing comes.
const (
	leastMeasure   = 10 * time.Millisecond
	patientMeasure = 10 * time.Second
	mostMeasure    = time.Hour
)

// check checks what can be told before anything is asked.
func (f *checkFlags) check() error {
	err := f.regionFlags.check()
	if f.measure < leastMeasure || f.measure > mostMeasure {
		err = errors.Join(err, fmt.Errorf("measure %v: must be %v to %v", f.measure, leastMeasure, mostMeasure))
	}
	return err
}

// run gathers the facts, and says what they come to.
func (f *checkFlags) run(ctx context.Context, p Process, settled config.Config) error {
	d, err := openDeployment(ctx, p.Stderr, settled, f.regionFlags)
	if err != nil {
		return err
	}
	defer d.close()
	if f.measure > patientMeasure {
		say(p.Stderr, "looking for %s how much is written", words.Typed(f.measure))
	}
	asking := progress(p.Stderr, "asking %s how they are, twice %s apart", namesOf(d.regions), words.Typed(f.measure))
	// The only error is that of ctx, which the facts tell as well.
	facts, _ := ask.Facts(ctx, ask.Config{Regions: d.regions, Options: d.options, Lab: d.kind == report.Lab, Measure: f.measure})
	asking.end()
	var names []string
	for _, r := range d.regions {
		names = append(names, r.Name)
	}
	return f.conclude(p, facts, report.CheckResult{Deployment: d.kind, Regions: names, Insecure: d.insecure(), Interrupted: facts.Interrupted})
}
