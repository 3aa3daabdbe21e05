package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
)

// labFault describes a command that makes a fault or takes one back.
type labFault struct {
	kind    lab.Kind
	names   string // the arguments, for the usage line
	least   int
	most    int
	short   string
	long    string // what the help says instead of short; "" means the same
	example string
	needs   string                                  // the flag without which it means nothing; "" when there is none
	add     func(c *cobra.Command, f *lab.Fault)    // flags of this one
	read    func(f *lab.Fault, args []string) error // nil: the arguments are a region, or the two of a link
}

func labFaults() []labFault {
	return []labFault{
		{kind: lab.Cut, names: "FROM TO", least: 2, most: 2, add: addLink,
			short:   "Cut the links between two regions: what is on its way is lost, and resent after a heal",
			example: "  aafailover lab cut us eu\n  aafailover lab cut us eu --one-way --shard 2"},
		{kind: lab.Stall, names: "FROM TO", least: 2, most: 2, add: addLink,
			short:   "Stall the links between two regions: they look up, and deliver only after a heal",
			example: "  aafailover lab stall us eu --one-way"},
		{kind: lab.Slow, names: "FROM TO", least: 2, most: 2, add: addSlow, needs: "delay",
			short:   "Make the links between two regions slow",
			example: "  aafailover lab slow us eu --delay 300ms"},
		{kind: lab.Lose, names: "FROM TO", least: 2, most: 2, add: addLose,
			short:   "Lose a share of the messages published between two regions, at random; keys still arrive",
			example: "  aafailover lab lose us eu --share 20%"},
		{kind: lab.Echo, names: "FROM TO", least: 2, most: 2, add: addLink,
			short:   "Deliver everything twice between two regions",
			example: "  aafailover lab echo us eu --one-way"},
		{kind: lab.Heal, names: "[REGION | FROM TO]", least: 0, most: 2, add: addLink,
			short:   "Take back cut, stall, slow, lose, echo, hang and answer: everywhere, in one region, or between two",
			example: "  aafailover lab heal\n  aafailover lab heal us eu"},
		{kind: lab.Hang, names: "REGION", least: 1, most: 1, add: addShard,
			short:   "Let a region hang: it takes connections and says nothing",
			example: "  aafailover lab hang us"},
		{kind: lab.Answer, names: "REGION ERROR", least: 2, most: 2, add: addShard, read: readAnswer,
			short: "Let a region answer with an error, as a real server does that is loading, read-only, full, …",
			long: "Lets a region answer with the error that a real server gives in some condition, to the commands that get it there:\n" +
				listed(lab.Conditions()) + ".",
			example: "  aafailover lab answer us loading\n  aafailover lab answer us readonly --shard 2"},
		{kind: lab.Kill, names: "REGION", least: 1, most: 1, add: addShard,
			short:   "Kill a region: its connections are reset and new ones refused",
			example: "  aafailover lab kill us"},
		{kind: lab.Begin, names: "REGION", least: 1, most: 1, add: addStart,
			short:   "Start a killed region again, with what it has kept",
			example: "  aafailover lab start us --empty"},
		{kind: lab.Promote, names: "REGION", least: 1, most: 1, add: addPromote,
			short:   "Let a shard fail over inside its region: it dies, and a replica takes over at another address",
			example: "  aafailover lab promote us --shard 2 --after 5s"},
		{kind: lab.Move, names: "REGION [SLOTS]", least: 1, most: 2, add: addMove, read: readMove, needs: "to",
			short:   "Move slots to another shard of their region, while everything runs",
			example: "  aafailover lab move us 0-99,200 --to 2\n  aafailover lab move us --shard 1 --to 2"},
		{kind: lab.Reshard, names: "REGION SHARDS", least: 2, most: 2, add: func(*cobra.Command, *lab.Fault) {}, read: readReshard,
			short:   "Split a region evenly over another number of shards, while everything runs",
			example: "  aafailover lab reshard us 5"},
	}
}

func newLabFaults(p Process) []*cobra.Command {
	var commands []*cobra.Command
	for _, l := range labFaults() {
		commands = append(commands, l.command(p))
	}
	return commands
}

func (l labFault) command(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: string(l.kind) + " " + l.names, Short: l.short, Long: l.long, Example: l.example,
		Args:              l.args,
		ValidArgsFunction: l.complete,
	}
	fault := &lab.Fault{Kind: l.kind, Shard: lab.AllShards}
	addSettings(c)
	control := addControl(c)
	l.add(c, fault)
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		if l.needs != "" && !c.Flags().Changed(l.needs) {
			return usage(hint.Wrap(fmt.Errorf("--%s is missing", l.needs), l.advice()))
		}
		switch {
		case l.read != nil:
			if err := l.read(fault, args); err != nil {
				return usage(err)
			}
		case len(args) == 1:
			fault.Region = args[0]
		case len(args) == 2:
			fault.From, fault.To = args[0], args[1]
		}
		if c.Flags().Changed("shard") && fault.Shard < 1 {
			return usage(hint.Wrap(fmt.Errorf("--shard %d: shards are numbered from 1", fault.Shard), "leave it out for all shards"))
		}
		if l.kind == lab.Lose && !(fault.Share > 0 && fault.Share <= 1) { // a lab could not even be told of NaN
			return usage(hint.Wrap(fmt.Errorf("--share %v: must be more than 0%% and at most 100%%", (*share)(&fault.Share)),
				"half of the messages is --share 50%, or 0.5"))
		}
		running, err := onlyLab(c.Context(), p.Stderr, *control)
		if err != nil {
			return err
		}
		defer progress(p.Stderr, "waiting for the lab at %s: %s", running.Address(), l.kind).end()
		err = running.Inject(c.Context(), *fault)
		if errors.Is(err, lab.ErrFault) {
			return usage(hint.Wrap(err, "aafailover lab status shows the regions, links and shards"))
		}
		return ofLab(err)
	}
	return c
}

// args checks how many arguments there are, and names those that are missing or too many.
func (l labFault) args(_ *cobra.Command, args []string) error {
	switch names := strings.Fields(l.names); {
	case len(args) < l.least:
		return hint.Wrap(fmt.Errorf("lab %s needs %s: %s missing", l.kind, l.names, isOrAre(names[len(args):l.least])), l.advice())
	case len(args) > l.most:
		return hint.Wrap(fmt.Errorf("lab %s takes %s: %q is too much", l.kind, l.names, args[l.most]), l.advice())
	}
	return nil
}

// advice is a command that would do.
func (l labFault) advice() string {
	first, _, _ := strings.Cut(strings.TrimSpace(l.example), "\n")
	return "for example: " + first
}

// isOrAre joins words for a sentence about them: "a is", "a and b are".
func isOrAre(words []string) string {
	if len(words) == 1 {
		return words[0] + " is"
	}
	return strings.Join(words, " and ") + " are"
}

func addShard(c *cobra.Command, f *lab.Fault) {
	c.Flags().IntVar(&f.Shard, "shard", lab.AllShards, "number of one shard, of the first region named (default: all)")
}

func addLink(c *cobra.Command, f *lab.Fault) {
	addShard(c, f)
	c.Flags().BoolVar(&f.OneWay, "one-way", false, "only the link from the first region to the second")
}

func addSlow(c *cobra.Command, f *lab.Fault) {
	addLink(c, f)
	c.Flags().DurationVar(&f.Delay, "delay", 0, "one-way delay from now on")
}

func addStart(c *cobra.Command, f *lab.Fault) {
	addShard(c, f)
	c.Flags().BoolVar(&f.Empty, "empty", false, "without any data")
	c.Flags().BoolVar(&f.Fresh, "fresh", false, "as if it had never been written to: it is never stale, and takes writes at once")
}

// twoOf says whether two different regions of those known are named.
func twoOf(regions []string, from, to string) error {
	if from == to || !slices.Contains(regions, from) || !slices.Contains(regions, to) {
		return hint.Wrap(errors.New("must name two regions"), fmt.Sprintf("the regions are %s", strings.Join(regions, ", ")))
	}
	return nil
}
