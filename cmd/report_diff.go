package cmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/report"
)

func newReportDiff(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two earlier probes, or two drills, side by side",
		Long: `Compares what two runs of a kind were set to and what they measured. Each is a drill that is kept on this machine, by its id or "last", or a file that probe
or drill has printed. The exit code is 0 whatever differs.`,
		Example: `  aafailover report diff before.json after.json
  aafailover report diff k3jx0q2f7a last -o html --out change.html`,
		ValidArgsFunction: completeRuns(2, orFiles),
		Args:              exactly("a run or a file", "another"),
	}
	addSettings(c)
	output := addOutput(c, asText, asJSON, asMarkdown, asHTML)
	state := addStateDir(c.Flags())
	out := c.Flags().String("out", "", "write to `FILE` instead of stdout, which is \"-\"; without -o its ending says the form")
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		form, err := formFor(c, output, *out)
		if err != nil {
			return err
		}
		if args[0] == standardInput && args[1] == standardInput {
			return usage(errors.New("only one of the two can be the standard input"))
		}
		var found [2]report.Recorded
		for i, what := range args {
			if found[i], err = findRecorded(p, *state, what); err != nil {
				return err
			}
		}
		diff, err := report.NewDiff(found[0], found[1])
		if err != nil {
			return usage(fmt.Errorf("compare %s and %s: %w", args[0], args[1], err))
		}
		page := diff.Page(args[0], args[1])
		return writeOut(p, *out, func(w io.Writer) error {
			switch form {
			case asJSON:
				return report.WriteJSON(w, diff.Document())
			case asMarkdown:
				return report.PageMarkdown(w, page)
			case asHTML:
				return report.PageHTML(w, page)
			}
			return report.PageText(w, report.NewStyle(w), page)
		})
	}
	return c
}
