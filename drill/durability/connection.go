package durability

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
)

// replyLimit is how long a reply may take: a server that forks, or whose disk is
// busy, pauses for seconds.
const replyLimit = 10 * time.Second

// connection is one connection to a server of a row, for one goroutine. It speaks
// the protocol directly, since the time of a write is what is measured.
type connection struct {
	conn   net.Conn
	reader *resp.Reader
	out    []byte
	cancel func() bool // of the watch over the context

	refusal error // what the server said to the last write that it refused
}

// dial connects. The connection ends with ctx, whatever waits for it.
func dial(ctx context.Context, address string) (*connection, error) {
	d := net.Dialer{Timeout: replyLimit}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &connection{conn: conn, reader: resp.NewReader(conn)}
	c.cancel = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return c, nil
}

// firstOf is the first of the errors that is one.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *connection) close() {
	c.cancel()
	_ = c.conn.Close()
}

// do sends one command and returns its reply, an error reply included.
func (c *connection) do(args ...string) (resp.Value, error) {
	if err := c.send(resp.AppendCommand(c.out[:0], args...)); err != nil {
		return resp.Value{}, err
	}
	return c.reader.ReadValue()
}

func (c *connection) send(out []byte) error {
	c.out = out
	if err := c.conn.SetDeadline(time.Now().Add(replyLimit)); err != nil {
		return err
	}
	_, err := c.conn.Write(out)
	return err
}

// exist tells for each key whether it is there.
func (c *connection) exist(keys []string) ([]bool, error) {
	out := c.out[:0]
	for _, key := range keys {
		out = resp.AppendCommand(out, "EXISTS", key)
	}
	if err := c.send(out); err != nil {
		return nil, err
	}
	found := make([]bool, len(keys))
	for i := range found {
		v, err := c.reader.ReadValue()
		if err = firstOf(err, v.Err()); err != nil {
			return nil, err
		}
		found[i] = v.Int == 1
	}
	return found, nil
}

// waiting is what the application does after each write.
type waiting struct {
	asks     bool // by WAIT, in the same breath
	replicas int
	within   time.Duration // how long it waits for them; at least a millisecond
}

// set writes a key. confirmed tells whether as many replicas have it as were asked
// for. The connection is of no more use when the outcome is Indeterminate: a reply
// may be on its way.
//
// These servers are ours and nothing stands before them: an error reply to SET
// always says that nothing was written.
func (c *connection) set(key, value string, w waiting) (outcome drill.Outcome, confirmed bool) {
	out := resp.AppendCommand(c.out[:0], "SET", key, value)
	if w.asks {
		out = resp.AppendCommand(out, "WAIT", strconv.Itoa(w.replicas), strconv.FormatInt(w.within.Milliseconds(), 10))
	}
	if c.send(out) != nil {
		return drill.Indeterminate, false // some of it may have been sent
	}
	v, err := c.reader.ReadValue()
	switch {
	case err != nil:
		return drill.Indeterminate, false
	case v.Err() != nil:
		outcome, c.refusal = drill.Rejected, v.Err()
	default:
		outcome = drill.Acknowledged
	}
	if !w.asks {
		return outcome, outcome == drill.Acknowledged
	}
	v, err = c.reader.ReadValue()
	return outcome, err == nil && v.Kind == resp.Integer && int(v.Int) >= w.replicas
}
