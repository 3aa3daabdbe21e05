package region

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/aafailover/aafailover/internal/handshake"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// conn is a connection of our own to a server, ready to use: guarded,
// authenticated, and proven to answer. It speaks RESP2, since it needs nothing
// of RESP3 and some servers lack HELLO.
type conn struct {
	net.Conn        // a guard
	guard    *guard // the same
	door     *door
	address  string
	replies  *resp.Reader // nil when intake reads it
	intake   *intake
}

// What a peer may send at the most. The largest reply is that to CLUSTER SLOTS:
// about 150 bytes a range and node.
var limits = resp.Limits{Bulk: 1 << 20, Elems: 1 << 17, Depth: 8}

// Sizes of the read buffers, in bytes. A publisher reads ":1" and "+PONG"; a
// subscriber reads messages of some 150 bytes, several of which arrive together
// when a stalled link heals: that takes more reads then, and nothing else. 1,280 shards with one of each, as in 5 regions of
// 256, take 2.6 MB.
const (
	publisherBuffer  = 1 << 10
	subscriberBuffer = 1 << 10
	topologyBuffer   = 16 << 10
)

// open connects to an address of the region and shakes hands. When the password
// is rejected it is read once more, since passwords rotate, and if it has
// changed by then, another connection is tried with it.
func (d *door) open(ctx context.Context, address string, l *list, buffer int) (*conn, error) {
	raw, address, err := d.openRaw(ctx, address, l)
	if err != nil {
		return nil, err
	}
	sized := cmp.Or(d.replies, limits)
	sized.Buffer = buffer
	return &conn{Conn: raw, guard: raw, door: d, address: address, replies: resp.NewReaderLimits(raw, sized)}, nil
}

// openDatabase is open for who reads or writes keys: it selects the database.
func (d *door) openDatabase(ctx context.Context, address string, l *list, buffer int) (*conn, error) {
	c, err := d.open(ctx, address, l, buffer)
	if err != nil || d.region.Database == 0 {
		return c, err
	}
	v, err := c.ask(ctx, "SELECT", strconv.Itoa(d.region.Database))
	if err == nil {
		err = v.Err()
	}
	if err != nil {
		_ = c.Close()
		return nil, d.fail(c.address, "select the database", err)
	}
	return c, nil
}

// openRaw is open for a client with a reader of its own. It returns to which
// address it connected; see locate.
func (d *door) openRaw(ctx context.Context, address string, l *list) (*guard, string, error) {
	limited, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	located, err := d.locate(limited, address)
	if err != nil {
		return nil, "", err
	}
	c, err := d.authenticated(ctx, target{located, d.serverName(address, located)}, l)
	return c, located, err
}

// target is where a connection is made to.
type target struct {
	address string // host:port
	name    string // that the certificate must have, over TLS
}

// authenticated connects to a located address.
func (d *door) authenticated(ctx context.Context, to target, l *list) (*guard, error) {
	password, err := d.password(ctx, to.address)
	if err != nil {
		return nil, err
	}
	c, err := d.attempt(ctx, to, password, l)
	if CauseOf(err) != probe.Authentication {
		return c, err
	}
	d.region.Password.Rejected(password)
	again, readErr := d.password(ctx, to.address)
	if readErr != nil {
		return nil, readErr
	}
	if again == password {
		return nil, err // the same again would only count as another failed attempt
	}
	return d.attempt(ctx, to, again, l)
}

// attempt is one connection with its handshake. It takes the region's timeout at the
// most, and ends when ctx does.
func (d *door) attempt(ctx context.Context, to target, password string, l *list) (*guard, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	c, asked, err := d.reach(ctx, to)
	if err != nil {
		return nil, err
	}
	g := newGuard(c, l)
	if err := d.greet(ctx, g, to, password, asked, d.shakeHands); err != nil {
		return nil, err
	}
	return g, nil
}

// reach connects to a located address, and encrypts where the region's URL says so.
func (d *door) reach(ctx context.Context, to target) (net.Conn, *handshake.Request, error) {
	c, err := d.dial(ctx, "tcp", to.address)
	if err != nil {
		return nil, nil, d.fail(to.address, connecting, timely(ctx, err))
	}
	c, asked, err := d.encrypt(ctx, c, to.name)
	d.showed.note(to.address, c, err)
	if err != nil {
		return nil, nil, d.fail(to.address, encrypting, asked.Explain(timely(ctx, err)))
	}
	return c, asked, nil
}

// greet has a new connection shake hands before ctx ends. g is closed when that fails.
func (d *door) greet(ctx context.Context, g *guard, to target, password string, asked *handshake.Request, shake func(*guard, string) (action string, err error)) error {
	stop := closeWhenDone(ctx, g)
	action, err := shake(g, password)
	if stop() && err == nil {
		return nil
	}
	_ = g.Close()
	if err == nil {
		err = ctx.Err() // it ended just now, and closed the connection
	}
	err = withoutPassword(timely(ctx, err), password)
	if err = asked.Explain(err); d.security != nil && isTLS(err) {
		action = encrypting // in TLS 1.3 the server looks at our certificate when we believe to be done
	}
	return d.fail(to.address, action, err)
}

// timely returns err, or what ended ctx if err stems from closing the connection
// for that reason: it would tell the wrong cause.
func timely(ctx context.Context, err error) error {
	if errors.Is(err, net.ErrClosed) {
		return cmp.Or(ctx.Err(), err)
	}
	return err
}

// closeWhenDone closes c when ctx ends. stop ends that, waits for a closing that
// has begun, and tells whether there was none.
func closeWhenDone(ctx context.Context, c net.Conn) (stop func() bool) {
	closed := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		_ = c.Close()
		close(closed)
	})
	return func() bool {
		if cancel() {
			return true
		}
		<-closed
		return false
	}
}

// shakeHands authenticates and proves with a PING that the peer answers. It
// returns what it was doing last.
func (d *door) shakeHands(g *guard, password string) (action string, err error) {
	r := handshakeReader(g)
	if err := d.authenticate(g, r, password); err != nil {
		return authenticating, err
	}
	v, err := exchange(g, r, "PING")
	switch {
	case err != nil, v.Err() != nil && d.answers(v.Str):
	case v.Err() != nil:
		err = v.Err()
	case v.Kind != resp.SimpleString && v.Kind != resp.Bulk:
		err = unexpectedAnswer("PING", v.Kind)
	}
	return greeting, err
}

// handshakeReader reads replies one at a time, so nothing is left in its buffer for the
// reader that follows.
func handshakeReader(g *guard) *resp.Reader {
	small := limits
	small.Buffer = 256
	return resp.NewReaderLimits(g, small)
}

// authenticate sends the password, where there is one.
func (d *door) authenticate(g *guard, r *resp.Reader, password string) error {
	if password == "" {
		return nil
	}
	args := []string{"AUTH", password}
	if d.region.User != "" {
		args = []string{"AUTH", d.region.User, password}
	}
	v, err := exchange(g, r, args...)
	if err = cmp.Or(err, v.Err()); err == nil && v.Kind != resp.SimpleString {
		err = unexpectedAnswer("AUTH", v.Kind)
	}
	return err
}

// unexpectedAnswer is the error of a peer that answers as no Redis server does: one
// that repeats what it is sent, for example.
func unexpectedAnswer(command string, kind resp.Kind) error {
	return &resp.ProtocolError{Detail: fmt.Sprintf("%s is answered with a value of kind %q", command, string(kind))}
}

// answers tells that an error reply to PING still proves a server: it publishes
// and subscribes while it loads, has lost its primary, is busy with a script, or
// grants no PING. One that cannot write its disk tells how it is all the same, and
// that is what it is asked for where nothing else is.
func (d *door) answers(reply string) bool {
	switch resp.ServerError(reply).Code() {
	case "LOADING", "MASTERDOWN", "BUSY", "NOPERM":
		return true
	case "MISCONF":
		return d.uses&(ToCheck|ToRead) != 0
	}
	return false
}

// exchange sends a command and reads its reply.
func exchange(w io.Writer, r *resp.Reader, args ...string) (resp.Value, error) {
	_, err := w.Write(resp.AppendCommand(nil, args...))
	if err == nil {
		return r.ReadValue()
	}
	if CauseOf(err) == probe.Reset && !errors.Is(err, net.ErrClosed) {
		// Who hangs up at once has perhaps said why: "max number of clients", or in TLS
		// that it wants another certificate.
		if v, last := r.ReadValue(); last == nil && v.Err() != nil || last != nil && isTLS(last) {
			return v, last
		}
	}
	return resp.Value{}, err
}

// ask sends one command and returns its reply, an error reply included. It takes
// the region's timeout at the most, and breaks off when ctx ends.
func (c *conn) ask(ctx context.Context, args ...string) (resp.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, c.door.timeout)
	defer cancel()
	defer closeWhenDone(ctx, c.Conn)()
	v, err := exchange(c, c.replies, args...)
	return v, timely(ctx, err)
}

// askAll sends commands together and reads the reply to each, error replies included. It
// takes the region's timeout at the most for all of them.
func (c *conn) askAll(ctx context.Context, commands [][]string) ([]resp.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, c.door.timeout)
	defer cancel()
	defer closeWhenDone(ctx, c.Conn)()
	var out []byte
	for _, args := range commands {
		out = resp.AppendCommand(out, args...)
	}
	if _, err := c.Write(out); err != nil {
		return nil, timely(ctx, err)
	}
	replies := make([]resp.Value, len(commands))
	for i := range replies {
		var err error
		if replies[i], err = c.replies.ReadValue(); err != nil {
			return nil, timely(ctx, err)
		}
	}
	return replies, nil
}
