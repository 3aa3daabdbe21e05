package cmd

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func newSlotsKey(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:     "key SLOT...",
		Short:   "Print a short key for each slot",
		Example: "  aafailover slots key 0 5461 10923",
	}
	return eachKey(c, p, "slot", func(arg string) (report.KeySlot, error) {
		slot, err := strconv.Atoi(arg)
		if err != nil || slot < 0 || slot >= slots.Count {
			return report.KeySlot{}, hint.Wrap(fmt.Errorf("%q is not a slot", arg), fmt.Sprintf("slots are 0 to %d", slots.Count-1))
		}
		return report.KeySlot{Slot: slot, Key: slots.Key(slot)}, nil
	})
}

// eachKey makes a command that prints a slot with its key for each of its arguments, each of them a what. An error of row is one of usage.
func eachKey(c *cobra.Command, p Process, what string, row func(arg string) (report.KeySlot, error)) *cobra.Command {
	c.Args = atLeastOne(what)
	addSettings(c)
	output := addOutput(c, asTable, asJSON, asCSV)
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		var keys []report.KeySlot
		for _, arg := range args {
			key, err := row(arg)
			if err != nil {
				return usage(err)
			}
			keys = append(keys, key)
		}
		return printKeys(p.Stdout, output, keys)
	}
	return c
}

// printKeys prints slots with their keys, for the commands that do nothing else.
func printKeys(w io.Writer, output *form, keys []report.KeySlot) error {
	switch output.chosen {
	case asJSON:
		return report.WriteJSON(w, report.NewKeysDocument(keys))
	case asCSV:
		return report.KeysCSV(w, keys)
	}
	return report.KeysText(w, report.NewStyle(w), keys)
}
