package redisconf

import (
	"errors"
	"strings"
	"unicode"
)

// ErrQuotes says that a quotation of a line does not end, or goes on after its end.
var ErrQuotes = errors.New("unbalanced quotes")

// Split returns the words of a line as a server reads them: what stands between blanks, or in quotes. Within double quotes
// \n, \r, \t, \b, \a and \xHH stand for a byte, and a backslash before any other character for that character; within
// single quotes only \' does. Errors: ErrQuotes.
func Split(line string) ([]string, error) {
	words, _, err := split(line)
	return words, err
}

// split returns the words of a line, and each as it is written there.
func split(line string) (words, written []string, err error) {
	for {
		line = strings.TrimLeft(line, blanks)
		if line == "" {
			return words, written, nil
		}
		word, rest, err := first(line)
		if err != nil {
			return nil, nil, err
		}
		words, written, line = append(words, word), append(written, strings.TrimSuffix(line, rest)), rest
	}
}

// blanks are what isspace of C takes for one. A word without quotes ends at fewer of them.
const (
	blanks = " \t\n\v\f\r"
	ends   = " \t\n\r"
)

// first takes the first word off a line that does not begin with a blank.
func first(line string) (word, rest string, err error) {
	var b strings.Builder
	for i := range len(line) {
		switch c := line[i]; {
		case strings.IndexByte(ends, c) >= 0:
			return b.String(), line[i:], nil
		case c == '"' || c == '\'':
			text, n, ok := quotation(line[i:])
			if !ok {
				return "", "", ErrQuotes
			}
			b.WriteString(text)
			return b.String(), line[i+n:], nil
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", nil
}

// quotation reads a text that begins with a quote, and returns how many bytes it takes. It is not ok where the quote is not
// closed, or something follows it at once.
func quotation(s string) (text string, n int, ok bool) {
	var b strings.Builder
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			return b.String(), i + 1, i+1 == len(s) || strings.IndexByte(blanks, s[i+1]) >= 0
		case c != '\\' || i+1 == len(s):
			b.WriteByte(c)
		case quote == '\'':
			if s[i+1] == '\'' {
				i++
			}
			b.WriteByte(s[i])
		default:
			value, took := escape(s[i+1:])
			b.WriteByte(value)
			i += took
		}
	}
	return "", 0, false
}

// escape reads what stands after a backslash, which is not empty, and returns how many bytes it takes.
func escape(s string) (value byte, took int) {
	if s[0] == 'x' && len(s) > 2 {
		if high, low := hex(s[1]), hex(s[2]); high >= 0 && low >= 0 {
			return byte(high<<4 | low), 3
		}
	}
	if i := strings.IndexByte("nrtba", s[0]); i >= 0 {
		return "\n\r\t\b\a"[i], 1
	}
	return s[0], 1
}

func hex(c byte) int { return strings.IndexByte("0123456789abcdef", byte(unicode.ToLower(rune(c)))) }

// Quote returns a text as one word of a line: as it is, or in double quotes where it needs them.
func Quote(s string) string {
	plain := func(c byte) bool { return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '\\' }
	needs := s == "" || s[0] == '#' // a line that begins so is a comment
	for i := range len(s) {
		needs = needs || !plain(s[i])
	}
	if !needs {
		return s
	}
	const digits = "0123456789abcdef"
	b := []byte{'"'}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'x', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// lower returns a name as a server compares it: letters of ASCII alone have two cases.
func lower(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
