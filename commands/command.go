package commands

// Command is what is known of one command. The zero Command is one of which nothing is known.
type Command struct {
	Name   string // in lower case, with its subcommand: "set", "xgroup|create"
	Writes bool   // it may change keys
	Script bool   // it runs a program of the user's, which may do anything to its keys
	// Everything says that it changes keys without naming them: FLUSHALL, SWAPDB.
	Everything bool

	*known // nil for the zero Command
}

// known is what a Command does not show.
type known struct {
	keys keys
	lore lore
}

// commandOf is what is known of a command without its keys.
func commandOf(name string, writes bool) Command {
	c := Command{Name: name, Writes: writes, known: &known{lore: loreOf(name)}}
	switch name {
	case "eval", "evalsha", "fcall": // flagged by what they run, not as writing
		c.Writes, c.Script = true, true
	case "eval_ro", "evalsha_ro", "fcall_ro":
		c.Script = true
	case "flushall", "flushdb", "swapdb":
		c.Everything = true
	}
	return c
}

// Doubtful tells whether a request that is carried out twice may leave something else behind than one that is carried out once:
// INCR, LPUSH, XADD with an id that the server chooses; and what is not known to be harmless.
func (c Command) Doubtful(args []Argument) bool {
	if !c.Writes {
		return false
	}
	switch c.Name {
	case "zadd":
		_, options := zaddOptions(args)
		return options.increments
	case "xadd":
		id, _ := xaddOptions(args)
		return id >= len(args) || !wholeID(args[id].Text)
	}
	return !c.lore.harmless
}
