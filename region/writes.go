package region

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
)

// writes is the writes of a Client that are under way. A client library does not
// tell whether a command that failed was sent, nor does it break off a read of the
// reply when a context is cancelled. The guard knows the first, and the connection
// for the second.
type writes struct {
	mu    sync.Mutex
	byKey map[string]part
}

// write is one write under way, of one key or of several in a pipeline.
type write struct {
	of   *writes
	keys []string
	stop func() // ends the watch over the context

	abandoned bool     // the context was cancelled
	conn      net.Conn // over which it was sent; nil until then
	sent      []bool   // which of the keys were
}

// part is one key of a write.
type part struct {
	of *write
	at int // its place among the keys
}

// begin watches a write of keys that nothing else writes at the time.
func (ws *writes) begin(ctx context.Context, keys []string) *write {
	w := &write{of: ws, keys: keys, sent: make([]bool, len(keys))}
	ws.mu.Lock()
	if ws.byKey == nil {
		ws.byKey = make(map[string]part)
	}
	for i, key := range keys {
		ws.byKey[key] = part{w, i}
	}
	ws.mu.Unlock()
	abandoned := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		// A deadline the client library observes by itself, and then it knows whether
		// the connection is still in the hands of this write.
		if errors.Is(ctx.Err(), context.Canceled) {
			w.abandon()
		}
		close(abandoned)
	})
	w.stop = func() {
		if !cancel() {
			<-abandoned
		}
	}
	return w
}

// sending is told by the guard what is about to be sent over c.
func (ws *writes) sending(c net.Conn, args [][]byte) {
	if len(args) < 2 || !strings.EqualFold(string(args[0]), "SET") {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	one, ok := ws.byKey[string(args[1])]
	if !ok {
		return
	}
	w := one.of
	w.conn, w.sent[one.at] = c, true
	if w.abandoned {
		_ = c.Close()
	}
}

// abandon breaks the write off: the connection is of no more use, since a reply
// is on its way over it.
func (w *write) abandon() {
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	w.abandoned = true
	if w.conn != nil {
		_ = w.conn.Close()
	}
}

// end ends the watch and tells which of the keys were sent.
func (w *write) end() (sent []bool) {
	w.stop()
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	for _, key := range w.keys {
		delete(w.of.byKey, key)
	}
	return w.sent
}
