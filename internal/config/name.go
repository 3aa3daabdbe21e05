package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aafailover/aafailover/internal/hint"
)

// maxName bounds names and prefixes, in characters: they are part of every channel and key.
const maxName = 64

const nameHint = "a name is 1 to 64 letters, digits, '-', '_' or '.', and starts with a letter or a digit"

// CheckName says whether a region can be called so. A name becomes a part of channel names, key
// names, ACL patterns, file names and command lines, so it is 1 to 64 letters (of any script), digits, '-', '_'
// and '.', and starts with a letter or a digit.
func CheckName(name string) error { return hint.Wrap(nameError(name), nameHint) }

// nameError is the error of [CheckName], without a hint.
func nameError(name string) error {
	err := checkWord(name)
	if err == nil {
		if first, _ := utf8.DecodeRuneInString(name); !isAlphanumeric(first) {
			err = fmt.Errorf("may not start with %q", first)
		}
	}
	if err != nil {
		return fmt.Errorf("the name of a region %w", err)
	}
	return nil
}

// CheckPrefix says whether channels and keys can begin so. The characters are those of a name and ':'.
// Braces would take part in hashing, and Redis ACL patterns cannot hold parentheses.
func CheckPrefix(prefix string) error {
	if err := checkWord(strings.ReplaceAll(prefix, ":", "-")); err != nil {
		return hint.Wrap(fmt.Errorf("the prefix %w", err), "a prefix is 1 to 64 letters, digits, '-', '_', '.' or ':'")
	}
	return nil
}

// checkWord reports the first thing that is wrong, by its character alone: what was given may be a URL with
// a password that ended up in the wrong place.
func checkWord(word string) error {
	if word == "" {
		return errors.New("is empty")
	}
	if !utf8.ValidString(word) {
		return errors.New("is not valid UTF-8")
	}
	for _, r := range word {
		if !isAlphanumeric(r) && !strings.ContainsRune("-_.", r) {
			return fmt.Errorf("may not contain %q", r)
		}
	}
	if n := utf8.RuneCountInString(word); n > maxName {
		return fmt.Errorf("has %d characters, at most %d are possible", n, maxName)
	}
	return nil
}

func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
