package engine

import (
	"iter"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
)

// Command is one command on keys: what a front must know to send it to the right shard, or to refuse it.
type Command struct {
	Name  string // in lower case
	Write bool   // it may change something: what a stale region refuses

	// Arity is the number of arguments, the name included; -n means n or more.
	Arity int
	// First and Last are the positions of the first and the last key among the arguments; Last counts from the end when
	// it is negative, and every Step-th argument between them is a key. All are 0 where there is no key.
	First, Last, Step int

	run func(*Engine, [][]byte)
}

// Keys returns the keys among the arguments of the command, args[0] being its name. It allocates only where keys and
// other arguments alternate. Arguments that are too few have no keys; executing them is an arity error.
func (c *Command) Keys(args [][]byte) [][]byte {
	last := c.Last
	if last < 0 {
		last += len(args)
	}
	if c.First == 0 || last < c.First || last >= len(args) {
		return nil
	}
	if c.Step == 1 {
		return args[c.First : last+1 : last+1]
	}
	keys := make([][]byte, 0, (last-c.First)/c.Step+1)
	for i := c.First; i <= last; i += c.Step {
		keys = append(keys, args[i])
	}
	return keys
}

// fits tells whether a number of arguments, the name included, is one that the command takes.
func (c *Command) fits(arguments int) bool {
	if c.Arity < 0 {
		return arguments >= -c.Arity
	}
	return arguments == c.Arity
}

// Lookup finds a command by its name in any letter case. It does not allocate.
func Lookup(name []byte) (*Command, bool) {
	var lower [16]byte // longer than any name
	if len(name) > len(lower) {
		return nil, false
	}
	for i, b := range name {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	c, ok := byName.Get()[string(lower[:len(name)])]
	return c, ok
}

// Commands returns all commands by name, ascending.
func Commands() iter.Seq[*Command] { return slices.Values(commands.Get()) }

// The forms of arguments: which of them are keys.
var (
	noKey   = Command{}
	oneKey  = Command{First: 1, Last: 1, Step: 1}
	allKeys = Command{First: 1, Last: -1, Step: 1}
	pairs   = Command{First: 1, Last: -1, Step: 2}
)

const (
	reads  = false
	writes = true
)

func define(name string, arity int, write bool, form Command, run func(*Engine, [][]byte)) *Command {
	form.Name, form.Arity, form.Write, form.run = name, arity, write, run
	return &form
}

var commands = lazy.Value[[]*Command]{Make: func() []*Command {
	return []*Command{
		define("append", 3, writes, oneKey, (*Engine).appendTo),
		define("dbsize", 1, reads, noKey, (*Engine).dbsize),
		define("decr", 2, writes, oneKey, (*Engine).decr),
		define("decrby", 3, writes, oneKey, (*Engine).decrby),
		define("del", -2, writes, allKeys, (*Engine).del),
		define("exists", -2, reads, allKeys, (*Engine).exists),
		define("expire", -3, writes, oneKey, (*Engine).expire),
		define("expireat", -3, writes, oneKey, (*Engine).expireat),
		define("expiretime", 2, reads, oneKey, (*Engine).expiretime),
		define("flushall", -1, writes, noKey, (*Engine).flush),
		define("flushdb", -1, writes, noKey, (*Engine).flush),
		define("get", 2, reads, oneKey, (*Engine).get),
		define("getdel", 2, writes, oneKey, (*Engine).getdel),
		define("getex", -2, writes, oneKey, (*Engine).getex),
		define("getrange", 4, reads, oneKey, (*Engine).getrange),
		define("getset", 3, writes, oneKey, (*Engine).getset),
		define("incr", 2, writes, oneKey, (*Engine).incr),
		define("incrby", 3, writes, oneKey, (*Engine).incrby),
		define("incrbyfloat", 3, writes, oneKey, (*Engine).incrbyfloat),
		define("keys", 2, reads, noKey, (*Engine).keysLike),
		define("mget", -2, reads, allKeys, (*Engine).mget),
		define("mset", -3, writes, pairs, (*Engine).mset),
		define("msetnx", -3, writes, pairs, (*Engine).msetnx),
		define("persist", 2, writes, oneKey, (*Engine).persist),
		define("pexpire", -3, writes, oneKey, (*Engine).pexpire),
		define("pexpireat", -3, writes, oneKey, (*Engine).pexpireat),
		define("pexpiretime", 2, reads, oneKey, (*Engine).pexpiretime),
		define("psetex", 4, writes, oneKey, (*Engine).psetex),
		define("pttl", 2, reads, oneKey, (*Engine).pttl),
		define("randomkey", 1, reads, noKey, (*Engine).randomkey),
		define("scan", -2, reads, noKey, (*Engine).scan),
		define("set", -3, writes, oneKey, (*Engine).set),
		define("setex", 4, writes, oneKey, (*Engine).setex),
		define("setnx", 3, writes, oneKey, (*Engine).setnx),
		define("setrange", 4, writes, oneKey, (*Engine).setrange),
		define("strlen", 2, reads, oneKey, (*Engine).strlen),
		define("substr", 4, reads, oneKey, (*Engine).getrange),
		define("touch", -2, reads, allKeys, (*Engine).exists),
		define("ttl", 2, reads, oneKey, (*Engine).ttl),
		define("type", 2, reads, oneKey, (*Engine).typeOf),
		define("unlink", -2, writes, allKeys, (*Engine).del),
	}
}}

var byName = lazy.Value[map[string]*Command]{Make: func() map[string]*Command {
	m := make(map[string]*Command, len(commands.Get()))
	for _, c := range commands.Get() {
		m[c.Name] = c
	}
	return m
}}

// is tells whether an argument is the word, which is in lower case.
func is(arg []byte, word string) bool {
	return len(arg) == len(word) && strings.EqualFold(string(arg), word)
}
