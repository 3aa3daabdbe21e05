package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// ErrLeft says that the region which a command was sent to was left before it was
// answered: it may or may not have been applied.
var ErrLeft = errors.New("the region was left while the command was under way")

// traffic lets commands through to the region that is active, counts those under
// way, and can hold back those that come.
type traffic struct {
	mu     sync.Mutex
	active *visit
	closed bool
	opened chan struct{} // closed when commands are not held back any more; nil while they are not
}

// enter returns the active region for one command, which must leave with exit. It
// waits while commands are held back. Errors: redis.ErrClosed, and that of ctx.
func (t *traffic) enter(ctx context.Context) (*visit, error) {
	for {
		t.mu.Lock()
		opened := t.opened
		switch {
		case t.closed:
			t.mu.Unlock()
			return nil, redis.ErrClosed
		case opened == nil:
			v := t.active
			v.underWay++
			t.mu.Unlock()
			return v, nil
		}
		t.mu.Unlock()
		select {
		case <-opened:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// exit ends a command.
func (t *traffic) exit(v *visit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.underWay--
	if v.underWay == 0 && v.idle != nil {
		close(v.idle)
		v.idle = nil
	}
}

// now returns the active region.
func (t *traffic) now() *visit {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.active
}

// replace makes another region the active one, and returns the one before. It has
// no effect once the traffic has ended, and returns false.
func (t *traffic) replace(v *visit) (before *visit, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, false
	}
	before, t.active = t.active, v
	return before, true
}

// hold holds back all commands that come, until release.
func (t *traffic) hold() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opened = make(chan struct{})
}

// release ends a hold; without one it does nothing.
func (t *traffic) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.opened != nil {
		close(t.opened)
		t.opened = nil
	}
}

// end lets no command through any more, and returns the active region.
func (t *traffic) end() *visit {
	t.release()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	return t.active
}

// drained returns a channel that is closed as soon as no command is under way in a
// region. It is asked for when none can come any more.
func (t *traffic) drained(v *visit) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	idle := make(chan struct{})
	if v.underWay == 0 {
		close(idle)
	} else {
		v.idle = idle
	}
	return idle
}

// visit is the use of one region, from when it becomes the active one until it was
// left and its connections are closed.
type visit struct {
	region string
	client redis.UniversalClient

	dialling dialling
	cut      atomic.Bool // what fails from now on fails because the region was left

	// guarded by the lock of the traffic
	underWay int
	idle     chan struct{} // to be closed when underWay is 0; nil when nobody waits
}

// end cuts what is under way, and returns when no connection is left.
func (v *visit) end() {
	v.cut.Store(true)
	v.dialling.forbid()
	_ = v.client.Close() // what fails there, fails for whoever uses it
	v.dialling.wait()
}

// explain returns the error of a command that ended in this region. One that the
// server answered, if only with an error, was not cut.
func (v *visit) explain(err error) error {
	var reply redis.Error
	if err == nil || !v.cut.Load() || errors.As(err, &reply) || errors.Is(err, ErrLeft) {
		return err
	}
	return fmt.Errorf("%s: %w: %w", v.region, ErrLeft, err)
}

// dialling is the connections that are being made. The pools of go-redis go on
// making them when nobody waits for them any more.
type dialling struct {
	ctx     context.Context // ends them
	cancel  context.CancelFunc
	mu      sync.Mutex // none begins once they are forbidden
	running sync.WaitGroup
}

func newDialling() dialling {
	ctx, cancel := context.WithCancel(context.Background())
	return dialling{ctx: ctx, cancel: cancel}
}

// begin returns the context of a dial that ends when that of the caller does, and
// false when none may begin any more. The function ends it.
func (d *dialling) begin(ctx context.Context) (context.Context, func(), bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return nil, nil, false
	}
	d.running.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(d.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
		d.running.Done()
	}, true
}

// forbid ends those under way, and lets none begin.
func (d *dialling) forbid() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cancel()
}

// wait returns when all have ended. It comes after forbid.
func (d *dialling) wait() { d.running.Wait() }
