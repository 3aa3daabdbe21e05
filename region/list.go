package region

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// list is what may be sent over a connection: the commands, and the rule that
// the arguments of each must meet.
type list struct {
	prefix []byte // what every channel and key begins with: "aafailover:{"
	rules  map[string][]subrule
}

// rule tells whether the arguments of a command, without its name and that of its
// subcommand, are allowed.
type rule func(l *list, args [][]byte) bool

// subrule is the rule for one subcommand, or for a command that has none ("").
type subrule struct {
	subcommand string
	allows     rule
}

// observing is all that a connection can send unless keys may be written.
func observing(prefix string) *list { return newList(prefix, observeRules.Get()) }

// inspecting is what may be sent before a drill, and to hold its lock.
func inspecting(prefix string) *list { return newList(prefix, inspectRules.Get()) }

// discovering is what may be sent to a Sentinel or a Discovery Service.
func discovering(prefix string) *list { return newList(prefix, discoverRules.Get()) }

// The rules for each of the uses, made when a connection first needs them.
var (
	observeRules  = usedRules{Make: func() map[string][]subrule { return rulesFor(ToProbe) }}
	inspectRules  = usedRules{Make: func() map[string][]subrule { return rulesFor(ToInspect) }}
	discoverRules = usedRules{Make: func() map[string][]subrule { return rulesFor(toDiscover) }}
	readRules     = usedRules{Make: func() map[string][]subrule { return rulesFor(ToRead) }}
	checkRules    = usedRules{Make: func() map[string][]subrule { return rulesFor(ToCheck) }}
	consultRules  = usedRules{Make: func() map[string][]subrule { return rulesFor(toConsult) }}
	verifyRules   = usedRules{Make: func() map[string][]subrule { return rulesFor(ToVerify) }}
)

type usedRules = lazy.Value[map[string][]subrule]

func newList(prefix string, rules map[string][]subrule) *list {
	// The prefix is written in names as Channel writes it.
	before, _, _ := strings.Cut(slots.Channel(prefix, 0, ""), "{")
	return &list{prefix: []byte(before + "{"), rules: rules}
}

// rulesFor are the rules for the commands that any of the uses needs.
func rulesFor(uses Use) map[string][]subrule {
	rules := make(map[string][]subrule)
	for _, p := range permissions.Get() {
		if p.uses&uses != 0 {
			command, subcommand, _ := strings.Cut(strings.ToUpper(p.command), "|")
			rules[command] = append(rules[command], subrule{subcommand, p.allows})
		}
	}
	return rules
}

// check returns an error if a command is not allowed. It does not allocate when it is.
func (l *list) check(args [][]byte) error {
	if !l.allows(l.rulesOf(args[0]), args[1:]) {
		return forbidden(args[0])
	}
	return nil
}

// longestName is longer than every name on a list.
const longestName = 16

// forbidden is the error for a command that is not allowed. It tells its name, and
// nothing of its arguments.
func forbidden(name []byte) error {
	if len(name) > longestName {
		return fmt.Errorf("%w: %q…", errForbidden, name[:longestName])
	}
	return fmt.Errorf("%w: %q", errForbidden, name)
}

// rulesOf returns the rules for the command of a name, of which one is to allow it.
func (l *list) rulesOf(name []byte) []subrule {
	var upper [longestName]byte
	if len(name) > len(upper) {
		return nil
	}
	for i, c := range name {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	return l.rules[string(upper[:len(name)])]
}

// allows tells whether one of the rules does allow what follows the name of the command.
func (l *list) allows(rules []subrule, args [][]byte) bool {
	for _, r := range rules {
		if r.allow(l, args) {
			return true
		}
	}
	return false
}

// allow tells whether what follows the name of the command is allowed.
func (r subrule) allow(l *list, args [][]byte) bool {
	if r.subcommand == "" {
		return r.allows(l, args)
	}
	return len(args) > 0 && is(args[0], r.subcommand) && r.allows(l, args[1:])
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

// entryRule allows XRANGE of a single entry, by its id: a range may be long.
func entryRule(_ *list, args [][]byte) bool {
	return len(args) == 3 && len(args[1]) > 0 && args[1][0] >= '0' && args[1][0] <= '9' && bytes.Equal(args[1], args[2]) && bytes.IndexByte(args[1], '-') > 0
}

func unsubscribeRule(l *list, args [][]byte) bool { return l.covers(args) }

func publishRule(l *list, args [][]byte) bool { return len(args) == 2 && l.covers(args[:1]) }

func nameRule(l *list, args [][]byte) bool { return len(args) == 1 && l.covers(args) }

// memoryRule allows the one section of INFO that tells nothing of anybody's data.
func memoryRule(_ *list, args [][]byte) bool { return len(args) == 1 && is(args[0], "memory") }

// everythingRule allows INFO of the sections that a server tells without being asked for
// more: none of them has a key or what it holds.
func everythingRule(_ *list, args [][]byte) bool { return len(args) == 0 }

// settingRule allows CONFIG GET of one of the settings that are asked for.
func settingRule(_ *list, args [][]byte) bool {
	return len(args) == 1 && slices.Contains(vitals.SettingNames(), string(args[0]))
}

// judgedRule allows CONFIG GET of one of the settings that are judged.
func judgedRule(_ *list, args [][]byte) bool {
	return len(args) == 1 && slices.Contains(vitals.ExaminedSettings(), string(args[0]))
}

// codeRule allows FUNCTION LIST WITHCODE.
func codeRule(_ *list, args [][]byte) bool { return len(args) == 1 && is(args[0], "withcode") }

// decidingSettings are those of a server that decide on a failover.
var decidingSettings = []string{"appendonly", "appendfsync", "min-replicas-to-write", "min-replicas-max-lag", "cluster-node-timeout"}

// decidingRule allows CONFIG GET of one of them.
func decidingRule(_ *list, args [][]byte) bool {
	return len(args) == 1 && slices.Contains(decidingSettings, string(args[0]))
}

// signsRule allows SUBSCRIBE to what sentinels say of a failover: their events, which
// begin with a sign.
func signsRule(_ *list, args [][]byte) bool {
	return len(args) > 0 && !slices.ContainsFunc(args, func(name []byte) bool { return len(name) == 0 || name[0] != '+' && name[0] != '-' })
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
		case !expires && len(rest) > 1 && (is(rest[0], "EX") || is(rest[0], "PX")):
			if !positive(rest[1]) {
				return false
			}
			expires, rest = true, rest[2:]
		case is(rest[0], "NX"):
			rest = rest[1:]
		default:
			return false
		}
	}
	return expires
}

// waitRule allows WAIT for some replicas with an end: 0 would be for ever.
func waitRule(_ *list, args [][]byte) bool {
	if len(args) != 2 {
		return false
	}
	for _, arg := range args {
		if n, err := strconv.ParseUint(string(arg), 10, 31); err != nil || n == 0 {
			return false
		}
	}
	return true
}

func is(arg []byte, word string) bool {
	return string(arg) == word || strings.EqualFold(string(arg), word)
}

// positive tells whether an argument is a whole number above 0 in decimal digits, of up to
// 18: a server takes it for the same.
func positive(arg []byte) bool {
	if len(arg) == 0 || len(arg) > 18 || arg[0] == '0' {
		return false
	}
	for _, c := range arg {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
