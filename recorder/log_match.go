package recorder

import (
	"fmt"
	"strings"
)

// globs are patterns as those of KEYS: * for any bytes, ? for one, [abc], [a-z] and [^a] for one of some, \ before what stands for
// itself. See https://redis.io/docs/latest/commands/keys/.
type globs []string

// parseGlobs checks patterns. Redis takes those that are not finished for something; here they are refused, since whoever
// wrote one meant another.
func parseGlobs(patterns []string) (globs, error) {
	for _, p := range patterns {
		if err := checkGlob(p); err != nil {
			return nil, fmt.Errorf("pattern %q: %w", p, err)
		}
	}
	return globs(patterns), nil
}

func checkGlob(p string) error {
	if p == "" {
		return fmt.Errorf("it is empty, and would match only the key that is")
	}
	for len(p) > 0 {
		switch p[0] {
		case '\\':
			if len(p) == 1 {
				return fmt.Errorf(`there is nothing behind the last \`)
			}
			p = p[2:]
		case '[':
			rest, ok := afterClass(p)
			if !ok {
				return fmt.Errorf("a [ is not closed")
			}
			p = rest
		default:
			p = p[1:]
		}
	}
	return nil
}

// afterClass returns what follows the class that a pattern begins with.
func afterClass(p string) (rest string, ok bool) {
	for p = strings.TrimPrefix(p[1:], "^"); p != ""; {
		if p[0] == ']' {
			return p[1:], true
		}
		_, _, p = member(p)
	}
	return "", false
}

// member returns the bytes that the next part of a class stands for, from first to last, and what follows: as the server reads it,
// for which a - stands between any two bytes, and what \ was before is never the first of a range.
func member(class string) (first, last byte, rest string) {
	switch {
	case class[0] == '\\' && len(class) > 1:
		return class[1], class[1], class[2:]
	case len(class) > 2 && class[1] == '-':
		return min(class[0], class[2]), max(class[0], class[2]), class[3:]
	}
	return class[0], class[0], class[1:]
}

// match tells whether a key matches one of the patterns, or there are none.
func (g globs) match(key []byte) bool {
	for _, p := range g {
		if matchGlob(p, key) {
			return true
		}
	}
	return len(g) == 0
}

// matchGlob tells whether a key matches a pattern that was checked. Where what follows a star does not match, the star takes one
// byte more: only the last one is ever to be tried again, so that the time is bounded by the product of both lengths.
func matchGlob(p string, key []byte) bool {
	star, from := "", -1 // what follows the last star, and what of the key it does not take
	at := 0
	for {
		switch {
		case p == "" && at == len(key):
			return true
		case p != "" && p[0] == '*':
			p = strings.TrimLeft(p, "*")
			star, from = p, at
			continue
		case p != "" && at < len(key):
			if rest, ok := matchOne(p, key[at]); ok {
				p, at = rest, at+1
				continue
			}
		}
		if from < 0 || from == len(key) {
			return false
		}
		from++
		p, at = star, from
	}
}

// matchOne matches one byte with what a pattern begins with, and returns the rest of the pattern.
func matchOne(p string, c byte) (rest string, ok bool) {
	switch p[0] {
	case '?':
		return p[1:], true
	case '\\':
		return p[2:], p[1] == c
	case '[':
		rest, _ = afterClass(p)
		return rest, inClass(p[1:len(p)-len(rest)-1], c)
	}
	return p[1:], p[0] == c
}

// inClass tells whether a byte is one of those between [ and ].
func inClass(class string, c byte) bool {
	not := strings.HasPrefix(class, "^")
	class = strings.TrimPrefix(class, "^")
	in := false
	for class != "" {
		var first, last byte
		first, last, class = member(class)
		in = in || first <= c && c <= last
	}
	return in != not
}
