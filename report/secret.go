package report

import "regexp"

// What is read from a file may have been written by another version, or edited; and servers repeat what they were sent. So a
// report takes out of every text what looks like a password, wherever it stands.
var (
	// userInURL is the part of a URL before the host. It goes as far as the last @ of the word: a password may have one in it that
	// nobody has written as %40.
	userInURL = regexp.MustCompile(`://[^\s"'<>]*@`)
	// passwordNamed is a password that is given by name, as a query, a flag or a key of a file does.
	passwordNamed = regexp.MustCompile(`(?i)((?:password|passwd|secret|token)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&"',;}]+)`)
	// passwordSent is what follows AUTH, and what a server says that it did not understand of a command.
	passwordSent = regexp.MustCompile(`(\bAUTH\s+|with args beginning with:\s*)\S.*`)
)

// hidden stands where something was left out.
const hidden = "…"

// withoutSecret returns a text without what looks like a password.
func withoutSecret(text string) string {
	text = userInURL.ReplaceAllString(text, "://"+hidden+"@")
	return passwordSent.ReplaceAllString(passwordNamed.ReplaceAllString(text, "${1}"+hidden), "${1}"+hidden)
}

// withoutSecrets takes what looks like a password out of every text of a recording.
func withoutSecrets(r *Recorded) { changeTexts(r, withoutSecret) }
