package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/report"
)

func newSlots(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: "slots",
		Long: `Reads which shard of each region owns which slots, and shows the smallest set of pub/sub channels found that reaches
every shard of every region, and every replication between two shards. It sends CLUSTER SLOTS, or CLUSTER SHARDS, and nothing
that changes anything.`,
		Example: `  aafailover slots --region us=redis://redis.us.example:12000 --region eu=redis://redis.eu.example:12000
  aafailover slots --lab -o json`,
		Args: known,
	}
	regions := addRegions(c)
	output := addOutput(c, asTable, asJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		if err := usage(regions.check()); err != nil {
			return err
		}
		if err := needRegions(settled); err != nil {
			return err
		}
		d, err := openDeployment(c.Context(), p.Stderr, settled, regions)
		if err != nil {
			return err
		}
		defer d.close()
		s, err := d.survey(c.Context(), p.Stderr)
		if err != nil {
			return err
		}
		if err := s.Err(); err != nil {
			return unobservable(err)
		}
		loopsOnly(p.Stderr, d.regions)
		r := report.SlotsResult{Deployment: d.kind, Prefix: d.options.Prefix, Maps: s.Maps, Cover: s.Cover, Insecure: d.insecure()}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewSlotsDocument(r))
		}
		return report.SlotsText(p.Stdout, report.NewStyle(p.Stdout), r)
	}
	c.AddCommand(newSlotsKey(p), newSlotsOf(p), newSlotsTable(p))
	return c
}
