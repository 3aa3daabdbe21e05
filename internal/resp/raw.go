package resp

import "bytes"

// AppendRaw reads the next value and appends it to dst as it came, byte by byte: for who passes an answer on. Attributes stay
// with the value that they describe. Errors are those of ReadValue; dst then has a part of the value.
func (r *Reader) AppendRaw(dst []byte) ([]byte, error) {
	dst, err := r.appendRaw(dst, 0)
	if err == nil {
		r.began = true
	}
	return dst, err
}

func (r *Reader) appendRaw(dst []byte, depth int) ([]byte, error) {
	if depth > r.limits.Depth {
		return dst, r.broken("nested deeper than %d", r.limits.Depth)
	}
	line, err := r.line(depth > 0)
	if err != nil {
		return dst, err
	}
	if len(line) == 0 {
		return dst, r.broken("an empty line where a value should begin")
	}
	kind, rest := Kind(line[0]), line[1:]
	dst = append(append(dst, line...), '\r', '\n')
	switch kind {
	case SimpleString, Error, Double, BigNumber, Integer, Null, Bool:
		return dst, nil
	case Bulk, BulkError, Verbatim:
		n, err := r.length(rest, r.limits.Bulk)
		if err != nil || n < 0 {
			return dst, err
		}
		if dst, err = r.body(dst, n); err != nil {
			return dst, err
		}
		return append(dst, '\r', '\n'), nil
	case Array, Set, Push, Map, Attribute:
		n, err := r.length(rest, r.limits.Elems)
		if err != nil || n < 0 {
			return dst, err
		}
		switch kind {
		case Map:
			n *= 2
		case Attribute:
			n = 2*n + 1 // and the value itself
		}
		for range n {
			if dst, err = r.appendRaw(dst, depth+1); err != nil {
				return dst, unexpected(err)
			}
		}
		return dst, nil
	}
	return dst, r.foreign(bytes.Clone(line))
}

// PeekKind returns the kind of the next value without reading it, and waits for its first byte. Errors are those of the stream.
func (r *Reader) PeekKind() (Kind, error) {
	b, err := r.br.Peek(1)
	if err != nil {
		return 0, err
	}
	return Kind(b[0]), nil
}

// ReadHead reads the head of an array, whose n elements are to be read next; a null array has -1. An error reply is an error of
// type [ServerError]. Other errors are those of ReadValue.
func (r *Reader) ReadHead() (n int, err error) {
	kind, err := r.PeekKind()
	if err != nil {
		return 0, err
	}
	if kind != Array {
		v, err := r.ReadValue()
		switch {
		case err != nil:
			return 0, err
		case v.IsNull():
			return -1, nil
		case v.Err() != nil:
			return 0, v.Err()
		}
		return 0, r.broken("%s where an array should begin", v)
	}
	line, err := r.line(false)
	if err != nil {
		return 0, err
	}
	r.began = true
	return r.length(line[1:], r.limits.Elems)
}
