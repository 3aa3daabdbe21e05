package lab

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// Engine has every shard keep its keys in a server process of its own, behind the same front.
type Engine struct {
	Binary process.Binary // Redis 7.0 or later, or what is like it
	// Settings are those of all servers; without any, those that [RegionConfig.Persistence] stands for. What they say of where a
	// server is, of who may do what, and of replication is left out.
	Settings redisconf.Config
	Dir      string       // in which the folder of the servers is made; "" for the one of temporary files
	Log      func(string) // is told, a line each, what has to be said of the servers while the lab runs; nil for nobody
}

// ErrEngine is wrapped by the errors of Start about a server program, or settings, with which a lab cannot be.
var ErrEngine = errors.New("no engine for the lab")

// check says what is wrong with an engine.
func (e *Engine) check() error {
	if !e.Binary.AtLeast(7, 0) {
		return hint.Wrap(fmt.Errorf("%w: %s is older than 7.0", ErrEngine, e.Binary), "install redis-server 7.0 or later, or valkey-server")
	}
	return nil
}

// notTaken are the directives that are the lab's, besides those that are the group's of its servers.
var notTaken = []string{"requirepass", "masterauth", "masteruser", "user", "aclfile", "acl-pubsub-default", "rename-command", "replicaof",
	"slaveof", "min-replicas-to-write", "cluster-enabled", "databases", "maxclients", "maxmemory-clients", "client-output-buffer-limit", "timeout",
	"notify-keyspace-events", "loadmodule", "tls-cluster", "tls-replication"}

// NotTaken returns the names of the settings that the servers of a lab do not get, in their order.
func (e *Engine) NotTaken() (names []string) {
	for _, name := range notTaken {
		if len(e.Settings.Lines(name)) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// settings are those of a server of a region.
func (e *Engine) settings(p Persistence) redisconf.Config {
	c := e.Settings
	if c.Len() == 0 {
		c = c.With("save", "")
		switch p {
		case KeepNothing:
			c = c.With("appendonly", "no")
		case KeepLastSecond:
			c = c.With("appendonly", "yes").With("appendfsync", "everysec")
		default:
			c = c.With("appendonly", "yes").With("appendfsync", "always")
		}
	}
	return c.Without(notTaken...).With("databases", "2")
}

// persistence is what comes nearest to what the settings keep when a server is killed.
func (e *Engine) persistence(p Persistence) Persistence {
	if e.Settings.Len() == 0 {
		return p
	}
	if on, _ := e.Settings.Get("appendonly"); on != "yes" {
		return KeepNothing
	}
	if sync, _ := e.Settings.Get("appendfsync"); sync == "always" {
		return KeepAll
	}
	return KeepLastSecond
}

// furnish gives shards that are new a keyspace. Where they are servers, all are started at the same time once one was.
func (l *Lab) furnish(ctx context.Context, shards []*shard) error {
	if l.config.Engine == nil || len(shards) == 0 {
		return nil // newShard did
	}
	if err := l.serve(ctx, shards[0]); err != nil {
		return fmt.Errorf("%w: %w", ErrEngine, err) // what is wrong with one is with all
	}
	shards = shards[1:]
	errs := make([]error, len(shards))
	var all sync.WaitGroup
	for i, sh := range shards {
		all.Go(func() { errs[i] = l.serve(ctx, sh) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// serve gives a shard a server, and starts it.
func (l *Lab) serve(ctx context.Context, sh *shard) error {
	e := l.config.Engine
	var k *served
	server, err := l.group.Add(process.Config{
		Name:     fmt.Sprintf("%s-%d-%d", sh.region.name, sh.number(), l.lastServer.Add(1)),
		Settings: e.settings(sh.region.persistence),
		OnExit:   func(how error) { sh.collapse(k, nil, how) },
	})
	if err != nil {
		return fmt.Errorf("%s shard %d: %w", sh.region.name, sh.number(), err)
	}
	k = newServed(sh, server, e.log)
	sh.keys = k
	if _, _, err := k.start(ctx, false); err != nil {
		return fmt.Errorf("%s shard %d: %w", sh.region.name, sh.number(), err)
	}
	return nil
}

func (e *Engine) log(line string) {
	if e.Log != nil {
		e.Log(line)
	}
}
