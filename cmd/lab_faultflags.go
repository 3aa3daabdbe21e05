package cmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

func addLose(c *cobra.Command, f *lab.Fault) {
	addLink(c, f)
	f.Share = 1
	c.Flags().Var((*share)(&f.Share), "share", "messages that are lost")
}

func addPromote(c *cobra.Command, f *lab.Fault) {
	addShard(c, f)
	c.Flags().DurationVar(&f.After, "after", lab.DefaultAfter, "time until the replica takes over")
}

func addMove(c *cobra.Command, f *lab.Fault) {
	addShard(c, f)
	c.Flags().IntVar(&f.Target, "to", 0, "number of the shard that gets the slots")
}

func readAnswer(f *lab.Fault, args []string) error {
	f.Region, f.Error = args[0], lab.Condition(args[1])
	return nil
}

func readReshard(f *lab.Fault, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 || n > maxLabShards {
		return fmt.Errorf("shards %q: must be 1 to %d", args[1], maxLabShards)
	}
	f.Region, f.Shards = args[0], n
	return nil
}

func readMove(f *lab.Fault, args []string) (err error) {
	f.Region = args[0]
	if len(args) > 1 {
		f.Slots, err = parseRanges(args[1])
	}
	return err
}

// parseRanges reads slots and ranges of them, separated by commas: 0-99,200.
func parseRanges(text string) ([]slots.Range, error) {
	var ranges []slots.Range
	for word := range strings.SplitSeq(text, ",") {
		first, last, ranged := strings.Cut(word, "-")
		if !ranged {
			last = first
		}
		var r slots.Range
		var errs [2]error
		r.First, errs[0] = strconv.Atoi(first)
		r.Last, errs[1] = strconv.Atoi(last)
		if errs[0] != nil || errs[1] != nil || r.First < 0 || r.First > r.Last || r.Last >= slots.Count {
			return nil, hint.Wrap(fmt.Errorf("slots %q: must be within 0-%d", word, slots.Count-1), "write 0-99, or 0-99,200")
		}
		ranges = append(ranges, r)
	}
	return ranges, nil
}

func listed[S ~string](all []S) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = string(one)
	}
	return strings.Join(texts, ", ")
}
