// Package redact takes out of texts what looks like a secret, wherever it stands: of what is read from a file that may have
// been written by another version, or edited, and of what servers repeat of what they were sent. Secrets that are known by
// value are found by package evidence.
package redact

import "github.com/aafailover/aafailover/internal/lazy"

// Hidden stands where something was left out.
const Hidden = "…"

// pattern is a form in which secrets are written, and what is left of it.
type pattern struct {
	form lazy.Regexp
	left string
}

var patterns = []pattern{
	// The part of a URL before the host. It goes as far as the last @ of the word: a password may have one in it that nobody
	// has written as %40.
	{lazy.Regexp{Text: `://[^\s"'<>]*@`}, "://" + Hidden + "@"},
	// One that is given by name, as a query, a flag or a key of a file does.
	{lazy.Regexp{Text: `(?i)((?:password|passwd|secret|token)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&"',;}]+)`}, "${1}" + Hidden},
	// One that is the value of a directive of redis.conf or sentinel.conf.
	{lazy.Regexp{Text: `(?i)\b((?:requirepass|masterauth|sentinel-pass|tls-key-file-pass|tls-client-key-file-pass)\s+|auth-pass\s+\S+\s+)\S+`}, "${1}" + Hidden},
	// What follows AUTH, and what a server says that it did not understand of a command.
	{lazy.Regexp{Text: `(\bAUTH\s+|with args beginning with:\s*)\S.*`}, "${1}" + Hidden},
	// The header of a request.
	{lazy.Regexp{Text: `(?i)\b(authorization["']?\s*[:=]\s*["']?[a-z]+\s+)[^\s"',]+`}, "${1}" + Hidden},
	// Passwords and their hashes in access rules: >PASSWORD, <PASSWORD, #SHA256, !SHA256.
	{lazy.Regexp{Text: `([#!])[0-9A-Fa-f]{64}\b`}, "${1}" + Hidden},
	{lazy.Regexp{Text: `(?i)(\b(?:ACL\s+SETUSER|user)\s+\S[^\n]*?\s[<>])[^\s…][^\s]*`}, "${1}" + Hidden},
	// A JSON Web Token.
	{lazy.Regexp{Text: `\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*`}, Hidden},
}

// rounds bounds how often patterns are looked for in what they have left. Two are enough, but for texts that are made to
// have no end.
const rounds = 8

// Text returns a text without what looks like a secret. Of what it returns it takes nothing more, and it is longer than
// what it was given by 2 bytes for each secret at the most.
func Text(text string) string {
	for range rounds {
		before := text
		for i := range patterns {
			text = patterns[i].form.Get().ReplaceAllString(text, patterns[i].left)
		}
		if text == before {
			return text
		}
	}
	return Hidden // nothing that is to be read looks like this
}
