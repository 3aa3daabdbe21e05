package redisconf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// ErrInclude says that settings name another file.
var ErrInclude = errors.New("include is not followed")

// Parse reads settings. Errors name the line and never what stands on it, since that may be a password: ErrQuotes,
// ErrInclude, and a byte of zero.
func Parse(text string) (Config, error) {
	var c Config
	var why []string
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line = strings.Trim(line, " \t\r")
		switch {
		case strings.IndexByte(line, 0) >= 0:
			return Config{}, fmt.Errorf("line %d: a byte of zero", number)
		case line == "":
			why = nil
		case line[0] == '#':
			why = append(why, commentText(line))
		default:
			d, err := parseLine(line)
			if err != nil {
				return Config{}, fmt.Errorf("line %d: %w", number, err)
			}
			d.Line, d.Why = number, strings.Join(why, "\n")
			c.directives, why = append(c.directives, d), nil
		}
	}
	return c, nil
}

// parseLine reads a line that is neither empty nor a comment.
func parseLine(line string) (Directive, error) {
	words, err := Split(line)
	if err != nil {
		return Directive{}, hint.Wrap(err, "close every quote at the end of its word, and put a quote that belongs to the value as \\\"")
	}
	if len(words) == 0 { // of blanks that a server does not trim, and skips
		return Directive{}, errors.New("no directive")
	}
	_, value, err := first(strings.TrimLeft(line, blanks))
	if err != nil {
		return Directive{}, err
	}
	d := Directive{Name: lower(words[0]), Value: strings.TrimLeft(value, blanks)}
	if d.Name == "include" {
		return Directive{}, hint.Wrap(ErrInclude, "put the lines of that file in the place of its include")
	}
	return d, nil
}
