package engine

import "github.com/aafailover/aafailover/internal/resp"

// What Redis 7 answers to what it cannot do.
const (
	errSyntax     = "ERR syntax error"
	errNotInteger = "ERR value is not an integer or out of range"
	errNotFloat   = "ERR value is not a valid float"
	errNaN        = "ERR increment would produce NaN or Infinity"
	errOverflow   = "ERR increment or decrement would overflow"
	errDecrement  = "ERR decrement would overflow"
	errOffset     = "ERR offset is out of range"
	errTooLong    = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	errCursor     = "ERR invalid cursor"
)

// Execute runs a command and returns dst with the reply added. args[0] is the command's name. Nothing of args is kept.
// What the command cannot do is answered with an error reply, worded as Redis 7.0 does.
func (e *Engine) Execute(dst []byte, c *Command, args [][]byte, resp3 bool) []byte {
	e.tell()
	e.command, e.out, e.resp3 = c, dst, resp3
	if c.fits(len(args)) {
		c.run(e, args)
	} else {
		e.wrongNumber()
	}
	dst, e.out = e.out, nil
	return dst
}

func (e *Engine) fail(text string) { e.out = resp.AppendError(e.out, text) }
func (e *Engine) wrongNumber() {
	e.fail("ERR wrong number of arguments for '" + e.command.Name + "' command")
}
func (e *Engine) wrongExpire() { e.fail("ERR invalid expire time in '" + e.command.Name + "' command") }
func (e *Engine) ok()          { e.out = append(e.out, "+OK\r\n"...) }
func (e *Engine) null()        { e.out = resp.AppendNull(e.out, e.resp3) }
func (e *Engine) integer(n int64) {
	e.out = resp.AppendInt(e.out, n)
}

// flag answers 1 or 0.
func (e *Engine) flag(yes bool) {
	var n int64
	if yes {
		n = 1
	}
	e.integer(n)
}

// value answers the value of an entry, or null if there is none.
func (e *Engine) value(n *entry) {
	switch {
	case n == nil:
		e.null()
	case n.counted:
		var digits [20]byte
		e.out = resp.AppendBulk(e.out, n.appendValue(digits[:0]))
	default:
		e.out = resp.AppendBulk(e.out, n.value)
	}
}

// read looks a key up for a command that only reads, and reports that.
func (e *Engine) read(key []byte) *entry {
	n := e.look(key)
	if e.Observe != nil {
		if n != nil {
			e.Observe(n.key, true)
		} else {
			e.Observe(string(key), false)
		}
	}
	return n
}
