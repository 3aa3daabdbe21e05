package region

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// errForbidden says that a command is not on the list for its connection.
var errForbidden = errors.New("not sent: the command is not on the list of what may be sent")

// maxCommand bounds one command in bytes, and so what guard holds back of an
// incomplete one. The largest that are sent are a drill's values and reads of
// 100 keys.
const maxCommand = 1 << 20

// guard is a connection that sends only what its list allows. It parses what is
// written, forwards complete commands that are allowed, and holds back a command
// until all of it was written. At the first byte of anything else the connection
// is closed for good and every write fails with errForbidden; of the forbidden
// command nothing was sent.
//
// It stands below every client, go-redis included, because a client can send
// without its hooks being asked. It does not stand below TLS, where there is
// nothing to read.
type guard struct {
	net.Conn
	list *list

	mu    sync.Mutex
	held  []byte    // a command's beginning, not sent
	args  [][]byte  // of the command that is looked at
	name  []byte    // of the command before it: most are followed by the same
	rules []subrule // for that
	err   error     // why the connection is unusable

	turns bool  // turn was looked for
	turn  *turn // nil: what is sent is not waited for
}

func newGuard(c net.Conn, l *list) *guard { return &guard{Conn: c, list: l} }

// Write sends the commands that b completes. What it holds back counts as
// written, since it is sent as soon as it is complete.
func (g *guard) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pass(b, false)
}

// pass sends what of b may be sent, and waits for the answer if all of it is sent. The
// caller holds mu.
func (g *guard) pass(b []byte, wait bool) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	before, stream := len(g.held), b
	if before > 0 {
		g.held = append(g.held, b...)
		stream = g.held
	}
	allowed, verdict := g.check(stream)
	sent, err := 0, error(nil)
	if allowed > 0 {
		if wait && allowed == len(stream) {
			sent, err = g.sendAndWait(stream)
		} else {
			sent, err = g.Conn.Write(stream[:allowed])
		}
	}
	if err = errors.Join(err, verdict); err != nil {
		g.err, g.held = err, nil
		if verdict != nil {
			_ = g.Close()
		} // else the peer's last words can still be read
		return max(sent-before, 0), err
	}
	// A drained buffer is given back: hundreds of connections stay small.
	if rest := stream[allowed:]; len(rest) > 0 {
		g.held = append(g.held[:0], rest...)
	} else {
		g.held = nil
	}
	return len(b), nil
}

// check returns how many bytes from the start of stream are complete commands
// that are allowed, and an error if what follows them is not, or cannot become,
// an allowed command.
func (g *guard) check(stream []byte) (int, error) {
	allowed := 0
	for {
		n, err := g.parse(stream[allowed:])
		if err != nil || n == 0 {
			return allowed, err
		}
		name := g.args[0]
		if string(name) != string(g.name) {
			if g.rules = g.list.rulesOf(name); g.rules == nil {
				return allowed, forbidden(name)
			}
			g.name = append(g.name[:0], name...)
		}
		if !g.list.allows(g.rules, g.args[1:]) {
			return allowed, forbidden(name)
		}
		allowed += n
	}
}

// parse takes one command, an array of bulk strings, from the start of b into
// g.args and returns its length; 0 if b ends before it. It accepts only the one
// canonical form, so that no server can read another command from the bytes.
func (g *guard) parse(b []byte) (int, error) {
	g.args = g.args[:0]
	count, at, err := parseHead(b, 0, '*')
	if err != nil || at == 0 {
		return 0, err
	}
	if count == 0 {
		return 0, fmt.Errorf("%w: an empty command", errForbidden)
	}
	for range count {
		size, body, err := parseHead(b, at, '$')
		if err != nil {
			return 0, err
		}
		end := body + size
		if body == 0 && len(b) > maxCommand || end+2 > maxCommand {
			return 0, fmt.Errorf("%w: a command of more than %d bytes", errForbidden, maxCommand)
		}
		if body == 0 || end+2 > len(b) {
			return 0, nil
		}
		if b[end] != '\r' || b[end+1] != '\n' {
			return 0, errNotCommand
		}
		g.args = append(g.args, b[body:end])
		at = end + 2
	}
	return at, nil
}

var errNotCommand = fmt.Errorf("%w: not a command of the protocol", errForbidden)

// maxDigits is enough for any length up to maxCommand.
const maxDigits = 7

// parseHead parses a line of mark and a length at b[at:], and returns the length
// and where the line ends; an end of 0 means that b does not reach that far.
func parseHead(b []byte, at int, mark byte) (length, end int, err error) {
	if at == len(b) {
		return 0, 0, nil
	}
	if b[at] != mark {
		return 0, 0, errNotCommand
	}
	if rest := b[at+1:]; len(rest) >= 4 { // nearly all have one digit or two; the loop below takes these too
		one, two := rest[0]-'0', rest[1]-'0' // over 9: no digit
		switch {
		case one <= 9 && rest[1] == '\r' && rest[2] == '\n':
			return int(one), at + 4, nil
		case one-1 < 9 && two <= 9 && rest[2] == '\r' && rest[3] == '\n':
			return 10*int(one) + int(two), at + 5, nil
		}
	}
	first := at + 1
	for i := first; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9' && i-first < maxDigits && (i == first || b[first] != '0'):
			length = 10*length + int(c-'0')
		case c == '\r' && i > first:
			if i+1 == len(b) {
				return 0, 0, nil
			}
			if b[i+1] != '\n' {
				return 0, 0, errNotCommand
			}
			return length, i + 2, nil
		default:
			return 0, 0, errNotCommand
		}
	}
	return 0, 0, nil
}
