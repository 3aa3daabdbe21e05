package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// link is the lab's connections to a server.
//
//	two    commands of clients that speak RESP2
//	three  those of clients that speak RESP3; the server tells here which keys have changed, whoever has changed them
//	own    what the lab does itself: messages, and what other regions know
//	asks   questions that need no lock
//
// The first two are logged in as a user who may not do what is the lab's: see forbidden. They have no deadline: a server that
// hangs answers when it goes on, and one that ends closes them.
type link struct {
	two, three, own *wire

	asking sync.Mutex
	asks   *wire

	name    string          // of the key that counts transactions
	changed map[string]bool // keys that were told since the last transaction
	flushed bool            // and all there were, before
	counted int             // how often that key was told
}

// wire is one connection.
type wire struct {
	conn   net.Conn
	in     *resp.Reader
	pushed func(resp.Value)
}

// clientUser is who clients are to the server.
const clientUser = "aafailover-client"

// forbidden are the commands that scripts of clients may not run: they would go past the lab. Clients themselves get there
// only what servedCommands lets through.
var forbidden = []string{"acl", "cluster", "config", "debug", "failover", "flushall", "migrate", "module", "monitor", "move", "psync",
	"publish", "replconf", "replicaof", "shutdown", "slaveof", "spublish", "swapdb", "sync"}

// dialServer connects to a server. The key that counts transactions has that name.
func dialServer(ctx context.Context, address, name string) (l *link, err error) {
	l = &link{name: name, changed: make(map[string]bool)}
	defer func() {
		if err != nil {
			l.close()
			l, err = nil, fmt.Errorf("connect to its server: %w", err)
		}
	}()
	for _, w := range []**wire{&l.own, &l.asks, &l.two, &l.three} {
		if *w, err = dialWire(ctx, address); err != nil {
			return l, err
		}
	}
	l.three.pushed = l.notice
	stop := context.AfterFunc(ctx, l.close)
	defer stop()
	secret := rand.Text()
	rule := []string{"ACL", "SETUSER", clientUser, "reset", "on", ">" + secret, "~*", "&*", "+@all"}
	for _, name := range forbidden {
		rule = append(rule, "-"+name)
	}
	for _, step := range []struct {
		on    *wire
		words []string
	}{
		{l.own, rule},
		{l.two, []string{"AUTH", clientUser, secret}},
		{l.three, []string{"HELLO", "3", "AUTH", clientUser, secret}},
		{l.three, []string{"CLIENT", "TRACKING", "ON", "BCAST"}},
	} {
		if _, err := step.on.do(step.words...); err != nil {
			return l, fmt.Errorf("%s: %w", step.words[0], err)
		}
	}
	return l, nil
}

func dialWire(ctx context.Context, address string) (*wire, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, in: resp.NewReaderLimits(conn, resp.Limits{Elems: 1 << 28, Depth: 1 << 10})}, nil
}

func (l *link) close() {
	for _, w := range []*wire{l.two, l.three, l.own, l.asks} {
		if w != nil {
			_ = w.conn.Close()
		}
	}
}

// speaking is the wire for clients that speak a version of the protocol.
func (l *link) speaking(resp3 bool) *wire {
	if resp3 {
		return l.three
	}
	return l.two
}

// notice takes what the server tells about keys that have changed.
func (l *link) notice(v resp.Value) {
	if len(v.Elems) != 2 || v.Elems[0].Str != "invalidate" {
		return
	}
	if v.Elems[1].IsNull() {
		clear(l.changed)
		l.flushed = true
		return
	}
	for _, key := range v.Elems[1].Elems {
		if key.Str == l.name {
			l.counted++
		} else {
			l.changed[key.Str] = true
		}
	}
}

// awaitNews reads what the server tells of the transaction that was just executed. It is told once the transaction is, which
// always changes the key that counts; so it is in the same message, or behind what came before.
func (l *link) awaitNews() error {
	for l.counted == 0 {
		v, err := l.three.in.ReadValue()
		if err != nil {
			return err
		}
		if v.Kind != resp.Push {
			return fmt.Errorf("%s where news of a transaction should be", v)
		}
		l.notice(v)
	}
	return nil
}

// news returns the keys that were told, and whether all others were flushed before, and forgets them.
func (l *link) news() (changed map[string]bool, flushed bool) {
	changed, flushed = l.changed, l.flushed
	l.changed, l.flushed, l.counted = make(map[string]bool), false, 0
	return changed, flushed
}

func (w *wire) send(b []byte) error {
	_, err := w.conn.Write(b)
	return err
}

// skip takes the pushes that come before the next reply.
func (w *wire) skip() error {
	for w.pushed != nil {
		kind, err := w.in.PeekKind()
		if err != nil || kind != resp.Push {
			return err
		}
		v, err := w.in.ReadValue()
		if err != nil {
			return err
		}
		w.pushed(v)
	}
	return nil
}

// raw appends the next reply as it comes.
func (w *wire) raw(dst []byte) ([]byte, error) {
	if err := w.skip(); err != nil {
		return dst, err
	}
	return w.in.AppendRaw(dst)
}

// reply reads the next reply. An error reply is one; other errors are those of the connection.
func (w *wire) reply() (resp.Value, error) {
	if err := w.skip(); err != nil {
		return resp.Value{}, err
	}
	return w.in.ReadValue()
}

// do sends a command and returns its reply, or the error that it is.
func (w *wire) do(words ...string) (resp.Value, error) {
	if err := w.send(resp.AppendCommand(nil, words...)); err != nil {
		return resp.Value{}, err
	}
	v, err := w.reply()
	if err == nil {
		err = v.Err()
	}
	return v, err
}

// refused says whether an error is a reply, and not the end of a connection.
func refused(err error) bool {
	var answer resp.ServerError
	return errors.As(err, &answer)
}
