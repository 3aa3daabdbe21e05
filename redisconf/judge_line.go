package redisconf

import "strings"

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
	if s, ok := specs.Get()[d.name]; ok {
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
