package region

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// clientBuffer is the size of a connection's read buffer, in bytes: the reply to a
// write takes five, and those of a pipeline come together.
const clientBuffer = 4 << 10

// Client is one region as the application of a drill uses it, with connections of our
// own: it is a drill.Store. Every key goes to the shard that owns its slot by the slot
// map that it was given; it follows no redirection and repeats nothing. Make one only
// where the command line allows writes.
//
// No client library stands between: of each write must be known whether a byte of it
// left this process, a write that nobody waits for any more is to be broken off, and
// the time that a write takes is to be the server's.
//
// It has as many connections to a shard as calls were under way there at once: who
// calls it bounds them.
type Client struct {
	door     *door
	sharding slots.Map
	manners  drill.Manners
	may      *list // what its connections send

	mu      sync.Mutex              // of changes
	session atomic.Pointer[session] // nil while not connected
}

var _ drill.Pipeline = (*Client)(nil)

// session is the connections between Connect and Close.
type session struct {
	shards  []*pool
	end     context.CancelFunc // breaks off the dials that are under way
	dialing sync.WaitGroup
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
	for _, shard := range s.shards {
		group.Go(func() error {
			err := shard.with(ctx, 0, func(l *lent) error {
				l.out = append(l.out, pingCommand...)
				return l.trip(1, func(_ int, kind resp.Kind, parts [][]byte) error {
					if err := errorIn(kind, parts); err != nil && !c.door.answers(string(parts[0])) {
						return err
					}
					return nil
				})
			})
			return c.door.fail(shard.address, connecting, err)
		})
	}
	return group.Wait()
}

// Close ends the connections and waits for what was being dialled. The Client can
// be connected, or simply used, again.
func (c *Client) Close() error {
	c.mu.Lock()
	s := c.session.Swap(nil)
	c.mu.Unlock()
	if s == nil {
		return nil
	}
	s.end()
	var errs []error
	for _, shard := range s.shards {
		errs = append(errs, shard.close())
	}
	s.dialing.Wait()
	return errors.Join(errs...)
}

// use returns the session, and begins one if there is none.
func (c *Client) use() *session {
	if s := c.session.Load(); s != nil {
		return s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.session.Load(); s != nil {
		return s
	}
	s := &session{}
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	for _, shard := range c.sharding.Shards {
		s.shards = append(s.shards, &pool{door: c.door, may: c.may, address: shard.Address, ctx: ctx, dialing: &s.dialing})
	}
	c.session.Store(s)
	return s
}
