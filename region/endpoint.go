package region

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// The time between failed attempts to connect is Options.Redial. It is what a
// recovery can be seen late by, so it is short; it is fixed, without jitter, because
// one observer with one connection a shard is no herd, and measured times should not
// carry chance of our own.
const (
	// promptPause is the time between the loss of a connection that had lasted at
	// least Options.Redial and the first attempt to make another: a proxy that closes
	// connections is back at once, and a port that refuses is found out at once.
	promptPause = 20 * time.Millisecond
	// deniedPause is the time between attempts after the region refused the user:
	// accounts are locked, and access logs filled, by attempts that cannot succeed.
	deniedPause = 2 * time.Second
)

// pingEvery is the time between PINGs on a subscribing connection, and on one to
// publish on over which nothing else was sent for a while. Proxies and firewalls
// close connections on which nothing moves, the most impatient after some three
// seconds; and a peer that vanished is noticed by the missing answer after pingEvery
// and Options.Timeout at the latest.
const pingEvery = 2 * time.Second

// Endpoint is one region as the probe sees it: for every shard one connection to
// publish on and one to subscribe on, which are redialled as long as Run runs. It
// is a probe.Endpoint, and sends nothing but PING, PUBLISH and SUBSCRIBE, or SPUBLISH
// and SSUBSCRIBE where Options.PubSub is Sharded.
//
// What is published before Run, or after it, is told to nobody, since there is
// no sink. What is published before the first connection is up, is refused with
// probe.NoCause; later, with the cause for which there is no connection.
type Endpoint struct {
	door        *door
	sharding    slots.Map
	publishers  []*publisher
	subscribers []*subscriber
}

var _ probe.Endpoint = (*Endpoint)(nil)

// NewEndpoint prepares the connections to a region with the given sharding. It
// opens none.
func NewEndpoint(r config.Region, m slots.Map, o Options) *Endpoint {
	e := &Endpoint{door: newDoor(r, o), sharding: m}
	may := observing(e.door.prefix)
	for i, shard := range m.Shards {
		newLine := func() *line { return &line{door: e.door, list: may, shard: i, address: shard.Address} }
		e.publishers = append(e.publishers, newPublisher(newLine()))
		e.subscribers = append(e.subscribers, &subscriber{line: newLine(), words: e.door.pubsub.words()})
	}
	return e
}

// Publish sends a message through a shard; see probe.Publisher.
func (e *Endpoint) Publish(shard int, id uint64, channel string, payload []byte) {
	e.publishers[shard].publish(id, channel, payload)
}

// Ping asks whether a shard answers; see probe.Publisher.
func (e *Endpoint) Ping(shard int, id uint64) { e.publishers[shard].ping(id) }

// Run keeps the connections up until ctx ends, and then returns nil, when all
// that it started has ended. Messages that are unanswered then are told to nobody.
// It must not run twice at a time. The only error is a number of channel lists
// that is not that of the shards.
func (e *Endpoint) Run(ctx context.Context, channels [][]string, sink probe.Sink) error {
	if len(channels) != len(e.subscribers) {
		return fmt.Errorf("%s: channels for %d shards, but there are %d", e.door.region, len(channels), len(e.subscribers))
	}
	var running sync.WaitGroup // the lines, each in a goroutine or in the intake's hands
	running.Add(len(e.publishers) + len(e.subscribers))
	n, first := newIntake(), newThrong(mostStarting)
	for i := range e.subscribers {
		p, s := e.publishers[i], e.subscribers[i]
		first.enter(ctx)
		go p.run(ctx, sink, n, first.leave(), running.Done)
		first.enter(ctx)
		go s.run(ctx, channels[i], sink, n, first.leave(), running.Done)
	}
	running.Go(func() { e.keepAlive(ctx) })
	<-ctx.Done()
	// Nothing else breaks off the reads that wait for a message.
	for i := range e.publishers {
		e.publishers[i].hangUp()
		e.subscribers[i].hangUp()
	}
	running.Wait()
	n.board.Close()
	return nil
}

// How many connections of a region are begun at a time, and for how long one waits for another at the most. To make a connection
// takes more memory, for a moment, than to keep it, and thousands of them at once leave no time to anything else. But those to a
// shard that hangs must not hold up the others.
const (
	mostStarting = 32
	longestStart = time.Millisecond
)

// throng lets only some in at a time.
type throng struct{ inside chan struct{} }

func newThrong(most int) *throng { return &throng{make(chan struct{}, most)} }

// enter waits until there is room, but not for long.
func (t *throng) enter(ctx context.Context) {
	select {
	case t.inside <- struct{}{}:
		return
	default:
	}
	patience := time.NewTimer(longestStart)
	defer patience.Stop()
	select {
	case t.inside <- struct{}{}:
	case <-patience.C:
	case <-ctx.Done():
	}
}

// leave returns what makes room for another one, the first time that it is called.
func (t *throng) leave() func() {
	return sync.OnceFunc(func() {
		select {
		case <-t.inside:
		default: // somebody has not waited for room
		}
	})
}

// keepAlive lets no connection be idle for long.
func (e *Endpoint) keepAlive(ctx context.Context) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			for i := range e.subscribers {
				e.subscribers[i].ping()
				e.publishers[i].keepAlive(now)
			}
		}
	}
}
