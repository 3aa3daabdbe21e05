package lab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

// commandTable is what a server says of its commands, by name in lower case; of those that are nothing without a subcommand,
// by both, as in "xgroup|create".
type commandTable map[string]*dataCommand

// frontCommands are answered by the front, whatever the server could: they are about a connection, about the subscribers and
// slots of the region, or about the other regions.
var frontCommands = []string{"hello", "auth", "select", "quit", "reset", "client", "cluster", "readonly", "readwrite", "asking", "echo",
	"multi", "exec", "discard", "watch", "unwatch", "wait", "publish", "spublish", "subscribe", "unsubscribe", "psubscribe",
	"punsubscribe", "ssubscribe", "sunsubscribe", "pubsub"}

// The commands that count and those that only prolong, whose effects merge with those of other regions. What any other command
// leaves replaces what there was.
var (
	countingCommands   = []string{"incr", "decr", "incrby", "decrby"}
	prolongingCommands = []string{"expire", "pexpire", "expireat", "pexpireat", "persist", "getex"}
	scriptCommands     = []string{"eval", "evalsha", "fcall"} // any of them may write
)

// readTable reads the answer to COMMAND, in the form of Redis 7.
func readTable(v resp.Value) (commandTable, error) {
	t := make(commandTable)
	for _, entry := range v.Elems {
		if err := t.read(entry); err != nil {
			return nil, err
		}
	}
	if len(t) == 0 {
		return nil, fmt.Errorf("COMMAND: %s", v)
	}
	return t, nil
}

func (t commandTable) read(entry resp.Value) error {
	const fields = 10
	if len(entry.Elems) < fields {
		return fmt.Errorf("COMMAND: %s", entry)
	}
	name := strings.ToLower(entry.Elems[0].Str)
	has := func(field int, word string) bool {
		return slices.ContainsFunc(entry.Elems[field].Elems, func(v resp.Value) bool { return v.Str == word })
	}
	c := &dataCommand{
		Command: engine.Command{
			Name: name, Arity: int(entry.Elems[1].Int), Write: has(2, "write"),
			First: int(entry.Elems[3].Int), Last: int(entry.Elems[4].Int), Step: int(entry.Elems[5].Int),
		},
		grows: has(2, "denyoom"), movable: has(2, "movablekeys"), blocks: has(2, "blocking"), change: engine.Rewritten,
	}
	switch {
	case slices.Contains(countingCommands, name):
		c.change = engine.Counted
	case slices.Contains(prolongingCommands, name):
		c.change = engine.Prolonged
	case slices.Contains(scriptCommands, name):
		c.Write, c.scripted = true, true
	}
	c.text = has(6, "@string") || c.change == engine.Prolonged || name == "del" || name == "unlink"
	t[name] = c
	for _, sub := range entry.Elems[9].Elems {
		if err := t.read(sub); err != nil {
			return err
		}
	}
	return nil
}

// find returns the command of a request, or nil.
func (t commandTable) find(args [][]byte) *dataCommand {
	name := strings.ToLower(string(args[0]))
	if len(args) > 1 {
		if c := t[name+"|"+strings.ToLower(string(args[1]))]; c != nil {
			return c
		}
	}
	return t[name]
}
