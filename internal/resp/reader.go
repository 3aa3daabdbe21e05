package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// Limits bounds what a Reader takes from its peer. A zero field means the
// default.
type Limits struct {
	// Bulk is the longest string in bytes; default 512 MiB, which is also the
	// default of proto-max-bulk-len in Redis.
	Bulk int
	// Elems is the largest number of elements of one array, map, set or push;
	// default 1,048,576, which is also the limit of Redis for a request.
	Elems int
	// Depth is how deep arrays may nest; default 32.
	Depth int
	// Buffer is the size of the read buffer in bytes, which bounds nothing that
	// can be read; default 16 KiB.
	Buffer int
}

// maxLine bounds a line without a length of its own: simple strings, errors,
// numbers and inline commands. Redis takes inline commands up to 64 KiB.
const maxLine = 64 << 10

// firstAlloc is the most memory taken on a length alone, before bytes arrive.
const firstAlloc = 64 << 10

// Reader decodes values or commands from a stream. It is not safe for
// concurrent use. After an error, a passed deadline included, the stream is of
// no more use: part of a value may have been consumed.
type Reader struct {
	br     *bufio.Reader
	limits Limits
	args   [][]byte // of the command read last
	arena  []byte   // what args point into
	ends   []int    // where each of them ends in arena
	began  bool     // a first value was read: what follows is RESP gone wrong, not another protocol
	lacked int      // of the string that was read last, when the stream ended within it: see Lacking
}

// NewReader returns a Reader with the default limits.
func NewReader(r io.Reader) *Reader { return NewReaderLimits(r, Limits{}) }

// NewReaderLimits returns a Reader with limits of the caller's own.
func NewReaderLimits(r io.Reader, limits Limits) *Reader {
	if limits.Bulk <= 0 {
		limits.Bulk = 512 << 20
	}
	if limits.Elems <= 0 {
		limits.Elems = 1 << 20
	}
	if limits.Depth <= 0 {
		limits.Depth = 32
	}
	if limits.Buffer <= 0 {
		limits.Buffer = 16 << 10
	}
	return &Reader{br: bufio.NewReaderSize(r, limits.Buffer), limits: limits}
}

// Reset has the Reader go on with another stream, whose beginning was decoded before. It may be used again after an error then.
func (r *Reader) Reset(stream io.Reader) {
	r.br.Reset(stream)
	r.began = true
}

// Rest returns what was received and not decoded yet. It is valid until the next read.
func (r *Reader) Rest() []byte {
	rest, _ := r.br.Peek(r.br.Buffered()) // which cannot fail
	return rest
}

// Buffered returns the number of bytes that were received and not decoded yet.
func (r *Reader) Buffered() int { return r.br.Buffered() }

// Lacking returns how many more bytes there have to be at the least, after ReadFlat has come to the end of the stream within a value:
// those of a string whose length is told, and else 1. Whoever has pieces of a stream need not begin with the value again before.
func (r *Reader) Lacking() int { return max(r.lacked, 1) }

// ReadValue decodes the next value. An error reply is a value, not an error.
// Errors: io.EOF at a clean end, io.ErrUnexpectedEOF in the middle of a value,
// *ProtocolError, or what the stream returned.
func (r *Reader) ReadValue() (Value, error) {
	v, err := r.value(0)
	if err == nil {
		r.began = true
	}
	return v, err
}

func (r *Reader) value(depth int) (Value, error) {
	if depth > r.limits.Depth {
		return Value{}, r.broken("nested deeper than %d", r.limits.Depth)
	}
	line, err := r.line(depth > 0)
	if err != nil {
		return Value{}, err
	}
	if len(line) == 0 {
		return Value{}, r.broken("an empty line where a value should begin")
	}
	kind, rest := Kind(line[0]), line[1:]
	switch kind {
	case SimpleString, Error, Double, BigNumber:
		return Value{Kind: kind, Str: string(rest)}, nil
	case Integer:
		n, err := ParseInt(rest)
		if err != nil {
			return Value{}, r.broken("integer %s", quoted(rest))
		}
		return Value{Kind: Integer, Int: n}, nil
	case Null:
		return Value{Kind: Null}, nil
	case Bool:
		if len(rest) == 1 && (rest[0] == 't' || rest[0] == 'f') {
			n := int64(0)
			if rest[0] == 't' {
				n = 1
			}
			return Value{Kind: Bool, Int: n}, nil
		}
		return Value{}, r.broken("boolean %s", quoted(rest))
	case Bulk, BulkError, Verbatim:
		return r.bulk(kind, rest)
	case Array, Set, Push, Map, Attribute:
		return r.elems(kind, rest, depth)
	}
	return Value{}, r.foreign(line)
}

func (r *Reader) bulk(kind Kind, rest []byte) (Value, error) {
	n, err := r.length(rest, r.limits.Bulk)
	if err != nil {
		return Value{}, err
	}
	if n < 0 {
		return Value{Kind: Null}, nil
	}
	body, err := r.body(nil, n)
	if err != nil {
		return Value{}, err
	}
	if kind == Verbatim && len(body) >= 4 && body[3] == ':' {
		body = body[4:]
	}
	return Value{Kind: kind, Str: string(body)}, nil
}

func (r *Reader) elems(kind Kind, rest []byte, depth int) (Value, error) {
	n, err := r.length(rest, r.limits.Elems)
	if err != nil {
		return Value{}, err
	}
	if n < 0 {
		return Value{Kind: Null}, nil
	}
	if kind == Map || kind == Attribute {
		n *= 2
	}
	elems := make([]Value, 0, min(n, 1024))
	for range n {
		e, err := r.value(depth + 1)
		if err != nil {
			return Value{}, unexpected(err)
		}
		elems = append(elems, e)
	}
	if kind == Attribute { // attributes describe the value that follows; nobody here asks for them
		return r.value(depth + 1)
	}
	return Value{Kind: kind, Elems: elems}, nil
}

// ReadCommand decodes the next request: an array of bulk strings, or an inline
// command of words separated by blanks. The arguments are valid until the next
// call. An empty line or array is skipped, as Redis does. Errors are those of
// ReadValue.
func (r *Reader) ReadCommand() ([][]byte, error) {
	for {
		line, err := r.line(false)
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			continue
		}
		if line[0] != byte(Array) {
			if args := r.inline(line); len(args) > 0 {
				return args, nil
			}
			continue
		}
		n, err := r.length(line[1:], r.limits.Elems)
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			continue
		}
		return r.request(n)
	}
}

func (r *Reader) request(n int) ([][]byte, error) {
	r.arena, r.ends = r.arena[:0], r.ends[:0]
	for range n {
		line, err := r.line(true)
		if err != nil {
			return nil, err
		}
		if len(line) == 0 || line[0] != byte(Bulk) {
			return nil, r.broken("expected '$', got %s", quoted(line))
		}
		size, err := r.length(line[1:], r.limits.Bulk-len(r.arena))
		if err != nil {
			return nil, err
		}
		if size < 0 {
			return nil, r.broken("a null where an argument should be")
		}
		if r.arena, err = r.body(r.arena, size); err != nil {
			return nil, err
		}
		r.ends = append(r.ends, len(r.arena))
	}
	r.began = true
	return r.parts(), nil
}

func (r *Reader) inline(line []byte) [][]byte {
	r.args = r.args[:0]
	r.arena = append(r.arena[:0], line...)
	start := -1
	for i, c := range r.arena {
		blank := c == ' ' || c == '\t'
		switch {
		case blank && start >= 0:
			r.args = append(r.args, r.arena[start:i:i])
			start = -1
		case !blank && start < 0:
			start = i
		}
	}
	if start >= 0 {
		r.args = append(r.args, r.arena[start:])
	}
	return r.args
}

// line returns the next line without its end. It is valid until the next read.
func (r *Reader) line(inside bool) ([]byte, error) {
	line, err := r.br.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		long := append([]byte(nil), line...)
		for errors.Is(err, bufio.ErrBufferFull) && len(long) <= maxLine {
			line, err = r.br.ReadSlice('\n')
			long = append(long, line...)
		}
		if len(long) > maxLine {
			return nil, r.foreign(long)
		}
		line = long
	}
	if err != nil {
		if errors.Is(err, io.EOF) && (inside || len(line) > 0) {
			if !r.began && len(line) > 0 && !isKind(line[0]) {
				return nil, r.foreign(line)
			}
			return nil, io.ErrUnexpectedEOF
		}
		// A TLS alert or a banner without a line end would otherwise only be
		// seen as a time-out, although what it is can be told from its start.
		if !r.began && len(line) > 0 && looksLike(line) != "" {
			return nil, r.foreign(line)
		}
		return nil, err
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// body appends n bytes and consumes the line end behind them.
func (r *Reader) body(dst []byte, n int) ([]byte, error) {
	for n > 0 {
		step := min(n, firstAlloc)
		at := len(dst)
		dst = slices.Grow(dst, step)[:at+step]
		if got, err := io.ReadFull(r.br, dst[at:]); err != nil {
			r.lacked = n - got + len("\r\n")
			return nil, unexpected(err)
		}
		n -= step
	}
	end, err := r.br.Peek(2)
	if err != nil {
		r.lacked = len("\r\n") - len(end)
		return nil, unexpected(err)
	}
	if end[0] != '\r' || end[1] != '\n' {
		return nil, r.broken("a string longer than its length")
	}
	_, err = r.br.Discard(2)
	return dst, err
}

// length parses a length; -1 stands for null.
func (r *Reader) length(b []byte, limit int) (int, error) {
	n, err := ParseInt(b)
	if err != nil || n < -1 {
		return 0, r.broken("length %s", quoted(b))
	}
	if n > int64(limit) {
		return 0, r.broken("length %d is over the limit of %d", n, limit)
	}
	return int(n), nil
}

func (r *Reader) broken(format string, args ...any) error {
	return &ProtocolError{Detail: fmt.Sprintf(format, args...)}
}

// foreign is the error for bytes that begin like no value. Only the first
// bytes of a connection tell what else is listening there.
func (r *Reader) foreign(line []byte) error {
	if !r.began {
		if looks := looksLike(line); looks != "" {
			return &ProtocolError{Looks: looks}
		}
	}
	return r.broken("unexpected bytes %s", quoted(line))
}

func looksLike(b []byte) string {
	switch {
	case len(b) >= 2 && (b[0] == 0x15 || b[0] == 0x16) && b[1] == 0x03:
		return "TLS"
	case hasPrefix(b, "HTTP/") || hasPrefix(b, "<!DOCTYPE") || hasPrefix(b, "<html"):
		return "HTTP"
	case hasPrefix(b, "SSH-"):
		return "SSH"
	case hasPrefix(b, "220 ") || hasPrefix(b, "220-"):
		return "SMTP or FTP"
	}
	return ""
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

func isKind(c byte) bool {
	switch Kind(c) {
	case SimpleString, Error, Integer, Bulk, Array, Null, Bool, Double, BigNumber, BulkError, Verbatim, Map, Set, Push, Attribute:
		return true
	}
	return false
}

var errNumber = errors.New("not a number")

// ParseInt parses a decimal without allocating, which strconv on a string
// conversion would.
func ParseInt(b []byte) (int64, error) {
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 {
		return 0, errNumber
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, errNumber
		}
		n = n*10 + uint64(c-'0')
	}
	switch {
	case neg && n <= 1<<63:
		return -int64(n), nil
	case !neg && n <= math.MaxInt64:
		return int64(n), nil
	}
	return 0, errNumber
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// quoted shows bytes of unknown origin in an error message, in plain ASCII and not too many.
func quoted(b []byte) string {
	const most = 32
	if len(b) > most {
		return strconv.QuoteToASCII(string(b[:most])) + fmt.Sprintf("… (%d bytes)", len(b))
	}
	return strconv.QuoteToASCII(string(b))
}
