package engine

import (
	"bytes"
	"strconv"

	"github.com/aafailover/aafailover/internal/resp"
)

// remove removes a key that is shown, as far as this replica has seen it.
func (e *Engine) remove(n *entry) { e.change(n, Remove, n.withoutSeen(), e.stamp()) }

func (e *Engine) del(args [][]byte) {
	var removed int64
	for _, key := range args[1:] {
		if n := e.look(key); n != nil {
			e.remove(n)
			removed++
		}
	}
	e.integer(removed)
}

// exists is TOUCH, too: nothing here is evicted by the time of its last use.
func (e *Engine) exists(args [][]byte) {
	var found int64
	for _, key := range args[1:] {
		if e.read(key) != nil {
			found++
		}
	}
	e.integer(found)
}

func (e *Engine) typeOf(args [][]byte) {
	kind := "none"
	if e.read(args[1]) != nil {
		kind = "string"
	}
	e.out = resp.AppendSimple(e.out, kind)
}

func (e *Engine) dbsize([][]byte) {
	e.hideDue(e.shown)
	e.integer(int64(e.shown))
}

// flush removes every key, here and, as any removal, in the other regions.
func (e *Engine) flush(args [][]byte) {
	if len(args) > 2 || len(args) == 2 && !is(args[1], "async") && !is(args[1], "sync") {
		e.fail(errSyntax)
		return
	}
	for _, n := range e.all {
		if n = e.unexpired(n); n != nil {
			e.remove(n)
		}
	}
	e.ok()
}

func (e *Engine) randomkey([][]byte) {
	e.hideDue(e.shown)
	if e.shown == 0 {
		e.null()
		return
	}
	// Forgotten and hidden entries favour the key after them; it need not be uniform.
	for i := e.random.IntN(len(e.all)); ; i = (i + 1) % len(e.all) {
		if n := e.all[i]; n != nil && n.shown {
			e.out = resp.AppendBulk(e.out, n.key)
			return
		}
	}
}

func (e *Engine) keysLike(args [][]byte) {
	pattern := string(args[1])
	e.keyList(len(e.all), 0, func(key string) bool { return Match(pattern, key) })
}

// keyList answers those keys that are shown, at a position from from up to but not including to, and accepted.
func (e *Engine) keyList(to, from int, accepts func(key string) bool) {
	var found []*entry
	for _, n := range e.all[from:to] {
		if n = e.unexpired(n); n != nil && accepts(n.key) {
			found = append(found, n)
		}
	}
	e.out = resp.AppendArrayLen(e.out, len(found))
	for _, n := range found {
		e.out = resp.AppendBulk(e.out, n.key)
	}
}

// scan answers with a cursor that is a position in Engine.all. Keys do not change their position, so all that are there
// during the whole scan are returned, once.
func (e *Engine) scan(args [][]byte) {
	cursor, ok := parseCursor(args[1])
	if !ok {
		e.fail(errCursor)
		return
	}
	o, problem := parseScan(args[2:])
	if problem != "" {
		e.fail(problem)
		return
	}
	from := int(min(cursor, uint64(len(e.all))))
	to, next := len(e.all), 0
	if o.count < int64(to-from) {
		to = from + int(o.count)
		next = to
	}
	e.out = resp.AppendArrayLen(e.out, 2)
	e.out = resp.AppendBulk(e.out, strconv.AppendInt(nil, int64(next), 10))
	e.keyList(to, from, o.accepts)
}

// parseCursor reads a cursor as strtoul does, which Redis leaves it to: the empty one is 0, and a sign is allowed.
func parseCursor(text []byte) (cursor uint64, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	if !negative {
		digits = bytes.TrimPrefix(text, []byte("+"))
	}
	cursor, err := strconv.ParseUint(string(digits), 10, 64)
	if negative {
		cursor = -cursor
	}
	return cursor, err == nil
}

// scanOptions are what may follow the cursor of SCAN.
type scanOptions struct {
	count   int64  // positions to look at
	pattern string // "" for all keys
	filter  bool   // by pattern
	others  bool   // only keys of another type than string
}

func (o *scanOptions) accepts(key string) bool {
	return !o.others && (!o.filter || Match(o.pattern, key))
}

// parseScan reads the options and returns an error text if they are wrong.
func parseScan(args [][]byte) (o scanOptions, problem string) {
	o.count = 10
	for ; len(args) >= 2; args = args[2:] {
		switch option, argument := args[0], args[1]; {
		case is(option, "count"):
			count, ok := parseInt(argument)
			if !ok {
				return o, errNotInteger
			}
			if count < 1 {
				return o, errSyntax
			}
			o.count = count
		case is(option, "match"):
			o.pattern, o.filter = string(argument), true
		case is(option, "type"):
			o.others = !is(argument, "string")
		default:
			return o, errSyntax
		}
	}
	if len(args) > 0 {
		return o, errSyntax
	}
	return o, ""
}

// printable returns an argument as it may stand in an error reply, which a line end would end: as in Redis, it stops at a
// zero byte, loses line ends at its end and has blanks for others.
func printable(arg []byte) string {
	arg, _, _ = bytes.Cut(arg, []byte{0})
	arg = bytes.TrimRight(arg, "\r\n")
	arg = bytes.ReplaceAll(arg, []byte{'\r'}, []byte{' '})
	return string(bytes.ReplaceAll(arg, []byte{'\n'}, []byte{' '}))
}
