package lab_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// realServers is an engine of redis-server.
func realServers(t testing.TB) *lab.Engine {
	t.Helper()
	b, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	return &lab.Engine{Binary: b, Dir: t.TempDir(), Log: func(line string) { t.Log(line) }}
}

// onServers runs a test against a lab of real servers, in real time. Unless the configuration says otherwise, links take no time.
func onServers(t *testing.T, c lab.Config) *world {
	t.Helper()
	return onServersWith(t, c, redisconf.Config{})
}

// onServersWith is onServers with settings of the servers.
func onServersWith(t *testing.T, c lab.Config, settings redisconf.Config) *world {
	t.Helper()
	c.Engine = realServers(t)
	c.Engine.Settings = settings
	if c.Delay == nil {
		c.Delay = func(string, string) time.Duration { return 0 }
	}
	w := &world{T: t, connect: new(net.Dialer).DialContext, patience: 30 * time.Second}
	var err error
	if w.lab, err = lab.Start(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.lab.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// until waits until something is so.
func (w *world) until(what string, so func() bool) {
	w.Helper()
	for end := time.Now().Add(w.patience); !so(); {
		if time.Now().After(end) {
			w.Fatalf("never: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// becomes waits until a request has that reply.
func (c *client) becomes(reply string, args ...string) {
	c.w.Helper()
	c.w.until(fmt.Sprintf("%v: %s", args, reply), func() bool { return c.do(args...) == reply })
}

func TestServersKnowAllOfRedis(t *testing.T) {
	w := onServers(t, regions(1, "us", "eu"))
	us, eu := w.dial("us", 0), w.dial("eu", 0)
	for _, row := range []struct {
		says     string
		do, read []string
		reply    string // to the reading, in both regions
	}{
		{"a string", []string{"SET", "s", "v"}, []string{"GET", "s"}, "v"},
		{"a hash", []string{"HSET", "h", "f", "1", "g", "2"}, []string{"HGETALL", "h"}, `["f" "1" "g" "2"]`},
		{"a list", []string{"RPUSH", "l", "a", "b"}, []string{"LRANGE", "l", "0", "-1"}, `["a" "b"]`},
		{"a set", []string{"SADD", "set", "a"}, []string{"SMEMBERS", "set"}, `["a"]`},
		{"a sorted set", []string{"ZADD", "z", "1", "a"}, []string{"ZSCORE", "z", "a"}, "1"},
		{"a stream", []string{"XADD", "x", "1-1", "f", "v"}, []string{"XLEN", "x"}, "1"},
		{"a bitmap", []string{"SETBIT", "b", "7", "1"}, []string{"BITCOUNT", "b"}, "1"},
		{"a script", []string{"EVAL", "redis.call('SET', KEYS[1], ARGV[1]); redis.call('SET', 'undeclared', 'too')", "1", "e", "v"}, []string{"MGET", "e"}, `["v"]`},
		{"what it did not declare", []string{"GET", "e"}, []string{"GET", "undeclared"}, "too"},
		{"where it stores", []string{"ZUNIONSTORE", "{z}2", "1", "z"}, []string{"ZCARD", "{z}2"}, "1"},
		{"a move within the shard", []string{"RENAME", "l", "{l}2"}, []string{"LLEN", "{l}2"}, "2"},
		{"what was removed", []string{"DEL", "{s}", "s"}, []string{"EXISTS", "s"}, "0"},
		{"what blocks answers at once", []string{"BLPOP", "{l}2", "0"}, []string{"LLEN", "{l}2"}, "1"},
		{"an expiry", []string{"PEXPIREAT", "{l}2", "4000000000000"}, []string{"PEXPIRETIME", "{l}2"}, "4000000000000"},
		{"everything flushed", []string{"FLUSHALL"}, []string{"DBSIZE"}, "0"},
	} {
		if got := us.doValue(row.do...); got.Err() != nil {
			t.Errorf("%s: %v: %s", row.says, row.do, got)
		}
		us.want(row.reply, row.read...)
		eu.becomes(row.reply, row.read...)
	}
}
