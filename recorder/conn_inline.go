package recorder

import (
	"github.com/aafailover/aafailover/commands"
)

// inline takes the words of an inline command, as Redis does: words in quotes may hold blanks, and in double quotes also
// \n, \r, \t, \b, \a and \xHH.
func (r *requests) inline(line []byte) (whole bool, err error) {
	r.secret = mostWords
	r.text.fit(len(line)) // no word is longer than what stands for it
	for {
		line = afterBlanks(line)
		if len(line) == 0 || line[0] == 0 {
			break
		}
		from := len(r.text.page)
		var ok bool
		if line, ok = r.inlineWord(line); !ok {
			return false, errNoRequest
		}
		r.read++
		if !r.roomFor(argumentSize) && r.read > namingWords {
			r.text.fit(len(line))
			continue
		}
		text := r.text.page[from:]
		a := commands.Argument{Length: len(text)}
		if r.read <= r.secret {
			a.Text = text
		}
		if r.read == 1 {
			r.secret = secretIn(text)
		}
		r.args = append(r.args, a)
	}
	r.count, r.kept = r.read, len(r.args)
	return r.count > 0, nil
}

// inlineWord adds the word that line begins with to text, and returns the rest of the line. ok is false where its quotes do not
// end, or something follows them at once.
func (r *requests) inlineWord(line []byte) (rest []byte, ok bool) {
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			rest = line[i+1:]
			return rest, len(rest) == 0 || isBlank(rest[0])
		case quote == '"' && c == '\\' && i+1 < len(line):
			c, n := escaped(line[i+1:])
			r.text.page = append(r.text.page, c)
			i += n
		case quote == '\'' && c == '\\' && i+1 < len(line) && line[i+1] == '\'':
			r.text.page = append(r.text.page, '\'')
			i++
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && (isBlank(c) || c == 0):
			return line[i:], true
		default:
			r.text.page = append(r.text.page, c)
		}
	}
	return nil, quote == 0
}

// escaped returns what stands behind a backslash, and how many bytes that takes.
func escaped(b []byte) (c byte, taken int) {
	switch b[0] {
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'b':
		return '\b', 1
	case 'a':
		return '\a', 1
	case 'x':
		if len(b) > 2 {
			high, ok1 := hexadecimal(b[1])
			low, ok2 := hexadecimal(b[2])
			if ok1 && ok2 {
				return high<<4 | low, 3
			}
		}
	}
	return b[0], 1
}

func hexadecimal(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func afterBlanks(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	return b
}

// isBlank is isspace of C, of which Redis makes use.
func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
