package config

import (
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// suggest is the hint for an unknown word: the nearest of the known ones if there is a near one, else otherwise.
func suggest(word string, known []string, otherwise string) string {
	if near, ok := words.Nearest(word, known); ok {
		return "did you mean " + near + "?"
	}
	return otherwise
}

// showKey quotes a key or parameter for an error when it looks like one; anything else, which may be a URL
// with a password in the wrong place, is not repeated.
func showKey(key string) string {
	if key == "" || len(key) > maxName || strings.ContainsFunc(key, func(r rune) bool { return !isAlphanumeric(r) && r != '-' && r != '_' }) {
		return "(not a word)"
	}
	return `"` + key + `"`
}
