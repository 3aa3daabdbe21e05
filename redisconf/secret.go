package redisconf

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// Secrets returns what must not be shown of the settings: passwords as they are and as they are written, quotes left out, the
// longest first, each once.
func (c Config) Secrets() []string {
	var found []string
	for _, d := range c.directives {
		args, written, _ := split(d.Value)
		for i := range args {
			if !isSecret(d.Name, args, i) {
				continue
			}
			for _, secret := range []string{args[i], strings.Trim(written[i], `"'`)} {
				if d.Name == "user" && secret != "" && strings.Contains(passwordMarks, secret[:1]) {
					secret = secret[1:]
				}
				if secret != "" {
					found = append(found, secret)
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(found)
}

// passwordMarks begin the words of a user that are a password, given or taken away, in plain text or as a hash.
const passwordMarks = "><#!"

// isSecret tells whether a word of a directive is a password, or made from one, or does as one. What stands behind the name of a
// user, where nothing may, can only be its password.
func isSecret(name string, args []string, i int) bool {
	switch name {
	case "requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass":
		return true
	case "rename-command", "masteruser", "primaryuser": // who does not know the new name of a command cannot use it
		return i > 0
	case "sentinel":
		switch lower(args[0]) {
		case "auth-pass", "sentinel-pass":
			return i == len(args)-1
		case "auth-user", "rename-command":
			return i > 2
		case "sentinel-user":
			return i > 1
		}
	case "user":
		return i > 0 && args[i] != "" && strings.Contains(passwordMarks, args[i][:1])
	}
	return false
}

// secretSounds are parts of words that speak of a secret, which then stands beside them: of directives that there are not, of
// options of programs, of variables, of commands, and of comments.
var secretSounds = []string{"pass", "pwd", "auth", "secret", "credential", "token"}

// soundsSecret tells whether a word speaks of a secret, or has a login in it. A path is a name, whatever it sounds like.
func soundsSecret(word string) bool {
	if strings.Contains(word, "://") {
		return strings.Contains(word, "@")
	}
	word = lower(word)
	return slices.ContainsFunc(secretSounds, func(part string) bool { return strings.Contains(word, part) }) && (word[0] != '/' || strings.Contains(word, "="))
}

// holdsSecret tells whether what a line says must not be shown: words of it are secret, or may be, since a word beside them, or a
// name that is none, speaks of one, or is nearly that of such a directive.
func (d directiveRead) holdsSecret() bool {
	for i, word := range d.args {
		if isSecret(d.name, d.args, i) || len(word) > 1 && (word[0] == '>' || word[0] == '<') {
			return true
		}
	}
	if _, known := specs.Get()[d.name]; known || slices.Contains(beside, d.name) {
		if d.name == "sentinel" && len(d.args) > 1 {
			near, _ := words.Nearest(plainName(lower(d.args[0])), []string{"auth-pass", "sentinel-pass", "rename-command"})
			return near != "" && near != lower(d.args[0]) || strings.Contains(lower(d.args[0]), "pass") || slices.ContainsFunc(d.args[1:], soundsSecret)
		}
		return d.name != "rename-command" && slices.ContainsFunc(d.args, soundsSecret)
	}
	near, _ := nearest(d.name)
	return soundsSecret(d.name) || slices.ContainsFunc(d.args, soundsSecret) || isSecret(near, []string{""}, 0) ||
		near == "rename-command" || strings.Contains(d.name, "rename")
}

// withoutSecrets returns a line as it may be shown: of one that holds a secret only its name.
func withoutSecrets(line string) string {
	given, written, err := split(line)
	if err != nil { // its name is read as far as it can be
		given = strings.Fields(strings.Map(func(r rune) rune {
			if strings.ContainsRune(`"'`, r) {
				return ' '
			}
			return r
		}, line))
		written = given
	}
	if len(given) == 0 {
		return line
	}
	d := directiveRead{name: lower(given[0]), args: given[1:]}
	if !d.holdsSecret() {
		return line
	}
	if d.name == "sentinel" {
		return written[0] + " " + untilSign(written[1]) + " …"
	}
	return untilSign(written[0]) + " …"
}

// untilSign is a name without the value that somebody wrote behind it with a sign in between.
func untilSign(name string) string {
	if i := strings.IndexAny(name, "=:"); i > 0 {
		return name[:i]
	}
	return name
}

// withoutValues returns an answer of a server without what it repeats of the line in quotes.
func withoutValues(answer string) string {
	before, rest, quoted := strings.Cut(answer, "'")
	_, after, closed := strings.Cut(rest, "'")
	if !quoted || !closed {
		return answer
	}
	return before + "…" + after
}

// Password returns the password with which the default user of a server with these settings logs in; "" for none. It is not
// ok where they let nobody log in so: the default user is off, or its password is known by its hash only.
func (c Config) Password() (password string, ok bool) {
	password, _ = c.Get("requirepass")
	ok = true
	for _, d := range c.Lines("user") {
		args := d.Args()
		if len(args) == 0 || args[0] != "default" {
			continue
		}
		password, ok = "", slices.Contains(args, "nopass")
		for _, arg := range args[1:] {
			if strings.HasPrefix(arg, ">") {
				password, ok = arg[1:], true
			}
		}
		ok = ok && !slices.Contains(args, "off")
	}
	return password, ok
}
