package lab_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const delay = 50 * time.Millisecond

// world is a lab with clients: in simulated time, or over TCP in real time.
type world struct {
	*testing.T
	lab      *lab.Lab
	connect  func(ctx context.Context, network, address string) (net.Conn, error)
	patience time.Duration // for a reply
}

// simulate runs a test against a lab in simulated time, on a network in memory. Unless the configuration says
// otherwise, every link takes delay.
func simulate(t *testing.T, c lab.Config, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := &memnet.Network{}
		w := &world{T: t, connect: network.Dial, patience: time.Second}
		c.Listen = network.Listen
		if c.Delay == nil {
			c.Delay = func(string, string) time.Duration { return delay }
		}
		var err error
		if w.lab, err = lab.Start(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := w.lab.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(w)
	})
}

// regions is a configuration with regions of so many shards each.
func regions(shards int, names ...string) lab.Config {
	var c lab.Config
	for _, name := range names {
		c.Regions = append(c.Regions, lab.RegionConfig{Name: name, Shards: shards})
	}
	return c
}

func (w *world) status() lab.Status {
	w.Helper()
	st, err := w.lab.Status(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	return st
}

func (w *world) region(name string) lab.RegionStatus {
	w.Helper()
	for _, r := range w.status().Regions {
		if r.Name == name {
			return r
		}
	}
	w.Fatalf("no region %s", name)
	return lab.RegionStatus{}
}

func (w *world) link(from, to string) lab.LinkStatus {
	w.Helper()
	for _, l := range w.status().Links {
		if l.From == from && l.To == to {
			return l
		}
	}
	w.Fatalf("no link from %s to %s", from, to)
	return lab.LinkStatus{}
}

func (w *world) inject(f lab.Fault) {
	w.Helper()
	if err := w.lab.Inject(w.Context(), f); err != nil {
		w.Fatal(err)
	}
}

// wait lets simulated time pass.
func (w *world) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// client is a connection to a front.
type client struct {
	w      *world
	conn   net.Conn
	reader *resp.Reader
}

// dial connects to the front of a shard.
func (w *world) dial(region string, shard int) *client {
	w.Helper()
	conn, err := w.connect(w.Context(), "tcp", w.region(region).Shards[shard].Address)
	if err != nil {
		w.Fatal(err)
	}
	return newClient(w, conn)
}

func newClient(w *world, conn net.Conn) *client {
	w.Cleanup(func() { _ = conn.Close() })
	return &client{w, conn, resp.NewReader(conn)}
}

func (c *client) send(args ...string) {
	c.w.Helper()
	if _, err := c.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.w.Fatalf("%v: %v", args, err)
	}
}

// read returns what comes soon.
func (c *client) read() resp.Value {
	c.w.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(c.w.patience))
	v, err := c.reader.ReadValue()
	if err != nil {
		c.w.Fatal(err)
	}
	return v
}

// silent checks that nothing comes within a second. The client is of no use afterwards when it fails.
func (c *client) silent() {
	c.w.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(time.Second))
	var one [1]byte
	if n, _ := c.conn.Read(one[:]); n > 0 {
		c.w.Fatalf("a byte %q came, nothing expected", one)
	}
}

// do sends a request and returns the reply, as a line.
func (c *client) do(args ...string) string {
	c.w.Helper()
	return text(c.doValue(args...))
}

// doValue sends a request and returns the reply.
func (c *client) doValue(args ...string) resp.Value {
	c.w.Helper()
	c.send(args...)
	return c.read()
}

// want sends a request and checks the reply.
func (c *client) want(reply string, args ...string) {
	c.w.Helper()
	if got := c.do(args...); got != reply {
		c.w.Errorf("%v: got %s, want %s", args, got, reply)
	}
}

// text renders a value shortly: simple strings and bulk strings as they are.
func text(v resp.Value) string {
	switch v.Kind {
	case resp.SimpleString, resp.Bulk, resp.Error:
		return v.Str
	}
	return v.String()
}
