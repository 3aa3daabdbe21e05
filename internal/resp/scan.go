package resp

import (
	"bytes"
	"math"
)

// Scanner cuts a stream, which is pushed to it in pieces of any size, into parts: the head of each value, and the bytes of
// strings as they come. Unlike a [Reader] it never waits, keeps nothing but the beginning of a line whose end has not come, and
// so bounds neither how long strings are nor how many elements an array has. It does not know where values end: that is for
// who counts the elements. The zero Scanner is at the beginning of a stream. After an error it is of no more use.
type Scanner struct {
	held []byte // the beginning of a line
	left int64  // bytes to come of the string that has begun
	end  int    // bytes to come of the line end behind it: 2, 1 or 0
}

// Part is the head of a value, with the whole of a scalar if that has come, or a further piece of a string.
type Part struct {
	// Kind is that of the value whose head this is; 0: a piece of the string whose head came before. Nulls of RESP2 are Null.
	Kind Kind
	// Text is of a string the bytes that have come, of other scalars what stands on the line; valid until the next call.
	Text []byte
	// N is an integer, 1 or 0 for a boolean, the length of a string, or how many values follow as elements: two for each pair of a
	// map or of attributes.
	N int64
	// Done says that nothing more comes of a scalar.
	Done bool
}

// maxLength bounds lengths so that twice of one is a number as well.
const maxLength = math.MaxInt64 / 4

// Next takes the next part from the front of b, and returns how many bytes it took: all of b where more has to come, with a
// Part that is zero or a piece of a string. The error is a *ProtocolError.
func (s *Scanner) Next(b []byte) (p Part, taken int, err error) {
	if s.end > 0 {
		taken, err = s.piece(&p, b)
		return p, taken, err
	}
	line, taken, ok, err := s.Line(b)
	if err != nil || !ok {
		return p, taken, err
	}
	if p, err = s.head(line); err != nil || s.end == 0 {
		return p, taken, err
	}
	more, err := s.piece(&p, b[taken:])
	return p, taken + more, err
}

// Line takes the next line from the front of b, without its end, where a value may begin: an inline command. It is valid until
// the next call. ok is false where its end has to come yet. The error is a *ProtocolError.
func (s *Scanner) Line(b []byte) (line []byte, taken int, ok bool, err error) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		if len(s.held)+len(b) >= maxLine {
			return nil, 0, false, &ProtocolError{Detail: "a line that does not end"}
		}
		s.held = append(s.held, b...)
		return nil, len(b), false, nil
	}
	if len(s.held)+i+1 > maxLine {
		return nil, 0, false, &ProtocolError{Detail: "a line that does not end"}
	}
	line = b[:i]
	if len(s.held) > 0 {
		s.held = append(s.held, line...)
		line, s.held = s.held, s.held[:0]
		if cap(line) > 4<<10 {
			s.held = nil
		}
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, i + 1, true, nil
}

// Held is the beginning of a line whose end has not come; valid until the next call.
func (s *Scanner) Held() []byte { return s.held }

func (s *Scanner) head(line []byte) (Part, error) {
	if len(line) == 0 {
		return Part{}, &ProtocolError{Detail: "an empty line where a value should begin"}
	}
	p := Part{Kind: Kind(line[0]), Text: line[1:], Done: true}
	switch p.Kind {
	case SimpleString, Error, Double, BigNumber:
		p.N = int64(len(p.Text))
		return p, nil
	case Null:
		return Part{Kind: Null, Done: true}, nil
	case Integer:
		n, err := ParseInt(p.Text)
		if err != nil {
			return Part{}, &ProtocolError{Detail: "integer " + quoted(p.Text)}
		}
		p.N = n
		return p, nil
	case Bool:
		if string(p.Text) != "t" && string(p.Text) != "f" {
			return Part{}, &ProtocolError{Detail: "boolean " + quoted(p.Text)}
		}
		if p.Text[0] == 't' {
			p.N = 1
		}
		return p, nil
	case Bulk, BulkError, Verbatim, Array, Set, Push, Map, Attribute:
		return s.sized(p)
	}
	return Part{}, &ProtocolError{Looks: looksLike(line), Detail: "unexpected bytes " + quoted(line)}
}

// sized takes the length on the line of a string or an aggregate.
func (s *Scanner) sized(p Part) (Part, error) {
	n, err := ParseInt(p.Text)
	if err != nil || n < -1 || n > maxLength {
		return Part{}, &ProtocolError{Detail: "length " + quoted(p.Text)}
	}
	if n == -1 {
		return Part{Kind: Null, Done: true}, nil
	}
	p.Text, p.N, p.Done = nil, n, false
	switch p.Kind {
	case Bulk, BulkError, Verbatim:
		s.left, s.end = n, 2
	case Map, Attribute:
		p.N = 2 * n
	}
	return p, nil
}

// piece takes what has come of a string.
func (s *Scanner) piece(p *Part, b []byte) (taken int, err error) {
	taken = int(min(s.left, int64(len(b))))
	p.Text = b[:taken]
	s.left -= int64(taken)
	for s.left == 0 && s.end > 0 && taken < len(b) {
		if b[taken] != "\n\r"[s.end-1] {
			return 0, &ProtocolError{Detail: "a string longer than its length"}
		}
		taken++
		s.end--
	}
	p.Done = s.end == 0
	return taken, nil
}
