package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func newSlotsOf(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:     "of KEY...",
		Short:   "Print the slot of each key",
		Example: "  aafailover slots of foo '{user1}.cart'",
		Args:    cobra.MinimumNArgs(1),
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON, asCSV)
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		var keys []report.KeySlot
		for _, key := range args {
			keys = append(keys, report.KeySlot{Slot: slots.Of(key), Key: key})
		}
		return printKeys(p.Stdout, output, keys)
	}
	return c
}
