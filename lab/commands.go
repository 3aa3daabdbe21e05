package lab

import (
	"strconv"
	"strings"
	"sync"

	"github.com/aafailover/aafailover/slots"
)

// command is a command of the front: all that is not about keys.
type command struct {
	name  string // lower case
	arity int    // number of arguments, the name included; negative: at least so many
	run   func(s *session, args [][]byte)

	control       bool // is carried out at once inside a transaction
	transactional bool // can be queued in one; must not take the shard's lock then
	owned         bool // when queued, its first argument must be this shard's
	subscribed    bool // is possible for a RESP2 client that has subscriptions
}

// fits says whether a number of arguments, the name included, is what an arity asks for.
func fits(arity, n int) bool { return n == arity || arity < 0 && n >= -arity }

// commands are all commands of the front by name, made when the first is looked up. DBSIZE, KEYS, SCAN and the like are the engine's.
var commands struct {
	once   sync.Once
	byName map[string]*command
}

// allCommands are the commands, which COMMAND, one of them, reads.
func allCommands() map[string]*command {
	commands.once.Do(func() { commands.byName = makeCommands() })
	return commands.byName
}

func makeCommands() map[string]*command {
	all := make(map[string]*command)
	for _, c := range []command{
		{name: "ping", arity: -1, run: ping, transactional: true, subscribed: true},
		{name: "echo", arity: 2, run: echo, transactional: true},
		{name: "hello", arity: -1, run: hello},
		{name: "auth", arity: -2, run: auth},
		{name: "select", arity: 2, run: selectDatabase, transactional: true},
		{name: "quit", arity: -1, run: quit, control: true, subscribed: true},
		{name: "reset", arity: 1, run: reset, control: true, subscribed: true},
		{name: "client", arity: -2, run: client},
		{name: "command", arity: -1, run: describeCommands},
		{name: "info", arity: -1, run: info},
		{name: "config", arity: -2, run: configure},
		{name: "role", arity: 1, run: role},
		{name: "function", arity: -2, run: functions},
		{name: "time", arity: 1, run: tellTime, transactional: true},
		{name: "wait", arity: 3, run: wait, transactional: true},
		{name: "cluster", arity: -2, run: cluster},
		{name: "readonly", arity: 1, run: succeed},
		{name: "readwrite", arity: 1, run: succeed},
		{name: "asking", arity: 1, run: succeed},

		{name: "multi", arity: 1, run: multi, control: true},
		{name: "exec", arity: 1, run: exec, control: true},
		{name: "discard", arity: 1, run: discard, control: true},
		{name: "watch", arity: -2, run: watch, control: true},
		{name: "unwatch", arity: 1, run: unwatch, transactional: true},

		{name: "publish", arity: 3, run: publish, transactional: true, owned: true},
		{name: "spublish", arity: 3, run: spublish, transactional: true, owned: true},
		{name: "subscribe", arity: -2, run: subscribeBy(byChannel), subscribed: true},
		{name: "unsubscribe", arity: -1, run: unsubscribeBy(byChannel), subscribed: true},
		{name: "psubscribe", arity: -2, run: subscribeBy(byPattern), subscribed: true},
		{name: "punsubscribe", arity: -1, run: unsubscribeBy(byPattern), subscribed: true},
		{name: "ssubscribe", arity: -2, run: subscribeBy(byShard), subscribed: true},
		{name: "sunsubscribe", arity: -1, run: unsubscribeBy(byShard), subscribed: true},
		{name: "pubsub", arity: -2, run: pubsub},
	} {
		all[c.name] = &c
	}
	return all
}

// lookUp returns the command of a name in any case, or nil. It does not allocate.
func lookUp(name []byte) *command {
	var lower [16]byte
	if len(name) > len(lower) {
		return nil
	}
	for i, b := range name {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	return allCommands()[string(lower[:len(name)])]
}

// unknownCommand is the answer to what neither front nor keyspace knows.
func unknownCommand(args [][]byte) string {
	return "ERR unknown command '" + printable(args[0]) + "'"
}

func unknownSubcommand(name string, sub []byte) string {
	return "ERR unknown subcommand '" + printable(sub) + "'. Try " + strings.ToUpper(name) + " HELP."
}

func wrongNumber(name string) string {
	return "ERR wrong number of arguments for '" + name + "' command"
}

func subscribedRefusal(name string) string {
	return "ERR Can't execute '" + name +
		"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
}

func movedTo(slot int, address string) string { return "MOVED " + strconv.Itoa(slot) + " " + address }

// printable makes a client's bytes fit for an error, which is one line.
func printable(b []byte) string {
	const most = 128
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, string(b[:min(len(b), most)]))
}

// routeNames returns the error for keys or channels that are not this shard's, or not of one slot.
func (s *session) routeNames(names [][]byte) string {
	slot := slots.OfBytes(names[0])
	for _, name := range names[1:] {
		if slots.OfBytes(name) != slot {
			return "CROSSSLOT Keys in request don't hash to the same slot"
		}
	}
	return s.moved(slot)
}
