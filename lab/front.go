package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/heldport"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
)

// maxClients bounds the connections of one front; it is the default of maxclients in Redis.
const maxClients = 10_000

// front is the endpoint of a shard: a listener and the sessions of its clients. It can be opened again, at the same
// address.
type front struct {
	shard *shard

	mu       sync.Mutex
	listener net.Listener // nil: closed
	sessions map[*session]struct{}
	held     map[string]*heldport.Port // by address: those of the shard's sites where it does not listen
	running  sync.WaitGroup
}

// open listens at a free port, which becomes the shard's site.
func (f *front) open(ctx context.Context) error {
	ln, err := listenAnywhere(ctx, f.shard.region.lab.config)
	if err != nil {
		return fmt.Errorf("%s: listen: %w", f.shard.label(), err)
	}
	f.shard.at.Store(newSite(f.shard, ln.Addr().String()))
	f.take(ln)
	return nil
}

// reopen listens at the shard's site.
func (f *front) reopen(ctx context.Context) error {
	address := f.shard.site().address
	f.mu.Lock()
	held := f.held[address]
	f.mu.Unlock()
	held.Lend()
	ln, err := listenAt(ctx, f.shard.region.lab.config.Listen, address)
	if err != nil {
		held.TakeBack()
		return fmt.Errorf("%s: listen: %w", f.shard.label(), err)
	}
	held.Release()
	f.mu.Lock()
	delete(f.held, address)
	f.mu.Unlock()
	f.take(ln)
	return nil
}

// take serves the clients that come to a listener, until close.
func (f *front) take(ln net.Listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listener = ln
	f.sessions = make(map[*session]struct{})
	f.running.Go(func() { f.accept(ln) })
}

// close refuses new connections, resets those that there are, and waits for their sessions. The port is kept until the front
// is opened there again, or released.
func (f *front) close() {
	f.mu.Lock()
	if f.listener != nil {
		if port := heldport.Hold(f.listener); port != nil {
			f.hold(port)
		}
		f.listener = nil
	}
	for s := range f.sessions {
		s.abort()
	}
	f.mu.Unlock()
	f.running.Wait()
}

// hold keeps the port of the shard's site. The caller holds mu.
func (f *front) hold(port *heldport.Port) {
	if f.held == nil {
		f.held = make(map[string]*heldport.Port)
	}
	f.held[f.shard.site().address] = port
}

// release gives back the ports of a front that is closed and will not be opened again.
func (f *front) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, port := range f.held {
		port.Release()
	}
	f.held = nil
}

func (f *front) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors, or the client has gone already: it passes, and it must not spin until then.
			select {
			case <-time.After(10 * time.Millisecond):
			case <-f.shard.region.lab.closed:
				return
			}
			continue
		}
		f.serve(conn)
	}
}

func (f *front) serve(conn net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.listener == nil:
		memnet.Reset(conn)
	case len(f.sessions) >= maxClients || f.shard.answers().full:
		// Fits into an empty socket buffer, so it does not wait.
		_, _ = conn.Write(resp.AppendError(nil, "ERR max number of clients reached"))
		_ = conn.Close()
	default:
		s := newSession(f, conn)
		f.sessions[s] = struct{}{}
		f.running.Go(func() {
			s.serve()
			f.mu.Lock()
			delete(f.sessions, s)
			f.mu.Unlock()
		})
	}
}

// clients returns the sessions in the order in which they came.
func (f *front) clients() []*session {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Keys(f.sessions), func(a, b *session) int { return int(a.id - b.id) })
}

// drop resets the sessions that are chosen.
func (f *front) drop(chosen func(*session) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.sessions {
		if chosen(s) {
			s.abort()
		}
	}
}

// count returns the number of connections.
func (f *front) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sessions)
}

func listenAnywhere(ctx context.Context, c Config) (net.Listener, error) {
	if c.Listen != nil {
		return c.Listen(ctx, "tcp", net.JoinHostPort(c.Host, "0"))
	}
	return heldport.Listen(ctx, c.Host, heldport.Highest)
}

// listenAt listens at an address that this lab has had before. The kernel may need a moment to give it back.
func listenAt(ctx context.Context, listen Listen, address string) (ln net.Listener, err error) {
	if listen == nil {
		listen = listenTCP
	}
	for range 50 {
		if ln, err = listen(ctx, "tcp", address); err == nil {
			return ln, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
	return nil, err
}

func listenTCP(ctx context.Context, network, address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, network, address)
}
