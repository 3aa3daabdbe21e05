package redisconf

import (
	"slices"
	"strings"
)

// judge looks at a line, takes its mistakes down, and tells whether it is one of the settings: as it is, or as it was meant,
// which d is then altered to.
func (in *inspection) judge(d *directiveRead) bool {
	if d.name == "sentinel" {
		return in.judgeSentinel(d)
	}
	refused := in.refused(d)
	if refused == "" {
		in.lookAtTaken(d)
		return true
	}
	m, meant := in.explain(*d, refused)
	in.wrong(m)
	if meant == nil {
		return false
	}
	*d = *meant
	in.remember(d)
	return true
}

// refused returns what a server answers to a line; "" where it takes it.
func (in *inspection) refused(d *directiveRead) string {
	if s, ok := specs[d.name]; ok {
		return s.judgeValue(d.args)
	}
	given := len(d.args)
	switch {
	case withoutEffect(d.name) && given == 1, in.how.takesLater(d.name):
		return ""
	case d.name == "include" && given == 1, d.name == "loadmodule" && given >= 1:
		return ""
	case d.name == "rename-command" && given == 2:
		return in.refusedRename(d.args)
	case d.name == "user" && given >= 1:
		return in.refusedUser(d.args)
	case strings.Contains(d.name, ".") && given >= 1: // a setting of a module, which is looked at when that is loaded
		return ""
	case strings.Contains(d.name, "."):
		return "Module config specified without value"
	}
	return answerUnknown
}

func (in *inspection) refusedRename(args []string) string {
	from, to := lower(args[0]), lower(args[1])
	switch {
	case !in.commands[from]:
		return "No such command in rename-command"
	case to != "" && to != from && in.commands[to]:
		return "Target command name already exists"
	}
	return ""
}

func (in *inspection) refusedUser(args []string) string {
	if in.users[args[0]] {
		return "Error in user declaration '" + args[0] + "': Duplicate user found. A user can only be defined once in config files"
	}
	line := slices.Insert(slices.Clone(args), 0, "user")
	for i, rule := range joinSelectors(args[1:]) {
		if !isUserRule(rule) { // the server names the word that stands two before it
			named := line[i]
			if isSecret("user", line[1:], max(i-1, 0)) {
				named = "…"
			}
			return "Error in user declaration '" + named + "': Syntax error"
		}
	}
	return ""
}

// remember takes note of what later lines depend on.
func (in *inspection) remember(d *directiveRead) {
	switch {
	case d.name == "rename-command" && len(d.args) == 2:
		delete(in.commands, lower(d.args[0]))
		if d.args[1] != "" {
			in.commands[lower(d.args[1])] = true
		}
	case d.name == "user":
		in.users[d.args[0]] = true
	}
}

// isUserRule tells whether a word has the form of a rule of a user. Which commands and categories there are, it does not look at.
func isUserRule(rule string) bool {
	if rule == "" {
		return false
	}
	if strings.ContainsRune("><#!~%&+-(", rune(rule[0])) {
		return len(rule) > 1
	}
	return slices.Contains([]string{"on", "off", "nopass", "resetpass", "reset", "clearselectors", "sanitize-payload", "skip-sanitize-payload",
		"allkeys", "resetkeys", "allchannels", "resetchannels", "allcommands", "nocommands"}, lower(rule))
}

// joinSelectors joins what stands in parentheses to one rule.
func joinSelectors(rules []string) []string {
	var joined []string
	open := false
	for _, rule := range rules {
		if open {
			joined[len(joined)-1] += " " + rule
		} else {
			joined = append(joined, rule)
		}
		open = strings.HasPrefix(joined[len(joined)-1], "(") && !strings.HasSuffix(rule, ")")
	}
	return joined
}
