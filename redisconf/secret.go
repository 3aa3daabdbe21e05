package redisconf

import (
	"cmp"
	"slices"
	"strings"
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

// isSecret tells whether a word of a directive is a password, or made from one, or does as one.
func isSecret(name string, args []string, i int) bool {
	switch name {
	case "requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass":
		return true
	case "rename-command": // who does not know the new name cannot use it
		return i > 0
	case "sentinel":
		return i == len(args)-1 && slices.Contains([]string{"auth-pass", "sentinel-pass"}, lower(args[0]))
	case "user":
		return i > 0 && args[i] != "" && strings.Contains(passwordMarks, args[i][:1])
	}
	return false
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
