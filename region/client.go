package region

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/slots"
)

// connectionsPerShard bounds the connections of a Client to one shard, and so
// the calls that are under way there; more wait for one. A drill writes with a few
// dozen at the most, and each takes 8 KiB of buffers.
const connectionsPerShard = 64

// clientBuffer is the size of go-redis' read and of its write buffer, in bytes: a
// write of a drill and its reply are far smaller, a read of 100 keys takes 6 kB.
const clientBuffer = 4 << 10

// Client is one region as the application of a drill uses it, on go-redis: it is
// a drill.Store. Every key goes to the shard that owns its slot by the slot map
// that it was given; it follows no redirection and repeats nothing. Make one only
// where the command line allows writes.
//
// go-redis logs to stderr through one logger for the whole process, which only
// redis.SetLogger can silence: that is for the command to do.
type Client struct {
	door     *door
	sharding slots.Map
	manners  drill.Manners
	may      *list // what its connections send
	writes   writes

	mu      sync.Mutex
	session *session // nil while not connected
}

var _ drill.Pipeline = (*Client)(nil)

// session is the connections between Connect and Close.
type session struct {
	shards []*redis.Client

	ctx     context.Context // of the dials: the pool goes on with one that nobody waits for any more
	cancel  context.CancelFunc
	mu      sync.Mutex // no dial begins while the session ends
	dialing sync.WaitGroup
}

// begin tells whether a dial may begin; dialing.Done must follow it.
func (s *session) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.dialing.Add(1)
	return true
}

// end breaks off the dials that are under way, and allows no more.
func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel()
}

// NewClient prepares a Client that writes plainly; it opens no connection.
func NewClient(r config.Region, m slots.Map, o Options) *Client {
	return NewApplication(r, m, o, drill.Manners{})
}

// NewApplication is NewClient for an application that fences its writes, or waits
// for replicas to have them; its other manners are not the Client's. Nothing but
// what these need is on the list of what it may send.
func NewApplication(r config.Region, m slots.Map, o Options, manners drill.Manners) *Client {
	door := newDoor(r, o)
	door.uses |= UsesFor(manners)
	return &Client{door: door, sharding: m, manners: manners, may: newList(door.prefix, rulesFor(door.uses))}
}

// UsesFor are the uses of the connections of an application: ToDrill, and what its
// manners need besides.
func UsesFor(m drill.Manners) Use {
	uses := ToDrill
	if m.Fencing == drill.FencingWatch {
		uses |= ToWatch
	}
	if m.Replicas > 0 {
		uses |= ToWait
	}
	return uses
}

// Connect opens a connection to every shard and proves that it answers. It
// returns the error of a shard where that failed; the Client can be used all the
// same, and each call then tries to connect.
func (c *Client) Connect(ctx context.Context) error {
	s := c.use()
	group, ctx := errgroup.WithContext(ctx)
	for i, shard := range s.shards {
		group.Go(func() error {
			err := shard.Ping(ctx).Err()
			if text, replied := serverText(err); replied && c.door.answers(text) {
				return nil
			}
			return c.door.fail(c.sharding.Shards[i].Address, connecting, err)
		})
	}
	return group.Wait()
}

// Close ends the connections and waits for what was being dialled. The Client can
// be connected, or simply used, again.
func (c *Client) Close() error {
	c.mu.Lock()
	s := c.session
	c.session = nil
	c.mu.Unlock()
	if s == nil {
		return nil
	}
	s.end()
	var errs []error
	for _, shard := range s.shards {
		if err := shard.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
			errs = append(errs, err)
		}
	}
	s.dialing.Wait()
	return errors.Join(errs...)
}

// use returns the session, and begins one if there is none.
func (c *Client) use() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != nil {
		return c.session
	}
	s := &session{}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for _, shard := range c.sharding.Shards {
		s.shards = append(s.shards, redis.NewClient(c.options(s, shard.Address)))
	}
	c.session = s
	return s
}

// options turns off all that would repeat a command, dial behind our back, send
// what is not on the list, or answer from memory.
func (c *Client) options(s *session, address string) *redis.Options {
	return &redis.Options{
		Addr:     address,
		Protocol: 2,
		DB:       c.door.region.Database,
		// A connection comes from our own door: encrypted, guarded, authenticated and
		// proven to answer, with the password re-read where it was rejected. The pool's
		// own time-out must not come first.
		Dialer: func(ctx context.Context, _, address string) (net.Conn, error) {
			return c.connect(ctx, s, address), nil
		},
		DialTimeout:              2 * c.door.timeout,
		MaxRetries:               -1,
		DialerRetries:            1,
		ContextTimeoutEnabled:    true,
		ReadTimeout:              c.door.timeout + c.manners.ReplicaWait,
		WriteTimeout:             c.door.timeout,
		PoolTimeout:              c.door.timeout,
		PoolSize:                 connectionsPerShard,
		PipelinePoolSize:         -1,
		ReadBufferSize:           clientBuffer,
		WriteBufferSize:          clientBuffer,
		ConnMaxIdleTime:          -1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// connect opens a connection for the pool. It never fails: where there is none
// to be had, it returns one whose every use fails with the reason. The pool counts
// failed dials over its whole life, and after PoolSize of them answers from
// memory and dials once a second, which would be measured as the region's
// slowness to recover.
func (c *Client) connect(ctx context.Context, s *session, address string) net.Conn {
	if !s.begin() {
		return stillborn{redis.ErrClosed}
	}
	defer s.dialing.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	conn, _, err := c.door.openRaw(ctx, address, c.may, c.writes.sending)
	if err != nil {
		return stillborn{err}
	}
	return conn
}

// stillborn is the connection that could not be made.
type stillborn struct{ err error }

func (c stillborn) Read([]byte) (int, error)       { return 0, c.err }
func (c stillborn) Write([]byte) (int, error)      { return 0, c.err }
func (stillborn) Close() error                     { return nil }
func (stillborn) LocalAddr() net.Addr              { return new(net.TCPAddr) }
func (stillborn) RemoteAddr() net.Addr             { return new(net.TCPAddr) }
func (stillborn) SetDeadline(time.Time) error      { return nil }
func (stillborn) SetReadDeadline(time.Time) error  { return nil }
func (stillborn) SetWriteDeadline(time.Time) error { return nil }
