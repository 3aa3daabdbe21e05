package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// Client is a redis.UniversalClient that is in one region at a time and moves as a
// policy says. Make one with [New]; its methods may be called by many.
type Client struct {
	commands
	front *redis.Client // the commands are its: it never dials, and its hook forwards

	config   Config
	places   []place // in the order of Config.Regions
	observer *observer
	traffic  traffic
	asked    chan request // for a move, by MoveTo

	running sync.WaitGroup
	cancel  context.CancelFunc
	done    <-chan struct{} // closed when the client closes
	once    sync.Once
	closed  error // of Close

	mu      sync.Mutex
	hooks   []redis.Hook
	history failover.History
	decided failover.Decision
	moves   []Move
}

var _ redis.UniversalClient = (*Client)(nil)

// commands are all that go-redis has a method for.
type commands = redis.Cmdable

// Move is a move of the application to another region.
type Move struct {
	At       time.Time // when commands began to go to the region To
	From, To string
	// Action is failover.FailOver, failover.FailBack, or failover.Remain for one that
	// the policy did not ask for: see [Client.MoveTo].
	Action failover.Action
	Why    string
	Doubt  failover.Doubt
}

// maxMoves bounds the moves that are remembered.
const maxMoves = 100

// State is where the application is, and what is known. It is a copy.
type State struct {
	Active   string            // the region
	Since    time.Time         // zero: from the beginning
	Decision failover.Decision // the newest one
	Moves    []Move            // the newest 100, oldest first
	Snapshot *probe.Snapshot   // the newest one; nil before the first
	// Err is why the regions are not observed any more, and so nothing moves any more;
	// nil while they are.
	Err error
}

// New asks all regions how they are sharded, which ctx and Config.Observe.Timeout
// bound, and returns a client in the first one, which observes from then on. That
// regions do not answer is no error: a first one that is down is left as soon as that
// is known. Errors: what [Config.Check] says, what the regions say that no waiting
// mends, and that of ctx.
func New(ctx context.Context, c Config) (*Client, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c = c.complete()
	regions, err := c.regions()
	if err != nil {
		return nil, err
	}
	o, err := newObserver(ctx, c, regions)
	if err != nil {
		return nil, err
	}
	// What ctx carries is for the start; Close ends the client.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	client := &Client{config: c, observer: o, asked: make(chan request), cancel: cancel, done: running.Done()}
	for i, r := range regions {
		client.places = append(client.places, place{config: r, options: c.Regions[i].Application, observe: c.Observe})
	}
	client.history.Active = regions[0].Name
	client.decided = failover.Decide(c.Policy, nil, client.history, time.Now())
	client.traffic.active = client.places[0].visit(o.mapOf(regions[0].Name), nil)
	client.front = newFront(client)
	client.commands = client.front
	client.running.Go(func() { o.run(running) })
	client.running.Go(func() { client.obey(running) })
	return client, nil
}

// newFront makes the client whose commands are forwarded.
func newFront(c *Client) *redis.Client {
	front := redis.NewClient(&redis.Options{
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("the front of a client connects to nothing")
		},
		PoolSize: 1, PipelinePoolSize: -1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	front.AddHook(forwarding{c})
	return front
}

// Active returns the region that commands go to.
func (c *Client) Active() string { return c.traffic.now().region }

// State returns where the application is, and what is known.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return State{Active: c.history.Active, Since: c.history.Since, Decision: c.decided, Moves: slices.Clone(c.moves),
		Snapshot: c.observer.latest.Load(), Err: c.observer.err()}
}

// MoveTo moves to a region at once, whatever is known of it, and returns when that
// is done; where the application is there already it does nothing. It is for an
// operator who knows better, and for failing back without Config.Heartbeats. The
// policy goes on deciding: it may move again, unless its MinStay holds that back.
// Errors: that there is no such region, redis.ErrClosed, and that of ctx.
func (c *Client) MoveTo(ctx context.Context, region string) error {
	if !slices.ContainsFunc(c.places, func(p place) bool { return p.config.Name == region }) {
		return fmt.Errorf("move to %s: there is no such region", region)
	}
	r := request{to: region, done: make(chan struct{})}
	select {
	case c.asked <- r:
		<-r.done // it takes no time
		return nil
	case <-c.done:
		return redis.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the observation and all connections, and returns when nothing is left
// of them. Commands under way are cut. It may be called again.
func (c *Client) Close() error {
	c.once.Do(func() {
		c.cancel()
		last := c.traffic.end()
		c.running.Wait()
		last.end()
		c.closed = c.front.Close()
	})
	return c.closed
}
