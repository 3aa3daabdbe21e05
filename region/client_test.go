package region

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

func newClient(t *testing.T, n *memnet.Network, r config.Region) *Client {
	t.Helper()
	c := NewClient(r, one(at), Options{Dial: n.Dial})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestClientWritesReadsAndDeletes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		c := newClient(t, &n, us)
		ctx := t.Context()
		if err := c.Connect(ctx); err != nil {
			t.Fatal(err)
		}
		if err := c.Write(ctx, k, []byte("v"), time.Minute); err != nil {
			t.Fatal(err)
		}
		found, err := c.Read(ctx, []string{k, k + "x"})
		if err != nil || !slices.Equal(found, []bool{true, false}) {
			t.Fatalf("%v, %v", found, err)
		}
		if err := c.Delete(ctx, []string{k, k + "x"}); err != nil {
			t.Fatal(err)
		}
		if found, err := c.Read(ctx, []string{k}); err != nil || found[0] {
			t.Fatalf("after Delete: %v, %v", found, err)
		}
		for _, unexpected := range []string{"CLIENT", "COMMAND", "INFO", "CLUSTER", "SELECT"} {
			if f.received(unexpected) > 0 {
				t.Errorf("the client sent %s by itself", unexpected)
			}
		}
		if f.received("SET") != 1 || f.received("DEL") != 2 {
			t.Errorf("%q", f.log)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.Write(ctx, k, []byte("v"), time.Minute); err != nil { // it connects again
			t.Fatal(err)
		}
	})
}

func TestKeysGoToTheShardThatOwnsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		m := slots.Map{Region: "us", Source: slots.ClusterSlots}
		var servers []*fake
		for i, ranges := range slots.Even(3) {
			address := fmt.Sprintf("shard%d:1", i)
			servers = append(servers, inMemory(t, &n, address))
			m.Shards = append(m.Shards, slots.Shard{ID: address, Address: address, Slots: ranges})
		}
		m.Shards[2].Slots[0].Last-- // nobody owns the last slot
		c := NewClient(us, m, Options{Dial: n.Dial})
		defer c.Close()
		var keys []string
		for slot := range slots.Count {
			if slot%100 != 0 && slot != slots.Count-1 {
				continue
			}
			key := slots.Channel("aafailover", slot, "run:1")
			err := c.Write(t.Context(), key, nil, time.Minute)
			if slot == slots.Count-1 {
				if !errors.Is(err, drill.ErrUnsent) || !strings.Contains(err.Error(), "no shard owns slot 16383") {
					t.Errorf("a slot that nobody owns: %v", err)
				}
				continue
			}
			keys = append(keys, key)
			i, _ := m.ShardOf(slot)
			if _, there := servers[i].keys[key]; err != nil || !there {
				t.Fatalf("slot %d is not on shard %d: %v", slot, i, err)
			}
		}
		if err := c.Delete(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
		for i, s := range servers {
			if len(s.keys) > 0 {
				t.Errorf("shard %d keeps %d keys", i, len(s.keys))
			}
		}
	})
}

// What the client must never send, it does not send even if it is asked to.
func TestClientIsGuarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		c := newClient(t, &n, us)
		send := func(args ...string) error {
			return c.use().shards[0].with(t.Context(), 0, func(l *lent) error {
				l.out = resp.AppendCommand(l.out, args...)
				return l.trip(1, refused)
			})
		}
		for _, err := range []error{
			c.Write(t.Context(), "foo", nil, time.Minute),
			c.Write(t.Context(), k, nil, 0),
			c.Delete(t.Context(), []string{"foo"}),
			send("FLUSHALL"),
			send("SUBSCRIBE", "foo"),
		} {
			if !errors.Is(err, errForbidden) {
				t.Errorf("%v", err)
			}
		}
		for _, command := range []string{"SET", "DEL", "FLUSHALL", "SUBSCRIBE"} {
			if f.received(command) > 0 {
				t.Errorf("%s was sent", command)
			}
		}
	})
}

func TestConnect(t *testing.T) {
	for _, test := range []struct {
		name   string
		server func(*fake)
		cause  probe.Cause
	}{
		{"a server that answers", func(*fake) {}, probe.NoCause},
		{"a server that loads, over a connection that is ready", func(f *fake) { f.says("PING", "-LOADING x\r\n") }, probe.NoCause},
		{"nothing there", (*fake).stop, probe.Refused},
		{"silence", func(f *fake) { f.says("PING", "") }, probe.Timeout},
		{"a database that does not exist", func(f *fake) { f.says("SELECT", "-ERR DB index is out of range\r\n") }, probe.ServerRefused},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				if test.cause != probe.ServerRefused {
					f.says("SELECT", "+OK\r\n")
				}
				test.server(f)
				r := us
				if test.cause == probe.ServerRefused {
					r.Database = 99
				}
				err := newClient(t, &n, r).Connect(t.Context())
				if CauseOf(err) != test.cause {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// Closing ends dials that nobody waits for any more.
func TestCloseEndsDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		c := NewClient(us, one(at), Options{Dial: blocked, Timeout: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Write(ctx, k, nil, time.Minute); !errors.Is(err, drill.ErrUnsent) {
			t.Error(err)
		}
		began := time.Now()
		if err := c.Close(); err != nil || time.Since(began) > 0 {
			t.Errorf("closing took %v: %v", time.Since(began), err)
		}
	})
}
