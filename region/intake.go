package region

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/internal/switchboard"
)

// intake reads the connections of an endpoint that a [switchboard.Board] can read, all of them with one buffer: plain TCP,
// on systems that have it. The others are read by a goroutine each.
type intake struct {
	board  switchboard.Board
	common decoder
}

// A connection of the probe is sent messages, of three parts, and replies of one, and nobody keeps more of what is incomplete.
var intakeLimits = resp.Limits{Bulk: limits.Bulk, Elems: 1 << 10, Depth: 1, Buffer: 4 << 10}

func newIntake() *intake { return &intake{common: newDecoder()} }

// decoder takes values from pieces of streams.
type decoder struct {
	piece  *bytes.Reader
	values *resp.Reader
}

func newDecoder() decoder {
	piece := new(bytes.Reader)
	return decoder{piece, resp.NewReaderLimits(piece, intakeLimits)}
}

// movedConn is a connection that the intake reads.
type movedConn struct {
	*conn
	board  *switchboard.Conn
	held   []byte // the beginning of a value; nil when there is none
	enough int    // bytes that held must have before there is any use in looking at them again
	first  []byte // what had been read before it was moved
}

// move takes over the live connection of a line. It returns nil when it is to be read by the caller: the intake cannot, or it was
// hung up.
func (n *intake) move(l *line, c *conn) *movedConn {
	g, ok := c.Conn.(*guard)
	if !ok {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live != c {
		return nil
	}
	board := n.board.Move(g.Conn)
	if board == nil {
		return nil
	}
	m := &movedConn{
		conn:  &conn{Conn: newGuard(board, l.list), door: c.door, address: c.address, intake: n},
		board: board, first: bytes.Clone(c.replies.Rest()),
	}
	l.live = m.conn
	return m
}

// listen hands all that is read to the party until the connection is lost. Then lost is told why, in a goroutine of its own.
func (m *movedConn) listen(p party, lost func(error)) {
	var failed error
	if len(m.first) > 0 {
		failed = m.receive(newDecoder(), p, m.first, time.Now())
		m.first = nil
	}
	if failed != nil {
		_ = m.Close() // which the board notices
	}
	m.board.Listen(func(b []byte, at time.Time) error {
		return m.receive(m.intake.common, p, b, at)
	}, func(err error) { lost(cmp.Or(failed, err)) })
}

// receive takes the values that b completes, and holds back the beginning of the one that follows. A long string is not looked at
// before all of it has come: to begin anew with each piece of it would take the time of all other connections.
func (m *movedConn) receive(d decoder, p party, b []byte, at time.Time) error {
	if len(m.held) > 0 {
		m.held = append(m.held, b...)
		if len(m.held) < m.enough {
			return nil
		}
		b = m.held
	}
	d.piece.Reset(b)
	d.values.Reset(d.piece)
	for {
		left := d.piece.Len() + d.values.Buffered()
		if left == 0 {
			m.held = nil // hundreds of connections stay small
			return nil
		}
		kind, parts, err := d.values.ReadFlat()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			m.held, m.enough = append(m.held[:0], b[len(b)-left:]...), left+d.values.Lacking()
			return nil
		}
		if err == nil {
			err = p.take(m.conn, kind, parts, at)
		}
		if err != nil {
			return err
		}
	}
}
