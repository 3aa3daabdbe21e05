package matrix_test

import (
	"context"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/probe"
)

// wallClock is the system clock of an observer. It can be stepped as an operator or NTP does it, which changes what time
// people say it is, and not the monotonic clock.
type wallClock struct {
	began time.Time
	ahead atomic.Int64 // in seconds
}

func newWallClock() *wallClock { return &wallClock{began: time.Now()} }

func (c *wallClock) step(by time.Duration) { c.ahead.Add(int64(by / time.Second)) }

// now is time.Now on a machine with this clock.
func (c *wallClock) now() time.Time { return c.at(time.Now()) }

// layout is that of a time.Time. With the highest bit of wall set, the 33 bits below are seconds since 1885 and the last 30
// nanoseconds, and ext is the monotonic clock in nanoseconds.
type layout struct {
	wall     uint64
	ext      int64
	location *time.Location
}

// at is the time that a machine with this clock reads at a time. Package time has no means to make one: its monotonic reading
// comes from the kernel only, Add moves it together with the wall clock, and in simulated time there is none at all. So it
// is put together here; TestAStepOfTheClock holds it to the behaviour of package time.
func (c *wallClock) at(t time.Time) time.Time {
	const nanosecondBits, hasMonotonic = 30, 1 << 63
	seconds := t.Unix() + c.ahead.Load() - time.Date(1885, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	read := layout{
		wall:     hasMonotonic | uint64(seconds)<<nanosecondBits | uint64(t.Nanosecond()),
		ext:      int64(t.Sub(c.began)) + int64(time.Hour), // any positive origin
		location: time.UTC,
	}
	return *(*time.Time)(unsafe.Pointer(&read)) //nolint:gosec // see above
}

// run is probe.Run with this clock: what the loop and what the connections read.
func (c *wallClock) run(ctx context.Context, config probe.Config) error {
	if c == nil {
		_, err := probe.Run(ctx, config)
		return err
	}
	o, err := probe.NewObserver(config, c.now)
	if err != nil {
		return err
	}
	group, running := errgroup.WithContext(ctx)
	for i, endpoint := range config.Endpoints {
		group.Go(func() error { return endpoint.Run(running, o.Channels(i), &steppedSink{o.Sink(i), c}) })
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-o.Ready():
		case <-timer.C:
		}
		next, _ := o.Turn()
		timer.Reset(next.Sub(c.now()))
	}
	o.Finish()
	return group.Wait()
}

// steppedSink is told the times of connections on a machine with such a clock.
type steppedSink struct {
	sink  probe.Sink
	clock *wallClock
}

func (s *steppedSink) Opened(shard int, role probe.Role, at time.Time) {
	s.sink.Opened(shard, role, s.clock.at(at))
}

func (s *steppedSink) Closed(shard int, role probe.Role, cause probe.Cause, err error, at time.Time) {
	s.sink.Closed(shard, role, cause, err, s.clock.at(at))
}

func (s *steppedSink) Accepted(shard int, id uint64, receivers int, at time.Time) {
	s.sink.Accepted(shard, id, receivers, s.clock.at(at))
}

func (s *steppedSink) Refused(shard int, id uint64, cause probe.Cause, err error, at time.Time) {
	s.sink.Refused(shard, id, cause, err, s.clock.at(at))
}

func (s *steppedSink) Message(shard int, channel, payload []byte, at time.Time) {
	s.sink.Message(shard, channel, payload, s.clock.at(at))
}
