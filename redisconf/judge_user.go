package redisconf

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// What a server answers to the rules of a user: the texts of acl.c of Redis 7.0.
const (
	answerRule     = "Syntax error"
	answerCommand  = "Unknown command or category name in ACL"
	answerHash     = "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
	answerNoSuch   = "The password you are trying to remove from the user does not exist"
	answerKeys     = "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
	answerChannels = "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels"
)

// refusedUser returns what a server answers to the words of user, a name and rules, which it tries one after the other.
func (in *inspection) refusedUser(args []string) string {
	if in.users[args[0]] {
		return "Error in user declaration '" + args[0] + "': Duplicate user found. A user can only be defined once in config files"
	}
	line := slices.Insert(slices.Clone(args), 0, "user")
	refused := func(i int, why string) string { // the server names the word that stands two before the rule
		named := line[i]
		if isSecret("user", line[1:], max(i-1, 0)) {
			named = "…"
		}
		return "Error in user declaration '" + named + "': " + why
	}
	rules, open := joinSelectors(args[1:])
	if open >= 0 {
		return refused(open, answerCommand)
	}
	user := userRules{passwords: map[string]bool{}}
	for i, rule := range rules {
		if why := user.refuse(rule); why != "" {
			return refused(i, why)
		}
	}
	return ""
}

// joinSelectors joins what stands in parentheses to one rule. open is the rule that does not end, -1 where all do.
func joinSelectors(rules []string) (joined []string, open int) {
	open = -1
	for i, rule := range rules {
		if open >= 0 {
			joined[len(joined)-1] += " " + rule
		} else {
			joined = append(joined, rule)
		}
		switch {
		case open >= 0 && strings.HasSuffix(rule, ")"):
			open = -1
		case open < 0 && strings.HasPrefix(rule, "(") && !strings.HasSuffix(rule, ")"):
			open = i
		}
	}
	return joined, open
}

// userRules is what the rules of a user have come to, as far as later ones depend on it. Which commands and categories there are, a
// server looks at later: see lookAtRules.
type userRules struct {
	passwords map[string]bool // by their hashes
	selector
}

// selector is what one set of rules has come to: all keys, and all channels.
type selector struct{ keys, channels bool }

// refuse returns what a server answers to a rule, and takes note of it.
func (u *userRules) refuse(rule string) string {
	if rule == "" {
		return ""
	}
	switch name := lower(rule); name {
	case "on", "off", "sanitize-payload", "skip-sanitize-payload", "clearselectors":
		return ""
	case "nopass", "resetpass":
		clear(u.passwords)
		return ""
	case "reset":
		clear(u.passwords)
		u.selector = selector{}
		return ""
	}
	switch rule[0] {
	case '>', '#', '<', '!':
		return u.password(rule[0], rule[1:])
	case '(':
		if len(rule) > 1 && strings.HasSuffix(rule, ")") {
			return refuseSelector(rule[1 : len(rule)-1])
		}
	}
	return u.selector.refuse(rule)
}

// password adds a password or takes one away, in plain text or by its hash.
func (u *userRules) password(mark byte, password string) string {
	hash := password
	if mark == '>' || mark == '<' {
		sum := sha256.Sum256([]byte(password))
		hash = fmt.Sprintf("%x", sum)
	} else if len(hash) != 2*sha256.Size || strings.Trim(hash, "0123456789abcdef") != "" {
		return answerHash
	}
	if mark == '>' || mark == '#' {
		u.passwords[hash] = true
		return ""
	}
	if !u.passwords[hash] {
		return answerNoSuch
	}
	delete(u.passwords, hash)
	return ""
}

func refuseSelector(text string) string {
	rules, _ := Split(untilZero(text))
	var s selector
	for _, rule := range rules {
		if why := s.refuse(rule); why != "" {
			return why
		}
	}
	return ""
}

func (s *selector) refuse(rule string) string {
	if rule == "" {
		return ""
	}
	switch lower(rule) {
	case "allkeys", "~*":
		s.keys = true
		return ""
	case "resetkeys":
		s.keys = false
		return ""
	case "allchannels", "&*":
		s.channels = true
		return ""
	case "resetchannels":
		s.channels = false
		return ""
	case "allcommands", "nocommands":
		return ""
	}
	blank := strings.ContainsAny(rule, blanks+"\x00")
	switch rule[0] {
	case '+', '-':
		return ""
	case '~', '%':
		switch {
		case s.keys:
			return answerKeys
		case blank || rule[0] == '%' && !isPermission(rule[1:]):
			return answerRule
		}
		return ""
	case '&':
		switch {
		case s.channels:
			return answerChannels
		case blank:
			return answerRule
		}
		return ""
	}
	return answerRule
}

// isPermission tells whether a rule behind % says to read, to write, or both, each once, and then a pattern.
func isPermission(rule string) bool {
	given, _, _ := strings.Cut(lower(rule), "~")
	return slices.Contains([]string{"r", "w", "rw", "wr"}, given)
}

// categories are those of commands in Redis 7.0.
const categories = `keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow blocking
dangerous connection transaction scripting all`

// lookAtRules takes down commands and categories of users' rules that there are not, as far as that is known: a module may bring some,
// and so does a later version. A server finds that out when it has read everything.
func (in *inspection) lookAtRules() {
	if in.how.Sentinel || !olderThan(in.how.Version, "7.1") || len(in.config.Lines("loadmodule")) > 0 || len(in.config.Lines("include")) > 0 {
		return
	}
	known := commandsOf(in.how)
	for _, d := range in.config.Lines("user") {
		if len(in.mistakes) >= mostMistakes {
			return
		}
		args := d.Args()
		rules, _ := joinSelectors(args[1:])
		for _, rule := range rules {
			if one := unknownIn(rule, known); one != "" {
				in.mistakes = append(in.mistakes, Mistake{Line: d.Line, Name: d.Name, Kind: BadValue, turn: afterListening,
					Text: short(one) + " is about a command or a category that there is not", Fix: "ACL CAT lists the categories, and ACL CAT NAME the commands of one",
					Answer: fmt.Sprintf("Error loading ACL rule '%s' for the user named '%s': %s", rule, args[0], answerCommand)})
				break
			}
		}
	}
}

// unknownIn returns the first rule of one, which may be several in parentheses, about what there is not; "" where there is all.
func unknownIn(rule string, known map[string]bool) string {
	if len(rule) > 1 && rule[0] == '(' {
		inner, _ := Split(rule[1 : len(rule)-1])
		for _, one := range inner {
			if rule := unknownIn(one, known); rule != "" {
				return rule
			}
		}
		return ""
	}
	if rule == "" || rule[0] != '+' && rule[0] != '-' {
		return ""
	}
	name := lower(rule[1:])
	if category, ok := strings.CutPrefix(name, "@"); ok {
		if slices.Contains(strings.Fields(categories), category) {
			return ""
		}
		return rule
	}
	if command, _, _ := strings.Cut(name, "|"); !known[command] {
		return rule
	}
	return ""
}
