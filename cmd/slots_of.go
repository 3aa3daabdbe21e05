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
	}
	return eachKey(c, p, "key", func(key string) (report.KeySlot, error) {
		return report.KeySlot{Slot: slots.Of(key), Key: key}, nil
	})
}
