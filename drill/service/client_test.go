package service_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// habits are those of a service.
type habits struct {
	workers int           // each of which writes one thing after the other, over connections of its own
	every   time.Duration // between two writes of a worker
	timeout time.Duration // for each write
	stays   bool          // in the first region, whatever happens
	home    time.Duration // after which it tries the first region again; 0: it does not
	again   bool          // what was not acknowledged is sent again, wherever it is then
	command func(worker, i int) []string
	lag     time.Duration // between the regions where it runs; 0: lag
}

// orders writes each thing once, with an expiry.
func orders(worker, i int) []string {
	return []string{"SET", fmt.Sprintf("aafailover:order:%d:%d", worker, i), fmt.Sprintf("v%d", i), "EX", "3600"}
}

// usual is a service that moves at the first error, and tries to come home now and then.
var usual = habits{workers: 4, every: 8 * time.Millisecond, timeout: 300 * time.Millisecond, home: 8 * time.Second, command: orders}

// client is a service of a few lines, which speaks the protocol over bare connections.
type client struct {
	habits
	stage *stage
	end   context.CancelFunc
	group sync.WaitGroup

	mu           sync.Mutex
	acknowledged map[string]string // by key: the region that acknowledged the last write of it
	writes       int               // that were acknowledged
	failed       int               // that were not, as far as the client knows
}

func newClient(s *stage, h habits) *client {
	return &client{habits: h, stage: s, acknowledged: make(map[string]string)}
}

func (c *client) start() {
	ctx, end := context.WithCancel(context.Background())
	c.end = end
	for w := range c.workers {
		c.group.Go(func() { c.work(ctx, w) })
	}
}

func (c *client) stop() {
	if c.end != nil {
		c.end()
	}
	c.group.Wait()
}

// work is one worker.
func (c *client) work(ctx context.Context, worker int) {
	lines := make(map[string]net.Conn)
	defer func() {
		for _, l := range lines {
			_ = l.Close()
		}
	}()
	at, since := us, time.Now()
	var left []string // what is to be sent again
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if at != us && c.home > 0 && time.Since(since) >= c.home {
			at, since = us, time.Now()
		}
		args := left
		if left = nil; args == nil {
			args = c.command(worker, i)
		}
		if err := c.send(ctx, lines, at, args); err != nil {
			if c.again {
				left = args
			}
			if !c.stays {
				at, since = 1-at, time.Now()
			}
		}
	}
}

// send sends one command to the shard of a region that owns its key.
func (c *client) send(ctx context.Context, lines map[string]net.Conn, at int, args []string) error {
	m := c.stage.config.Maps[at]
	shard, _ := m.ShardOf(slots.Of(args[1]))
	address := m.Shards[shard].Address
	l := lines[address]
	if l == nil {
		dialing, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		var err error
		if l, err = c.stage.proxies[at].Dial(dialing, "tcp", address); err != nil {
			return err
		}
		lines[address] = l
	}
	_ = l.SetDeadline(time.Now().Add(c.timeout))
	_, err := l.Write(resp.AppendCommand(nil, args...))
	if err == nil {
		var reply resp.Value
		if reply, err = resp.NewReader(l).ReadValue(); err == nil {
			err = reply.Err()
		}
	}
	if err != nil { // it has no more trust in any connection to the region
		for _, shard := range m.Shards {
			if l := lines[shard.Address]; l != nil {
				_ = l.Close()
				delete(lines, shard.Address)
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.failed++
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acknowledged[args[1]] = m.Region
	c.writes++
	return nil
}

// orderKeys are the keys of things that are written once.
func isOrder(key string) bool { return strings.HasPrefix(key, "aafailover:order:") }
