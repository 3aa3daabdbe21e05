package report

import (
	"bufio"
	"io"
)

// indenting lays JSON out over several lines while it is written, as json.Indent does: that would keep the whole of it a second
// time, which of a large deployment is tens of megabytes. What is written must be valid JSON without spaces between its tokens,
// as an Encoder makes it, and need not come in one piece.
type indenting struct {
	out    *bufio.Writer
	indent string

	depth  int
	text   bool // within a string
	escape bool // after a backslash in it
	opened bool // after a bracket that opens, which may be closed at once
}

func newIndenting(w io.Writer, indent string) *indenting {
	return &indenting{out: bufio.NewWriterSize(w, 64<<10), indent: indent}
}

// Write returns the error of what is written to, if not this time, then the next.
func (n *indenting) Write(b []byte) (int, error) {
	for i, c := range b {
		if err := n.put(c); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// Flush writes what was kept back.
func (n *indenting) Flush() error { return n.out.Flush() }

// put writes one byte. A bufio.Writer remembers its first error, so that only the last one counts.
func (n *indenting) put(c byte) error {
	if n.text {
		n.text = n.escape || c != '"'
		n.escape = !n.escape && c == '\\'
		return n.out.WriteByte(c)
	}
	closes := c == '}' || c == ']'
	if n.opened && !closes {
		n.depth++
		n.line()
	}
	switch {
	case closes && !n.opened:
		n.depth--
		n.line()
	case c == '"':
		n.text = true
	}
	n.opened = c == '{' || c == '['
	err := n.out.WriteByte(c)
	switch c {
	case ',':
		n.line()
	case ':':
		err = n.out.WriteByte(' ')
	}
	return err
}

// line begins a new line.
func (n *indenting) line() {
	_ = n.out.WriteByte('\n')
	for range n.depth {
		_, _ = n.out.WriteString(n.indent)
	}
}
