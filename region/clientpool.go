package region

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
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
// there is one, or one could not be made, or ctx ends. atOnce: there was one.
func (p *pool) take(ctx context.Context) (l *lent, atOnce bool, err error) {
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 {
		l := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return l, true, nil
	}
	l, err = p.await(ctx)
	return l, false, err
}

// await is take while there is no connection. The caller holds mu, which it gives up.
func (p *pool) await(ctx context.Context) (*lent, error) {
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
	l := &lent{conn: c}
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
		_ = l.discard()
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
		if err := l.discard(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	p.all, p.idle = nil, nil
	return errors.Join(errs...)
}

// with has do use a connection. What it does takes the region's timeout at the most,
// and extra, and is broken off when ctx ends: then the error says so.
func (p *pool) with(ctx context.Context, extra time.Duration, do func(*lent) error) error {
	attempt, lasts := drill.AttemptOf(ctx)
	if !lasts {
		attempt.Session = ctx
	}
	if err := attempt.Session.Err(); err != nil {
		return err
	}
	l, atOnce, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer p.give(l)
	if !lasts || !atOnce {
		attempt.Began = time.Now()
	}
	limit := attempt.Began.Add(p.door.timeout + extra)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(limit) {
		limit = deadline
	}
	l.begin(attempt.Session, lasts, attempt.Began, limit)
	err = do(l)
	if cut := l.end(); errors.Is(err, net.ErrClosed) {
		err = cmp.Or(cut, err)
	}
	return err
}
