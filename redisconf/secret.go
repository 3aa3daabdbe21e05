package redisconf

import (
	"slices"
	"strings"
)

// Secrets returns what must not be shown of the settings: passwords as they are and as they are quoted in a line, the
// longest first, each once.
func (c Config) Secrets() []string {
	var found []string
	for _, d := range c.directives {
		for _, i := range secretArgs(d) {
			word := d.Args()[i]
			if d.Name == "user" {
				word = word[1:]
			}
			if word != "" {
				found = append(found, word, strings.Trim(Quote(word), `"`))
			}
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(found)
}

// secretArgs returns which words of a directive are passwords, or made from one.
func secretArgs(d Directive) []int {
	args := d.Args()
	switch d.Name {
	case "requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass":
		return upTo(len(args))
	case "sentinel":
		if len(args) > 0 && slices.Contains([]string{"auth-pass", "sentinel-pass"}, strings.ToLower(args[0])) {
			return upTo(len(args))[len(args)-1:]
		}
	case "user": // >password, <password, #hash, !hash
		var secret []int
		for i, arg := range args {
			if i > 0 && arg != "" && strings.IndexByte("><#!", arg[0]) >= 0 {
				secret = append(secret, i)
			}
		}
		return secret
	}
	return nil
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
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
