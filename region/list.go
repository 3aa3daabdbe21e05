package region

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/slots"
)

// list is what may be sent over a connection: the commands, and the rule that
// the arguments of each must meet.
type list struct {
	prefix []byte // what every channel and key begins with: "aafailover:{"
	rules  map[string]rule
}

// rule tells whether the arguments of a command, without its name, are allowed.
type rule func(l *list, args [][]byte) bool

// observing is all that a connection can send unless keys may be written.
func observing(prefix string) *list { return newList(prefix, observeRules) }

// writing is observing and what the application of a drill needs.
func writing(prefix string) *list { return newList(prefix, writeRules) }

func newList(prefix string, rules map[string]rule) *list {
	// The prefix is written in names as Channel writes it.
	before, _, _ := strings.Cut(slots.Channel(prefix, 0, ""), "{")
	return &list{prefix: []byte(before + "{"), rules: rules}
}

var observeRules = map[string]rule{
	"AUTH":         count(1, 2),
	"HELLO":        count(0, 7), // version, AUTH user password, SETNAME name
	"PING":         count(0, 1),
	"QUIT":         count(0, 0),
	"PUBLISH":      publishRule,
	"SPUBLISH":     publishRule,
	"SUBSCRIBE":    namesRule,
	"SSUBSCRIBE":   namesRule,
	"UNSUBSCRIBE":  unsubscribeRule,
	"SUNSUBSCRIBE": unsubscribeRule,
	"CLUSTER":      clusterRule,
}

var writeRules = withObserveRules(map[string]rule{
	"SELECT": count(1, 1),
	"SET":    setRule,
	"GET":    func(l *list, args [][]byte) bool { return len(args) == 1 && l.covers(args) },
	"MGET":   namesRule,
	"EXISTS": namesRule,
	"DEL":    namesRule,
})

func withObserveRules(rules map[string]rule) map[string]rule {
	for name, r := range observeRules {
		rules[name] = r
	}
	return rules
}

// check returns an error that names the command, and nothing of its arguments,
// if it is not allowed. It does not allocate when it is.
func (l *list) check(args [][]byte) error {
	var upper [16]byte // longer than every name on a list
	name := args[0]
	if len(name) > len(upper) {
		return fmt.Errorf("%w: %q…", errForbidden, name[:len(upper)])
	}
	for i, c := range name {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	allows, known := l.rules[string(upper[:len(name)])]
	if !known || !allows(l, args[1:]) {
		return fmt.Errorf("%w: %q", errForbidden, name)
	}
	return nil
}

// covers tells whether every name lies under the prefix. A name that ends with
// the brace has no slot of its own and is none of ours.
func (l *list) covers(names [][]byte) bool {
	for _, name := range names {
		if !bytes.HasPrefix(name, l.prefix) || len(name) == len(l.prefix) {
			return false
		}
	}
	return true
}

func count(least, most int) rule {
	return func(_ *list, args [][]byte) bool { return len(args) >= least && len(args) <= most }
}

func namesRule(l *list, args [][]byte) bool { return len(args) > 0 && l.covers(args) }

func unsubscribeRule(l *list, args [][]byte) bool { return l.covers(args) }

func publishRule(l *list, args [][]byte) bool { return len(args) == 2 && l.covers(args[:1]) }

func clusterRule(l *list, args [][]byte) bool {
	switch {
	case len(args) == 1:
		return is(args[0], "SLOTS") || is(args[0], "SHARDS")
	case len(args) == 2:
		return is(args[0], "KEYSLOT") && l.covers(args[1:])
	}
	return false
}

// setRule allows SET key value with an expiry, EX or PX, and with NX. A key that
// would stay for ever is not written.
func setRule(l *list, args [][]byte) bool {
	if len(args) < 2 || !l.covers(args[:1]) {
		return false
	}
	expires := false
	for rest := args[2:]; len(rest) > 0; {
		switch {
		case is(rest[0], "NX"):
			rest = rest[1:]
		case (is(rest[0], "EX") || is(rest[0], "PX")) && len(rest) > 1 && !expires:
			n, err := strconv.ParseInt(string(rest[1]), 10, 64)
			if err != nil || n <= 0 {
				return false
			}
			expires, rest = true, rest[2:]
		default:
			return false
		}
	}
	return expires
}

func is(arg []byte, word string) bool { return strings.EqualFold(string(arg), word) }
