package region

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// pool is the connections of a Client to one shard. It remembers no failure: who wants
// a connection while there is none to be had is told so of an attempt that was made for
// him, since a recovery that is noticed late would be measured as the region's.
type pool struct {
	door    *door
	may     *list
	address string
	ctx     context.Context // of the dials: they go on when nobody waits for them any more
	dialing *sync.WaitGroup

	mu      sync.Mutex
	all     map[*lent]struct{} // nil until there is one
	idle    []*lent            // of them; the one that was used last is at the end
	waiting []chan<- dialled   // those who want one, the first first
	dials   int                // that are under way
	closed  bool
}

// dialled is a connection, or why there is none.
type dialled struct {
	*lent
	err error
}

// take returns a connection that nobody else uses, to be given back, and waits until
// there is one, or one could not be made, or ctx ends.
func (p *pool) take(ctx context.Context) (*lent, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 {
		l := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return l, nil
	}
	if p.closed {
		p.mu.Unlock()
		return nil, net.ErrClosed
	}
	mine := make(chan dialled, 1)
	p.waiting = append(p.waiting, mine)
	if p.dials < len(p.waiting) {
		p.dials++
		p.dialing.Go(p.dial)
	}
	p.mu.Unlock()
	select {
	case got := <-mine:
		return got.lent, got.err
	case <-ctx.Done():
	}
	p.mu.Lock()
	i := slices.IndexFunc(p.waiting, func(c chan<- dialled) bool { return c == mine })
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.mu.Unlock()
	if i < 0 {
		if got := <-mine; got.err == nil { // it came just now
			p.give(got.lent)
		}
	}
	return nil, ctx.Err()
}

// dial makes a connection for whoever waits first, or for later.
func (p *pool) dial() {
	c, err := p.door.openDatabase(p.ctx, p.address, p.may, clientBuffer)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dials--
	if err == nil && p.closed {
		_ = c.Close()
		err = net.ErrClosed
	}
	if err != nil {
		p.hand(dialled{err: err})
		return
	}
	l := newLent(c)
	if p.all == nil {
		p.all = make(map[*lent]struct{})
	}
	p.all[l] = struct{}{}
	if !p.hand(dialled{lent: l}) {
		p.idle = append(p.idle, l)
	}
}

// hand gives something to whoever waits first, and tells whether somebody does. The
// caller holds mu.
func (p *pool) hand(d dialled) bool {
	if len(p.waiting) == 0 {
		return false
	}
	p.waiting[0] <- d
	p.waiting = slices.Delete(p.waiting, 0, 1)
	return true
}

// give takes a connection back. One that is of no more use is closed.
func (p *pool) give(l *lent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.spent || p.closed {
		delete(p.all, l)
		_ = l.Close()
		return
	}
	if !p.hand(dialled{lent: l}) {
		p.idle = append(p.idle, l)
	}
}

// close closes all connections, also those that are used: that breaks off what is
// under way over them.
func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for l := range p.all {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	p.all, p.idle = nil, nil
	return errors.Join(errs...)
}

// with has do use a connection. What it does takes the region's timeout at the most,
// and extra, and is broken off when ctx ends: then the error says so.
func (p *pool) with(ctx context.Context, extra time.Duration, do func(*lent) error) error {
	l, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer p.give(l)
	limit := p.door.timeout + extra
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > limit {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	stop := context.AfterFunc(ctx, l.breakOff)
	err = do(l)
	if !stop() {
		<-l.broken
		l.spent = true
		err = timely(ctx, err)
	}
	return err
}

// lent is one connection of a pool, used by one at a time.
type lent struct {
	*conn
	out      []byte        // what is to be sent
	left     int           // how many bytes of it did leave this process
	spent    bool          // it is of no more use
	breakOff func()        // closes it, and then broken
	broken   chan struct{} // closed when it was broken off
}

func newLent(c *conn) *lent {
	l := &lent{conn: c, broken: make(chan struct{})}
	l.breakOff = func() {
		_ = c.Close()
		close(l.broken)
	}
	return l
}

// trip sends what was gathered in out, empties it, and hands out so many replies in
// their order. An error that each returns is returned in the end, and the other replies
// are read all the same; when one cannot be read, that is the error, and the connection
// is spent.
func (l *lent) trip(replies int, each func(i int, kind resp.Kind, parts [][]byte) error) error {
	var first error
	var err error
	l.left, err = l.Write(l.out)
	l.out = l.out[:0]
	for i := 0; i < replies && err == nil; i++ {
		kind, parts, failure := l.replies.ReadFlat()
		if err = failure; err == nil {
			if one := each(i, kind, parts); first == nil {
				first = one
			}
		}
	}
	if err != nil {
		l.spent = true
		return err
	}
	return first
}

// errorIn returns the error that a reply is, if it is one.
func errorIn(kind resp.Kind, parts [][]byte) error {
	if kind != resp.Error {
		return nil
	}
	return resp.ServerError(parts[0])
}
