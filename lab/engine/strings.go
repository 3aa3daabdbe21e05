package engine

import (
	"bytes"

	"github.com/aafailover/aafailover/internal/resp"
)

// write gives the key a new value that expires at the given time (unix milliseconds, or Never). It keeps the value.
func (e *Engine) write(key, value []byte, at int64) {
	n, stamp := e.entryOf(key), e.stamp()
	e.change(n, Write, record{base: stamp, value: value, ends: replaceEnds(n.ends, End{stamp, at})}, stamp)
}

// rewrite gives a key that is shown a new value and leaves its expiry as it is. It keeps the value.
func (e *Engine) rewrite(n *entry, value []byte) {
	stamp := e.stamp()
	e.change(n, Write, record{base: stamp, value: value, ends: n.ends}, stamp)
}

// edit makes value that of the key: of n, or of a new key when n is nil.
func (e *Engine) edit(key []byte, n *entry, value []byte) {
	if n == nil {
		e.write(key, value, Never)
		return
	}
	e.rewrite(n, value)
}

func (e *Engine) get(args [][]byte) { e.value(e.read(args[1])) }

func (e *Engine) strlen(args [][]byte) {
	if n := e.read(args[1]); n != nil {
		e.integer(int64(n.length()))
		return
	}
	e.integer(0)
}

func (e *Engine) mget(args [][]byte) {
	e.out = resp.AppendArrayLen(e.out, len(args)-1)
	for _, key := range args[1:] {
		e.value(e.read(key))
	}
}

func (e *Engine) mset(args [][]byte) {
	if len(args)%2 == 0 {
		e.wrongNumber()
		return
	}
	e.writeAll(args[1:])
	e.ok()
}

func (e *Engine) msetnx(args [][]byte) {
	if len(args)%2 == 0 {
		e.wrongNumber()
		return
	}
	for _, key := range e.command.Keys(args) {
		if e.look(key) != nil {
			e.flag(false)
			return
		}
	}
	e.writeAll(args[1:])
	e.flag(true)
}

func (e *Engine) writeAll(pairs [][]byte) {
	for i := 0; i < len(pairs); i += 2 {
		e.write(pairs[i], bytes.Clone(pairs[i+1]), Never)
	}
}

func (e *Engine) getset(args [][]byte) {
	e.value(e.look(args[1]))
	e.write(args[1], bytes.Clone(args[2]), Never)
}

func (e *Engine) getdel(args [][]byte) {
	n := e.look(args[1])
	e.value(n)
	if n != nil {
		e.remove(n)
	}
}

func (e *Engine) appendTo(args [][]byte) {
	n, more := e.look(args[1]), args[2]
	var value []byte
	if n == nil {
		value = bytes.Clone(more)
	} else {
		length := n.length() + len(more)
		if length > e.longest {
			e.fail(errTooLong)
			return
		}
		value = append(n.appendValue(make([]byte, 0, length)), more...)
	}
	e.edit(args[1], n, value)
	e.integer(int64(len(value)))
}

func (e *Engine) setrange(args [][]byte) {
	offset, ok := parseInt(args[2])
	if !ok {
		e.fail(errNotInteger)
		return
	}
	if offset < 0 {
		e.fail(errOffset)
		return
	}
	n, piece := e.look(args[1]), args[3]
	length := 0
	if n != nil {
		length = n.length()
	}
	if len(piece) == 0 {
		e.integer(int64(length))
		return
	}
	if offset > int64(e.longest-len(piece)) {
		e.fail(errTooLong)
		return
	}
	value := make([]byte, max(length, int(offset)+len(piece)))
	if n != nil {
		n.appendValue(value[:0])
	}
	copy(value[offset:], piece)
	e.edit(args[1], n, value)
	e.integer(int64(len(value)))
}

func (e *Engine) getrange(args [][]byte) {
	start, ok := parseInt(args[2])
	end, ok2 := parseInt(args[3])
	if !ok || !ok2 {
		e.fail(errNotInteger)
		return
	}
	n := e.read(args[1])
	if n == nil {
		e.out = resp.AppendBulk(e.out, "")
		return
	}
	value := n.value
	if n.counted {
		var digits [20]byte
		value = n.appendValue(digits[:0])
	}
	e.out = resp.AppendBulk(e.out, between(value, start, end))
}

// between returns the bytes from start to end, both included. Negative positions count from the end of the value.
func between(value []byte, start, end int64) []byte {
	length := int64(len(value))
	if start < 0 && end < 0 && start > end {
		return nil
	}
	if start < 0 {
		start = max(start+length, 0)
	}
	if end < 0 {
		end = max(end+length, 0)
	}
	end = min(end, length-1)
	if start > end {
		return nil
	}
	return value[start : end+1]
}
