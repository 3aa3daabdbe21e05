package proxy

import (
	"context"
	"sync"
	"syscall"
)

// handshakes tells a Dial what became of its connection behind the listener. A connection to a proxy is made before the one
// from the proxy to the server, so that a server that refuses would look like one that accepts and hangs up.
//
//	connect ──> listener ──> session ──> dial the region ──> settle
//	wait <───────────────────────────────────────────────────┘
//
// A session is known by the address that its client connected from. What is settled is kept as long as any Dial is under way:
// connections of other processes are among them, and nobody asks for those.
type handshakes struct {
	mu      sync.Mutex
	dialing int
	settled map[string]error
	changed chan struct{} // closed when something is settled
}

// begin is called before a connection is made, end when it was waited for.
func (h *handshakes) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dialing++; h.dialing == 1 {
		h.settled, h.changed = make(map[string]error), make(chan struct{})
	}
}

func (h *handshakes) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dialing--; h.dialing == 0 {
		h.settled = nil
	}
}

// settle says what became of the connection from client; nil: it was made. Only the first word counts.
func (h *handshakes) settle(client string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dialing == 0 {
		return
	}
	if _, ok := h.settled[client]; !ok {
		h.settled[client] = err
		close(h.changed)
		h.changed = make(chan struct{})
	}
}

// wait returns what became of the connection from client. Where the listener is gone first, the connection may never have
// been accepted.
func (h *handshakes) wait(ctx context.Context, client string, gone <-chan struct{}) error {
	for {
		h.mu.Lock()
		err, ok := h.settled[client]
		delete(h.settled, client) // the same port may be used again while other connections are made
		changed := h.changed
		h.mu.Unlock()
		if ok {
			return err
		}
		select {
		case <-changed:
		case <-gone:
			return syscall.ECONNREFUSED
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
