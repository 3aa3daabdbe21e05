package cmd

import (
	"bufio"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func newSlotsTable(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:     "table",
		Short:   "Print a short key for every slot there is",
		Example: "  aafailover slots table -o csv > slots.csv",
		Args:    noArguments,
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON, asCSV)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		keys := make([]report.KeySlot, slots.Count)
		for slot := range keys {
			keys[slot] = report.KeySlot{Slot: slot, Key: slots.Key(slot)}
		}
		if output.chosen == asTable {
			return report.KeyTableText(p.Stdout, keys)
		}
		w := bufio.NewWriter(p.Stdout)
		if err := printKeys(w, output, keys); err != nil {
			return err
		}
		return w.Flush()
	}
	return c
}
