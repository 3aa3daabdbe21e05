package commands

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
)

// What a table may hold at most. Redis 7 has some 400 commands and subcommands, its modules a few hundred.
const (
	mostCommands = 8192 // subcommands included
	mostSpecs    = 32   // of the keys of one command
	mostName     = 64   // bytes, "container|subcommand"
)

// Table is what a server says of its commands. It is not changed once it is made, and safe for concurrent use.
type Table struct {
	commands map[string]Command
}

// Parse reads the reply to COMMAND, of RESP2 or RESP3, of Redis 2.8.13 and later. What a server before Redis 7 leaves out, which keys
// are written and that those of ZUNIONSTORE are counted by an argument, is taken from [Default]. Errors say what about it
// is not such a reply.
func Parse(v resp.Value) (*Table, error) {
	t, err := parse(v)
	if err != nil {
		return nil, err
	}
	known := Default()
	for name, c := range t.commands {
		if k, ok := known.commands[name]; ok && !c.keys.specified {
			c.keys.specs, c.keys.specified = k.keys.specs, true
		}
	}
	return t, nil
}

func parse(v resp.Value) (*Table, error) {
	if err := v.Err(); err != nil {
		return nil, fmt.Errorf("read the commands of the server: %w", err)
	}
	if v.Kind != resp.Array {
		return nil, fmt.Errorf("read the commands of the server: %.40s where a list of commands should be", v)
	}
	t := &Table{commands: make(map[string]Command, min(len(v.Elems), mostCommands))}
	for _, e := range v.Elems {
		if e.IsNull() {
			continue // what COMMAND INFO answers for an unknown name
		}
		if err := t.add(e); err != nil {
			return nil, fmt.Errorf("read the commands of the server: %w", err)
		}
	}
	return t, nil
}

// add enters one command, and its subcommands.
func (t *Table) add(v resp.Value) error {
	if len(v.Elems) < 6 || v.Elems[0].Str == "" {
		return fmt.Errorf("%.40s where a command should be", v)
	}
	name := strings.ToLower(v.Elems[0].Str)
	if len(name) > mostName {
		return nil // no request for it would be looked up
	}
	if len(t.commands) == mostCommands {
		return fmt.Errorf("more than %d of them", mostCommands)
	}
	flags := v.Elems[2].Elems
	c := commandOf(name, flagged(flags, "write"))
	c.keys.first, c.keys.last, c.keys.step = place(v.Elems[3]), place(v.Elems[4]), place(v.Elems[5])
	c.keys.movable = flagged(flags, "movablekeys")
	if len(v.Elems) > 8 {
		c.keys.specs = parseSpecs(v.Elems[8])
		c.keys.specified = len(v.Elems[8].Elems) > 0
	}
	t.commands[name] = c
	if len(v.Elems) > 9 {
		for _, sub := range v.Elems[9].Elems {
			if len(sub.Elems) > 9 && len(sub.Elems[9].Elems) > 0 {
				return fmt.Errorf("subcommands of subcommands of %q", name)
			}
			if err := t.add(sub); err != nil {
				return err
			}
		}
	}
	return nil
}

func flagged(flags []resp.Value, flag string) bool {
	return slices.ContainsFunc(flags, func(v resp.Value) bool { return strings.EqualFold(v.Str, flag) })
}

// Lookup returns the command of a request, by its name and, where it has such, its subcommand. It is false for one that is not in
// the table: nothing is known of its keys.
func (t *Table) Lookup(args []Argument) (Command, bool) {
	var buffer [mostName]byte
	if len(args) == 0 {
		return Command{}, false
	}
	name, ok := appendLower(buffer[:0], args[0].Text)
	if !ok {
		return Command{}, false
	}
	c, known := t.commands[string(name)]
	if len(args) == 1 || known && c.keys.first > 0 {
		return c, known
	}
	if name, ok = appendLower(append(name, '|'), args[1].Text); !ok {
		return c, known
	}
	if sub, ok := t.commands[string(name)]; ok {
		return sub, true
	}
	return c, known
}

// appendLower appends text in lower case, unless that is longer than a name can be.
func appendLower(dst, text []byte) ([]byte, bool) {
	if len(dst)+len(text) >= mostName {
		return dst, false
	}
	for _, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, true
}
