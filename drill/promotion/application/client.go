package application

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
)

// Options are what all clients need.
type Options struct {
	Run         string // part of every key: see [drill.Ledger]
	Password    string
	Database    int // by number; a cluster has 0 only
	Connections int // writes under way at the most
	// Timeout is that of a write, which its context has as well: go-redis waits for a reply for 3 s at the most, unless this is longer.
	Timeout time.Duration
	// Reload is how often a cluster's client asks who owns which slots; 0: DefaultReload.
	Reload time.Duration
	Dial   Dial
}

// usualTimeout is the ReadTimeout of go-redis.
const usualTimeout = 3 * time.Second

// DefaultReload is that of go-redis: see redis.ClusterOptions.ClusterStateReloadInterval.
const DefaultReload = time.Minute

// Client writes through a client of go-redis.
type Client struct {
	notes *notes
	open  func(address string) redis.UniversalClient // nil: it finds the servers by itself

	mu  sync.Mutex
	now redis.UniversalClient
	was []redis.UniversalClient // that were used before, to be closed
}

var _ promotion.Client = (*Client)(nil)

// NewSentinel is the client of a deployment with sentinels: redis.NewFailoverClient. It
// asks the sentinels for the primary of a name, and hears from them of a new one.
func NewSentinel(name string, sentinels []string, o Options) *Client {
	c := &Client{notes: newNotes(o.Run)}
	c.now = redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: name, SentinelAddrs: sentinels, DB: o.Database, Password: o.Password, Protocol: 2, Dialer: c.notes.dial(o.Dial),
		MaxRetries: -1, ContextTimeoutEnabled: true, ReadTimeout: max(o.Timeout, usualTimeout), PoolSize: o.Connections, PipelinePoolSize: -1, DisableIdentity: true,
	})
	return c
}

// NewCluster is the client of a cluster: redis.NewClusterClient. It follows redirections.
func NewCluster(nodes []string, o Options) *Client {
	c := &Client{notes: newNotes(o.Run)}
	c.now = redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: nodes, ClusterStateReloadInterval: cmp.Or(o.Reload, DefaultReload), Password: o.Password, Protocol: 2, Dialer: c.notes.dial(o.Dial),
		ContextTimeoutEnabled: true, ReadTimeout: max(o.Timeout, usualTimeout), PoolSize: o.Connections, PipelinePoolSize: -1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	return c
}

// NewPlain is the client of one server, whatever that believes to be: redis.NewClient.
// Repoint has it use another.
func NewPlain(address string, o Options) *Client {
	c := &Client{notes: newNotes(o.Run)}
	c.open = func(address string) redis.UniversalClient {
		return redis.NewClient(&redis.Options{
			Addr: address, DB: o.Database, Password: o.Password, Protocol: 2, Dialer: c.notes.dial(o.Dial),
			MaxRetries: -1, ContextTimeoutEnabled: true, ReadTimeout: max(o.Timeout, usualTimeout), PoolSize: o.Connections, PipelinePoolSize: -1, DisableIdentity: true,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		})
	}
	c.now = c.open(address)
	return c
}

// Repoint has a plain client use another server for all that it writes from now on.
func (c *Client) Repoint(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.was = append(c.was, c.now)
	c.now = c.open(address)
}

// Write sets a key with an expiry.
func (c *Client) Write(ctx context.Context, key string, value []byte, expiry time.Duration) promotion.Answer {
	n, err := strconv.Atoi(key[strings.LastIndexByte(key, ':')+1:])
	if err != nil {
		return promotion.Answer{Outcome: drill.Unsent, Err: errors.New("a key that is not one of a ledger")}
	}
	c.mu.Lock()
	now := c.now
	c.mu.Unlock()
	c.notes.begin(n)
	err = now.Set(ctx, key, value, expiry).Err()
	t := c.notes.end(n)
	if err == nil {
		return promotion.Answer{Outcome: drill.Acknowledged, By: t.acknowledger()}
	}
	a := promotion.Answer{Err: err}
	a.Outcome, a.By = t.outcome()
	return a
}

// Close ends the connections.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, one := range append(c.was, c.now) {
		errs = append(errs, one.Close())
	}
	c.was = nil
	return errors.Join(errs...)
}
