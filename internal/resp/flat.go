package resp

// ReadFlat decodes the next value, which must be a scalar or an array, set or
// push of scalars, without allocating: replies that are counted in millions, and
// published messages, are such. A scalar is one part. Parts are the texts of
// strings, errors and numbers as they stood on the wire, nil for a null, and
// valid until the next read. Kind is that of the value, so that Error tells an
// error reply; of the parts the kinds are not told. A null array is Null with
// one part that is nil.
//
// Errors are those of ReadValue; a value that nests is a *ProtocolError.
func (r *Reader) ReadFlat() (Kind, [][]byte, error) {
	r.arena, r.ends, r.lacked = r.arena[:0], r.ends[:0], 0
	line, err := r.line(false)
	if err != nil {
		return 0, nil, err
	}
	if len(line) == 0 {
		return 0, nil, r.broken("an empty line where a value should begin")
	}
	kind := Kind(line[0])
	switch kind {
	case Array, Set, Push:
		n, err := r.length(line[1:], r.limits.Elems)
		if err != nil {
			return 0, nil, err
		}
		if n < 0 {
			kind, r.ends = Null, append(r.ends, null)
		}
		for range n {
			line, err := r.line(true)
			if err == nil {
				_, err = r.flatPart(line)
			}
			if err != nil {
				return 0, nil, err
			}
		}
	default:
		if kind, err = r.flatPart(line); err != nil {
			return 0, nil, err
		}
	}
	r.began = true
	return kind, r.parts(), nil
}

// ok is how a server acknowledges.
const ok = "+OK\r\n"

// ReadOKs reads the replies "+OK" that come next, up to most, as far as they have arrived,
// and returns how many: it waits for the first byte of the first, and for no more. It is
// 0 when something else comes next, or a reply of which not all has arrived: that is to be
// read in another way. Errors are those of the stream.
func (r *Reader) ReadOKs(most int) (int, error) {
	if _, err := r.br.Peek(1); err != nil {
		return 0, err
	}
	arrived, err := r.br.Peek(min(r.br.Buffered(), most*len(ok)))
	if err != nil {
		return 0, err
	}
	n := 0
	for len(arrived) >= len(ok) && string(arrived[:len(ok)]) == ok {
		arrived = arrived[len(ok):]
		n++
	}
	if n > 0 {
		r.began = true
	}
	_, err = r.br.Discard(n * len(ok))
	return n, err
}

// null stands in ends for a part that is a null.
const null = -1

// flatPart adds the scalar that begins with a line to the arena.
func (r *Reader) flatPart(line []byte) (Kind, error) {
	if len(line) == 0 {
		return 0, r.broken("an empty line where a value should begin")
	}
	kind, rest := Kind(line[0]), line[1:]
	switch kind {
	case SimpleString, Error, Double, BigNumber:
		r.arena = append(r.arena, rest...)
	case Bool:
		if string(rest) != "t" && string(rest) != "f" {
			return 0, r.broken("boolean %s", quoted(rest))
		}
		r.arena = append(r.arena, rest...)
	case Integer:
		if _, err := ParseInt(rest); err != nil {
			return 0, r.broken("integer %s", quoted(rest))
		}
		r.arena = append(r.arena, rest...)
	case Null:
		r.ends = append(r.ends, null)
		return Null, nil
	case Bulk, BulkError:
		n, err := r.length(rest, r.limits.Bulk-len(r.arena))
		if err != nil {
			return 0, err
		}
		if n < 0 {
			r.ends = append(r.ends, null)
			return Null, nil
		}
		if r.arena, err = r.body(r.arena, n); err != nil {
			return 0, err
		}
	case Array, Set, Push, Map, Verbatim, Attribute:
		return 0, r.broken("a nested value where a flat one is expected")
	default:
		return 0, r.foreign(line)
	}
	r.ends = append(r.ends, len(r.arena))
	return kind, nil
}

// parts cuts the arena at ends.
func (r *Reader) parts() [][]byte {
	r.args = r.args[:0]
	start := 0
	for _, end := range r.ends {
		if end == null {
			r.args = append(r.args, nil)
			continue
		}
		r.args = append(r.args, r.arena[start:end:end])
		start = end
	}
	return r.args
}
